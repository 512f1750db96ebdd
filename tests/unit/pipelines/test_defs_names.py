"""Names on the page, and the sentences that stand there."""

from __future__ import annotations

from metadata.errors import SourceUnavailable
from metadata.findings import Counts, Example, FileReport, Finding
from pipelines.defs import told
from pipelines.defs.names import indicator_key, report_key, schedule_names
from pipelines.defs.partitions import provider_ids, provider_partitions
from pipelines.outcome import Outcome
from pipelines.provider import Providers


def test_an_indicators_number_becomes_a_name_that_dagster_takes() -> None:
    assert report_key("12.a.1").to_user_string() == "report_12_a_1"
    assert indicator_key("12.a.1").path == ["indicator", "12_a_1"]


def test_no_two_providers_share_a_schedule() -> None:
    names = schedule_names(["KGZ", "A-B", "A_B", "A.B"])
    assert names == {"A-B": "ingest_A_B", "A.B": "ingest_A_B_2", "A_B": "ingest_A_B_3", "KGZ": "ingest_KGZ"}


def test_a_broken_provider_keeps_its_partition() -> None:
    error = SourceUnavailable("It is broken.")
    providers = Providers({}, {"KGZ": error, "two\nlines": error, "A": error})
    assert provider_ids(providers) == ["A", "KGZ", "two\nlines"]
    assert provider_partitions(providers).get_partition_keys() == ["A", "KGZ"]


def report(**values: object) -> FileReport:
    made = FileReport("inbox/KGZ/a.csv", "table-csv", "ab" * 32, "KGZ", counts=Counts(received=3, new=3))
    for name, value in values.items():
        setattr(made, name, value)
    return made


def finding(severity: str, places: int, message: str) -> Finding:
    example = (Example(row=17),)
    return Finding("CODE-UNKNOWN", severity, places, message, "Use M.", example)  # type: ignore[arg-type]


def test_findings_are_a_table_with_errors_first_and_no_broken_cell() -> None:
    findings = [finding("info", 9, "Nine."), finding("error", 1, "One | two\nlines.")]
    lines = told.findings_table([report(findings=findings)]).splitlines()
    assert lines[2] == "| error | CODE-UNKNOWN | 1 | One \\| two lines. | Use M. |"
    assert lines[3].startswith("| info |")
    assert told.findings_table([report()]) == "No findings."


def test_many_findings_are_cut_with_the_number_left_out() -> None:
    findings = [finding("error", 1, "x") for _ in range(told.FINDINGS_SHOWN + 2)]
    assert told.findings_table([report(findings=findings)]).endswith("… and 2 findings more; the ledger has all.")


def test_what_was_received_is_told_with_what_became_of_it() -> None:
    outcome = Outcome("KGZ", [report()], ["https://example.org/data"], ["b.csv is still being written."])
    table = str(told.raw_metadata(outcome)["received"].value)
    assert "| inbox/KGZ/a.csv | " + "ab" * 32 + " | loaded |" in table
    assert "| https://example.org/data |  | nothing new |" in table
    assert "b.csv is still being written." in table
    assert told.raw_metadata(Outcome("KGZ"))["received"].value == "No delivery found."


def test_rows_in_core_are_told_only_where_they_were_counted() -> None:
    outcome = Outcome("KGZ", [report()], indicators={"12.4.2", "12.2.1"})
    metadata = {name: value.value for name, value in told.core_metadata(outcome, 7).items()}
    assert (metadata["dagster/row_count"], metadata["new"], metadata["indicators"]) == (7, 3, "12.2.1, 12.4.2")
    assert "dagster/row_count" not in told.core_metadata(outcome, None)


def test_why_a_delivery_is_not_in_core_is_one_line() -> None:
    findings = [finding("error", 1, f"Fault {number}.") for number in range(5)]
    text = told.trouble(report(decision="reject", findings=findings))
    assert text == (
        "inbox/KGZ/a.csv: rejected: nothing was loaded. Fault 0. Fault 1. Fault 2. And 2 errors more."
    )


def test_reasons_are_ours_or_say_that_it_is_a_fault() -> None:
    ours = SourceUnavailable("It did not answer.", where="https://example.org")
    assert told.why(ours) == "https://example.org: It did not answer."
    assert told.why(PermissionError(13, "Permission denied", "/inbox/KGZ/a.xml")) == (
        "/inbox/KGZ/a.xml: Permission denied. What was received is kept; mend this and run it again."
    )
    assert told.why(ValueError("x")).startswith("ValueError: x. This is a fault of the program")


def test_a_run_says_how_many_failed_and_why() -> None:
    assert told.failure_text({"B": "down.", "A": "broken."}, ["A", "B", "C"]) == (
        "2 of 3 providers could not be done.\nA: broken.\nB: down."
    )
