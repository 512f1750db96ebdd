"""Versions: the same declaration has the same version however its file looks, and another one has another."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from metadata.load import INDICATORS, load_catalogue, read_catalogue
from metadata.model import Indicator
from metadata.model_series import Series, ValueRange
from metadata.versions import FORM, canonical, fingerprint, version


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(INDICATORS, tmp_path / "indicators"))


def change(folder: Path, number: str, *changes: tuple[str, str]) -> None:
    path = folder / f"goal{number[:2]}" / f"{number}.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def test_comments_key_order_quotes_and_layout_do_not_change_the_version(folder: Path) -> None:
    before = load_catalogue(folder)
    change(
        folder,
        "12.4.2",
        ("# yaml-language-server", "# another comment\n# yaml-language-server"),
        ('tier: "II"\ntier_seen: "2021-07"\n', "tier_seen: '2021-07'\n\ntier: II\n"),
        ('custodians: ["UNEP", "UNSD", "UNITAR"]', "custodians:\n  - UNEP\n  - UNSD\n  - UNITAR"),
        ('"WT_INCINRT", "WT_LANDFIL"', '"WT_LANDFIL", "WT_INCINRT"'),
    )
    after = load_catalogue(folder)
    assert after.version("12.4.2") == before.version("12.4.2")
    assert after.fingerprint == before.fingerprint


def test_a_changed_unit_changes_the_version_of_its_indicator_only(folder: Path) -> None:
    before = load_catalogue(folder)
    change(folder, "12.4.2", ('unit_measure: ["KG"]', 'unit_measure: ["T"]'))
    after = load_catalogue(folder)
    changed = [number for number in before.indicators if before.version(number) != after.version(number)]
    assert changed == ["12.4.2"]
    assert before.fingerprint != after.fingerprint


def test_the_order_of_units_means_something(folder: Path) -> None:
    before = load_catalogue(folder)
    change(folder, "12.3.1", ('unit_measure: ["PT", "IX"]', 'unit_measure: ["IX", "PT"]'))
    assert load_catalogue(folder).version("12.3.1") != before.version("12.3.1")


def test_a_used_series_changes_the_versions_of_all_that_use_it(folder: Path) -> None:
    before = load_catalogue(folder)
    change(folder, "12.8.1", ("maximum: 1", "maximum: 2"))
    after = read_catalogue(folder).catalogue
    changed = [number for number in before.indicators if before.version(number) != after.version(number)]
    assert changed == ["12.8.1", "13.3.1"]


def test_the_canonical_text_is_the_version_and_names_the_structure() -> None:
    catalogue = load_catalogue()
    text = catalogue.canonical("13.3.1")
    document = json.loads(text)
    assert hashlib.sha256(text.encode()).hexdigest() == catalogue.version("13.3.1")
    assert document["structure"] == "IAEG-SDGs:SDG(1.14)"
    assert (document["goal"], document["target"], document["form"]) == ("13", "13.3", FORM)
    assert [series["code"] for series in document["series"]] == sorted(catalogue.indicators["13.3.1"].uses)
    assert document["target_titles"]["fr"].startswith("Améliorer")


def test_another_structure_is_another_version() -> None:
    catalogue = load_catalogue()
    indicator = catalogue.indicators["13.1.3"]
    one = canonical(indicator, (), "IAEG-SDGs:SDG(1.14)")
    assert version(one) == catalogue.version("13.1.3")
    assert version(canonical(indicator, (), "IAEG-SDGs:SDG(1.15)")) != version(one)


def test_the_form_of_the_canonical_text_does_not_drift() -> None:
    """Else all stored versions change: if that is meant, raise `versions.FORM`, write the new sha256 here."""
    series = Series(
        code="B", name="Ü", status="current", seen_in=("2", "1"), unit_measure=("T", "KG"), unit_mult=(3, 0),
        unit_source="s", dimensions={"SEX": ("M", "F")}, value=ValueRange(type="percent", minimum=0),
        direction="up", source="s", owner="12.1.1", indicators=("12.1.1",), also=(),
    )  # fmt: skip
    indicator = Indicator(
        number="12.1.1", titles=dict.fromkeys(("ar", "en", "es", "fr", "ru", "zh"), "T"),
        custodians=("UNEP",), tier="I", tier_seen="2021-07", ccode=None, ccode_status="x", sdgio=None,
        kos=None,
        cadence={"collection": None, "release": None}, series=(series,), goal_titles={"en": "G"},
        target_titles={"en": "T"},
    )  # type: ignore[arg-type]  # fmt: skip
    text = canonical(indicator, (), "A:B(1)")
    assert text.startswith('{"also":[],"cadence":{"collection":null,"months":null,"producers":null,"release":null,')
    assert '"dimensions":{"SEX":["F","M"]}' in text
    assert '"name":"Ü"' in text
    assert version(text) == "006be58661890c98d3e2cc7175c05f9fa42e0bc1e2cd1705a59c00db63a11800"


def test_a_fingerprint_does_not_depend_on_the_order_of_indicators() -> None:
    assert fingerprint([("a", "1"), ("b", "2")]) == fingerprint([("b", "2"), ("a", "1")])
    assert fingerprint([("a", "1")]) != fingerprint([("a", "2")])
