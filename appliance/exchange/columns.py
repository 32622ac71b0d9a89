"""Columns: the headers of a file matched to what an importer understands."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence

import msgspec

from appliance.api.errors import ImportRowError, PluginError
from appliance.api.importing import ImportColumn, Importer, ImportValues
from appliance.exchange.cells import Convert, converter
from appliance.exchange.formula import unguarded
from appliance.exchange.profile import Profile, ProfileColumn
from appliance.exchange.refusal import FileRefused, ProfileRefused, plain, shown


class UnknownColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a file that the importer does not understand and leaves out.

    Attributes:
        header: its header, unprintable characters escaped.
        position: which column of the file, from 1.
        nearest: the most similar header that is understood and not in the file, or None.
    """

    header: str
    position: int
    nearest: str | None


class Columns:
    """The columns of one file: where each value is and how it is read.

    Attributes:
        width: cells in a row.
        present: names of the importer's columns that the file has, in the file's order. Values
            of a row have exactly these keys; an importer tells an empty cell (None) from a
            column that the file does not have (no key).
        places: of each of them the position in a row, from 0, what it is, and its header.
        unknown: columns that are left out.
    """

    def __init__(
        self,
        cells: Sequence[tuple[int, ImportColumn, str, Convert]],
        width: int,
        unknown: tuple[UnknownColumn, ...],
        profile: Profile,
    ) -> None:
        self.width = width
        self.unknown = unknown
        self.present = tuple(column.name for _, column, _, _ in cells)
        self.places = tuple((position, column, header) for position, column, header, _ in cells)
        self._short_is_empty = profile.short_rows == "empty"
        # (position, name, header when required else None, converter): tuples, because this is
        # walked for every row.
        self._cells = tuple(
            (position, column.name, plain(header) if column.required else None, convert)
            for position, column, header, convert in cells
        )

    def values(self, cells: list[str]) -> ImportValues:
        """Read a row.

        Raises:
            ImportRowError: the first thing that is wrong; `problems` finds all.
        """
        if len(cells) != self.width:
            cells = self._fitted(cells)
        values: ImportValues = {}
        for position, name, required, convert in self._cells:
            cell = cells[position].strip()
            if cell:
                values[name] = convert(cell)
            elif required is None:
                values[name] = None
            else:
                raise ImportRowError("the cell is empty, and no row may lack it", column=required)
        return values

    def problems(self, cells: list[str]) -> list[ImportRowError]:
        """Return everything that is wrong with a row, in the order of its columns."""
        try:
            cells = self._fitted(cells)
        except ImportRowError as error:
            return [error]
        found = []
        for position, _, required, convert in self._cells:
            cell = cells[position].strip()
            try:
                if cell:
                    convert(cell)
                elif required is not None:
                    raise ImportRowError(
                        "the cell is empty, and no row may lack it", column=required
                    )
            except ImportRowError as error:
                found.append(error)
        return found

    def _fitted(self, cells: list[str]) -> list[str]:
        """Return the row with as many cells as the header, if nothing is lost by it."""
        more = len(cells) - self.width
        if more > 0:
            if any(map(str.strip, cells[self.width :])):
                raise ImportRowError(
                    f"the row has {len(cells)} cells, the header {self.width}; a delimiter inside "
                    "a text needs quotes around the text"
                )
            return cells[: self.width]
        if more < 0:
            if not self._short_is_empty:
                raise ImportRowError(
                    f"the row has only {len(cells)} cells, the header {self.width}; a line break "
                    'inside a text needs quotes around the text (short_rows = "empty" in the '
                    "profile takes missing cells at the end as empty)"
                )
            return cells + [""] * -more
        return cells


def normal_header(text: str) -> str:
    """Return a header as it is compared: no case, no space, ``ё`` as ``е``, Unicode NFKC.

    >>> normal_header(" Учётная  цена")
    'учетнаяцена'
    """
    # NFKC first: it joins a letter and its mark, which some systems write apart.
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return "".join(folded.split())


def match_columns(headers: Sequence[str], importer: Importer, profile: Profile) -> Columns:
    """Match the header row of a file to an importer's columns.

    A header is, in this order: what the profile says it is, one of a column's headers, a
    column's name.

    Args:
        headers: the cells of the header row.
        importer: what may be in the file.
        profile: how cells are read, and what it knows of single columns.

    Raises:
        FileRefused: a required column is missing, or one is there twice.
        ProfileRefused: the profile names a column that the importer does not have.
        PluginError: the importer's declaration contradicts itself.
    """
    known = _known(importer)
    said = _said(importer, profile)
    taken: dict[str, int] = {}
    cells: list[tuple[int, ImportColumn, str, Convert]] = []
    strange: list[tuple[int, str]] = []
    for position, raw in enumerate(headers):
        header = raw.strip()
        if profile.guard_formulas:
            header = unguarded(header)
        normal = normal_header(header)
        if not normal:
            continue  # a delimiter at the end of the line
        digits = 0
        column = known.get(normal)
        if normal in said:
            column, digits = said[normal]
            if column is None:
                continue
        if column is None:
            strange.append((position, header))
            continue
        if column.name in taken:
            first = taken[column.name]
            raise FileRefused(
                f"columns {first + 1} ({shown(headers[first].strip())}) and {position + 1} "
                f"({shown(header)}) are both {column.name!r}; keep one of them."
            )
        taken[column.name] = position
        cells.append((position, column, header, converter(column, profile, header, digits)))
    missing = [c for c in importer.columns if c.required and c.name not in taken]
    if missing:
        raise FileRefused(_missing(missing, headers, importer))
    absent = {n: c for n, c in known.items() if c.name not in taken}
    unknown = tuple(_unknown(position, header, absent) for position, header in strange)
    return Columns(cells, len(headers), unknown, profile)


def _known(importer: Importer) -> dict[str, ImportColumn]:
    """Return the importer's columns by normal header, names included where they are free."""
    names = [column.name for column in importer.columns]
    known: dict[str, ImportColumn] = {}
    for column in importer.columns:
        if names.count(column.name) > 1:
            raise PluginError(f"importer {importer.kind!r} declares column {column.name!r} twice")
        for header in column.headers:
            other = known.setdefault(normal_header(header), column)
            if other is not column:
                raise PluginError(
                    f"importer {importer.kind!r}: header {header!r} belongs to both "
                    f"{other.name!r} and {column.name!r}"
                )
    for column in importer.columns:
        known.setdefault(normal_header(column.name), column)
    return known


def _said(importer: Importer, profile: Profile) -> dict[str, tuple[ImportColumn | None, int]]:
    """Return what the profile says of headers of this kind of file."""
    by_name = {column.name: column for column in importer.columns}
    said: dict[str, tuple[ImportColumn | None, int]] = {}
    # What is said of this kind comes last, and so wins over what is said of all.
    for entry in sorted(profile.columns, key=lambda entry: entry.kind != ""):
        if entry.kind not in ("", importer.kind):
            continue
        column = None if entry.column is None else by_name.get(entry.column)
        if entry.column is not None and column is None:
            if entry.kind == "":
                continue
            raise ProfileRefused(
                f"profile {profile.name} takes header {shown(entry.header)} for column "
                f"{shown(entry.column)}, which {importer.kind} files do not have. They have: "
                f"{', '.join(by_name)}."
            )
        if column is not None:
            _check_digits(entry, column, profile)
        said[normal_header(entry.header)] = (column, entry.digits)
    return said


def _check_digits(entry: ProfileColumn, column: ImportColumn, profile: Profile) -> None:
    if entry.digits and (column.type != "decimal" or entry.digits > column.scale):
        raise ProfileRefused(
            f"profile {profile.name} gives header {shown(entry.header)} digits = {entry.digits}, "
            f"but column {column.name!r} is of type {column.type} and keeps {column.scale} "
            "decimal digits."
        )


def _missing(missing: list[ImportColumn], headers: Sequence[str], importer: Importer) -> str:
    wanted = ", ".join(
        f"{column.name} ({' or '.join(shown(h) for h in column.headers[:4])})"
        if column.headers
        else column.name
        for column in missing
    )
    there = ", ".join(shown(h.strip()) for h in headers[:20] if h.strip())
    more = ", …" if len(headers) > 20 else ""
    return (
        f"the header lacks what every row of {importer.kind} needs: {wanted}. "
        f"It has: {there}{more}."
    )


def _unknown(position: int, header: str, absent: dict[str, ImportColumn]) -> UnknownColumn:
    near = difflib.get_close_matches(normal_header(header)[:100], absent, n=1, cutoff=0.7)
    nearest = None
    if near:
        column = absent[near[0]]
        nearest = next((h for h in column.headers if normal_header(h) == near[0]), column.name)
    return UnknownColumn(header=plain(header[:100]), position=position + 1, nearest=nearest)
