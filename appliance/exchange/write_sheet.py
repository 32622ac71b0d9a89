"""Writing sheets: rows of an export as the bytes of an ``.xlsx`` workbook with one sheet.

Amounts are numbers, dates are dates and text is text, so a spreadsheet can sum and sort at once and
runs nothing as a formula. Texts stand in their cells (``inlineStr``), so no row is held after it is
written. The same rows make the same bytes.

Source: ECMA-376, part 1, 18.3 (sheets), 18.8 (styles), and part 2 (the package). An amount of more
than 15 digits, which is what a spreadsheet keeps of a number, is written as text.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import IO, cast
from xml.sax.saxutils import escape, quoteattr

from appliance.api.errors import PluginError
from appliance.api.reports import ReportColumn
from appliance.exchange.refusal import ExportRefused, shown
from appliance.exchange.shared_strings import MAX_CHARS
from appliance.exchange.sheet import MAX_ROWS, column_letters
from appliance.exchange.write import DIGITS, Value, decimal_text, integer_of

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BATCH_CHARS = 64 * 1024
_FIRST_DAY = date(1899, 12, 30).toordinal()
_MS_A_DAY = 86_400_000
_EPOCH_DAY = date(1970, 1, 1).toordinal() - _FIRST_DAY
# XML has none of these at all, and takes a lone CR for a line feed.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

_FORMATS = ("0.00", "0.00##", "0.###", "dd.mm.yyyy", "dd.mm.yyyy hh:mm:ss")
_STYLE = {"header": 1, "money": 2, "price": 3, "quantity": 4, "percent": 4} | {
    "date": 5,
    "timestamp": 6,
}
_WIDTH = {"text": 24, "timestamp": 19}

_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_DOCUMENT}/styles" Target="styles.xml"/>'
    "</Relationships>",
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">'
    + "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{f}"/>' for n, f in enumerate(_FORMATS))
    + '</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{2 + len(_FORMATS)}">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    + "".join(
        f'<xf numFmtId="{164 + n}" fontId="0" fillId="0" borderId="0" xfId="0"'
        ' applyNumberFormat="1"/>'
        for n in range(len(_FORMATS))
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>",
}


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
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (*_PARTS.items(), ("xl/workbook.xml", _workbook(title))):
            archive.writestr(_entry(name), _HEAD + text)
        with archive.open(_entry("xl/worksheets/sheet1.xml"), "w") as part:
            for text in _sheet(columns, rows, skip):
                part.write(text.encode())
                yield sink.taken()
    yield sink.taken()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _workbook(title: str) -> str:
    name = re.sub(r"[\\/*?:\[\]\x00-\x1f]", " ", title).strip("' ")[:31] or "Sheet1"
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
        f'<sheet name={quoteattr(name)} sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


def _sheet(
    columns: Sequence[ReportColumn], rows: Iterable[Sequence[Value]], skip: int
) -> Iterator[str]:
    """Yield the text of the sheet's part in pieces of about `_BATCH_CHARS`."""
    letters = [column_letters(number) for number in range(1, len(columns) + 1)]
    writers = [_by_unit(column) for column in columns]
    widths = "".join(
        f'<col min="{n}" max="{n}" customWidth="1"'
        f' width="{min(60, max(_WIDTH.get(column.unit, 12), len(column.title) + 2))}"/>'
        for n, column in enumerate(columns, 1)
    )
    held = [
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        f'<pane ySplit="{skip + 1}" topLeftCell="A{skip + 2}" activePane="bottomLeft"'
        ' state="frozen"/>'
        f"</sheetView></sheetViews><cols>{widths}</cols><sheetData>",
        f'<row r="{skip + 1}">'
        + "".join(
            f'<c r="{letter}{skip + 1}"{_text(column.title, _STYLE["header"])}'
            for letter, column in zip(letters, columns, strict=True)
        )
        + "</row>",
    ]
    size = 0
    for number, row in enumerate(rows, 1):
        if len(row) != len(writers):
            raise PluginError(
                f"row {number} of the export has {len(row)} values for {len(writers)} columns"
            )
        place = number + skip + 1
        if place > MAX_ROWS:
            raise ExportRefused(
                f"a sheet holds {MAX_ROWS} rows; export with a CSV profile", row=number, column=""
            )
        held.append(f'<row r="{place}">')
        for letter, column, write, value in zip(letters, columns, writers, row, strict=True):
            if value is None:
                continue
            try:
                cell = f'<c r="{letter}{place}"{write(value)}'
            except (TypeError, OverflowError) as error:
                raise PluginError(
                    f"row {number} of the export, column {column.name!r}: {shown(repr(value))} "
                    f"is not a value of unit {column.unit}: {error}"
                ) from error
            except ValueError as error:
                raise ExportRefused(str(error), row=number, column=column.title) from error
            held.append(cell)
            size += len(cell)
        held.append("</row>")
        if size > _BATCH_CHARS:
            yield "".join(held)
            held, size = [], 0
    held.append("</sheetData></worksheet>")
    yield "".join(held)


def _by_unit(column: ReportColumn) -> Callable[[Value], str]:
    """Return what writes the rest of a cell after its place."""
    if column.unit == "text":
        return lambda value: _text(value if isinstance(value, str) else str(integer_of(value)))
    if column.unit == "date":
        return _date
    if column.unit == "int":
        return lambda value: _amount(str(integer_of(value)), 0)
    if column.unit == "timestamp":
        return _moment
    if column.unit in DIGITS:
        digits, trim = DIGITS[column.unit]
        style = _STYLE[column.unit]
        return lambda value: _amount(decimal_text(integer_of(value), digits, ".", trim=trim), style)
    raise PluginError(f"export column {column.name!r}: there is no unit {column.unit!r}")


def _text(value: str, style: int = 0) -> str:
    if len(value) > MAX_CHARS:
        raise ValueError(f"{shown(value)} has more than {MAX_CHARS} characters, a cell's most")
    text = _LOOKS_ESCAPED.sub("_x005F_", value)
    text = _UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    mark = f' s="{style}"' if style else ""
    return f'{mark} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _amount(text: str, style: int) -> str:
    if sum(map(str.isdigit, text.strip("-0."))) > 15:
        return _text(text)
    return f' s="{style}"><v>{text}</v></c>'


def _date(value: Value) -> str:
    if not isinstance(value, str):
        return _amount(str(integer_of(value)), 0)
    try:
        day = date.fromisoformat(value).toordinal() - _FIRST_DAY
    except ValueError:
        return _text(value)
    # Before March 1900 days are counted otherwise, and before 1900 not at all.
    return f' s="{_STYLE["date"]}"><v>{day}</v></c>' if day > 60 else _text(value)


def _moment(value: Value) -> str:
    days, rest = divmod(integer_of(value), _MS_A_DAY)
    days += _EPOCH_DAY
    if not 60 < days < 2_958_466:
        return _text(str(value))
    # Whole seconds as a share of the day; ten digits tell them apart.
    share = rest // 1000 * 10_000_000_000 // 86_400
    fraction = f"{share + 1:010d}" if rest else ""
    number = f"{days}.{fraction}" if fraction else str(days)
    return f' s="{_STYLE["timestamp"]}"><v>{number}</v></c>'


class _Sink:
    """Takes what the archive writes; it cannot be gone back in."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def taken(self) -> bytes:
        """Return the bytes since the last call."""
        held, self._held = self._held, []
        return b"".join(held)
