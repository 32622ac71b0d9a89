"""Elements: how many of them an XML part makes a reader hold at once.

A tree takes up to 300 bytes for an element that is written in four, so sizes alone bound little.
Of a sheet a reader lets each row go; of any other part it may hold all.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.parsers import expat

from appliance.exchange.refusal import FileRefused, shown

MAX_OF_ROW = 250_000
"""The most between two rows of a sheet; a row of 16,384 cells has three or four for each."""

MAX_OF_PART = 4_000_000
"""The most of any part but a sheet; a text that cells share has two."""

_ROW_DEPTH = 3  # worksheet, sheetData, row


def bound_elements(name: str, chunks: Iterable[bytes], *, rows: bool) -> None:
    """Go through a part.

    What is no XML is passed over from there on: a reader gets no further either.

    Args:
        name: of the part, for the error.
        chunks: its bytes.
        rows: it is a sheet, read row by row.

    Raises:
        FileRefused: too many elements would be held at once.
    """
    most = MAX_OF_ROW if rows else MAX_OF_PART
    held = 0
    depth = 0

    def start(tag: str, _attributes: object) -> None:
        nonlocal held, depth
        depth += 1
        held += 1
        if held > most:
            raise FileRefused(
                f"the part {shown(name)} of the workbook has more than {most} elements"
                f"{' between two rows' if rows else ''}. Save the sheet as CSV and import that."
            )

    def end(tag: str) -> None:
        nonlocal held, depth
        if rows and depth == _ROW_DEPTH and tag.endswith("row"):
            held = 0
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
    except expat.ExpatError:
        return
