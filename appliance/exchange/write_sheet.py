"""Writing sheets: rows of an export as the bytes of an ``.xlsx`` workbook with one sheet.

Amounts are numbers, dates are dates and text is text, so a spreadsheet can sum and sort at once and
runs nothing as a formula. openpyxl writes each row as it comes, to a file of its own in the
temporary folder, and packs it in the end. An amount of more than 15 digits, which is what a
spreadsheet keeps of a number, is written as text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from appliance.api.errors import PluginError
from appliance.api.reports import ReportColumn
from appliance.exchange.cells import MAX_TEXT
from appliance.exchange.refusal import ExportRefused, shown
from appliance.exchange.sheet import MAX_ROWS
from appliance.exchange.write import DIGITS, Value, decimal_text, integer_of

_CHUNK_BYTES = 64 * 1024
_EPOCH = datetime(1970, 1, 1)
_FIRST = date(1900, 3, 1)  # before it days are counted otherwise, and before 1900 not at all
# XML has none of these at all, and takes a lone CR for a line feed.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

_FORMATS = {
    "money": "0.00",
    "price": "0.00##",
    "quantity": "0.###",
    "percent": "0.###",
    "date": "dd.mm.yyyy",
    "timestamp": "dd.mm.yyyy hh:mm:ss",
}
_WIDTH = {"text": 24, "timestamp": 19}


def write_sheet(
    columns: Sequence[ReportColumn],
    rows: Iterable[Sequence[Value]],
    title: str,
    *,
    skip: int = 0,
) -> Iterator[bytes]:
    """Write a header of the columns' titles and then the rows, in chunks of bytes.

    Args:
        columns: one for each value of a row.
        rows: the values; taken from one at a time.
        title: the name of the sheet; what a name may not hold is left out.
        skip: how many rows stay empty above the header.

    Raises (while iterating):
        ExportRefused: a text is longer than a cell, or the rows are more than a sheet holds.
        PluginError: a value does not fit the unit of its column, or a row has another number of
            values than there are columns.
    """
    book = Workbook(write_only=True)
    name = re.sub(r"[\\/*?:\[\]\x00-\x1f]", " ", title).strip("' ")[:31] or "Sheet1"
    sheet = book.create_sheet(name)
    sheet.freeze_panes = f"A{skip + 2}"
    for number, column in enumerate(columns, 1):
        width = min(60, max(_WIDTH.get(column.unit, 12), len(column.title) + 2))
        sheet.column_dimensions[get_column_letter(number)].width = width
    writers = [_Cells(sheet, column) for column in columns]
    try:
        for _ in range(skip):
            sheet.append([])
        sheet.append([writer.header() for writer in writers])
        for number, row in enumerate(rows, 1):
            if number + skip >= MAX_ROWS:
                raise ExportRefused(
                    f"a sheet holds {MAX_ROWS} rows; export with a CSV profile",
                    row=number,
                    column="",
                )
            sheet.append(_row(number, row, columns, writers))
    except BaseException:
        # Its file in the temporary folder goes when the process ends.
        sheet.close()
        raise
    packed = io.BytesIO()
    book.save(packed)
    packed.seek(0)
    while chunk := packed.read(_CHUNK_BYTES):
        yield chunk


def _row(
    number: int, row: Sequence[Value], columns: Sequence[ReportColumn], writers: Sequence[_Cells]
) -> list[Any]:
    if len(row) != len(writers):
        raise PluginError(
            f"row {number} of the export has {len(row)} values for {len(writers)} columns"
        )
    cells: list[Any] = []
    for column, writer, value in zip(columns, writers, row, strict=True):
        try:
            cells.append(None if value is None else writer.write(value))
        except (TypeError, OverflowError) as error:
            raise PluginError(
                f"row {number} of the export, column {column.name!r}: {shown(repr(value))} "
                f"is not a value of unit {column.unit}: {error}"
            ) from error
        except ValueError as error:
            raise ExportRefused(str(error), row=number, column=column.title) from error
    return cells


class _Cells:
    """The cells of one column. There are two, used again in each row: openpyxl has written a row
    when `append` returns."""

    def __init__(self, sheet: Any, column: ReportColumn) -> None:
        self._title = column.title
        self._plain = WriteOnlyCell(sheet)
        self._styled = WriteOnlyCell(sheet)
        self._sheet = sheet
        if column.unit in _FORMATS:
            self._styled.number_format = _FORMATS[column.unit]
        self.write = self._by_unit(column)

    def header(self) -> Any:
        cell = _as_text(WriteOnlyCell(self._sheet), self._title)
        cell.font = Font(bold=True)
        return cell

    def _by_unit(self, column: ReportColumn) -> Callable[[Value], Any]:
        if column.unit == "text":
            return lambda value: _as_text(
                self._plain, value if isinstance(value, str) else str(integer_of(value))
            )
        if column.unit == "date":
            return self._date
        if column.unit == "int":
            return lambda value: self._amount(str(integer_of(value)))
        if column.unit == "timestamp":
            return self._moment
        if column.unit in DIGITS:
            digits, trim = DIGITS[column.unit]
            return lambda value: self._amount(
                decimal_text(integer_of(value), digits, ".", trim=trim)
            )
        raise PluginError(f"export column {column.name!r}: there is no unit {column.unit!r}")

    def _amount(self, text: str) -> Any:
        if sum(map(str.isdigit, text.strip("-0."))) > 15:
            return _as_text(self._plain, text)
        self._styled.value = Decimal(text)
        return self._styled

    def _date(self, value: Value) -> Any:
        if not isinstance(value, str):
            self._plain.value = integer_of(value)
            return self._plain
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = date.min
        if day < _FIRST:
            return _as_text(self._plain, value)
        self._styled.value = day
        return self._styled

    def _moment(self, value: Value) -> Any:
        seconds = integer_of(value) // 1000
        try:
            moment = _EPOCH + timedelta(seconds=seconds)
        except OverflowError:
            moment = datetime.min
        if moment.date() < _FIRST:
            return _as_text(self._plain, str(value))
        self._styled.value = moment
        return self._styled


def _as_text(cell: Any, value: str) -> Any:
    """Fill a cell with a text, whatever it looks like."""
    if len(value) > MAX_TEXT:
        raise ValueError(f"{shown(value)} has more than {MAX_TEXT} characters, a cell's most")
    text = _LOOKS_ESCAPED.sub("_x005F_", value)
    cell.value = _UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    cell.data_type = "s"
    return cell
