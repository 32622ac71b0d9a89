"""Writing: rows of an export as the bytes of a delimited text file.

Lines end with CR LF and cells are quoted only where they must be (RFC 4180). Integers become
decimal text by the unit of their column, with the profile's separator and no thousands:

=========  ==============================  =====================
unit       the integer counts              1 299 000 is written
=========  ==============================  =====================
int        itself                          1299000
money      1/100, always two digits        12990.00
price      1/10 000, zeros trimmed         129.9
quantity   1/1 000, zeros trimmed          1299
percent    1/100 (basis points), trimmed   12990
timestamp  UTC milliseconds                1970-01-01T00:21:39Z
=========  ==============================  =====================

Text is guarded against being run as a formula where the profile says so (`formula`); with the
same profile the file reads back as it was. A character that the encoding lacks ends the export:
a name with question marks in it is a wrong name.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from appliance.api.errors import PluginError
from appliance.api.reports import ReportColumn
from appliance.exchange.formula import guarded
from appliance.exchange.profile import ENCODINGS, Profile
from appliance.exchange.refusal import ExportRefused, shown

BATCH_ROWS = 500
"""How many rows make one chunk of bytes."""

Value = str | int | None
"""What a cell of an export may be; None is written as nothing."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_table(
    columns: Sequence[ReportColumn], rows: Iterable[Sequence[Value]], profile: Profile
) -> Iterator[bytes]:
    """Write a header of the columns' titles and then the rows, in chunks of bytes.

    Args:
        columns: one for each value of a row.
        rows: the values; taken from one at a time.
        profile: how the file is written.

    Raises (while iterating):
        ExportRefused: a character that the profile's encoding lacks, or a NUL.
        PluginError: a value does not fit the unit of its column, or a row has another number of
            values than there are columns.
    """
    writer = _Writer(columns, profile)
    batch = [writer.header()]
    if profile.encoding == "utf-16":
        batch.insert(0, codecs.BOM_UTF16_LE)
    elif profile.export_bom:
        batch.insert(0, codecs.BOM_UTF8)
    for number, row in enumerate(rows, 1):
        batch.append(writer.row(number, row))
        if len(batch) >= BATCH_ROWS:
            yield b"".join(batch)
            batch.clear()
    if batch:
        yield b"".join(batch)


def decimal_text(value: int, digits: int, separator: str, *, trim: bool) -> str:
    """Write an integer that counts 10^-digits as decimal text.

    >>> decimal_text(-12990, 4, ",", trim=True)
    '-1,299'
    """
    sign = "-" if value < 0 else ""
    text = str(abs(value)).rjust(digits + 1, "0")
    whole, fraction = text[:-digits], text[-digits:]
    if trim:
        fraction = fraction.rstrip("0")
    return f"{sign}{whole}{separator}{fraction}" if fraction else sign + whole


class _Writer:
    def __init__(self, columns: Sequence[ReportColumn], profile: Profile) -> None:
        self._columns = columns
        self._profile = profile
        # Python's "utf-16" begins every piece with a mark.
        self._encoding = "utf-16-le" if profile.encoding == "utf-16" else profile.encoding
        # Spaces at the ends are part of a text; a reader may trim them only outside quotes.
        special = re.escape(profile.delimiter + profile.quote)
        self._needs_quotes = re.compile(rf"[{special}\r\n]|\A\s|\s\Z").search
        self._text = guarded if profile.guard_formulas else str
        self._writers = [self._by_unit(column) for column in columns]

    def header(self) -> bytes:
        return self._line(0, [self._text(column.title) for column in self._columns])

    def row(self, number: int, row: Sequence[Value]) -> bytes:
        if len(row) != len(self._writers):
            raise PluginError(
                f"row {number} of the export has {len(row)} values for {len(self._writers)} columns"
            )
        cells = []
        for column, write, value in zip(self._columns, self._writers, row, strict=True):
            try:
                cells.append("" if value is None else write(value))
            except (TypeError, OverflowError) as error:
                raise PluginError(
                    f"row {number} of the export, column {column.name!r}: {shown(repr(value))} "
                    f"is not a value of unit {column.unit}: {error}"
                ) from error
        return self._line(number, cells)

    def _line(self, number: int, cells: list[str]) -> bytes:
        line = self._profile.delimiter.join(map(self._quoted, cells)) + "\r\n"
        if "\0" in line:
            self._refuse(number, cells)
        try:
            return line.encode(self._encoding)
        except UnicodeEncodeError:
            self._refuse(number, cells)

    def _quoted(self, cell: str) -> str:
        if self._needs_quotes(cell):
            quote = self._profile.quote
            return f"{quote}{cell.replace(quote, quote * 2)}{quote}"
        return cell

    def _refuse(self, number: int, cells: list[str]) -> NoReturn:
        """Raise `ExportRefused` for the cell that cannot be written, and say which character."""
        encoding = self._profile.encoding
        for column, cell in zip(self._columns, cells, strict=True):
            reason = "it holds a NUL" if "\0" in cell else None
            try:
                cell.encode(encoding)
            except UnicodeEncodeError as error:
                reason = (
                    f"{shown(cell)} holds {shown(cell[error.start])}, which {encoding} "
                    f"({ENCODINGS[encoding]}) cannot write; export with a profile in utf-8"
                )
            if reason is not None:
                raise ExportRefused(reason, row=number, column=column.title)
        raise AssertionError("a line was refused of which every cell can be written")

    def _by_unit(self, column: ReportColumn) -> Callable[[Value], str]:
        if column.unit in ("text", "date"):
            return self._as_text
        if column.unit == "int":
            return lambda value: str(integer_of(value))
        if column.unit == "timestamp":
            return _moment
        if column.unit in DIGITS:
            digits, trim = DIGITS[column.unit]
            separator = self._profile.decimal
            return lambda value: decimal_text(integer_of(value), digits, separator, trim=trim)
        raise PluginError(f"export column {column.name!r}: there is no unit {column.unit!r}")

    def _as_text(self, value: Value) -> str:
        if isinstance(value, str):
            return self._text(value)
        return str(integer_of(value))


DIGITS = {"money": (2, False), "price": (4, True), "quantity": (3, True), "percent": (2, True)}
"""Of each unit of amounts: how many decimal digits it has, and whether zeros at the end go."""


def integer_of(value: Value) -> int:
    """Return a value that must be an integer.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, int):
        raise TypeError("not an integer")
    return int(value)


def _moment(value: Value) -> str:
    moment = _EPOCH + timedelta(milliseconds=integer_of(value))
    return moment.replace(tzinfo=None, microsecond=0).isoformat() + "Z"
