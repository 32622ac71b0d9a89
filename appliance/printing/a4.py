"""A4 pages: a document as PDF, set by typst.

The program that sets it is fixed (``a4.typ``); the document goes into it as data. Nothing but the
fonts of the appliance is read, and the same document gives the same bytes.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import as_file, files
from types import MappingProxyType
from typing import Any

import typst
from PIL import Image as Pillow

from appliance.api.documents import (
    Barcode,
    Block,
    CopyMark,
    Document,
    Feed,
    Heading,
    Image,
    KeyValue,
    Qr,
    Rule,
    Signature,
    Table,
    Text,
    Totals,
)
from appliance.printing.barcode import barcode_bars, with_check_digit
from appliance.printing.labels import LABELS
from appliance.printing.picture import dithered
from appliance.printing.qr_code import QUIET, qr_squares
from appliance.printing.width import NO_BREAK, printable

MAX_FEED = 50

_LONGEST_WORD = 30
"""Characters after which a word may be broken: no line would hold a longer one for sure."""

_LONG = re.compile(rf"[^\s{NO_BREAK}]{{{_LONGEST_WORD}}}(?=[^\s])")
_PICTURE_DOTS = 1000


def pdf(document: Document, blobs: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """Set a document on A4 pages.

    Args:
        document: what to print.
        blobs: the pictures that the document names, by their SHA-256.
    """
    language = LABELS.language(document.language)
    given = {
        "title": _said(document.title),
        "language": language,
        "page": LABELS.say(language, "page", page="\x01", pages="\x02"),
        "blocks": [found for block in document.blocks for found in _block(block, language, blobs)],
    }
    with as_file(files("appliance.printing") / "fonts") as fonts:
        # Its types ask all paths to be of the type of the source.
        set_in_type: Any = typst.compile
        made = set_in_type(
            _program(),
            root=str(fonts),
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"document": json.dumps(given, ensure_ascii=False)},
        )
    if not isinstance(made, bytes):
        raise AssertionError("typst makes one file of a PDF")
    return made


@lru_cache(maxsize=1)
def _program() -> bytes:
    return (files("appliance.printing") / "a4.typ").read_bytes()


def _block(block: Block, language: str, blobs: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    match block:
        case Heading():
            yield {"kind": "heading", "level": block.level, "text": _said(block.text)}
        case Text():
            yield _text(block.text, block.align, bold=block.bold, size=block.size)
        case KeyValue():
            yield {
                "kind": "pair",
                "key": _said(block.key),
                "value": _said(block.value),
                "bold": block.bold,
            }
        case Table():
            yield _table(block)
        case Totals():
            rows = [
                {"label": _said(row.label), "value": _said(row.value), "strong": row.strong}
                for row in block.rows
            ]
            yield {"kind": "totals", "rows": rows}
        case Rule():
            yield {"kind": "rule", "strong": block.strong}
        case Qr():
            yield _qr(block)
        case Barcode():
            yield _barcode(block)
        case Image():
            yield from _image(block, blobs)
        case Signature():
            picture = _picture(block.data or blobs.get(block.sha256, b""), 400)
            yield {
                "kind": "signature",
                "label": _said(block.label),
                "name": _said(block.name),
                "picture": picture,
            }
        case Feed():
            yield {"kind": "feed", "lines": max(1, min(block.lines, MAX_FEED))}
        case CopyMark():
            key = "copy" if block.copy else "original"
            yield _text(LABELS.say(language, key, number=block.copy), "right", bold=True)


def _said(text: str) -> str:
    """Return a text as a page can hold it: printable, and no word wider than the page."""
    return _LONG.sub(lambda found: f"{found[0]}\u200b", printable(text))


def _text(text: str, align: str, *, bold: bool = False, size: str = "normal") -> dict[str, Any]:
    return {"kind": "text", "text": _said(text), "align": align, "bold": bold, "size": size}


def _table(table: Table) -> dict[str, Any]:
    count = len(table.columns)
    takes = [column.width <= 0 for column in table.columns]
    if not any(takes) and takes:
        takes[0] = True
    rows = []
    for number, row in enumerate(table.rows):
        cells = [*row[: count - 1], " ".join(row[count - 1 :])] if count else []
        cells += [""] * (count - len(cells))
        note = table.notes[number] if number < len(table.notes) else ""
        rows.append({"cells": [_said(cell) for cell in cells], "note": _said(note)})
    columns = [
        {"title": _said(column.title), "align": column.align, "takes": taking}
        for column, taking in zip(table.columns, takes, strict=True)
    ]
    return {"kind": "table", "columns": columns, "rows": rows, "header": table.header}


def _qr(block: Qr) -> dict[str, Any]:
    squares = qr_squares(block.data)
    if squares is None:
        return _text(block.data, "center")
    text = block.data if block.text is None else block.text
    side = len(squares)
    code = Pillow.new("L", (side, side), 255)
    code.putdata([0 if black else 255 for row in squares for black in row])
    whole = Pillow.new("L", (side + 2 * QUIET, side + 2 * QUIET), 255)
    whole.paste(code, (QUIET, QUIET))
    return _code(whole.resize((whole.width * 8, whole.height * 8), 0), 30, text)


def _barcode(block: Barcode) -> dict[str, Any]:
    whole = with_check_digit(block.kind, block.data)
    bars = barcode_bars(block.kind, whole) if whole is not None else None
    if whole is None or bars is None:
        return _text(block.data, "center")
    code = Pillow.new("L", (len(bars), 1), 255)
    code.putdata([0 if bar == "1" else 255 for bar in bars])
    # A narrowest bar of 0.33 mm, the usual one of GS1.
    return _code(code.resize((len(bars) * 4, 160), 0), min(170, len(bars) / 3), whole)


def _code(picture: Pillow.Image, width_mm: float, text: str) -> dict[str, Any]:
    return {"kind": "code", "picture": _png(picture), "width": width_mm, "text": _said(text)}


def _image(block: Image, blobs: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    picture = _picture(block.data or blobs.get(block.sha256, b""), _PICTURE_DOTS)
    if picture is not None:
        width = max(1, min(block.width, 100))
        yield {"kind": "image", "picture": picture, "align": block.align, "width": width}
    elif block.text:
        yield _text(f"[{block.text}]", block.align)


def _picture(data: bytes, dots: int) -> list[int] | None:
    found = dithered(data, dots, dots)
    return _png(found) if found is not None else None


def _png(picture: Pillow.Image) -> list[int]:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return list(out.getvalue())
