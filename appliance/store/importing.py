"""Imports: rows of a file become records, found again by their external ids.

An import is a session: batches of rows go in, each row whole or not at all; a row that names a
record which is not there yet waits for the end of the session, because files do not come sorted.
Importing a file again changes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from appliance.api.errors import ImportRowError, PluginError
from appliance.api.importing import ImportNote, ImportRecord, ImportValues
from appliance.api.mutations import Write
from appliance.store.external_refs import ExternalRefs
from appliance.store.full_load import FullLoad, forget_inactive
from appliance.store.held_steps import HeldSteps
from appliance.store.import_journal import Journal, difference
from appliance.store.import_plan import Planner, Step, UnknownRecord
from appliance.store.looks import Looks
from appliance.store.transaction import WriteTransaction
from appliance.sync.writes import CheckedWrite, store_checked

MAX_WAITING = 20_000
"""Rows that may wait for records named later in the file."""

MAX_WAITING_CHARS = 32 * 1024 * 1024
"""Characters of all their values."""

Convert = Callable[[ImportValues], Sequence[ImportRecord | ImportNote]]
"""Turns a row into records; raises `ImportRowError`. Asked twice, it answers the same."""

Converter = Callable[[Looks], Convert]
"""Makes a `Convert` that notes what it looks at in the store."""


class ImportRow(NamedTuple):
    """One row of the file: its number for people, and its values."""

    number: int
    values: ImportValues


class RowProblem(NamedTuple):
    """Why a row was not imported."""

    number: int
    column: str
    text: str


class Counts(NamedTuple):
    """What a batch did, in records.

    Attributes:
        created, changed, unchanged: in all.
        problems: of rows that were not imported.
        collections: created, changed and unchanged of each collection.
        notes: of rows that were imported all the same.
    """

    created: int
    changed: int
    unchanged: int
    problems: tuple[RowProblem, ...]
    collections: Mapping[str, tuple[int, int, int]] = {}
    notes: tuple[RowProblem, ...] = ()

    def plus(self, other: Counts) -> Counts:
        """Return what two batches did together."""
        collections = dict(self.collections)
        for name, counts in other.collections.items():
            before = collections.get(name, (0, 0, 0))
            collections[name] = (
                before[0] + counts[0],
                before[1] + counts[1],
                before[2] + counts[2],
            )
        return Counts(
            self.created + other.created,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.problems + other.problems,
            collections,
            self.notes + other.notes,
        )


class ImportSession:
    """One import of one file."""

    def __init__(
        self,
        source: str,
        *,
        number: int | None = None,
        full: FullLoad | None = None,
    ) -> None:
        """Begin.

        Args:
            source: whose external ids the file holds.
            number: of the import in the history, whose journal is kept; None keeps none.
            full: takes note of what the file names.
        """
        self._source = source
        self._number = number
        self._planner = Planner(source, full=full)
        self._waiting: list[ImportRow] = []
        self._waiting_chars = 0
        self._turn: deque[ImportRow] = deque()
        self._last_turn = False
        self._progress = True
        self._looks = False

    def forget(self) -> None:
        """Forget what was found in a batch whose commit failed."""
        self._planner.forget()

    def batch(
        self, tx: WriteTransaction, rows: Sequence[ImportRow], converter: Converter
    ) -> Counts:
        """Import some rows.

        Args:
            tx: the transaction.
            rows: in the order of the file.
            converter: makes what turns a row into records.
        """
        return self._whole(tx, rows, converter, last=False)

    def end(self, tx: WriteTransaction, converter: Converter, most: int) -> tuple[Counts, bool]:
        """Import some of the rows that waited; again, as long as that gets anywhere.

        Rows that still name what is not there when a turn over all of them got nowhere are
        problems.

        Args:
            tx: the transaction.
            converter: as for `batch`.
            most: how many rows to try.

        Returns:
            What that did, and whether there is more to try.
        """
        if not self._turn:
            self._turn, self._waiting = deque(self._waiting), []
            self._waiting_chars = 0
            self._last_turn, self._progress = not self._progress, False
        piece = [self._turn.popleft() for _ in range(min(most, len(self._turn)))]
        waited = len(self._waiting)
        counts = self._whole(tx, piece, converter, last=self._last_turn)
        self._progress = self._progress or len(self._waiting) - waited < len(piece)
        return counts, bool(self._turn or self._waiting)

    def _whole(
        self, tx: WriteTransaction, rows: Sequence[ImportRow], converter: Converter, *, last: bool
    ) -> Counts:
        try:
            return self._rows(tx, rows, converter, last=last)
        except BaseException:
            self._planner.forget()
            raise

    def _rows(
        self, tx: WriteTransaction, rows: Sequence[ImportRow], converter: Converter, *, last: bool
    ) -> Counts:
        done: dict[str, list[int]] = {}
        problems: list[RowProblem] = []
        notes: list[RowProblem] = []
        refs = ExternalRefs(tx.db)
        journal = None if self._number is None else Journal(tx.db, self._number)
        looks = Looks()
        held = HeldSteps(tx, self._source, journal, looks)
        convert = converter(looks)
        for row in rows:
            try:
                found = self._converted(held, row.values, convert, looks)
                records = [one for one in found if isinstance(one, ImportRecord)]
                if any(
                    (one.collection, one.external_id) in held.steps
                    for one in records
                    if not one.create_only
                ):
                    held.settle()
                steps = self._planner.plan(tx, records, held.steps)
            except UnknownRecord as error:
                if last or not self._may_wait(row):
                    problems.append(RowProblem(row.number, error.column or "", str(error)))
                continue
            except ImportRowError as error:
                problems.append(RowProblem(row.number, error.column or "", str(error)))
                continue
            except PluginError as error:
                problems.append(RowProblem(row.number, "", str(error)))
                continue
            # What it looks at and makes alike would be stored before the next row, one by one.
            self._looks = any(step.key[0] in looks.at for step in steps)
            if any(step.fate != 2 and tx.follows(step.key[0]) for step in steps):
                held.settle()
                try:
                    self._store_followed(tx, refs, journal, steps)
                    looks.forget()
                except PluginError as error:
                    problems.append(RowProblem(row.number, "", str(error)))
                    continue
                for step in steps:
                    done.setdefault(step.key[0], [0, 0, 0])[step.fate] += 1
                steps = []
            for step in steps:
                if held.takes(step) and not self._looks:
                    held.add(step)
                elif step.fate != 2 or not step.known:
                    held.settle()
                    self._store(tx, refs, journal, step)
                    looks.stored(step.key[0])
                done.setdefault(step.key[0], [0, 0, 0])[step.fate] += 1
            if len(found) > len(records):
                notes.extend(
                    RowProblem(row.number, note.column, note.text)
                    for note in found
                    if isinstance(note, ImportNote)
                )
        held.settle()
        if journal is not None:
            journal.write_down()
        sums = [sum(counts[fate] for counts in done.values()) for fate in range(3)]
        by_collection = {name: (c[0], c[1], c[2]) for name, c in done.items()}
        return Counts(sums[0], sums[1], sums[2], tuple(problems), by_collection, tuple(notes))

    def _converted(
        self, held: HeldSteps, values: ImportValues, convert: Convert, looks: Looks
    ) -> Sequence[ImportRecord | ImportNote]:
        """Turn a row into records, by an importer that sees the rows before it.

        What it looks at is known only afterwards: where some of that waits, it is stored and the
        importer asked again. One that looked at what it made of the last row finds it stored.
        """
        if self._looks:
            held.settle()
        looks.begin_row()
        try:
            found = convert(values)
        except ImportRowError:
            if not held.any_of(looks.at):
                raise
            found = ()
        if held.any_of(looks.at):
            held.settle()
            found = convert(values)
        return found

    def _may_wait(self, row: ImportRow) -> bool:
        """Let a row wait for the end of the file, where there is room."""
        size = sum(len(value) for value in row.values.values() if isinstance(value, str))
        if len(self._waiting) >= MAX_WAITING or self._waiting_chars + size > MAX_WAITING_CHARS:
            return False
        self._waiting.append(row)
        self._waiting_chars += size
        return True

    def _store_followed(
        self, tx: WriteTransaction, refs: ExternalRefs, journal: Journal | None, steps: list[Step]
    ) -> None:
        """Store the steps of a row whose owner is asked about them: all of them or none."""
        gathered = 0 if journal is None else journal.gathered
        try:
            with tx.savepoint():
                for step in steps:
                    if step.fate != 2 or not step.known:
                        self._store(tx, refs, journal, step)
        except PluginError:
            self._planner.forget()
            if journal is not None:
                journal.take_back(gathered)
            raise

    def _store(
        self, tx: WriteTransaction, refs: ExternalRefs, journal: Journal | None, step: Step
    ) -> None:
        collection, external_id = step.key
        if not step.known:
            refs.add(self._source, collection, external_id, step.id)
        if step.fate == 2:
            return  # found by what people know it by, and as the file says
        if step.number is None:
            tx.log.know_absent(collection, step.id)
        row = step.row
        if tx.follows(collection):
            write = Write(collection=collection, id=step.id, row=row)
            first, *others = tx.complete(CheckedWrite(write, step.text, step.bucket))
            row = first.write.row
            seq = tx.put(collection, step.id, first.bucket, first.text, row, 0)
            number = tx.log.last_row
            for other in others:
                store_checked(tx, other._replace(decided=True))
        else:
            seq = tx.put(collection, step.id, step.bucket, step.text, row, 0)
            number = tx.log.last_row
        if step.was_inactive and step.number is not None:
            forget_inactive(tx.db, step.number)
        if journal is not None:
            before = None if step.before is None else difference(step.before, row)
            journal.gather(number, seq, before)
