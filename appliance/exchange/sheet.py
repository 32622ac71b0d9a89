"""Sheets: the rows of one sheet of a workbook, in constant memory beside its shared strings.

Each cell becomes the text that a CSV file would hold: a number in plain digits with the profile's
decimal separator, a date as ``2024-07-31``, a percentage with its sign. Of a formula the result
counts that the spreadsheet stored. Rows and cells with nothing in them are passed over, however
many the file has.

Source: ECMA-376, part 1, 18.3.1 (worksheet).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, NoReturn

from appliance.exchange.cells import NO_RESULT
from appliance.exchange.markup import Markup
from appliance.exchange.profile import Profile
from appliance.exchange.refusal import FileRefused
from appliance.exchange.shared_strings import MAX_CHARS, plain_text
from appliance.exchange.table import MAX_COLUMNS, MAX_ROW_CHARS
from appliance.exchange.workbook import Style, Workbook

MAX_ROWS = 1_048_576
"""The most rows of a sheet."""

MAX_WIDTH = 16_384
"""The most columns of a sheet; beyond `MAX_COLUMNS` all cells must be empty."""

# Day 0 of the serial numbers. 1900 counts a 29th of February that it did not have (18.17.4.1).
_DAY_0 = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
_LAST_DAY = 2_958_466  # the end of the year 9999


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
        self._place = self._book.place(profile.sheet)
        self.name = self._place.name

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        rows = _Rows(self._book, self.profile)
        markup = Markup(self._place.part, rows.start, rows.end, rows.text)
        title_lines = self.profile.title_lines
        titles = title_lines if isinstance(title_lines, int) else 0
        for chunk in self._book.archive.chunks(self._place.part):
            markup.feed(chunk)
            for number, cells in rows.taken():
                if number > titles:
                    yield number, cells
        markup.close()
        yield from rows.taken()

    def refuse(self, reason: str, line: int | None) -> NoReturn:
        """Raise `FileRefused`, with the sheets there are where there are several.

        Args:
            reason: whole sentences.
            line: the row, or None.
        """
        names = [sheet.name for sheet in self._book.sheets]
        if len(names) > 1:
            others = ", ".join(f'"{name}"' for name in names[:20])
            reason += f' This is the sheet "{self.name}"; the workbook has: {others} (--sheet).'
        raise FileRefused(reason, line=line)


class _Rows:
    """Takes the parser's calls; collects whole rows."""

    def __init__(self, book: Workbook, profile: Profile) -> None:
        self._strings = book.strings()
        self._styles = book.styles()
        self._day_0 = _DAY_0[book.since_1904]
        self._decimal = profile.decimal
        self._columns: dict[str, int] = {}
        self._done: list[tuple[int, list[str]]] = []
        self._cells: list[str] = []
        self._row = 0
        self._column = -1
        self._size = 0
        self._kind = "n"
        self._style: Style | None = None
        self._formula = False
        self._taking = False
        self._phonetic = False
        self._pieces: list[str] = []
        self._length = 0

    def taken(self) -> list[tuple[int, list[str]]]:
        """Return the rows since the last call."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            reference = attributes.get("r")
            self._column = self._column + 1 if reference is None else self._place(reference)
            if self._column >= MAX_WIDTH:
                self._refuse(f"a row has more than {MAX_WIDTH} cells")
            self._kind = attributes.get("t", "n")
            style = attributes.get("s")
            self._style = None if style is None else self._style_of(style)
            self._formula = False
            if self._pieces:
                self._pieces = []
            self._length = 0
        elif name == "v" or name == "t":
            self._taking = not self._phonetic
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._phonetic = True
        elif name == "row":
            number = attributes.get("r")
            row = self._row + 1 if number is None else self._number(number)
            if row <= self._row or row > MAX_ROWS:
                self._refuse(f"row {row} stands after row {self._row}, or beyond {MAX_ROWS}")
            self._row = row
            self._column = -1
            self._size = 0

    def end(self, name: str) -> None:
        if name == "c":
            if self._pieces or self._formula:
                self._add()
        elif name == "v" or name == "t":
            self._taking = False
        elif name == "row":
            if self._cells:
                self._done.append((self._row, self._cells))
                self._cells = []
        elif name == "rPh":
            self._phonetic = False

    def text(self, piece: str) -> None:
        if self._taking:
            self._length += len(piece)
            if self._length > MAX_CHARS * 8:  # with escapes
                self._refuse(f"a cell has more than {MAX_CHARS} characters")
            self._pieces.append(piece)

    def _add(self) -> None:
        text = self._value("".join(self._pieces))
        if not text.strip():
            return
        column, cells = self._column, self._cells
        if column >= MAX_COLUMNS:
            self._refuse(f"the row has a cell beyond column {MAX_COLUMNS}")
        self._size += len(text)
        if self._size > MAX_ROW_CHARS:
            self._refuse(f"the row is longer than {MAX_ROW_CHARS} characters")
        if column == len(cells):
            cells.append(text)
            return
        if column > len(cells):
            cells.extend([""] * (column - len(cells)))
            cells.append(text)
        else:
            cells[column] = text

    def _value(self, text: str) -> str:
        kind = self._kind
        if kind == "s":
            try:
                return self._strings[int(text)]
            except (IndexError, ValueError):
                self._refuse("a cell names a text that the workbook does not have")
        if not text and self._formula:
            return "" if kind == "str" else NO_RESULT
        if kind == "n":
            style = self._style
            if style is None and len(text) < 16 and text.isascii() and text.isdigit():
                return text
            return self._as_number(text, style or Style())
        if kind == "d":
            return _moment_text(text)
        # str (a formula's text), inlineStr, b (1 or 0), e (such as #N/A)
        return plain_text(text)

    def _as_number(self, text: str, style: Style) -> str:
        try:
            # A spreadsheet computes with binary fractions and shows 15 digits of them: what it
            # wrote as 0.30000000000000004 is 0.3 to whoever typed it.
            number = Decimal(f"{float(text):.15g}")
        except (ValueError, InvalidOperation):
            return text
        if not number.is_finite():
            return text
        if style.meaning == "date":
            found = self._as_date(number)
            if found is not None:
                return found
        sign = ""
        if style.meaning == "percent":
            number, sign = number * 100, "%"
        if abs(number.adjusted()) > 40:
            return text
        plain = f"{number:f}"
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".").replace(".", self._decimal)
        if style.meaning == "zeros" and plain.isdigit():
            plain = plain.zfill(style.digits)
        return ("0" if plain in ("-0", "") else plain) + sign

    def _as_date(self, number: Decimal) -> str | None:
        if not 1 <= number < _LAST_DAY:
            return None
        seconds = int((number * 86_400).to_integral_value())
        if self._day_0.year < 1904 and number < 61:
            seconds += 86_400  # before the day that 1900 did not have
        return _moment_text((self._day_0 + timedelta(seconds=seconds)).isoformat())

    def _style_of(self, text: str) -> Style | None:
        number = self._number(text)
        if number >= len(self._styles):
            return None
        style = self._styles[number]
        return None if style.meaning == "number" else style

    def _place(self, reference: str) -> int:
        """Return the column of a reference such as ``AB12``, from 0."""
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            if not (0 < len(letters) <= 3 and letters.isascii() and letters.isalpha()):
                self._refuse(f"a cell is called {reference[:20]!r}")
            column = 0
            for letter in letters.upper():
                column = column * 26 + ord(letter) - 64
            column -= 1
            self._columns[letters] = column
        return column

    def _number(self, text: str) -> int:
        if len(text) > 8 or not (text.isascii() and text.isdigit()):
            self._refuse(f"{text[:20]!r} stands where a number is needed")
        return int(text)

    def _refuse(self, what: str) -> NoReturn:
        raise FileRefused(f"{what}; save the sheet as CSV and import that.", line=self._row or None)


def _moment_text(text: str) -> str:
    """Return a date without a time of day where that is midnight."""
    date, _, time = text.partition("T")
    return date if not time.strip("0:.Z") else f"{date} {time}"


def column_letters(number: int) -> str:
    """Return what a spreadsheet calls a column, counted from 1: 28 is AB."""
    letters = ""
    while number > 0:
        number, digit = divmod(number - 1, 26)
        letters = chr(65 + digit) + letters
    return letters
