"""Cells: the text of one cell as the value of its column.

`converter` builds, once for a column, the function that every row then calls. It takes the cell's
text, trimmed and not empty, and returns the value or raises `ImportRowError`. Numbers go from text
to integer without a float between: 0.1 has none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from appliance.api.errors import ImportRowError, PluginError
from appliance.api.importing import ImportColumn
from appliance.api.values import MAX_INTEGER
from appliance.exchange.formula import unguarded
from appliance.exchange.profile import UNKNOWN_DECIMAL, Profile
from appliance.exchange.refusal import plain, shown

Convert = Callable[[str], str | int | bool]
"""A cell's trimmed, non-empty text to its value; raises `ImportRowError`."""

MAX_TEXT = 32_767
"""Characters of a ``text``: what a spreadsheet's cell holds."""

MAX_CODE = 200
"""Characters of a ``code``: what an external id may have."""

MAX_CODES = 2_000
"""Characters of a cell with several codes."""

_BETWEEN_CODES = re.compile(r"[\s,;/|]+")

MAX_NUMBER = 64
"""Characters of a number; 16 digits are the largest there is."""

TRUE_WORDS = frozenset({"1", "да", "true", "yes", "+"})
"""What a ``bool`` cell says for true, whatever its case."""

FALSE_WORDS = frozenset({"0", "нет", "false", "no", "-"})
"""What a ``bool`` cell says for false, whatever its case."""

FIRST_YEAR = 1900
"""Years before are an empty date that some program filled in, such as 01.01.0001."""

# How a spreadsheet shows a number too long for its column: 4.60712E+12.
_SHORTENED = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]{1,3}")
_SHORTENED_CODE = re.compile(r"(?<![^\s,;/|])[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}(?![^\s,;/|])")

NO_RESULT = "#NO RESULT!"
"""Stands in a cell of a workbook for the result of a formula that is not in the file."""

ERRORS = frozenset(
    {
        *("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"),
        *("#Н/Д", "#ССЫЛКА!", "#ДЕЛ/0!", "#ЗНАЧ!", "#ИМЯ?", "#ПУСТО!", "#ЧИСЛО!"),
        NO_RESULT,
    }
)
"""What a spreadsheet shows in place of a formula's result, in English and Russian."""
_DATE = re.compile(
    r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})"
    r"|(?P<d2>[0-9]{2})\.(?P<m2>[0-9]{2})\.(?P<y2>[0-9]{4})"
    r"|(?P<a3>[0-9]{2})/(?P<b3>[0-9]{2})/(?P<y3>[0-9]{4})"
)
_DATE_AND_TIME = re.compile(r"[0-9./-]{8,10}[ T]+[0-9]{1,2}:[0-9:]+.*")


def converter(column: ImportColumn, profile: Profile, header: str, digits: int = 0) -> Convert:
    """Build the function that reads the cells of a column.

    Args:
        column: what the importer declares.
        profile: how numbers and dates are written.
        header: the column's header in the file, for errors.
        digits: decimal digits the file's numbers hold without a separator; at most the scale.

    Raises:
        PluginError: the importer declares a type or a scale that there is not.
    """
    where = plain(header)
    if column.type == "decimal":
        if not digits <= column.scale <= 9:
            raise PluginError(
                f"import column {column.name!r}: scale must be {digits} to 9, not {column.scale}"
            )
        return _number(column.scale - digits, profile, where)
    if column.type == "int":
        return _number(0, profile, where)
    if column.type == "text":
        return _text(profile, where)
    if column.type == "code":
        single = _code(profile, where)
        return _codes(where, single) if column.several else single
    if column.type == "bool":
        return _bool(where)
    if column.type == "date":
        return _date(profile, where)
    raise PluginError(f"import column {column.name!r}: there is no type {column.type!r}")


def _number(scale: int, profile: Profile, header: str) -> Convert:
    groups = re.escape(profile.thousands)
    grouped = rf"|[0-9]{{1,3}}([{groups}])[0-9]{{3}}(?:\3[0-9]{{3}})*" if groups else "()"
    pattern = re.compile(
        rf"([+-]?)([0-9]+{grouped}|)(?:{re.escape(profile.decimal)}([0-9]+))?"
    ).fullmatch
    factor: int = 10**scale
    excess = f"has more than {scale} decimal digits" if scale else "is not a whole number"

    def convert(cell: str) -> int:
        if len(cell) < 16 and cell.isdigit() and cell.isascii():
            value = int(cell) * factor
        else:
            match = pattern(cell) if len(cell) <= MAX_NUMBER else None
            if match is None:
                raise ImportRowError(_why_no_number(cell, profile), column=header)
            sign, whole, group, fraction = match.groups(default="")
            if not whole and not fraction:
                raise ImportRowError(_why_no_number(cell, profile), column=header)
            if group:
                whole = whole.replace(group, "")
            # Zeros beyond the scale say nothing: 231,7400 is a sum of money.
            if fraction[scale:].strip("0"):
                raise ImportRowError(f"{shown(cell)} {excess}", column=header)
            value = int(whole + fraction[:scale].ljust(scale, "0"))
            if sign == "-":
                value = -value
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise ImportRowError(f"{shown(cell)} is too large", column=header)
        return value

    return convert


def _why_no_number(cell: str, profile: Profile) -> str:
    """Say in one sentence why a cell is not a number, and what to do where that is known."""
    text = shown(cell)
    if cell in ERRORS:
        return _why_error(cell)
    if _SHORTENED.fullmatch(cell):
        return (
            f"{text} is a number that a spreadsheet shortened; its last digits are lost. Widen "
            "the column or format it as a number there, and save the file again"
        )
    if profile.decimal == UNKNOWN_DECIMAL and re.fullmatch(r"[+-]?[0-9]*[.,][0-9]+", cell):
        return (
            f"{text}: the first rows of the file do not show whether that is a fraction; say "
            "--decimal comma or --decimal point"
        )
    other = "," if profile.decimal == "." else "."
    words = {",": "comma", ".": "point"}
    if other in cell and re.fullmatch(r"[+-]?[0-9]*[.,][0-9]+", cell):
        return (
            f"{text} has a decimal {words[other]}; profile {profile.name} reads a decimal "
            f"{words[profile.decimal]}"
        )
    if re.fullmatch(r"[+-]?[0-9]{1,3}([ ,.'\u00a0\u202f][0-9]{3})+([.,][0-9]+)?", cell):
        return f"{text} separates thousands in a way that profile {profile.name} does not read"
    return f"{text} is not a number"


def _why_error(cell: str) -> str:
    """Say what a spreadsheet's error in a cell is."""
    if cell == NO_RESULT:
        return (
            "the cell holds a formula whose result is not in the file; open the file in a "
            "spreadsheet, save it there, and import that"
        )
    return f"the cell holds the error {cell} of a formula; mend the formula, or clear the cell"


def _text(profile: Profile, header: str) -> Convert:
    guard = profile.guard_formulas

    def convert(cell: str) -> str:
        if cell[0] == "#" and cell in ERRORS:
            raise ImportRowError(_why_error(cell), column=header)
        text = unguarded(cell).strip() if guard and cell[0] == "'" else cell
        if len(text) > MAX_TEXT:
            raise ImportRowError(
                f"{shown(text)} has {len(text)} characters; at most {MAX_TEXT} fit", column=header
            )
        if not text.isprintable():
            for character in text:
                if unicodedata.category(character) == "Cc" and character not in "\t\r\n":
                    raise ImportRowError(
                        f"{shown(text)} holds the control character U+{ord(character):04X}",
                        column=header,
                    )
        return text

    return convert


def _code(profile: Profile, header: str) -> Convert:
    guard = profile.guard_formulas

    def convert(cell: str) -> str:
        if cell[0] == "#" and cell in ERRORS:
            raise ImportRowError(_why_error(cell), column=header)
        text = unguarded(cell).strip() if guard and cell[0] == "'" else cell
        if len(text) > MAX_CODE:
            raise ImportRowError(
                f"{shown(text)} has {len(text)} characters; a code has at most {MAX_CODE}",
                column=header,
            )
        if not text.isprintable():
            for character in text:
                # Zs are the spaces; what else does not print would make two codes look alike.
                if not character.isprintable() and unicodedata.category(character) != "Zs":
                    raise ImportRowError(
                        f"{shown(text)} holds the invisible character U+{ord(character):04X}",
                        column=header,
                    )
        found = _SHORTENED_CODE.search(text) if "+" in text else None
        if found is not None:
            raise ImportRowError(
                f"{shown(found[0])} is a code that a spreadsheet took for a number and shortened; "
                "its last digits are lost. Format the column as text there, and save the file "
                "again from the source",
                column=header,
            )
        return text

    return convert


def _codes(header: str, single: Convert) -> Convert:
    """Read a cell of several codes, each as a code by itself; one space stays between them."""

    def convert(cell: str) -> str:
        if len(cell) > MAX_CODES:
            raise ImportRowError(
                f"{shown(cell)} has {len(cell)} characters; at most {MAX_CODES} fit", column=header
            )
        if "+" in cell and _SHORTENED_CODE.search(cell):
            return str(single(cell))  # which refuses it, before its comma is taken for one between
        return " ".join(str(single(code)) for code in _BETWEEN_CODES.split(cell) if code)

    return convert


def _bool(header: str) -> Convert:
    def convert(cell: str) -> bool:
        word = cell.casefold()
        if cell in ERRORS:
            raise ImportRowError(_why_error(cell), column=header)
        if word in TRUE_WORDS:
            return True
        if word in FALSE_WORDS:
            return False
        raise ImportRowError(
            f"{shown(cell)} is neither yes nor no; write one of "
            f"{', '.join(sorted(TRUE_WORDS))} or {', '.join(sorted(FALSE_WORDS))}",
            column=header,
        )

    return convert


def _date(profile: Profile, header: str) -> Convert:
    month_first = profile.date_order == "mdy"
    forms = f"YYYY-MM-DD, DD.MM.YYYY or {'MM/DD/YYYY' if month_first else 'DD/MM/YYYY'}"

    # A file names few dates many times. Errors are not remembered.
    @lru_cache(maxsize=1024)
    def convert(cell: str) -> str:
        match = _DATE.fullmatch(cell)
        if match is None:
            if cell in ERRORS:
                raise ImportRowError(_why_error(cell), column=header)
            if _DATE_AND_TIME.fullmatch(cell):
                raise ImportRowError(
                    f"{shown(cell)} has a time of day; only the date belongs here", column=header
                )
            raise ImportRowError(f"{shown(cell)} is not a date; write {forms}", column=header)
        found = match.groupdict()
        if found["y3"]:
            a, b = found["a3"], found["b3"]
            year, month, day = (found["y3"], a, b) if month_first else (found["y3"], b, a)
        elif found["y2"]:
            year, month, day = found["y2"], found["m2"], found["d2"]
        else:
            year, month, day = found["y"], found["m"], found["d"]
        try:
            value = date(int(year), int(month), int(day))
        except ValueError:
            raise ImportRowError(
                f"{shown(cell)} is not in the calendar; it was read as day {day}, month {month}, "
                f"year {year}",
                column=header,
            ) from None
        if value.year < FIRST_YEAR:
            raise ImportRowError(
                f"{shown(cell)} is before {FIRST_YEAR}; leave the cell empty for no date",
                column=header,
            )
        return value.isoformat()

    return convert
