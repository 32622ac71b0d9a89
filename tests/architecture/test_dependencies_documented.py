"""docs/dependencies.md tells of every direct dependency, and the lock pins each."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found is not None, requirement
    return found[0].lower()


def direct() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return {name_of(line) for group in groups for line in group} - {"fieldbox"}


def test_each_direct_dependency_has_a_row_and_no_other() -> None:
    rows = re.findall(r"(?m)^\| ([^|]+?) \|", (ROOT / "docs/dependencies.md").read_text())
    told = {name_of(name) for row in rows for name in row.split(", ") if " " not in name}
    assert told - {"package", "---"} == direct()


def test_each_direct_dependency_is_locked_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pinned = set(re.findall(r"(?m)^([a-z0-9.-]+)==[^\n]*\\\n +--hash=sha256:", lock))
    assert direct() <= pinned
