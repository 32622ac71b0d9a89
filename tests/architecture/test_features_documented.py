"""docs/features.md names tests that there are, in rows that can be read one by one."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/features.md").read_text(encoding="utf-8")

STATES = {"working", "partly", "not yet"}
ROW = re.compile(r"\| ([A-Z]\d{2}) \| ([^|]+) \| `([^`|]+)` \| ([^|]+) \|")
TEST = re.compile(r"`(\w+\.py)::(\w+)`")


def rows() -> Iterator[tuple[str, str, str]]:
    """Id, state and last cell of each row of the features."""
    table = PAGE.split("| Id | ")[1].splitlines()[2:]
    for line in table:
        found = ROW.fullmatch(line)
        assert found is not None, line
        yield found[1], found[3], found[4]


ROWS = list(rows())
NAMED = sorted({(file, test) for _, _, cell in ROWS for file, test in TEST.findall(cell)})


def functions(path: Path) -> set[str]:
    """The tests at the top of a file, those that pytest collects as FILE::FUNCTION."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_is_named_exists(file: str, test: str) -> None:
    found = [path for top in ("tests", "plugins") for path in (ROOT / top).rglob(file)]
    assert len(found) == 1, found
    assert test.startswith("test_")
    assert test in functions(found[0])


def test_ids_are_unique_and_ascend_within_their_letter() -> None:
    ids = [number for number, _, _ in ROWS]
    assert len(ids) > 50
    letters = [letter for letter, _ in itertools.groupby(ids, key=lambda one: one[0])]
    assert len(letters) == len(set(letters)), "the rows of a letter stand together"
    for earlier, later in itertools.pairwise(ids):
        assert earlier[0] != later[0] or earlier < later, (earlier, later)


@pytest.mark.parametrize(("number", "state", "cell"), ROWS)
def test_a_state_is_one_of_three_and_what_works_names_tests(
    number: str, state: str, cell: str
) -> None:
    assert state in STATES
    rest = TEST.sub("", cell).strip(", ")
    if state == "working":
        assert TEST.search(cell) is not None and rest == "", "tests and nothing else"
    else:
        assert TEST.search(cell) is None and len(rest) > 10, "what is missing, in words"
