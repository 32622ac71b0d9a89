"""Summaries: what an import did, or a dry run would do."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from appliance.exchange.columns import UnknownColumn
from appliance.exchange.refusal import plain
from appliance.exchange.rows import Row, RowProblem

KEPT_PROBLEMS = 50
"""How many problems a summary keeps with their rows; the rest are counted."""

RecordFate = Literal["created", "changed", "unchanged"]
"""What became of a record that a row asked for."""


class RecordCounts(msgspec.Struct, kw_only=True):
    """How many records of a collection were created, changed, or were already as the file says."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


class ImportSummary(msgspec.Struct, kw_only=True):
    """The tally of one import; plain data, in JSON as it stands.

    The caller feeds it: `saw` with everything that a `RowReader` yields, `problem` with what goes
    wrong with a row later on, `record` with each record.

    Attributes:
        kind, profile: as given to the command.
        dry_run: nothing was stored.
        rows: rows read, the header and empty rows not counted.
        refused_rows: rows with at least one problem.
        records: by collection.
        problem_count: all problems.
        problems: the first `KEPT_PROBLEMS` of them.
        note_count: what people should know of rows that were imported all the same.
        notes: the first `KEPT_PROBLEMS` of them.
        unknown_columns: columns of the file that were left out.
        stopped: why reading ended before the end of the file, or None.
        last_row, last_refused: the lines of the last row seen and of the last one refused.
    """

    kind: str
    profile: str
    dry_run: bool = False
    rows: int = 0
    refused_rows: int = 0
    records: dict[str, RecordCounts] = {}
    problem_count: int = 0
    problems: list[RowProblem] = []
    note_count: int = 0
    notes: list[RowProblem] = []
    unknown_columns: tuple[UnknownColumn, ...] = ()
    stopped: str | None = None
    last_row: int = 0
    last_refused: int = 0

    @property
    def clean(self) -> bool:
        """Whether every row of the file could be used."""
        return self.problem_count == 0 and self.stopped is None

    def saw(self, item: Row | RowProblem) -> None:
        """Count what a reader yielded; a row with several problems is one row."""
        if item.number != self.last_row:
            self.last_row = item.number
            self.rows += 1
        if isinstance(item, RowProblem):
            self.problem(item)

    def problem(self, problem: RowProblem) -> None:
        """Count a problem of a row that has been seen; problems come in the order of rows."""
        if problem.number != self.last_refused:
            self.last_refused = problem.number
            self.refused_rows += 1
        self.problem_count += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)

    def note(self, note: RowProblem) -> None:
        """Count a note of a row that is imported all the same."""
        self.note_count += 1
        if len(self.notes) < KEPT_PROBLEMS:
            self.notes.append(note)

    def record(self, collection: str, fate: RecordFate) -> None:
        """Count a record; one that several rows mention counts each time."""
        counts = self.records.get(collection)
        if counts is None:
            counts = self.records[collection] = RecordCounts()
        if fate == "created":
            counts.created += 1
        elif fate == "changed":
            counts.changed += 1
        else:
            counts.unchanged += 1

    def add(self, collection: str, *, created: int, changed: int, unchanged: int) -> None:
        """Count many records of a collection at once."""
        counts = self.records.setdefault(collection, RecordCounts())
        counts.created += created
        counts.changed += changed
        counts.unchanged += unchanged

    def as_json(self) -> dict[str, Any]:
        """Return what a script wants to know, as plain data."""
        members: dict[str, Any] = msgspec.to_builtins(self)
        del members["last_row"], members["last_refused"]
        return members

    def lines(self) -> list[str]:
        """Return the summary as lines of text for a person, without colours."""
        told = [f"{self.kind}: {_count(self.rows, 'row')} read with profile {self.profile}"]
        if self.dry_run:
            told[0] += " (dry run: nothing is stored)"
        for name, counts in sorted(self.records.items()):
            told.append(
                f"  {name}: {counts.created} created, {counts.changed} changed, "
                f"{counts.unchanged} unchanged"
            )
        for column in self.unknown_columns:
            hint = "" if column.nearest is None else f'; did you mean "{column.nearest}"?'
            told.append(
                f'  column {column.position} "{column.header}" is not known, left out{hint}'
            )
        if self.note_count:
            told.append(f"  {_count(self.note_count, 'note')} on rows that are imported:")
            told.extend(_listed(self.notes, self.note_count, "note"))
        if self.problem_count:
            told.append(
                f"  {_count(self.refused_rows, 'row')} left out, "
                f"{_count(self.problem_count, 'problem')}:"
            )
            told.extend(_listed(self.problems, self.problem_count, "problem"))
        if self.stopped is not None:
            told.append(f"  reading stopped: {plain(self.stopped)}")
        return told


def _listed(kept: list[RowProblem], count: int, noun: str) -> list[str]:
    lines = [f"    {plain(one.line())}" for one in sorted(kept, key=lambda one: one.number)]
    if count > len(kept):
        lines.append(f"    and {_count(count - len(kept), f'more {noun}')}")
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
