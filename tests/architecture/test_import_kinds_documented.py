"""docs/import-kinds.md tells of every kind of file and every column, as they are declared.

Run as a program, this writes the page anew:

    .venv/bin/python tests/architecture/test_import_kinds_documented.py
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from appliance.api import ImportColumn, Importer
from appliance_master_data.importers import IMPORTERS
from appliance_preselling.plugin import plugin as preselling

PAGE = Path(__file__).parents[2] / "docs/import-kinds.md"
KINDS = {one.kind: one for one in (*IMPORTERS, *preselling.importers())}
HOLDS = {"bool": "yes or no", "int": "whole number", "decimal": "number", "date": "date"}


def row(column: ImportColumn) -> str:
    name = f"`{column.name}:NAME`" if column.family else f"`{column.name}`"
    headers = "; ".join(f"{h}: NAME" if column.family else h for h in column.headers)
    holds = HOLDS.get(column.type, column.type) + (", several" if column.several else "")
    if column.scale:
        holds += f", {column.scale} decimals"
    needed = "required" if column.required else ""
    return f"| {name} | {headers} | {holds} | {needed} | {column.doc} |"


def section(importer: Importer) -> str:
    head = f"## {importer.kind}\n\n{importer.title}.\n\n"
    table = "| Column | Headers | Holds | | What it is |\n|---|---|---|---|---|\n"
    return head + table + "".join(f"{row(column)}\n" for column in importer.columns)


def contents() -> str:
    return "".join(f"- [{kind}](#{kind}): {one.title}\n" for kind, one in KINDS.items())


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_on_the_page_with_all_its_columns(kind: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert section(KINDS[kind]) in page, f"write the page anew: {Path(__file__).name} as a program"


def test_the_page_tells_of_no_other_kinds() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)$", page, re.M) == list(KINDS)
    assert contents() in page


def test_every_column_says_what_it_is() -> None:
    bare = [f"{k}.{c.name}" for k, one in KINDS.items() for c in one.columns if not c.doc]
    assert bare == []


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8").split("\n- [", 1)[0]
    sections = "\n".join(map(section, KINDS.values()))
    PAGE.write_text(f"{before}\n{contents()}\n{sections}", encoding="utf-8")
