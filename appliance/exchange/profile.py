"""Profiles: how a program writes its text files.

A profile is plain data. It says how bytes become cells and how a cell's text is read as a number
or a date; which columns there are is the importer's matter (`appliance.api.Importer`).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Literal

import msgspec

from appliance.exchange.refusal import ProfileRefused, shown

ENCODINGS: dict[str, str] = {
    "utf-8": "Unicode",
    "utf-16": "Unicode, two bytes a letter, with a mark that says in which order",
    "utf-16-le": "the same without a mark, the lower byte first",
    "utf-16-be": "the same without a mark, the higher byte first",
    "windows-1250": "Windows, Central Europe",
    "windows-1251": "Windows, Cyrillic",
    "windows-1252": "Windows, Western Europe",
    "windows-1254": "Windows, Turkish",
    "kz1048": "Windows, Kazakh (STRK1048)",
    "cp866": "DOS, Cyrillic",
    "koi8-r": "Unix, Russian",
    "koi8-u": "Unix, Ukrainian",
}
"""Encodings a profile may name. In each of them but UTF-16 the ASCII bytes stand for themselves and
are never part of another character, so lines can be found before the bytes are decoded; UTF-16 is
turned into UTF-8 first."""

DELIMITERS: dict[str, str] = {
    ";": "semicolons",
    ",": "commas",
    "\t": "tabs",
    "|": "vertical bars",
}
"""Delimiters a profile may name, in words."""

SPACES = " \u00a0\u202f"
"""What stands between thousands where a space does: space, no-break, narrow no-break."""


MAX_TITLE_LINES = 100
"""Lines above the header that a file may have."""


MAX_SAID = 500
"""Columns and constants of one profile."""

UNKNOWN_DECIMAL = "\u066b"
"""The decimal separator of a file whose numbers show none: a sign that no such file has, so that a
number with a comma or a point further on is refused and not guessed at."""


class ProfileColumn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a profile knows of one column that the importer cannot know.

    Attributes:
        header: the header in the file; compared without case and space.
        column: the importer's column it holds; None leaves it out without a report.
        kind: the kind of file this is said of; "" for every kind that has such a column.
        digits: decimal digits that the file's numbers hold without writing a separator: 2 where
            12990 means 129.90.
        set: values of other columns for what this one holds, as text: a file with a column for
            each price list has ``price`` several times, each with its ``price_list``. Each line
            of the file becomes a row for each different set, where the cells of it are not empty.
    """

    header: str
    column: str | None
    kind: str = ""
    digits: int = 0
    set: dict[str, str] = {}

    def __post_init__(self) -> None:
        if not self.header.strip():
            raise ValueError("the header of a profile's column is empty")
        if not 0 <= self.digits <= 9:
            raise ValueError(f"digits must be 0 to 9, not {self.digits}")
        if self.column is None and self.set:
            raise ValueError(f"the column {shown(self.header)} is left out and sets nothing")


class ProfileConstant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that every row of a file has, though the file does not say it.

    Attributes:
        column: the importer's column.
        value: as text, as a cell would hold it.
        kind: the kind of file; "" for every kind that has such a column.
    """

    column: str
    value: str
    kind: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the files of one program are written.

    Attributes:
        name: as given to ``--profile``.
        title: one sentence for people.
        encoding: one of `ENCODINGS`.
        delimiter: between cells, one of `DELIMITERS`.
        decimal: the decimal separator, on the way in and out; see `UNKNOWN_DECIMAL`.
        thousands: characters tolerated between groups of three digits on the way in; none are
            written.
        quote: around a cell that holds the delimiter, a quote (doubled) or a line break.
        title_lines: lines above the header line (rows of a sheet), left unread; ``found`` takes
            the first line for the header that has every column that the kind needs.
        sheet: of a workbook, its name or its number from 1; "" is the first that people see.
        date_order: how ``01/02/2024`` is read. Dates with points are always day first, dates with
            hyphens always year first.
        short_rows: a row with fewer cells than the header is refused, or its missing cells count
            as empty. Excel leaves out empty cells at the ends of rows in some files; in others a
            short row is half of a row that a stray line break cut.
        export_bom: a written file begins with a byte order mark, by which Excel knows UTF-8.
        guard_formulas: text that a spreadsheet would run as a formula is written with an
            apostrophe before it and read without (`appliance.exchange.formula`).
        format: what is written. Read is either, by what the file holds; of a workbook the
            encoding, delimiter and quote say nothing.
        columns: what is known of single columns.
        constants: what every row has.

    Raises:
        ValueError: the parts contradict one another (msgspec.ValidationError when decoded).
    """

    name: str
    title: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: Literal[".", ",", "\u066b"] = "."
    thousands: str = SPACES
    quote: Literal['"', "'"] = '"'
    title_lines: int | Literal["found"] = 0
    sheet: str = ""
    date_order: Literal["dmy", "mdy"] = "dmy"
    short_rows: Literal["refuse", "empty"] = "refuse"
    export_bom: bool = False
    guard_formulas: bool = True
    format: Literal["text", "workbook"] = "text"
    columns: tuple[ProfileColumn, ...] = ()
    constants: tuple[ProfileConstant, ...] = ()

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > 64 or not self.name.isprintable():
            raise ValueError("the name of a profile is 1 to 64 printable characters")
        if self.encoding not in ENCODINGS:
            raise ValueError(
                f"encoding {shown(self.encoding)} is not one of {', '.join(ENCODINGS)}"
            )
        if self.delimiter not in DELIMITERS:
            raise ValueError(f"the delimiter must be one of {', '.join(DELIMITERS.values())}")
        if self.decimal in self.thousands:
            raise ValueError("the decimal separator also stands among the thousands separators")
        if any(c.isalnum() or c in "+-\r\n" for c in self.thousands):
            raise ValueError("a thousands separator is no letter, digit, sign or line break")
        if isinstance(self.title_lines, int) and not 0 <= self.title_lines <= MAX_TITLE_LINES:
            raise ValueError(f"title_lines must be 0 to {MAX_TITLE_LINES}, not {self.title_lines}")
        if len(self.columns) + len(self.constants) > MAX_SAID:
            raise ValueError(f"a profile says something of at most {MAX_SAID} columns")
        if len(self.sheet) > 100:
            raise ValueError("the name of a sheet has at most 100 characters")
        if self.export_bom and self.encoding not in ("utf-8", "utf-16"):
            raise ValueError("only Unicode has a byte order mark; set export_bom to false")


_BUILT_IN = (
    Profile(
        name="ru-csv",
        title="CSV of Russian Windows programs: windows-1251, semicolons, decimal comma",
        encoding="windows-1251",
        delimiter=";",
        decimal=",",
    ),
    Profile(
        name="ru-csv-utf8",
        title="'CSV UTF-8' of Excel on Russian Windows: semicolons, decimal comma",
        delimiter=";",
        decimal=",",
        export_bom=True,
    ),
    Profile(name="csv", title="CSV of most other programs: UTF-8, commas, decimal point"),
    Profile(
        name="xlsx",
        title="Workbooks of spreadsheets (.xlsx); decimal comma in cells that are text",
        decimal=",",
        title_lines="found",
        format="workbook",
    ),
)

PROFILES: dict[str, Profile] = {profile.name: profile for profile in _BUILT_IN}
"""The profiles that every appliance has, by name."""


def find_profile(name: str, profiles: Mapping[str, Profile] = PROFILES) -> Profile:
    """Return the profile of that name.

    Raises:
        ProfileRefused: there is none; the text lists those there are.
    """
    found = profiles.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, profiles, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise ProfileRefused(
        f"there is no profile {shown(name)}.{meant} There are: {', '.join(sorted(profiles))}."
    )
