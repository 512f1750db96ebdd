"""Structure messages that are held: one file a version, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from metadata.errors import SdgError, WarehouseError
from warehouse.settings import Settings
from warehouse.structures import held_structures, hold


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(tmp_path)


def test_what_is_held_is_known_from_the_folder(settings: Settings) -> None:
    assert held_structures(settings) == frozenset()
    labels = ("KG_NSC:SDG(1.8)", "KG_NSC:SDG(1.10)", "NISR-SDGs:SDG(1.3)", "UN.SUB:A@B$C-D(1.0.0-draft)")
    for label in labels:
        answer, place = hold(settings, label, label.encode())
        assert (answer, place.parent, place.read_bytes()) == ("new", settings.structures, label.encode())
    (settings.structures / "notes.txt").write_text("of a person", encoding="utf-8")
    (settings.structures / "KG_NSC+SDG.xml").write_text("no version", encoding="utf-8")
    assert held_structures(settings) == frozenset(labels)


def test_another_message_of_a_version_takes_its_place(settings: Settings) -> None:
    place = hold(settings, "KG_NSC:SDG(1.8)", b"<a/>")[1]
    assert hold(settings, "KG_NSC:SDG(1.8)", b"<a/>") == ("same", place)
    assert hold(settings, "KG_NSC:SDG(1.8)", b"<b/>") == ("replaced", place)
    assert [path.read_bytes() for path in settings.structures.iterdir()] == [b"<b/>"]


@pytest.mark.parametrize("label", ["KG_NSC:SDG()", "../../etc:SDG(1.0)", "A/B:SDG(1.0)", "A+B:SDG(1.0)", "SDG", ""])
def test_a_label_that_is_none_is_refused(settings: Settings, label: str) -> None:
    with pytest.raises(SdgError) as raised:
        hold(settings, label, b"<a/>")
    assert str(raised.value) == (
        f"A structure is held by its agency, id and version, and {label!r} is not of that form. "
        "A label looks like KG_NSC:SDG(1.8); ask for a message that names all three."
    )
    assert not settings.structures.exists()


def test_a_folder_that_cannot_be_written_is_said(settings: Settings) -> None:
    settings.structures.write_text("a file in the way", encoding="utf-8")
    with pytest.raises(WarehouseError, match="A file stands where a folder is needed"):
        hold(settings, "KG_NSC:SDG(1.8)", b"<a/>")
