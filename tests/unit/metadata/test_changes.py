"""Differences of declarations in the officer's words, and the states that are compared."""

from __future__ import annotations

import copy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from metadata.changes import changes
from metadata.errors import SdgError
from metadata.load import INDICATORS, load_catalogue
from metadata.states import documents, folder_state, revision_state


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    return dict(documents(load_catalogue()))


def change(state: dict[str, Any], number: str, series: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a copy of a state, and in it the block of an indicator or of one of its series."""
    other = copy.deepcopy(state)
    block = other[number]
    if series is not None:
        block = next(one for one in block["series"] if one["code"] == series)
    return other, block


def test_nothing_changed(ours: dict[str, Any]) -> None:
    assert changes(ours, ours) == []


def test_a_unit(ours: dict[str, Any]) -> None:
    before, block = change(ours, "12.4.2", "EN_HAZ_PCAP")
    block["unit_measure"] = ["T"]
    assert changes(before, ours) == ["12.4.2 EN_HAZ_PCAP: unit_measure T → KG"]


def test_numbers_codes_and_blocks(ours: dict[str, Any]) -> None:
    after, block = change(ours, "12.4.2", "EN_HAZ_TRTDISR")
    block["value"]["maximum"] = 200.0
    block["value"]["minimum"] = None
    block["unit_mult"] = [3]
    block["national_fills"] = True
    block["identities"][0]["held"] = 581
    assert changes(ours, after) == [
        "12.4.2 EN_HAZ_TRTDISR: identities held 582 → 581",
        "12.4.2 EN_HAZ_TRTDISR: national_fills no → yes",
        "12.4.2 EN_HAZ_TRTDISR: unit_mult 0 → 3",
        "12.4.2 EN_HAZ_TRTDISR: value maximum 100 → 200",
        "12.4.2 EN_HAZ_TRTDISR: value minimum 0 → (none)",
    ]


def test_lists_of_codes(ours: dict[str, Any]) -> None:
    after, block = change(ours, "12.2.2", "EN_MAT_DOMCMPT")
    block["dimensions"]["PRODUCT"] = [c for c in block["dimensions"]["PRODUCT"] if c != "MF4"] + ["MF5"]
    assert changes(ours, after) == ["12.2.2 EN_MAT_DOMCMPT: dimensions PRODUCT - MF4 + MF5"]
    after, block = change(ours, "12.2.2")
    block["custodians"] = ["UNSD", "UNEP", "OECD"]
    before, block = change(ours, "12.2.2")
    block["custodians"] = ["UNEP", "UNSD", "OECD"]
    assert changes(before, after) == ["12.2.2: custodians order UNEP, UNSD, OECD → UNSD, UNEP, OECD"]


def test_a_text_is_shown_where_it_differs(ours: dict[str, Any]) -> None:
    after, block = change(ours, "12.4.2")
    text = block["reference_metadata"]["DATA_SOURCE"]["en"]
    assert "ministries" in text
    block["reference_metadata"]["DATA_SOURCE"]["en"] = text.replace("ministries", "agencies")
    found = changes(ours, after)
    assert len(found) == 1
    assert found[0].startswith("12.4.2 DATA_SOURCE: en “")
    assert "ministries" in found[0].split(" → ")[0]
    assert "agencies" in found[0].split(" → ")[1]
    assert len(found[0]) < 220


def test_what_came_and_what_went(ours: dict[str, Any]) -> None:
    after, block = change(ours, "12.4.2")
    block["series"] = [series for series in block["series"] if series["code"] != "EN_HAZ_EXP"]
    del block["reference_metadata"]["RATIONALE"]
    del after["13.3.1"]
    wanted = ["12.4.2 RATIONALE: taken out", "12.4.2 EN_HAZ_EXP: taken out", "13.3.1: taken out"]
    assert changes(ours, after) == wanted
    assert changes(after, ours) == [line.replace("taken out", "added") for line in wanted]


def test_a_version_without_the_newer_keys_can_be_compared(ours: dict[str, Any]) -> None:
    before, block = change(ours, "12.4.2")
    del block["reference_metadata"]
    for series in block["series"]:
        for name in ("identities", "zero", "aggregation"):
            del series[name]
    found = changes(before, ours)
    assert "12.4.2 STAT_CONC_DEF: added" in found
    assert any(line.startswith("12.4.2 EN_HAZ_GENV: zero (none) → ") for line in found)


def test_a_folder_and_a_checkout(tmp_path: Path, ours: dict[str, Any]) -> None:
    shutil.copytree(INDICATORS, tmp_path / "indicators")
    assert folder_state(tmp_path) == folder_state(tmp_path / "indicators") == ours
    with pytest.raises(SdgError, match="holds no declarations"):
        folder_state(tmp_path / "indicators" / "goal12")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with our declarations in its first commit, and none in its second."""

    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
            check=True, capture_output=True,
        )  # fmt: skip

    shutil.copytree(INDICATORS, tmp_path / "indicators")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    path = tmp_path / "indicators" / "goal12" / "12.4.2.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("number:", "numbre:", 1), encoding="utf-8")
    git("commit", "-q", "-a", "-m", "two")
    git("rm", "-q", "-r", "indicators")
    git("commit", "-q", "-m", "three")
    return tmp_path


def test_a_revision(repository: Path, ours: dict[str, Any]) -> None:
    assert revision_state("HEAD~2", repository) == ours
    assert revision_state("main~2", repository) == ours
    assert revision_state("v9", repository) is None
    assert revision_state("--help", repository) is None


def test_a_revision_that_cannot_be_read(repository: Path) -> None:
    with pytest.raises(SdgError, match=r"The declarations of HEAD~1 cannot be read: .*12\.4\.2\.yaml:14:1"):
        revision_state("HEAD~1", repository)
    with pytest.raises(SdgError, match="The revision HEAD holds no declarations"):
        revision_state("HEAD", repository)
