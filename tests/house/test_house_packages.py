"""What we stand on: licences of what runs, and a lock that is complete, current and names no address."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import metadata as installed
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")

# Permissive licences, and MPL-2.0, which asks only that changed files of its own stay open. A copyleft that
# reaches further (GPL, AGPL, LGPL, SSPL), or a licence that forbids a use, is for people to decide.
ALLOWED = re.compile(
    r"\b(MIT|Apache|0?BSD|PSF|Python Software Foundation|ISC|Zlib|CC0|MPL|Mozilla Public License|Unlicense"
    r"|Dual License)\b",
    re.IGNORECASE,
)
REFUSED = re.compile(
    r"\b(A?GPL|LGPL|GNU|Affero|SSPL|Server Side Public|BUSL|Business Source|Commons Clause|NonCommercial"
    r"|Elastic License|Proprietary)\b",
    re.IGNORECASE,
)


def project_dependencies() -> list[Requirement]:
    """Return the run-time dependencies that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(text) for text in project["dependencies"]]


def closure(roots: Iterable[Requirement]) -> set[str]:
    """Return the names of all packages that the roots bring with them on this machine."""
    seen: dict[str, frozenset[str]] = {}
    todo = list(roots)
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        extras = frozenset(requirement.extras)
        if name in seen and extras <= seen[name]:
            continue
        seen[name] = seen.get(name, frozenset()) | extras
        for text in installed.requires(requirement.name) or []:
            needed = Requirement(text)
            wanted = ["", *sorted(seen[name])]
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in wanted):
                todo.append(needed)
    return set(seen)


def licence(name: str) -> str:
    """Return what a package says about its licence, its shortest statement first."""
    about = installed.metadata(name)
    classifiers = about.get_all("Classifier") or []
    stated = [text.split(" :: ")[-1] for text in classifiers if text.startswith("License ::")]
    free_text = [text.strip().split("\n")[0] for text in about.get_all("License") or []]
    return " / ".join([*(about.get_all("License-Expression") or []), *stated, *free_text])


def _pins() -> dict[str, list[tuple[str, str | None]]]:
    pins: dict[str, list[tuple[str, str | None]]] = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            pins.setdefault(canonicalize_name(match[1]), []).append((match[2], match[3]))
    return pins


def test_what_runs_is_under_licences_that_leave_its_users_free() -> None:
    table = {name: licence(name) for name in sorted(closure(project_dependencies()))}
    assert len(table) > 20, "the closure is suspiciously small"
    odd = {name: text for name, text in table.items() if REFUSED.search(text) or not ALLOWED.search(text)}
    everything = "\n".join(f"{name:28} {text}" for name, text in table.items())
    assert odd == {}, f"Packages whose licence is not among the allowed:\n{odd}\n\nAll:\n{everything}"


def test_a_licence_that_binds_would_be_seen() -> None:
    for text in ("GPL-3.0-only", "GNU Lesser General Public License v2 (LGPLv2)", "AGPL-3.0", "BUSL-1.1"):
        assert REFUSED.search(text) or not ALLOWED.search(text)
    for text in ("MIT", "Apache-2.0 OR BSD-2-Clause", "BSD License", "MPL-2.0 AND MIT", "PSF-2.0"):
        assert ALLOWED.search(text)
        assert not REFUSED.search(text)


def test_every_line_of_the_lock_is_a_pin_or_a_hash() -> None:
    hashed = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    odd = [line for line in lines if line.strip() and not PIN.match(line) and not hashed.match(line)]
    assert odd == [], "requirements.lock holds more than pins and hashes; `make lock` writes it anew"


def test_every_pin_has_a_hash() -> None:
    hashes: dict[str, int] = {}
    current = ""
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            current = f"{match[1]}=={match[2]}"
            hashes[current] = 0
        elif "--hash=" in line:
            hashes[current] += 1
    assert len(hashes) > 50
    assert [pin for pin, number in hashes.items() if number == 0] == []


def test_the_lock_names_no_address() -> None:
    text = LOCK.read_text(encoding="utf-8")
    assert re.findall(r"(?m)^.*(?:://|--(?:extra-)?index-url|--find-links|-i ).*$", text) == []


def test_the_lock_satisfies_the_project() -> None:
    pins = _pins()
    wrong = []
    for needed in project_dependencies():
        found = pins.get(canonicalize_name(needed.name), [])
        if not found or not all(needed.specifier.contains(Version(version)) for version, _ in found):
            wrong.append(f"{needed}: the lock has {found or 'nothing'}")
    assert wrong == []


def test_the_lock_satisfies_requirements_in() -> None:
    pins = _pins()
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    asked = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    wrong = [
        str(one)
        for one in asked
        if not any(one.specifier.contains(Version(v)) for v, _ in pins.get(canonicalize_name(one.name), []))
    ]
    assert wrong == [], "run `make lock`"


def test_what_is_installed_is_what_is_locked() -> None:
    """The tests speak about the pinned set only if they run on it."""
    pins = _pins()
    different = {}
    for name in sorted(closure(project_dependencies())):
        version = installed.version(name)
        if version not in [pinned for pinned, _ in pins.get(name, [])]:
            different[name] = f"installed {version}, locked {pins.get(name)}"
    assert different == {}, "the environment is out of date: remove .venv and run `make test` again"
