"""Rows: a file of one kind as typed values, problem rows told apart and passed over."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

from appliance.api.errors import ImportRowError
from appliance.api.importing import Importer, ImportValues
from appliance.exchange.columns import Columns, UnknownColumn
from appliance.exchange.header import match_columns
from appliance.exchange.profile import MAX_TITLE_LINES, Profile
from appliance.exchange.refusal import FileRefused
from appliance.exchange.suggestion import SAMPLE_BYTES, ZIP_MARK
from appliance.exchange.table import ByteSource, Table

if TYPE_CHECKING:
    from appliance.exchange.sheet import SheetTable


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row whose cells could all be read.

    Attributes:
        number: the line of the file where it starts, from 1; the header is a line too.
        values: by column name, for the columns that the file has.
    """

    number: int
    values: ImportValues


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a row; the row is not imported.

    Attributes:
        number: the line of the file where the row starts, from 1.
        column: the column's header, or None for the whole row.
        text: what is wrong, with the text at fault.
    """

    number: int
    column: str | None
    text: str

    def line(self) -> str:
        """Return it as one line for a person."""
        column = "" if self.column is None else f", column {self.column}"
        return f"line {self.number}{column}: {self.text}"


class RowReader:
    """The rows of one file, to be gone through once; the header is read when it is made.

    Iterating yields a `Row` for each good row and, for each bad one, as many `RowProblem` of the
    same number as there are things wrong with it. Where the profile makes several rows of a line,
    all have its number.

    Attributes:
        columns: the file's columns; `unknown` lists those left out.
        header: the cells of the header.
        table: what the lines come from.

    Raises:
        FileRefused: the file as a whole cannot be read; when made, or while iterating.
        ProfileRefused, PluginError: see `match_columns`; when made.
    """

    columns: Columns
    header: list[str]

    def __init__(self, source: ByteSource, profile: Profile, importer: Importer) -> None:
        self.table = table = open_table(source, profile)
        self._table = iter(table)
        refused: tuple[str, int] | None = None
        most = 0
        titles = MAX_TITLE_LINES if table.profile.title_lines == "found" else 0
        for number, cells in islice(self._table, titles + 1):
            try:
                self.columns = match_columns(cells, importer, table.profile)
                self.header = cells
                return
            except FileRefused as error:
                # Of rows that are no header, the one with the most cells says best what is wrong.
                filled = sum(1 for cell in cells if cell.strip())
                if filled > most:
                    refused, most = (error.reason, number), filled
        if refused is None:
            table.refuse("the file is empty: it has no header and no rows.", None)
        table.refuse(*refused)

    @property
    def unknown(self) -> tuple[UnknownColumn, ...]:
        """The columns of the file that are left out."""
        return self.columns.unknown

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Go through the lines below the header as they are, in place of iterating."""
        return self._table

    def __iter__(self) -> Iterator[Row | RowProblem]:
        values = self.columns.values
        for number, cells in self._table:
            try:
                found = values(cells)
            except ImportRowError:
                for error in self.columns.problems(cells):
                    yield RowProblem(number=number, column=error.column, text=str(error))
            else:
                for one in found:
                    yield Row(number=number, values=one)


def open_table(source: ByteSource, profile: Profile) -> Table | SheetTable:
    """Return the rows of a file as cells, by what the file holds: a workbook or text.

    Args:
        source: see `read_rows`; a workbook must be a stream that can be gone back in.
        profile: how the file is written.

    Raises:
        FileRefused: it is a workbook that cannot be read.
    """
    stream: Any = source
    if not hasattr(stream, "seek"):
        return Table(source, profile)
    stream.seek(0)
    beginning = stream.read(SAMPLE_BYTES)
    stream.seek(0)
    if beginning.startswith(ZIP_MARK):
        # Takes a while to import, and most files are text.
        from appliance.exchange.sheet import SheetTable

        # Rows of a sheet end at their last cell that holds something; and a cell that is text
        # cannot be a formula.
        fitting = structs.replace(profile, short_rows="empty", guard_formulas=False)
        return SheetTable(stream, fitting)
    table = Table(source, profile)
    if profile.format == "workbook":
        table.sample = beginning
        table.refuse(f"the file is no workbook, which profile {profile.name} reads.", None)
    return table


def read_rows(source: ByteSource, profile: Profile, importer: Importer) -> RowReader:
    """Read a file of the importer's kind.

    Args:
        source: a binary stream that the caller opened and will close, or chunks of bytes.
        profile: how the file is written.
        importer: what its columns are.

    Raises:
        FileRefused, ProfileRefused, PluginError: see `RowReader`.
    """
    return RowReader(source, profile, importer)
