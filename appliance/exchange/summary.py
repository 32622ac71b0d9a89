"""Summaries: what an import did, or a dry run would do."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from appliance.exchange.columns import UnknownColumn
from appliance.exchange.refusal import plain
from appliance.exchange.rows import Row, RowProblem

KEPT_PROBLEMS = 50
"""How many problems a summary keeps with their rows; the rest are counted."""

KEPT_REASONS = 50
"""How many reasons are told apart."""

SHOWN_ROWS = 3
"""How many rows of each reason are shown."""

# What differs between two rows that are wrong in the same way: quoted text, numbers, codes.
_VARYING = re.compile(r"\"[^\"]*\"|'[^']*'|\S*\d\S*")

RecordFate = Literal["created", "changed", "unchanged"]
"""What became of a record that a row asked for."""


class RecordCounts(msgspec.Struct, kw_only=True):
    """How many records of a collection were created, changed, or were already as the file says."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


class Reason(msgspec.Struct, kw_only=True):
    """Rows that are left out for the same reason.

    Attributes:
        rows: how many problems there are of it.
        first: the first `SHOWN_ROWS` of them.
    """

    rows: int = 0
    first: list[RowProblem] = []


class Deactivation(msgspec.Struct, kw_only=True):
    """What a full load does not name of a collection.

    Attributes:
        count: records in use that the file does not name.
        of: all that are in use.
        names: external ids of the first of them.
    """

    count: int
    of: int
    names: list[str]


class ImportSummary(msgspec.Struct, kw_only=True):
    """The tally of one import; plain data, in JSON as it stands.

    The caller feeds it: `saw` with everything that a `RowReader` yields, `problem` with what goes
    wrong with a row later on, `record` with each record.

    Attributes:
        kind, profile: as given to the command.
        read_as: how the file was read, where that was found out from it.
        dry_run: nothing was stored.
        rows: rows read, the header and empty rows not counted.
        refused_rows: rows with at least one problem.
        records: by collection.
        problem_count: all problems.
        problems: the first `KEPT_PROBLEMS` of them.
        note_count: what people should know of rows that were imported all the same.
        notes: the first `KEPT_PROBLEMS` of them.
        reasons: problems by what is wrong, at most `KEPT_REASONS`; in no order of their own.
        full: what the file does not name goes out of use.
        deactivated: of a full load, by collection.
        too_many: why a full load put nothing out of use, or "".
        kept_out: why nothing of the file is stored, or "".
        already: the file was imported before, by the same claim.
        number: of the import in the history; None of a dry run.
        unknown_columns: columns of the file that were left out.
        stopped: why reading ended before the end of the file, or None.
        last_row, last_refused: the lines of the last row seen and of the last one refused.
    """

    kind: str
    profile: str
    read_as: str = ""
    dry_run: bool = False
    rows: int = 0
    refused_rows: int = 0
    records: dict[str, RecordCounts] = {}
    problem_count: int = 0
    problems: list[RowProblem] = []
    note_count: int = 0
    notes: list[RowProblem] = []
    reasons: dict[str, Reason] = {}
    full: bool = False
    deactivated: dict[str, Deactivation] = {}
    too_many: str = ""
    kept_out: str = ""
    already: bool = False
    number: int | None = None
    unknown_columns: tuple[UnknownColumn, ...] = ()
    stopped: str | None = None
    last_row: int = 0
    last_refused: int = 0

    @property
    def done(self) -> bool:
        """Whether all was done that was asked for."""
        return self.clean and not self.too_many and not self.kept_out

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
        key = f"{problem.column}\n{_VARYING.sub('*', problem.text)}"
        if key not in self.reasons and len(self.reasons) >= KEPT_REASONS:
            key = ""
        reason = self.reasons.setdefault(key, Reason())
        reason.rows += 1
        if len(reason.first) < SHOWN_ROWS:
            reason.first.append(problem)

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
        members["reasons"] = list(members["reasons"].values())
        return members

    def lines(self) -> list[str]:
        """Return the summary as lines of text for a person, without colours."""
        form = f"as {self.read_as}" if self.read_as else f"with profile {self.profile}"
        told = [f"{self.kind}: {_count(self.rows, 'row')} read {form}"]
        if self.dry_run:
            told[0] += " (dry run: nothing is stored)"
        elif self.kept_out:
            told[0] += " (checked first)"
        for name, counts in sorted(self.records.items()):
            told.append(
                f"  {name}: {counts.created} created, {counts.changed} changed, "
                f"{counts.unchanged} unchanged"
            )
        told.extend(self._full_lines())
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
            told.extend(self._reason_lines())
        if self.stopped is not None:
            told.append(f"  reading stopped: {plain(self.stopped)}")
        if self.kept_out:
            told.append(f"  nothing is stored: {plain(self.kept_out)}")
        return told

    def _full_lines(self) -> list[str]:
        told = []
        for name, one in sorted(self.deactivated.items()):
            names = ", ".join(map(plain, one.names[:5])) + (", …" if one.count > 5 else "")
            # With rows left out it is not known what the file names.
            stands = self.too_many or self.kept_out or not self.clean
            what = "not named" if stands else "deactivated"
            of = f"  {name}: {one.count} {what} of {one.of} in use"
            told.append(f"{of}: {names}" if one.count else of)
        if self.full and not self.deactivated and not self.kept_out:
            told.append("  these records have no field active: what is not named stays as it is")
        if self.too_many and not self.kept_out:
            told.append(f"  nothing is deactivated: {plain(self.too_many)}")
        elif self.deactivated and not self.clean and not self.kept_out:
            told.append("  nothing is deactivated: rows are left out, and may be those of the rest")
        return told

    def _reason_lines(self) -> list[str]:
        told = []
        for reason in sorted(self.reasons.values(), key=lambda one: one.first[0].number):
            told += [f"    {plain(problem.line())}" for problem in reason.first]
            more = reason.rows - len(reason.first)
            if more > 0:
                told.append(f"      and {_count(more, 'more row')} like these")
        return told


def _listed(kept: list[RowProblem], count: int, noun: str) -> list[str]:
    lines = [f"    {plain(one.line())}" for one in sorted(kept, key=lambda one: one.number)]
    if count > len(kept):
        lines.append(f"    and {_count(count - len(kept), f'more {noun}')}")
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
