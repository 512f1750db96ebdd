"""What a broken file does: one complaint at its line, the others still load for lint, and a run refuses to judge."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from metadata.errors import DeclarationErrors
from metadata.load import INDICATORS, load_catalogue, read_catalogue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(INDICATORS, tmp_path / "indicators")
    return tmp_path / "indicators"


def path_of(folder: Path, number: str) -> Path:
    return folder / f"goal{number[:2]}" / f"{number}.yaml"


def swap(number: str, old: str, new: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        path = path_of(folder, number)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return plant


def overwrite(number: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: [path_of(folder, number).write_bytes(data), None][1]


def long_text(folder: Path) -> None:
    with path_of(folder, "12.6.1").open("a", encoding="utf-8") as file:
        file.write(f"titles_note: '{'x' * 10_000_000}'\n")


def second_owner(folder: Path) -> None:
    swap("13.3.1", 'uses: ["SE_GCEDESD_NEP", ', "uses: [")(folder)
    text = path_of(folder, "12.8.1").read_text(encoding="utf-8")
    block = text[text.index('  - code: "SE_GCEDESD_NEP"') : text.index('  - code: "SE_GCEDESD_CUR"')]
    swap("13.3.1", "reference_metadata:", f"series:\n{block.rstrip()}\nreference_metadata:")(folder)


def circle(folder: Path) -> None:
    """13.1.3 owns a series of 13.1.2 and uses another; each uses what the other owns."""
    swap("12.8.1", 'also: ["4.7.1"]', 'also: ["4.7.1"]\nuses: ["SE_GCEDESD_SAS"]')(folder)
    text = path_of(folder, "12.8.1").read_text(encoding="utf-8")
    start = text.index('  - code: "SE_GCEDESD_SAS"')
    block = text[start : text.index("\n# The texts", start)]
    path_of(folder, "12.8.1").write_text(text.replace(block, ""), encoding="utf-8")
    plain = "\n".join(line for line in block.rstrip().splitlines() if ": *" not in line)
    swap("13.3.1", ', "SE_GCEDESD_SAS"]', "]")(folder)
    swap("13.3.1", "reference_metadata:", f"series:\n{plain}\nreference_metadata:")(folder)


def wrong_name(folder: Path) -> None:
    path_of(folder, "12.6.1").rename(folder / "goal12" / "12-6-1.yaml")


CASES: dict[str, tuple[Callable[[Path], None], str]] = {
    "tab": (swap("12.6.1", "  collection:", "\tcollection:"), "12.6.1.yaml:{collection}:1: A tab stands where YAML"),
    "duplicate key": (swap("12.6.1", "tier: ", 'tier: "I"\ntier: '), 'The key "tier" stands twice'),
    "wrong type": (swap("12.6.1", 'tier: "II"', "tier: 2"), "12.6.1.yaml:{tier:}:7: tier is 2"),
    "unknown code": (swap("12.6.1", '["NUMBER"]', '["NUMBERS"]'), '"NUMBERS" is not a code of CL_UNIT_MEASURE'),
    "two owners": (second_owner, "SE_GCEDESD_NEP has two owners: 12.8.1 ("),
    "circle of uses": (circle, "The uses go round in a circle: 12.8.1 → 13.3.1 → 12.8.1."),
    "wrong file name": (wrong_name, "The file is named 12-6-1.yaml and declares 12.6.1. Name it 12.6.1.yaml."),
    "no text": (overwrite("12.6.1", b"number: \xff\xfe"), "12.6.1.yaml:1:9: The byte 0xff is not UTF-8 text."),
    "no YAML": (overwrite("12.6.1", b"number: [1"), "This is not YAML"),
    "10 MB": (long_text, "12.6.1.yaml:1:1: The file has 10,"),
    "derived concept": (
        swap("12.6.1", "  META_LAST_UPDATE:", '  SDG_TARGET: "12.6"\n  META_LAST_UPDATE:'),
        "12.6.1.yaml:{SDG_TARGET}:3: SDG_TARGET is not written here: it is derived from the target's number and titles",
    ),
    "heading": (
        swap("12.6.1", "  META_LAST_UPDATE:", '  CONTACT: "x"\n  META_LAST_UPDATE:'),
        "CONTACT is a heading of the metadata structure and has no text of its own. Take it out.",
    ),
    "translations": (
        swap("12.6.1", "  META_LAST_UPDATE:", '  TRANSLATIONS: "x"\n  META_LAST_UPDATE:'),
        "TRANSLATIONS is not written here: every text stands in its languages side by side.",
    ),
    "unknown concept": (
        swap("12.6.1", "  STAT_CONC_DEF:", "  STAT_CONC_DEFF:"),
        '12.6.1.yaml:{STAT_CONC_DEFF}:3: "STAT_CONC_DEFF" is not a key here. Did you mean "STAT_CONC_DEF"?',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_broken_file_is_one_complaint_and_stops_no_other(folder: Path, case: str) -> None:
    plant, wanted = CASES[case]
    plant(folder)
    reading = read_catalogue(folder)
    complaints = [str(complaint) for complaint in reading.complaints]
    assert len(complaints) == 1, complaints
    if "{" in wanted:
        word = wanted[wanted.index("{") + 1 : wanted.index("}")]
        lines = path_of(folder, "12.6.1").read_text(encoding="utf-8").splitlines()
        place = next(number for number, line in enumerate(lines, start=1) if line.lstrip().startswith(word))
        wanted = wanted.replace(f"{{{word}}}", str(place))
    assert wanted in complaints[0]
    assert len(reading.catalogue.indicators) >= 20
    with pytest.raises(DeclarationErrors):
        load_catalogue(folder)
