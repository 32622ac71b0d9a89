"""Refused rows: a file of them in the form of the file they are from, to be mended and imported.

It has the same header, and two columns more that say which line a row was and what is wrong with
it. The next import passes over these two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from msgspec import structs

from appliance.api.importing import Importer
from appliance.api.reports import ReportColumn
from appliance.exchange.header import OURS
from appliance.exchange.profile import UNKNOWN_DECIMAL, Profile
from appliance.exchange.rows import RowReader
from appliance.exchange.sheet import SheetTable
from appliance.exchange.write import write_table
from appliance.exchange.write_sheet import write_sheet

LINE = f"{OURS}line"
REASON = f"{OURS}reason"


def refused_rows(
    stream: BinaryIO, profile: Profile, importer: Importer, refused: Mapping[int, Sequence[str]]
) -> Iterator[bytes]:
    """Write the rows of a file that were refused, in chunks of bytes.

    Args:
        stream: of the file, which must be as it was when the rows were refused.
        profile: how it is read.
        importer: what its columns are.
        refused: by line, what is wrong.

    Raises (while iterating):
        FileRefused, ExportRefused: the file is not as it was.
    """
    if profile.decimal == UNKNOWN_DECIMAL:
        profile = structs.replace(profile, decimal=",")
    reader = RowReader(stream, profile, importer)
    header = [*_bare(reader.header), LINE, REASON]
    columns = [ReportColumn(name=str(n), title=title) for n, title in enumerate(header)]
    rows = _rows(reader, len(header), refused)
    if isinstance(reader.table, SheetTable):
        sparse = ([cell or None for cell in row] for row in rows)
        yield from write_sheet(columns, sparse, reader.table.name, skip=_titles(profile))
        return
    codec = "utf-16-le" if profile.encoding == "utf-16" else profile.encoding
    mark = "\ufeff" if profile.export_bom or profile.encoding == "utf-16" else ""
    yield (mark + "\r\n" * _titles(profile)).encode(codec)
    form = structs.replace(profile, guard_formulas=False, export_bom=False, encoding=codec)
    yield from write_table(columns, _encodable(rows, codec), form)


def _titles(profile: Profile) -> int:
    return profile.title_lines if isinstance(profile.title_lines, int) else 0


def _bare(header: list[str]) -> list[str]:
    """Return a header without our columns, which an earlier such file has at its end."""
    return [cell for cell in header if not cell.strip().startswith(OURS)]


def _rows(
    reader: RowReader, width: int, refused: Mapping[int, Sequence[str]]
) -> Iterator[list[str]]:
    last = max(refused, default=0)
    kept = width - 2
    for number, cells in reader.lines():
        if number > last:
            return
        reasons = refused.get(number)
        if reasons is not None:
            # A row with cells beyond the header keeps them in sight, joined in the last.
            row = cells[:kept] + [""] * (kept - len(cells))
            more = [cell for cell in cells[kept:] if cell.strip()] if not _ours(reader) else []
            yield [*row, str(number), "; ".join([*reasons, *more])]


def _ours(reader: RowReader) -> bool:
    return any(cell.strip().startswith(OURS) for cell in reader.header)


def _encodable(rows: Iterator[list[str]], codec: str) -> Iterator[list[str]]:
    """Replace what an encoding lacks in the reasons; the cells are of the encoding."""
    for row in rows:
        row[-1] = row[-1].encode(codec, "replace").decode(codec)
        yield row
