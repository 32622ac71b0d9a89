"""Sheets: the rows of one sheet of a workbook, one at a time.

Each cell becomes the text that a CSV file would hold: a number in plain digits with the profile's
decimal separator, a date as ``2024-07-31``, a percentage with its sign. Of a formula the result
counts that the spreadsheet stored. Rows and cells with nothing in them are passed over, however
many the file has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, Literal, NoReturn

import msgspec
from openpyxl.utils.escape import unescape

from appliance.exchange.cells import MAX_TEXT
from appliance.exchange.profile import Profile
from appliance.exchange.refusal import FileRefused
from appliance.exchange.table import MAX_COLUMNS, MAX_ROW_CHARS
from appliance.exchange.workbook import Workbook, told_plainly

MAX_ROWS = 1_048_576
"""The most rows of a sheet."""

MAX_WIDTH = 16_384
"""The most columns of a sheet; beyond `MAX_COLUMNS` all cells must be empty."""

_BATCH_ROWS = 100
_PLAIN = 10**15  # a spreadsheet keeps 15 digits
_NOT_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')


class Style(msgspec.Struct, frozen=True):
    """What a number stands for by its cell's format: itself, a hundredth of what is shown, or
    digits with zeros before them, of which there are ``digits`` in all."""

    meaning: Literal["number", "percent", "zeros"] = "number"
    digits: int = 0


class SheetTable:
    """The rows of one sheet, to be gone through once; like `appliance.exchange.table.Table`.

    Iterating yields ``(row, cells)``: the number of the row as a spreadsheet shows it, and its
    cells as text.

    Attributes:
        profile: which sheet, and how numbers are written.
        name: the sheet's.

    Raises (when made and while iterating):
        FileRefused: it cannot be read, or is beyond a limit.
    """

    def __init__(self, stream: BinaryIO, profile: Profile) -> None:
        self.profile = profile
        self._book = Workbook(stream)
        self._sheet = self._book.sheet(profile.sheet)
        self._styles: dict[int, Style] = {}
        self.name: str = self._sheet.title

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        rows = self._rows()
        while True:
            with told_plainly():
                batch = list(islice(rows, _BATCH_ROWS))
            if not batch:
                return
            yield from batch

    def refuse(self, reason: str, line: int | None) -> NoReturn:
        """Raise `FileRefused`, with the sheets there are where there are several.

        Args:
            reason: whole sentences.
            line: the row, or None.
        """
        names = [sheet.title for sheet in self._book.sheets]
        if len(names) > 1:
            others = ", ".join(f'"{name}"' for name in names[:20])
            reason += f' This is the sheet "{self.name}"; the workbook has: {others} (--sheet).'
        raise FileRefused(reason, line=line)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        title_lines = self.profile.title_lines
        titles = title_lines if isinstance(title_lines, int) else 0
        last = 0
        for number, found in self._book.rows(self._sheet):
            if not last < number <= MAX_ROWS:
                _refuse(f"row {number} stands after row {last}, or beyond {MAX_ROWS}", None)
            last = number
            if number > titles and found:
                cells = self._texts(number, found)
                if cells:
                    yield number, cells

    def _texts(self, number: int, found: list[dict[str, Any]]) -> list[str]:
        cells: list[str] = []
        size = 0
        for cell in found:
            value = cell["value"]
            column = cell["column"]
            if value is None and column <= MAX_WIDTH:
                continue
            if not 0 < column <= MAX_WIDTH:
                _refuse(f"a row has more than {MAX_WIDTH} cells", number)
            text = self._text(value, cell["style_id"])
            if not text.strip():
                continue
            if column > MAX_COLUMNS:
                _refuse(f"the row has a cell beyond column {MAX_COLUMNS}", number)
            size += len(text)
            if len(text) > MAX_TEXT or size > MAX_ROW_CHARS:
                _refuse(
                    f"a cell has more than {MAX_TEXT} characters, or the row more than "
                    f"{MAX_ROW_CHARS}",
                    number,
                )
            if column > len(cells):
                cells.extend([""] * (column - len(cells)))
            cells[column - 1] = text
        return cells

    def _text(self, value: object, style_id: int) -> str:
        if isinstance(value, str):
            return _unescaped(value) if "_x" in value else value
        if isinstance(value, bool):
            return str(int(value))
        if isinstance(value, int | float):
            if style_id == 0 and isinstance(value, int) and 0 <= value < _PLAIN:
                return str(value)
            return self._number(value, style_id)
        if isinstance(value, timedelta):
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        if isinstance(value, datetime):
            return _moment_text(value)
        if isinstance(value, date | time):
            return value.isoformat()
        raise TypeError(f"a cell holds a {type(value).__name__}")

    def _number(self, value: float, style_id: int) -> str:
        style = self._styles.get(style_id)
        if style is None:
            style = style_of(self._book.number_format(self._sheet, style_id))
            self._styles[style_id] = style
        # A spreadsheet computes with binary fractions and shows 15 digits of them: what it
        # wrote as 0.30000000000000004 is 0.3 to whoever typed it.
        number = Decimal(f"{float(value):.15g}")
        sign = ""
        if style.meaning == "percent":
            number, sign = number * 100, "%"
        if not number.is_finite() or abs(number.adjusted()) > 40:
            return str(value)
        plain = f"{number:f}"
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".").replace(".", self.profile.decimal)
        if style.meaning == "zeros" and plain.isdigit():
            plain = plain.zfill(style.digits)
        return ("0" if plain in ("-0", "") else plain) + sign


def style_of(code: str) -> Style:
    """Return what numbers of a format stand for.

    Args:
        code: such as ``0.00%``; that of a date is never asked for.
    """
    # The first section is that of positive numbers. What is shown as it stands is no code.
    plain = _NOT_CODE.sub("", code.partition(";")[0])
    if plain.strip("0") == "" and len(plain) > 1:
        return Style("zeros", min(len(plain), 200))
    return Style("percent") if "%" in plain else Style()


def _moment_text(moment: datetime) -> str:
    """Return a moment to the second, without a time of day where that is midnight."""
    whole = (moment + timedelta(milliseconds=500)).replace(microsecond=0, tzinfo=None)
    return str(whole).removesuffix(" 00:00:00")


def _unescaped(text: str) -> str:
    """Resolve escapes: ``_x000D_`` is a line break (ECMA-376, part 1, 22.9.2.19)."""
    # Half of a surrogate pair is no character.
    resolved: str = unescape(text)
    return resolved.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _refuse(what: str, line: int | None) -> NoReturn:
    raise FileRefused(f"{what}; save the sheet as CSV and import that.", line=line)
