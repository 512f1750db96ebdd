"""A key once: equal repeats are duplicates, unequal ones keep back every row; and what the delivery replaces."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.findings import Finding
from metadata.load import load_catalogue
from metadata.structure import load_structure
from pipelines.check import Judgement, Scope
from pipelines.compact import as_text
from pipelines.provider import Provider

JudgeRows = Callable[..., Judgement]
Office = Callable[..., Provider]
STRUCTURE = load_structure()


def only(judgement: Judgement, rule: str) -> Finding:
    [found] = [finding for finding in judgement.report.findings if finding.rule == rule]
    return found


def rules(judgement: Judgement) -> list[str]:
    return [finding.rule for finding in judgement.report.findings]


def test_equal_rows_are_duplicates_and_the_first_is_kept(judged: JudgeRows) -> None:
    result = judged({"obs_value": "12.5"}, {"obs_value": "12.50"}, {"obs_value": "1.25e1"}, {"time_period": "2018"})
    found = only(result, "KEY-EQUAL")
    assert (found.severity, found.places) == ("warning", 2)
    assert [example.line for example in found.examples] == [11, 12]
    assert result.report.counts.duplicate == 2
    assert result.staged["obs_value_text"].to_list() == ["12.5", "12.5"]
    assert result.staged["source_line"].to_list() == [10, 13]
    assert result.report.decision == "load"


@pytest.mark.parametrize("change", [{"data_last_update": "2026-01-02T00:00:00"}, {"nature": "C"}])
def test_the_date_of_the_last_update_makes_no_difference(judged: JudgeRows, change: dict[str, str]) -> None:
    assert rules(judged({}, change)) == ["KEY-EQUAL"]


def test_unequal_rows_are_all_kept_back(judged: JudgeRows) -> None:
    values = [("2015", "1"), ("2016", "1"), ("2015", "3"), ("2016", "3"), ("2015", "2"), ("2017", "5")]
    result = judged(*({"time_period": year, "obs_value": value} for year, value in values))
    found = only(result, "KEY-UNEQUAL")
    assert (found.severity, found.places) == ("error", 5)
    assert found.message == (
        "Series EN_HAZ_PCAP: 2 keys are given more than once with different values (5 rows), "
        "for example 2015: 1, 3 and 2; 2016: 1 and 3."
    )
    assert (result.report.counts.quarantined, result.report.counts.duplicate) == (5, 0)
    assert result.staged["time_period"].to_list() == ["2017"]


def test_the_same_value_with_another_attribute_is_unequal(judged: JudgeRows) -> None:
    found = only(judged({"obs_status": "A"}, {"obs_status": "E"}), "KEY-UNEQUAL")
    assert found.message == (
        "Series EN_HAZ_PCAP: 1 key is given more than once with different values (2 rows), "
        "for example 2019: 12.5, with different OBS_STATUS."
    )


def test_two_of_three_equal_rows_are_still_unequal(judged: JudgeRows) -> None:
    result = judged({"obs_value": "1"}, {"obs_value": "1.0"}, {"obs_value": "2"})
    assert rules(result) == ["KEY-UNEQUAL"]
    assert result.report.counts.quarantined == 3


def test_missing_and_zero_are_unequal(judged: JudgeRows) -> None:
    assert "KEY-UNEQUAL" in rules(judged({"obs_value": "0"}, {"obs_value": None}))


def test_a_row_that_is_kept_back_still_gave_its_key(judged: JudgeRows) -> None:
    result = judged({"obs_value": "5"}, {"obs_value": "<5"})
    assert set(rules(result)) == {"VALUE-NOT-NUMBER", "KEY-UNEQUAL"}
    assert result.quarantine["rules"].to_list() == ["KEY-UNEQUAL", "VALUE-NOT-NUMBER,KEY-UNEQUAL"]
    assert result.staged.height == 0


def test_equal_rows_that_are_kept_back_are_no_duplicates(judged: JudgeRows) -> None:
    result = judged({"obs_value": "x"}, {"obs_value": "x"})
    assert rules(result) == ["VALUE-NOT-NUMBER"]
    assert (result.report.counts.quarantined, result.report.counts.duplicate) == (2, 0)


def test_codes_that_become_the_same_are_the_same_key(judged: JudgeRows, office: Office) -> None:
    provider = office(map={"codes": {"SEX": {"ALL": "_T"}}})
    assert rules(judged({"sex": "ALL", "obs_value": "1"}, {"sex": "_T", "obs_value": "2"}, provider=provider)) == [
        "KEY-UNEQUAL"
    ]


def test_a_row_without_a_whole_key_repeats_nothing(judged: JudgeRows) -> None:
    assert rules(judged({"sex": None, "obs_value": "1"}, {"sex": None, "obs_value": "2"})) == ["DIMENSION-MISSING"]


# ------------------------------------------------------------------------------------------ what it stands for

HAZARD = frozenset(code for code, number in load_catalogue().bridge if number == "12.4.2")


def test_a_provider_s_policy_holds_without_an_action(judged: JudgeRows, office: Office) -> None:
    for action in (None, "Information"):
        row = {"_action": action}
        assert judged(row, provider=office()).scope == Scope("nothing", None)
        assert judged(row, provider=office(replaces="provider")).scope == Scope("provider", None)
        assert judged(row, provider=office(replaces="indicator")).scope == Scope("indicator", HAZARD)
    assert judged({}).scope == Scope("nothing", None)


def test_a_series_of_several_indicators_stands_for_all_of_them(judged: JudgeRows, office: Office) -> None:
    row = {"series": "SE_GCEDESD_NEP", "unit_measure": "IX", "obs_value": "1"}
    result = judged(row, provider=office(replaces="indicator"))
    assert result.indicators == {"12.8.1", "13.3.1"}
    assert result.scope.series == {code for code, number in load_catalogue().bridge if number in ("12.8.1", "13.3.1")}


def test_rows_that_are_kept_back_or_dropped_count_for_the_scope(judged: JudgeRows, office: Office) -> None:
    result = judged({"obs_value": "x"}, provider=office(replaces="indicator"))
    assert result.scope == Scope("indicator", HAZARD)
    assert result.indicators == {"12.4.2"}


def test_rows_out_of_scope_do_not_count_for_it(judged: JudgeRows, office: Office) -> None:
    provider = office(replaces="indicator", map={"national_only": {"REF_AREA": ["KG02"]}})
    result = judged({"ref_area": "KG02"}, {"series": "SI_POV_DAY1"}, provider=provider)
    assert result.scope == Scope("nothing", None)
    assert result.indicators == frozenset()


@pytest.mark.parametrize("action", ["Append", "Merge"])
@pytest.mark.parametrize("replaces", ["provider", "indicator", "nothing"])
def test_append_and_merge_touch_only_the_keys_sent(
    judged: JudgeRows, office: Office, action: str, replaces: str
) -> None:
    result = judged({"_action": action}, provider=office(replaces=replaces))
    assert result.scope == Scope("nothing", None)
    assert result.staged.height == 1


def test_replace_replaces_the_series_it_brings(judged: JudgeRows, office: Office) -> None:
    rows = [{"_action": "Replace"}, {"_action": "Append", "series": "EN_HAZ_GENV", "unit_measure": "T"}]
    assert judged(*rows, provider=office()).scope == Scope("indicator", frozenset({"EN_HAZ_PCAP"}))


def test_a_message_with_both_takes_the_policy_for_the_one_and_the_series_for_the_other(
    judged: JudgeRows, office: Office
) -> None:
    rows = [{"_action": "Replace", "series": "VC_DSR_MORT", "unit_measure": "NUMBER"}, {"_action": None}]
    assert judged(*rows, provider=office(replaces="indicator")).scope == Scope("indicator", HAZARD | {"VC_DSR_MORT"})


def test_deletes_name_keys_and_are_no_observations(judged: JudgeRows, office: Office) -> None:
    provider = office(replaces="provider", map={"codes": {"REF_AREA": {"KG": "417"}}})
    result = judged(
        {"_action": "Delete", "ref_area": "KG", "obs_value": None},
        {"_action": "Delete", "ref_area": "KG", "obs_value": None},
        {"_action": "Delete", "series": "SI_POV_DAY1"},
        {"_action": "Append", "time_period": "2018"},
        provider=provider,
    )
    assert result.report.findings == []
    assert (result.report.counts.received, result.staged.height) == (1, 1)
    assert result.deletes.columns == [d.column for d in STRUCTURE.dimensions] + ["time_period"]
    assert result.deletes.select("series", "ref_area", "time_period").rows() == [("EN_HAZ_PCAP", "417", "2019")]
    assert result.scope == Scope("nothing", None)
    assert result.indicators == {"12.4.2"}


def test_a_message_of_deletes_alone(judged: JudgeRows, office: Office) -> None:
    result = judged({"_action": "Delete"}, provider=office(replaces="provider"), without=["obs_value"])
    assert result.scope == Scope("delete", None)
    assert result.report.decision == "load"
    assert (result.deletes.height, result.staged.height, result.report.counts.received) == (1, 0, 0)


@pytest.mark.parametrize("change", [{"sex": None}, {"ref_area": "398"}, {"time_period": ""}])
def test_a_delete_without_a_whole_key_of_the_provider_is_refused(
    judged: JudgeRows, office: Office, change: dict[str, str | None]
) -> None:
    result = judged({"_action": "Delete", **change}, {"time_period": "2018"}, provider=office())
    found = only(result, "DELETE-REFUSED")
    assert (found.severity, found.places) == ("error", 1)
    assert found.message == (
        "Action Delete in 1 row names no whole series key of the provider, so nothing is withdrawn there."
    )
    assert result.deletes.height == 0


# ------------------------------------------------------------------------------------------------- the frames


def test_the_staged_frame_has_the_agreed_shape(judged: JudgeRows) -> None:
    staged = judged({"_sheet": "Data", "_row": 17, "_line": None}, without=["nature"]).staged
    attributes = [a.column for a in STRUCTURE.attributes]
    assert staged.columns == [
        *(d.column for d in STRUCTURE.dimensions), "time_period", "obs_value", "obs_value_text", *attributes,
        "source_sheet", "source_row", "source_line", "correction",
    ]  # fmt: skip
    other = {"obs_value": pl.Float64, "unit_mult": pl.Int32, "source_row": pl.Int64, "source_line": pl.Int64}
    assert dict(as_text(staged).schema) == {column: other.get(column, pl.String) for column in staged.columns}
    assert staged.select("source_sheet", "source_row", "source_line").row(0) == ("Data", 17, None)


def test_the_frames_of_a_refusal_have_the_same_shape(judged: JudgeRows) -> None:
    good, bad = judged({}, {"sex": "Male", "time_period": "2018"}), judged()
    assert as_text(bad.staged).schema == as_text(good.staged).schema
    assert as_text(bad.quarantine).schema == as_text(good.quarantine).schema
    assert bad.deletes.schema == good.deletes.schema


def test_the_quarantine_frame_has_the_agreed_shape(judged: JudgeRows) -> None:
    quarantine = judged({"sex": "Male"}).quarantine
    attributes = [a.column for a in STRUCTURE.attributes]
    assert quarantine.columns == [
        *(d.column for d in STRUCTURE.dimensions), "time_period", "obs_value_text", *attributes,
        "rule", "rules", "message", "source_sheet", "source_row", "source_line",
    ]  # fmt: skip
    assert quarantine["sex"].to_list() == ["Male"]


def test_versions_name_what_judged_it(judged: JudgeRows, office: Office) -> None:
    provider = office()
    result = judged({}, provider=provider)
    assert result.map_version == provider.map_version
    assert result.structure_version == "IAEG-SDGs:SDG(1.14)"
    assert judged({}).map_version == "none"


CELLS = st.fixed_dictionaries(
    {
        "series": st.sampled_from(["EN_HAZ_PCAP", "VC_DSR_MORT", "SI_POV_DAY1", "_L_KG_1", "NO_SUCH", None]),
        "ref_area": st.sampled_from(["417", "KG", "KG02", "398", ""]),
        "sex": st.sampled_from(["_T", "F", "Male"]),
        "time_period": st.sampled_from(["2018", "2019", "2019-Q1", "2017-2020"]),
        "obs_value": st.sampled_from(["1", "1.0", "2", "<5", "", None, "-7"]),
        "unit_measure": st.sampled_from(["KG", "NUMBER", "PT", ""]),
        "_action": st.sampled_from([None, "Append", "Delete"]),
    }
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=st.lists(CELLS, min_size=1, max_size=12))
def test_every_row_has_exactly_one_outcome(judged: JudgeRows, office: Office, rows: list[dict[str, str]]) -> None:
    provider = office(
        map={
            "codes": {"REF_AREA": {"KG": "417"}},
            "national_only": {"REF_AREA": ["KG02"]},
            "when": [{"if": {"UNIT_MEASURE": "PT"}, "quarantine": True, "reason": "These are percentages."}],
        }
    )
    result = judged(*rows, provider=provider)
    counts = result.report.counts
    assert counts.received == sum(row["_action"] != "Delete" for row in rows)
    parts = counts.quarantined + counts.rejected + counts.duplicate + counts.out_of_scope + counts.dropped
    assert counts.received == parts + result.staged.height
    assert result.quarantine.height == counts.quarantined
    key = [*(d.column for d in STRUCTURE.dimensions), "time_period"]
    assert result.staged.select(pl.struct(key).is_duplicated().any()).item() in (False, None)
    assert result.staged.select(pl.any_horizontal(pl.col(key).is_null()).any()).item() in (False, None)


def twins(*rows: tuple[str, str, str]) -> list[dict[str, str]]:
    """Return rows of a series of 13.1.1 and 11.5.1: number, year, value."""
    return [
        {
            "series": "VC_DSR_MORT", "unit_measure": "NUMBER", "indicator": number, "time_period": year,
            "obs_value": value,
        }
        for number, year, value in rows
    ]  # fmt: skip


def test_a_value_that_differs_under_a_twin_is_named_so(judged: JudgeRows) -> None:
    result = judged(*twins(("13.1.1", "2019", "3"), ("11.5.1", "2019", "4"), ("13.1.1", "2020", "5")))
    found = only(result, "TWIN-UNEQUAL")
    assert (found.severity, found.places) == ("error", 2)
    assert found.message == (
        "Series VC_DSR_MORT: 1 key has different values under different indicators (2 rows), "
        "for example 2019: 3 under 13.1.1 and 4 under 11.5.1."
    )
    assert "KEY-UNEQUAL" not in rules(result)
    assert result.staged["time_period"].to_list() == ["2020"]
    assert result.report.counts.quarantined == 2


def test_the_same_value_under_twins_is_a_duplicate(judged: JudgeRows) -> None:
    result = judged(*twins(("13.1.1", "2019", "3"), ("11.5.1", "2019", "3.0"), ("1.5.1", "2019", "3")))
    assert result.report.counts.duplicate == 2
    assert not {"TWIN-UNEQUAL", "KEY-UNEQUAL"} & set(rules(result))
    [column] = [found for found in result.report.findings if found.rule == "COMPONENT-UNKNOWN"]
    assert column.severity == "warning"
    assert result.staged.height == 1


def test_values_that_differ_under_one_number_are_no_matter_of_twins(judged: JudgeRows) -> None:
    result = judged(*twins(("13.1.1", "2019", "3"), ("13.1.1", "2019", "4"), ("11.5.1", "2019", "3")))
    assert "TWIN-UNEQUAL" not in rules(result)
    assert only(result, "KEY-UNEQUAL").places == 3


def test_an_indicator_column_with_other_things_is_a_dimension_too_many(judged: JudgeRows) -> None:
    result = judged(*twins(("rural", "2019", "3"), ("urban", "2019", "4")))
    [column] = [found for found in result.report.findings if found.rule == "COMPONENT-UNKNOWN"]
    assert column.severity == "error"
