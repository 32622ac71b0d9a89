"""Tables of templates: columns, and rows with cells and a note below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from appliance.api.documents import Align, Column, Table
from appliance.printing.expression import Names, Scope
from appliance.printing.template import Filler, Reading, Run
from appliance.printing.template_text import TemplateText
from appliance.printing.template_xml import Element


class _Head(NamedTuple):
    title: TemplateText
    column: Column


class _Note(str):
    __slots__ = ()


def read_table(reading: Reading, element: Element, scope: Scope) -> Filler:
    """Read a ``<table>``: ``<column>`` elements, then ``<row>`` elements."""
    reading.attributes(element, {"header"})
    header = reading.choice(element, "header", ("yes", "no")) == "yes"
    heads = [_head(reading, one, scope) for one in element.children if one.name == "column"]
    if not heads:
        raise reading.fault(element, "a <table> needs a <column> for each of its columns")

    def read_row(inner: Reading, row: Element, row_scope: Scope) -> Filler:
        return _row(inner, row, row_scope, len(heads))

    rows = reading.sequence(element, scope, {"column": lambda *_: _nothing, "row": read_row})

    def fill(names: Names, run: Run) -> Iterator[Any]:
        found = list(rows(names, run))
        if not found:
            return
        columns = tuple(
            Column(
                title=head.title.write(names, run.manner),
                align=head.column.align,
                width=head.column.width,
                least=head.column.least,
                shrinks=head.column.shrinks,
                own_line=head.column.own_line,
            )
            for head in heads
        )
        notes = tuple(note for _, note in found)
        yield Table(
            columns=columns,
            rows=tuple(cells for cells, _ in found),
            notes=notes if any(notes) else (),
            header=header,
        )

    return fill


def _nothing(_names: Names, _run: Run) -> Iterator[Any]:
    return iter(())


def _head(reading: Reading, element: Element, scope: Scope) -> _Head:
    if element.attributes.keys() & {"if", "for"}:
        raise reading.fault(element, "a <column> has neither if nor for: every row has its cell")
    found = reading.attributes(element, {"title", "align", "width", "least", "shrinks", "own-line"})
    reading.content(element, scope)
    return _Head(
        reading.text(element, found.get("title", ""), scope),
        Column(
            title="",
            align=cast(Align, reading.choice(element, "align", ("left", "center", "right"))),
            width=reading.number(element, "width", 0, 200, 0),
            least=reading.number(element, "least", 0, 200, 0),
            shrinks=reading.number(element, "shrinks", 0, 9, 0),
            own_line=reading.choice(element, "own-line", ("no", "yes")) == "yes",
        ),
    )


def _row(reading: Reading, element: Element, scope: Scope, columns: int) -> Filler:
    reading.attributes(element, set())
    cells = [one for one in element.children if one.name == "cell"]
    if len(cells) != columns:
        raise reading.fault(
            element, f"the <row> has {len(cells)} cells and the table {columns} columns"
        )
    parts = reading.sequence(element, scope, {"cell": _cell, "note": _note})

    def fill(names: Names, run: Run) -> Iterator[Any]:
        found = list(parts(names, run))
        notes = [one for one in found if isinstance(one, _Note) and one]
        yield tuple(one for one in found if not isinstance(one, _Note)), "\n".join(notes)

    return fill


def _cell(reading: Reading, element: Element, scope: Scope) -> Filler:
    if element.attributes.keys() & {"if", "for"}:
        raise reading.fault(element, "a <cell> has neither if nor for: every row has all cells")
    reading.attributes(element, set())
    content = reading.content(element, scope)

    def fill(names: Names, run: Run) -> Iterator[Any]:
        yield content.write(names, run.manner)

    return fill


def _note(reading: Reading, element: Element, scope: Scope) -> Filler:
    reading.attributes(element, set())
    content = reading.content(element, scope)

    def fill(names: Names, run: Run) -> Iterator[Any]:
        yield _Note(content.write(names, run.manner))

    return fill
