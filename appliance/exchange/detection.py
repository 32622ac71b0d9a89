"""Detection: how a file is written, told from the file where nobody says it.

What is found is shown before anything is stored. What two readings would make different values of
is not guessed: the file is refused, with what to say. The header decides most, because the kind of
the file says what must be in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import BinaryIO, Literal

import msgspec
from msgspec import structs

from appliance.api.importing import Importer
from appliance.exchange.encoding_guess import EncodingUndecided, guess_encoding, utf_16
from appliance.exchange.profile import (
    DELIMITERS,
    SPACES,
    UNKNOWN_DECIMAL,
    Profile,
    ProfileColumn,
    ProfileConstant,
)
from appliance.exchange.refusal import FileRefused, shown
from appliance.exchange.rows import RowReader, open_table
from appliance.exchange.suggestion import ZIP_MARK, sniff

HEAD_BYTES = 256 * 1024
"""How much of the beginning of a file is looked at."""

PART_BYTES = 64 * 1024
"""How much of its middle and end is looked at, for the encoding."""

SAMPLE_ROWS = 2_000
"""Rows whose numbers and dates are looked at."""

_GROUPED = re.compile(
    r"[+-]?[0-9]{1,3}(?P<group>[ \u00a0\u202f'.,])[0-9]{3}(?:(?P=group)[0-9]{3})*"
)
_PLAIN = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"(?P<whole>.*?)(?P<sign>[.,])(?P<part>[0-9]+)")
_SLASHES = re.compile(r"([0-9]{2})/([0-9]{2})/[0-9]{4}")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of a file; None and "" are to be found out. See `Profile`."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    date_order: Literal["dmy", "mdy"] | None = None
    title_lines: int | Literal["found"] | None = None
    sheet: str = ""
    columns: tuple[ProfileColumn, ...] = ()
    constants: tuple[ProfileConstant, ...] = ()

    def over(self, profile: Profile) -> Profile:
        """Return a profile with what was said in place of what it says.

        Raises:
            ValueError: they contradict one another.
        """
        members = structs.asdict(self)
        said = {name: value for name, value in members.items() if value not in (None, "", ())}
        # What is said of a column later counts for more.
        for name in said.keys() & {"columns", "constants"}:
            said[name] = getattr(profile, name) + said[name]
        return structs.replace(profile, **said) if said else profile


def detect(stream: BinaryIO, importer: Importer, told: Told, base: Profile) -> Profile:
    """Find out how a file is written.

    Args:
        stream: of the file; it is gone back in.
        importer: what its columns are.
        told: what is known.
        base: whose columns count, and everything that is neither told nor found.

    Returns:
        The profile to read it with.

    Raises:
        FileRefused: it cannot be told, or nothing fits.
        ValueError: what was told contradicts itself.
    """
    samples = _samples(stream)
    base = told.over(base)
    if told.title_lines is None:
        base = structs.replace(base, title_lines="found")
    if samples[0].startswith(ZIP_MARK):
        # What is a number in a workbook says nothing of those that are text.
        book = structs.replace(base, format="workbook", decimal=told.decimal or UNKNOWN_DECIMAL)
        return _numbers(stream, book, importer, told)
    seen = sniff(samples[0])
    wide = utf_16(samples[0])
    if seen.content == "old-workbook" or (seen.content == "binary" and wide is None):
        raise FileRefused(f"the file is not delimited text. {seen.advice(base)}")
    base = structs.replace(base, export_bom=False)
    encoding = told.encoding or _encoding(samples, base, importer, told)
    head = _whole_lines(samples[0], encoding)
    profile = _with_delimiter(head, structs.replace(base, encoding=encoding), importer, told)
    return _numbers([head], profile, importer, told)


def told_as(profile: Profile) -> str:
    """Return in words how a file is read: ``windows-1251, ';', decimal comma``."""
    if profile.format == "workbook":
        form = "a workbook"
        if profile.sheet:
            form += f", sheet {shown(profile.sheet)}"
    else:
        delimiter = "tab" if profile.delimiter == "\t" else f"'{profile.delimiter}'"
        form = f"{profile.encoding}, {delimiter}"
    parts = [form]
    if profile.decimal == UNKNOWN_DECIMAL:
        if profile.format == "text":
            parts.append("whole numbers")
    else:
        parts.append(f"decimal {'comma' if profile.decimal == ',' else 'point'}")
    more = profile.thousands.strip(SPACES)
    if more:
        parts.append(f"thousands with '{more}'")
    if profile.date_order == "mdy":
        parts.append("months before days")
    return ", ".join(parts)


def _samples(stream: BinaryIO) -> list[bytes]:
    size = stream.seek(0, 2)
    stream.seek(0)
    samples = [stream.read(HEAD_BYTES)]
    for place in ((size + HEAD_BYTES) // 2, size - PART_BYTES):
        if place > HEAD_BYTES:
            stream.seek(place - place % 2)
            samples.append(stream.read(PART_BYTES))
    stream.seek(0)
    return samples


def _encoding(samples: list[bytes], base: Profile, importer: Importer, told: Told) -> str:
    """Return the encoding of a text: by its letters, else by a header that is known in one."""
    try:
        return guess_encoding(samples)
    except EncodingUndecided as undecided:
        fitting = []
        for encoding in undecided.likely:
            head = _whole_lines(samples[0], encoding)
            profile = structs.replace(base, encoding=encoding)
            with suppress(FileRefused):
                profile = _with_delimiter(head, profile, importer, told)
                places = RowReader([head], profile, importer).columns.places
                if not all(header.isascii() for _, _, header in places):
                    fitting.append(encoding)
        if len(fitting) == 1:
            return fitting[0]
        raise


def _whole_lines(head: bytes, encoding: str) -> bytes:
    """Cut off the line that the end of the sample cut, unless it is the only one."""
    if len(head) < HEAD_BYTES or encoding.startswith("utf-16"):
        return head
    end = head.rfind(b"\n") + 1
    return head[:end] or head


def _with_delimiter(head: bytes, base: Profile, importer: Importer, told: Told) -> Profile:
    """Return the profile with the delimiter by which the header has most known columns."""
    tried: list[tuple[int, Profile]] = []
    refused: dict[str, FileRefused] = {}
    for delimiter in [told.delimiter] if told.delimiter else DELIMITERS:
        profile = structs.replace(base, delimiter=delimiter)
        try:
            found = RowReader([head], profile, importer)
        except FileRefused as error:
            refused[delimiter] = error
        else:
            tried.append((len(found.columns.present), profile))
    if not tried:
        likely = told.delimiter or _likely(head, base.encoding)
        raise refused.get(likely or "", next(iter(refused.values())))
    most = max(count for count, _ in tried)
    best = [profile for count, profile in tried if count == most]
    if len(best) == 1:
        return best[0]
    # A header of one column has no delimiter; more than one that fit are told apart by the rows.
    if most == 1:
        likely = _likely(head, base.encoding)
        return next((p for p in best if p.delimiter == likely), best[0])
    names = " or ".join(DELIMITERS[profile.delimiter] for profile in best)
    raise FileRefused(f"the file seems to be separated by {names}; say which: --delimiter.")


def _likely(head: bytes, encoding: str) -> str | None:
    return sniff(head.decode(encoding, "replace").encode()).delimiter


class _Evidence:
    """What the numbers and dates of some rows show."""

    def __init__(self) -> None:
        self.decimals: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        self.doubtful: tuple[str, str] | None = None
        self.orders: dict[str, str] = {}
        self.doubtful_date: tuple[str, str] | None = None

    def number(self, cell: str, header: str) -> None:
        """Take a cell of a column of numbers into account."""
        if _PLAIN.fullmatch(cell):
            return
        grouped = _GROUPED.fullmatch(cell)
        if grouped is not None:
            sign = grouped["group"]
            if sign in SPACES or sign == "'" or cell.count(sign) > 1:
                self.groups.setdefault(sign, cell)
            elif cell.lstrip("+-").startswith("0"):
                self.decimals.setdefault(sign, cell)
            elif self.doubtful is None:
                self.doubtful = (cell, header)
            return
        found = _DECIMAL.fullmatch(cell)
        if found is None:
            return
        whole = _GROUPED.fullmatch(found["whole"])
        if whole is not None and whole["group"] != found["sign"]:
            self.groups.setdefault(whole["group"], cell)
        elif found["whole"] and not _PLAIN.fullmatch(found["whole"]):
            return
        self.decimals.setdefault(found["sign"], cell)

    def date(self, cell: str, header: str) -> None:
        """Take a cell of a column of dates into account."""
        found = _SLASHES.fullmatch(cell)
        if found is None:
            return
        first, second = int(found[1]), int(found[2])
        if first > 12:
            self.orders.setdefault("dmy", cell)
        elif second > 12:
            self.orders.setdefault("mdy", cell)
        elif first != second and self.doubtful_date is None:
            self.doubtful_date = (cell, header)


def _numbers(
    source: BinaryIO | Iterable[bytes], profile: Profile, importer: Importer, told: Told
) -> Profile:
    """Return the profile with the separators and the order of dates that the rows show."""
    seen = _Evidence()
    for cell, kind, header in _cells(source, profile, importer):
        if kind == "date":
            seen.date(cell, header)
        else:
            seen.number(cell, header)
    decimal = told.decimal or _decimal(seen)
    order = told.date_order or _order(seen)
    groups = [sign for sign in seen.groups if sign not in SPACES and sign != decimal]
    return structs.replace(
        profile, decimal=decimal, thousands=SPACES + "".join(groups), date_order=order
    )


def _decimal(seen: _Evidence) -> str:
    both = seen.decimals.keys() | (seen.groups.keys() & {",", "."})
    signs = set(seen.decimals) | {"," if g == "." else "." for g in both & seen.groups.keys()}
    if len(signs) > 1:
        cells = " and ".join(
            shown(cell) for cell in dict.fromkeys((*seen.decimals.values(), *seen.groups.values()))
        )
        raise FileRefused(
            f"the numbers of the file are written in several ways: {cells}. Correct them where "
            "they were made, or say how they are read: --decimal comma or --decimal point."
        )
    if signs:
        return signs.pop()
    if seen.doubtful is not None:
        cell, header = seen.doubtful
        raise FileRefused(
            f"column {header}: {shown(cell)} may be a thousand or a fraction. "
            "Say which: --decimal comma or --decimal point."
        )
    return UNKNOWN_DECIMAL


def _order(seen: _Evidence) -> str:
    if len(seen.orders) > 1:
        raise FileRefused(
            "the dates of the file are written in several ways: "
            f"{' and '.join(map(shown, seen.orders.values()))}. "
            "Say how they are read: --dates dmy or --dates mdy."
        )
    if seen.orders:
        return next(iter(seen.orders))
    if seen.doubtful_date is not None:
        cell, header = seen.doubtful_date
        raise FileRefused(
            f"column {header}: in {shown(cell)} either may be the month. "
            "Say which comes first: --dates dmy or --dates mdy."
        )
    return "dmy"


def _cells(
    source: BinaryIO | Iterable[bytes], profile: Profile, importer: Importer
) -> Iterator[tuple[str, str, str]]:
    """Yield the cells of columns of numbers and dates, each with its column's type and header."""
    places = RowReader(source, profile, importer).columns.places
    table = open_table(source, profile)
    wanted = [
        (position, column.type, header)
        for position, column, header in places
        if column.type in ("decimal", "int", "date")
    ]
    try:
        for _, cells in islice(table, SAMPLE_ROWS):
            for position, kind, header in wanted:
                cell = cells[position].strip() if position < len(cells) else ""
                if cell:
                    yield cell, kind, header
    except FileRefused:
        # Where the sample was cut, or whoever reads the whole file finds it too.
        return
