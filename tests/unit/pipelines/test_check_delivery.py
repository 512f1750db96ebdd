"""The delivery as a whole: refused or not, and in which words; columns that are missing or too many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from metadata.derive.template_plan import template_version
from metadata.errors import SdgError
from metadata.findings import Counts, Finding
from metadata.load import load_catalogue
from metadata.rules import finding
from pipelines import check
from pipelines.check import Judgement, Scope
from pipelines.provider import Provider
from pipelines.read.message import Header, StructureRef

JudgeRows = Callable[..., Judgement]
Office = Callable[..., Provider]


def only(judgement: Judgement, rule: str) -> Finding:
    [only_one] = [found for found in judgement.report.findings if found.rule == rule]
    return only_one


def rules(judgement: Judgement) -> list[str]:
    return [found.rule for found in judgement.report.findings]


def assert_refused(judgement: Judgement, received: int) -> None:
    assert judgement.report.decision == "reject"
    assert judgement.report.counts == Counts(received=received, rejected=received)
    assert not judgement.report.valid
    assert (judgement.staged.height, judgement.quarantine.height, judgement.deletes.height) == (0, 0, 0)
    assert judgement.scope == Scope("nothing", None)
    assert judgement.indicators == frozenset()


def test_a_good_row_gives_no_finding_and_is_accepted(judged: JudgeRows) -> None:
    result = judged({})
    assert result.report.findings == []
    assert result.report.decision == "load"
    assert result.report.valid
    assert result.report.counts == Counts(received=1)
    assert result.staged.height == 1


def test_an_empty_message_is_refused(judged: JudgeRows) -> None:
    result = judged()
    assert_refused(result, 0)
    found = only(result, "MESSAGE-EMPTY")
    assert found.message == "The message holds no observation."
    assert found.hint.startswith("Export it again with its data.")


def test_a_test_message_is_refused_whatever_it_holds(judged: JudgeRows) -> None:
    result = judged({}, {"time_period": "2018"}, header=Header(test=True))
    assert_refused(result, 2)
    assert only(result, "MESSAGE-TEST").message == "The header says that this message is a test."


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("sex", "The file has no column SEX, which IAEG-SDGs:SDG(1.14) requires."),
        ("series", "The file has no column SERIES, which IAEG-SDGs:SDG(1.14) requires."),
        ("time_period", "The file has no column TIME_PERIOD, which IAEG-SDGs:SDG(1.14) requires."),
        ("obs_value", "The file has no column OBS_VALUE, which IAEG-SDGs:SDG(1.14) requires."),
    ],
)
def test_a_missing_column_refuses_the_delivery(judged: JudgeRows, column: str, sentence: str) -> None:
    result = judged({}, without=[column])
    assert_refused(result, 1)
    assert only(result, "COMPONENT-MISSING").message == sentence


def test_all_missing_columns_are_one_finding(judged: JudgeRows) -> None:
    result = judged({}, {"time_period": "2018"}, without=["sex", "age", "series"])
    found = only(result, "COMPONENT-MISSING")
    assert found.message == "The file has no columns SERIES, SEX and AGE, which IAEG-SDGs:SDG(1.14) requires."
    assert "The template has every column." in found.hint


def test_a_default_stands_in_for_a_column(judged: JudgeRows, office: Office) -> None:
    defaults = {"SEX": "_T", "UNIT_MULT": "0", "OBS_STATUS": "A"}
    result = judged({}, provider=office(map={"defaults": defaults}), without=["sex", "unit_mult", "obs_status"])
    assert result.report.findings == []
    assert result.staged["sex"].to_list() == ["_T"]
    assert result.staged["unit_mult"].to_list() == [0]


def test_a_mandatory_attribute_without_column_keeps_rows_back_but_not_the_delivery(judged: JudgeRows) -> None:
    result = judged({}, {"time_period": "2018"}, without=["obs_status"])
    assert result.report.decision == "load_with_quarantine"
    assert result.report.counts.quarantined == 2
    found = only(result, "ATTRIBUTE-MISSING")
    assert found.message == "OBS_STATUS is missing in 2 rows; IAEG-SDGs:SDG(1.14) makes it mandatory."


def test_an_action_that_sdmx_does_not_know_refuses_the_delivery(judged: JudgeRows) -> None:
    result = judged({"_action": "Upsert"})
    assert_refused(result, 1)
    assert only(result, "ACTION-UNKNOWN").message == ("The action of a data set is Upsert, which SDMX does not know.")


def test_an_older_template_is_read_with_a_note(judged: JudgeRows) -> None:
    today = template_version(load_catalogue(), ("12.4.2",))
    header = Header(template_version=today, template_indicators=("12.4.2",))
    assert judged({}, header=header).report.findings == []
    result = judged({}, header=replace(header, template_version="1-0123456789ab"))
    found = only(result, "TEMPLATE-OLDER")
    assert (found.severity, found.places, result.report.decision) == ("info", 1, "load")
    assert found.message == (
        f"The file was filled in a template of version 1-0123456789ab; a template made today is of version {today}. "
        "It was judged by today's declarations."
    )


def test_a_template_for_an_indicator_that_is_gone_is_read_with_a_note(judged: JudgeRows) -> None:
    header = Header(template_version="1-0123456789ab", template_indicators=("12.4.2", "12.9.9"))
    found = only(judged({}, header=header), "TEMPLATE-OLDER")
    assert found.message == (
        "The file was filled in a template of version 1-0123456789ab, which asks for 12.9.9: no such indicator is "
        "declared today. It was judged by today's declarations."
    )


def test_a_national_structure_is_information(judged: JudgeRows, office: Office) -> None:
    header = Header(structure=StructureRef("KG_NSC", "SDG", "1.7"))
    result = judged({}, header=header, provider=office(structure="KG_NSC:SDG(1.8)"))
    found = only(result, "STRUCTURE-NOT-HELD")
    assert (found.severity, found.places) == ("info", 1)
    assert found.message == (
        "The file refers to KG_NSC:SDG(1.7), which is not held here. Its codes were judged against IAEG-SDGs:SDG(1.14)."
    )
    assert result.report.decision == "load"


@pytest.mark.parametrize(
    ("version", "nearest"),
    [("1.0", "1.4"), ("1.4.1", "1.10"), ("1.9", "1.10"), ("2.0", "1.10"), (None, "1.4")],
)
def test_the_nearest_version_held_is_named(judged: JudgeRows, version: str | None, nearest: str) -> None:
    header = Header(structure=StructureRef("KG_NSC", "SDG", version))
    result = judged({}, header=header, held=["KG_NSC:SDG(1.10)", "KG_NSC:SDG(1.4)", "NISR-SDGs:SDG(2.0)"])
    found = only(result, "STRUCTURE-NOT-HELD")
    assert (found.severity, found.places) == ("info", 1)
    assert found.message == (
        f"The file refers to {header.structure}, which is not held here; the nearest version held is "
        f"KG_NSC:SDG({nearest}). Its codes were judged against IAEG-SDGs:SDG(1.14)."
    )
    assert "`sdg structure hold`" in (found.hint or "")


def test_nothing_is_said_of_a_structure_that_is_held(judged: JudgeRows, office: Office) -> None:
    header = Header(structure=StructureRef("KG_NSC", "SDG", "1.7"))
    for provider in (None, office(structure="KG_NSC:SDG(1.8)"), office(structure="KG_OTHER:SDG(1.8)")):
        result = judged({}, header=header, provider=provider, held=["KG_NSC:SDG(1.7)"])
        assert "STRUCTURE-NOT-HELD" not in {one.rule for one in result.report.findings}
    result = judged({}, header=header, held=["KG_NSC:SDG_X(1.7)"])
    assert "which is not held here. Its codes" in only(result, "STRUCTURE-NOT-HELD").message


def test_another_structure_than_declared_is_said(judged: JudgeRows, office: Office) -> None:
    header = Header(structure=StructureRef("NISR-SDGs", "SDG", "1.3"))
    result = judged({}, header=header, provider=office(structure="KG_NSC:SDG(1.8)"))
    assert only(result, "STRUCTURE-NOT-HELD").message == (
        "The file refers to NISR-SDGs:SDG(1.3); the provider's declaration names KG_NSC:SDG(1.8). "
        "Its codes were judged against IAEG-SDGs:SDG(1.14)."
    )


def test_notes_of_the_reader_are_part_of_the_report(judged: JudgeRows) -> None:
    note = finding("ENCODING-OTHER", places=1, encoding="Windows-1252")
    result = judged({}, notes=[note])
    assert result.report.findings == [note]
    assert (result.report.format, result.report.path) == ("sdmx-csv-1.0", "rows.csv")


def test_a_remark_in_an_unknown_column_is_read_and_not_used(judged: JudgeRows) -> None:
    rows = [{"remarks": f"see page {n}", "time_period": str(2010 + n)} for n in range(3)]
    result = judged(*rows)
    found = only(result, "COMPONENT-UNKNOWN")
    assert (found.severity, found.places) == ("warning", 1)
    assert found.message == ("Column REMARKS is not a component of IAEG-SDGs:SDG(1.14); it was read and not used.")
    assert found.hint == "Remove the column, or rename it."
    assert result.staged.height == 3


def test_a_misspelt_column_is_told_the_nearest(judged: JudgeRows) -> None:
    found = only(judged({"coment_obs": "a remark of some length"}), "COMPONENT-UNKNOWN")
    assert found.hint == "Remove the column, or rename it COMMENT_OBS."


def test_a_dimension_too_many_keeps_back_what_it_divides(judged: JudgeRows) -> None:
    result = judged({"region": "NORTH", "obs_value": "1"}, {"region": "SOUTH", "obs_value": "2"}, {"region": "_T"})
    found = only(result, "COMPONENT-UNKNOWN")
    assert (found.severity, found.places) == ("error", 2)
    assert found.message.startswith(
        "Column REGION is not a component of IAEG-SDGs:SDG(1.14), yet its values divide the rows ("
    )
    assert [example.value for example in found.examples] == ["NORTH", "SOUTH"]
    assert [example.column for example in found.examples] == ["REGION", "REGION"]


def test_a_dimension_too_many_is_seen_even_where_no_key_repeats(judged: JudgeRows) -> None:
    years = {"NORTH": ("2001", "2002"), "SOUTH": ("2003", "2004")}
    rows = [{"region": code, "time_period": year} for code, some in years.items() for year in some]
    result = judged(*rows)
    assert only(result, "COMPONENT-UNKNOWN").places == 4
    assert result.report.counts.quarantined == 4


def test_a_constant_dimension_too_many_is_only_told(judged: JudgeRows) -> None:
    result = judged({"region": "_T"}, {"region": "_T", "time_period": "2018"})
    assert only(result, "COMPONENT-UNKNOWN").severity == "warning"
    assert result.staged.height == 2


def test_a_dimension_too_many_may_be_mapped_away(judged: JudgeRows, office: Office) -> None:
    provider = office(map={"extra": ["REGION"], "national_only": {"REGION": ["NORTH", "SOUTH"]}})
    result = judged({"region": "NORTH"}, {"region": "SOUTH"}, {"region": "_T"}, provider=provider)
    assert rules(result) == ["SCOPE-NATIONAL-CODE"]
    assert (result.report.counts.out_of_scope, result.staged.height) == (2, 1)


def test_columns_of_sdmx_csv_itself_are_no_components(judged: JudgeRows) -> None:
    assert judged({"dataflow": "IAEG-SDGs:DF_SDG_GLH(1.24)"}).report.findings == []


def test_a_policy_may_refuse_a_delivery_for_one_row(judged: JudgeRows, office: Office) -> None:
    provider = office(policy={"row_error": "reject"})
    result = judged({}, {"sex": "Male"}, provider=provider)
    assert_refused(result, 2)
    assert rules(result) == ["CODE-UNKNOWN"]
    assert judged({}, provider=provider).report.decision == "load"


def test_books_that_do_not_balance_stop_the_program() -> None:
    with pytest.raises(SdgError, match=r"The rows of the delivery do not add up: .*'received': 3.* and 1 accepted\."):
        check._assert_balance(Counts(received=3, quarantined=1), 1)


def test_a_file_of_another_area_is_refused_as_one_cause(judged: JudgeRows, office: Office) -> None:
    rows = [{"ref_area": "398", "time_period": str(year)} for year in range(2012, 2020)]
    result = judged(*rows, {"time_period": "2019"}, {"ref_area": "762", "sex": "Male"}, provider=office())
    assert [found.rule for found in result.report.findings] == ["FILE-OF-OTHERS"]
    [found] = result.report.findings
    assert (found.severity, found.places, result.report.decision) == ("error", 9, "reject")
    assert found.message == (
        "Most of the file is about Kazakhstan (398), Tajikistan (762), which KGZ does not report for: 9 of 10 rows in "
        "scope. KGZ reports for Kyrgyzstan (417)."
    )
    assert result.report.counts.rejected == 10
    assert result.staged.is_empty()
    several = [{"ref_area": area} for area in ("398", "762", "795", "860", "4", "356")]
    assert "Kazakhstan (398), Tajikistan (762), Turkmenistan (795) and 3 more" in (
        judged(*several, provider=office()).report.findings[0].message
    )


def test_a_few_rows_of_another_area_are_judged_one_by_one(judged: JudgeRows, office: Office) -> None:
    own = [{"time_period": str(year)} for year in range(2010, 2020)]
    result = judged(*own, {"ref_area": "398"}, provider=office())
    assert [found.rule for found in result.report.findings] == ["AREA-NOT-PROVIDERS"]
    foreign = [{"ref_area": "398", "time_period": str(year)} for year in range(2010, 2020)]
    assert judged(*foreign, provider=office(kind="agency", areas="all")).report.decision == "load"
    assert judged(*foreign).report.decision == "load"
