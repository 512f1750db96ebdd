"""The metadata structure as embedded, and an indicator's texts in its order."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from metadata import concepts
from metadata.concepts import load_concepts, load_metadata_structure, reference_metadata
from metadata.errors import ConfigurationError, SdgError
from metadata.load import load_catalogue
from metadata.model_reference import DERIVED, HEADINGS, WRITABLE
from metadata.twins import numbers_of, related, twins


def test_the_kinds_are_those_of_the_classes() -> None:
    kinds: dict[str, list[str]] = {}
    for concept in load_concepts():
        kinds.setdefault(concept.kind, []).append(concept.id)
    assert tuple(kinds["heading"]) == HEADINGS
    assert set(kinds["derived"]) == set(DERIVED)
    written = [concept.id for concept in load_concepts() if concept.kind in ("text", "date")]
    assert tuple(written) == WRITABLE
    assert len(written) == 31
    assert kinds["absent"] == ["TRANSLATIONS"]


def test_a_concept_has_a_label_in_two_languages() -> None:
    concept = next(concept for concept in load_concepts() if concept.id == "STAT_CONC_DEF")
    assert concept.label() == "2.a. Definition and concepts"
    assert concept.label("fr") == "2.a. Définition et concepts"
    assert concept.parent == "IND_DEF_CON_CLASS"
    assert load_metadata_structure().version_label == "IAEG-SDGs:SDG_MSD(1.0)"


def test_derived_concepts_follow_from_the_declaration() -> None:
    catalogue = load_catalogue()
    found = reference_metadata(
        catalogue.indicators["13.3.1"], "fr", series=catalogue.series, related=related(catalogue, "13.3.1")
    )
    assert found["SDG_GOAL"].startswith("Objectif 13: Prendre")
    assert found["SDG_TARGET"].startswith("Cible 13.3: Améliorer")
    assert found["SDG_INDICATOR"].startswith("Indicateur 13.3.1: Degré")
    assert found["SDG_SERIES_DESCR"].count("SE_GCEDESD_") == 4
    assert found["SDG_RELATED_INDICATORS"] == "4.7.1, 12.8.1"
    assert found["UNIT_MEASURE"].splitlines()[0] == "SE_GCEDESD_NEP: indice (IX)"
    emissions = reference_metadata(catalogue.indicators["13.2.2"], "en")["UNIT_MEASURE"]
    assert "EN_ATM_GHGT_WLU: not known" in emissions
    assert ", in millions (TCO2E, 10^6)" in emissions
    order = [concept.id for concept in load_concepts()]
    assert list(found) == sorted(found, key=order.index)


def test_there_are_texts_in_two_languages() -> None:
    with pytest.raises(SdgError, match="There are no texts in the language es"):
        reference_metadata(load_catalogue().indicators["12.4.2"], "es")


def test_twins_are_declared() -> None:
    catalogue = load_catalogue()
    assert len(twins(catalogue)) == 30
    assert twins(catalogue)["EN_MAT_DOMCMPT"] == ("8.4.2", "12.2.2")
    assert numbers_of(catalogue, "12.8.1") == ("12.8.1", "4.7.1", "13.3.1")
    assert numbers_of(catalogue, "12.4.2") == ("12.4.2",)
    assert related(catalogue, "13.1.1") == ()


@pytest.mark.parametrize(
    ("old", "new"), [("kind: derived", "kind: guessed"), ('agency: "IAEG-SDGs"\n', ""), ("concepts:", "concept:")]
)
def test_a_damaged_file_is_named(tmp_path: Path, old: str, new: str) -> None:
    text = (concepts.EMBEDDED / concepts.FILE).read_text(encoding="utf-8")
    path = tmp_path / concepts.FILE
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="is not as we write it"):
        concepts._read(path)


@pytest.mark.real
def test_titles_numbers_and_order_are_those_of_the_template(shared_data: Path) -> None:
    path = shared_data / "structures" / "sdg_metadata_concepts.json"
    official = [(item["id"], item["name"], item["section"]) for item in json.loads(path.read_text(encoding="utf-8"))]
    ours = [(c.id, c.label(), c.parent or c.id) for c in load_concepts() if c.kind != "absent"]
    assert ours == official


@pytest.mark.real
def test_ids_and_obligation_are_those_of_the_metadata_structure(shared_data: Path) -> None:
    tree = ET.parse(shared_data / "structures" / "IAEG-SDGs_SDG_MSD_1.0.xml")
    attributes = [e for e in tree.iter() if e.tag.endswith("}MetadataAttribute")]
    assert {str(e.get("id")) for e in attributes} == {concept.id for concept in load_concepts()}
    assert {(e.get("minOccurs"), e.get("maxOccurs")) for e in attributes} == {("0", "1")}
    scheme = load_metadata_structure().concept_scheme.replace(":", r":")
    assert all(scheme in str(next(iter(e)).text) for e in attributes)
