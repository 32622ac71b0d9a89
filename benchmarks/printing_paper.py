"""Paper: the processor time from a document to the bytes of a printer, and how many there are.

The document is a delivery note of 60 lines of paper in Cyrillic. `epson-tm-p80` prints most of it
in its own font, `datecs-dpp` draws its code in columns, and `generic` gets every line as dots.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from appliance.api.documents import Document
from appliance.printing.escpos import render
from appliance.printing.layout import lay_out
from appliance.printing.library import Library
from appliance.printing.profile import Profile, Profiles
from appliance.printing.raster import png
from appliance.printing.samples import sample
from appliance.printing.sheet import Line, Sheet
from benchmarks import result
from benchmarks.result import Row, Run

LINES = 60
GOAL_MS = 50.0
PROFILES = ("epson-tm-p80", "xprinter", "datecs-dpp", "generic")
LANGUAGES = ("ru", "kk")


def measure(run: Run) -> Sequence[Row]:
    """See the module."""
    rows: list[Row] = []
    for language in LANGUAGES:
        document = _document(language)
        for name in PROFILES:
            rows.append(_bytes_of(run, language, name, document))
    sheet = lay_out(_document("ru"), 48)
    cost, spread = _cost(run, lambda: png(sheet))
    return [*rows, Row(f"picture of {_lines(sheet)} lines, ru", cost, "ms", spread=spread)]


def _bytes_of(run: Run, language: str, name: str, document: Document) -> Row:
    profile = Profiles().get(name)
    sheet = lay_out(document, profile.columns)
    size = len(render(sheet, profile).data)
    cost, spread = _cost(run, lambda: _print(document, profile))
    return Row(
        f"{name}, {_lines(sheet)} lines, {language}",
        cost,
        "ms",
        goal=GOAL_MS,
        spread=spread,
        note=f"{size:,} bytes",
    )


def _print(document: Document, profile: Profile) -> None:
    render(lay_out(document, profile.columns), profile)


def _document(language: str) -> Document:
    """A delivery note whose paper is the first of at least `LINES` lines."""
    library = Library()
    note = sample("delivery_note", language)
    lines = note.lines[:1]  # type: ignore[attr-defined]
    while True:
        document = library.fill(msgspec.structs.replace(note, lines=lines))
        if _lines(lay_out(document, 48)) >= LINES:
            return document
        lines = (*lines, msgspec.structs.replace(lines[0], line_no=len(lines) + 1))


def _lines(sheet: Sheet) -> int:
    return sum(isinstance(strip, Line) for strip in sheet.strips)


def _cost(run: Run, call: Callable[[], object]) -> tuple[float, float]:
    """Processor milliseconds of a call, the median of several after a first, and their spread."""
    call()
    costs = []
    for _ in range(run.repeats * 3):
        began = time.thread_time()
        call()
        costs.append((time.thread_time() - began) * 1e3)
    return result.median(costs), result.spread(costs)
