"""What an office states in its provider's file: the shape, the complaints, and the rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from metadata.errors import SdgError
from metadata.structure import load_structure
from pipelines.national_statement import row_of_provider, rows_of_statements
from pipelines.provider import Provider, load_provider

HEAD = (
    'name: Office of Norway\nkind: office\nareas: {areas}\nlanguage: "no"\nchannel: {{type: folder}}\n'
    "assessment:\n  - "
)
STATED = 'stated_by: "A letter of the office", stated_on: "2026-03-01"'


def read(tmp_path: Path, statement: str, areas: str = '["578"]') -> Provider:
    path = tmp_path / "NOR.yaml"
    path.write_text(HEAD.format(areas=areas) + statement + "\n", encoding="utf-8")
    return load_provider(path, load_structure())


def test_a_statement_becomes_a_row_an_indicator(tmp_path: Path) -> None:
    provider = read(
        tmp_path,
        '{indicators: ["12.4.2", "12.5.1"], available: "partly", definition: proxy, institution: Agency, '
        'source_type: "administrative records", disaggregations: [COMPOSITE_BREAKDOWN, ACTIVITY], '
        f'metadata_available: false, barriers: [data, capacity], planned: "2028", {STATED}}}',
    )
    rows = rows_of_statements(provider)
    assert [row["indicator"] for row in rows] == ["12.4.2", "12.5.1"]
    assert rows[0] == {
        "provider": "NOR", "indicator": "12.4.2", "ref_area": "578", "available": "partly", "definition": "proxy",
        "institution": "Agency", "source_type": "administrative records", "frequency": None,
        "disaggregations": "composite_breakdown activity", "metadata_available": False, "barriers": "data capacity",
        "barrier_note": None, "planned": "2028", "stated_by": "A letter of the office", "stated_on": date(2026, 3, 1),
    }  # fmt: skip
    assert row_of_provider(provider) == {
        "provider": "NOR", "name": "Office of Norway", "kind": "office", "areas": "578", "replaces": "nothing",
        "cadence_days": None, "schedule": None, "timezone": None,
    }  # fmt: skip


def test_no_barrier_is_stated_by_an_empty_list(tmp_path: Path) -> None:
    provider = read(tmp_path, f'{{indicators: ["12.4.2"], area: "578", barriers: [], {STATED}}}', areas="all")
    assert rows_of_statements(provider)[0]["barriers"] == ""
    assert row_of_provider(provider)["areas"] is None


@pytest.mark.parametrize(
    ("statement", "areas", "sentence"),
    [
        ('indicators: ["12.4.9"]', '["578"]', 'NOR.yaml:7:19: There is no indicator "12.4.9".'),
        ('indicators: ["12.4.2", "12.4.2"]', '["578"]', "NOR.yaml:7:29: 12.4.2 is stated twice for the same area."),
        ('indicators: ["12.4.2"]', '["578", "752"]', "The statement has no area, and the provider"),
        ('indicators: ["12.4.2"]', "all", "The statement has no area, and the provider has not exactly one."),
        ('indicators: ["12.4.2"], area: "752"', '["578"]', '"752" is not among the areas of NOR.'),
        ('indicators: ["12.4.2"], area: "7777"', "all", '"7777" is not an M49 code of CL_AREA.'),
        ('indicators: ["12.4.2"], disaggregations: [GENDER]', '["578"]', '"GENDER" is not a dimension'),
        ('indicators: ["12.4.2"], barriers: [weather]', '["578"]', "Use one of data, reporting, financial"),
        ('indicators: ["12.4.2"], planned: "soon"', '["578"]', "soon"),
        ("indicators: []", '["578"]', "at least 1 item"),
        ('indicators: ["12.4.2"], institute: "x"', '["578"]', "institute"),
    ],
)
def test_a_complaint_says_what_is_wrong(tmp_path: Path, statement: str, areas: str, sentence: str) -> None:
    with pytest.raises(SdgError) as caught:
        read(tmp_path, f"{{{statement}, {STATED}}}", areas)
    assert sentence in str(caught.value)


def test_who_states_it_and_when_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SdgError, match="stated_by"):
        read(tmp_path, '{indicators: ["12.4.2"], stated_on: "2026-03-01"}')
    with pytest.raises(SdgError, match='"in March" is not a day such as "2026-03-01"'):
        read(tmp_path, '{indicators: ["12.4.2"], stated_by: "A letter", stated_on: "in March"}')
