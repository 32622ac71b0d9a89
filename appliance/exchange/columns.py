"""Columns: a line of a file as values, by what its header says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from appliance.api.errors import ImportRowError
from appliance.api.importing import ImportColumn, ImportValues
from appliance.exchange.cells import Convert
from appliance.exchange.profile import Profile

EMPTY = "the cell is empty, and no row may lack it"


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


class Cell(NamedTuple):
    """Where a value is and how it is read; ``needed`` is the header where no row may lack it."""

    position: int
    column: ImportColumn
    header: str
    needed: str | None
    convert: Convert


class Group(NamedTuple):
    """Cells that make a row of their own of each line, and what such a row has beside them."""

    fixed: ImportValues
    cells: tuple[Cell, ...]


class Columns:
    """The columns of one file: where each value is and how it is read.

    Attributes:
        width: cells in a row.
        present: names of the importer's columns that the file has, in the file's order. Values
            of a row have exactly these keys; an importer tells an empty cell (None) from a
            column that the file does not have (no key).
        places: of each column of the file the position in a row, from 0, what it is, and its
            header.
        unknown: columns that are left out.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        groups: Sequence[Group],
        constants: ImportValues,
        width: int,
        unknown: tuple[UnknownColumn, ...],
        profile: Profile,
    ) -> None:
        self.width = width
        self.unknown = unknown
        every = [*cells, *(cell for group in groups for cell in group.cells)]
        self.places = tuple((cell.position, cell.column, cell.header) for cell in every)
        names = [cell.column.name for cell in every]
        self.present = tuple(
            dict.fromkeys([*names, *constants, *(n for group in groups for n in group.fixed)])
        )
        self._short_is_empty = profile.short_rows == "empty"
        self._constants = constants
        # Plain tuples, because this is walked for every row.
        self._cells = tuple(
            (cell.position, cell.column.name, cell.needed, cell.convert) for cell in cells
        )
        self._groups = tuple(groups)

    def values(self, cells: list[str]) -> list[ImportValues]:
        """Read a line; it makes one row, or as many as its profile says.

        Raises:
            ImportRowError: the first thing that is wrong; `problems` finds all.
        """
        if len(cells) != self.width:
            cells = self._fitted(cells)
        values: ImportValues = self._constants.copy()
        for position, name, needed, convert in self._cells:
            cell = cells[position].strip()
            if cell:
                values[name] = convert(cell)
            elif needed is None:
                values[name] = None
            else:
                raise ImportRowError(EMPTY, column=needed)
        if not self._groups:
            return [values]
        return [
            values | found for group in self._groups if (found := _of_group(group, cells, None))
        ]

    def problems(self, cells: list[str]) -> list[ImportRowError]:
        """Return everything that is wrong with a row, in the order of its columns."""
        try:
            cells = self._fitted(cells)
        except ImportRowError as error:
            return [error]
        found: list[ImportRowError] = []
        for position, _, needed, convert in self._cells:
            cell = cells[position].strip()
            try:
                if cell:
                    convert(cell)
                elif needed is not None:
                    raise ImportRowError(EMPTY, column=needed)
            except ImportRowError as error:
                found.append(error)
        for group in self._groups:
            _of_group(group, cells, found)
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


def _of_group(
    group: Group, cells: list[str], errors: list[ImportRowError] | None
) -> ImportValues | None:
    """Return what a group's cells of a line hold; None where they hold nothing.

    Args:
        group: the cells.
        cells: the line.
        errors: takes what is wrong; None raises the first of it.
    """
    texts = [cells[cell.position].strip() for cell in group.cells]
    if not any(texts):
        return None
    values = group.fixed.copy()
    for cell, text in zip(group.cells, texts, strict=True):
        try:
            if not text and cell.needed is not None:
                raise ImportRowError(EMPTY, column=cell.needed)
            values[cell.column.name] = cell.convert(text) if text else None
        except ImportRowError as error:
            if errors is None:
                raise
            errors.append(error)
    return values
