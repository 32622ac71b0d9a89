"""Imports: rows of a file become records, found again by their external ids.

An import is a session: batches of rows go in, each row in a savepoint of its own; a row that names
a record which is not there yet waits for the end of the session, because files do not come sorted.
Importing a file again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from appliance.api.errors import ImportRowError, PluginError
from appliance.api.importing import ExternalRef, ImportNote, ImportRecord, ImportValues
from appliance.api.mutations import Row, Write
from appliance.api.values import uuid7
from appliance.store.external_refs import MAX_EXTERNAL_ID, ExternalRefs
from appliance.store.transaction import WriteTransaction
from appliance.sync.writes import store_write

MAX_WAITING = 20_000
"""Rows that may wait for records named later in the file."""

Convert = Callable[[ImportValues], Sequence[ImportRecord | ImportNote]]


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


class _Unknown(ImportRowError):
    """The row names a record that is not there yet."""


class _DryRun(Exception):
    """Undoes a batch whose result is wanted, and nothing else."""

    def __init__(self, counts: Counts) -> None:
        super().__init__()
        self.counts = counts


class ImportSession:
    """One import of one file."""

    def __init__(self, source: str, *, dry_run: bool) -> None:
        """Begin.

        Args:
            source: whose external ids the file holds.
            dry_run: undo everything; refs made earlier in the session are remembered, so that the
                result is that of the real run.
        """
        self._source = source
        self._dry_run = dry_run
        self._pretended: dict[tuple[str, str], str] = {}
        # Of the row at hand: they count only when all of the row is stored.
        self._new: dict[tuple[str, str], str] = {}
        self._waiting: list[ImportRow] = []

    def batch(self, tx: WriteTransaction, rows: Sequence[ImportRow], convert: Convert) -> Counts:
        """Import some rows.

        Args:
            tx: the transaction.
            rows: in the order of the file.
            convert: turns a row into records; raises `ImportRowError`.
        """
        return self._whole(tx, rows, convert, last=False)

    def end(self, tx: WriteTransaction, convert: Convert) -> Counts:
        """Import the rows that waited, as long as that gets anywhere; the rest are problems."""
        total = Counts(0, 0, 0, ())
        while self._waiting:
            rows, self._waiting = self._waiting, []
            counts = self._whole(tx, rows, convert, last=False)
            total = _add(total, counts)
            if len(self._waiting) == len(rows):
                rows, self._waiting = self._waiting, []
                return _add(total, self._whole(tx, rows, convert, last=True))
        return total

    def _whole(
        self, tx: WriteTransaction, rows: Sequence[ImportRow], convert: Convert, *, last: bool
    ) -> Counts:
        if not self._dry_run:
            return self._rows(tx, rows, convert, last=last)
        try:
            with tx.savepoint():
                raise _DryRun(self._rows(tx, rows, convert, last=last))
        except _DryRun as undone:
            return undone.counts

    def _rows(
        self, tx: WriteTransaction, rows: Sequence[ImportRow], convert: Convert, *, last: bool
    ) -> Counts:
        done: dict[str, list[int]] = {}
        problems: list[RowProblem] = []
        notes: list[RowProblem] = []
        refs = ExternalRefs(tx.db)
        for row in rows:
            self._new.clear()
            try:
                with tx.savepoint():
                    found = convert(row.values)
                    fates = self._records(
                        tx, refs, [one for one in found if isinstance(one, ImportRecord)]
                    )
            except _Unknown as error:
                if last or len(self._waiting) >= MAX_WAITING:
                    problems.append(RowProblem(row.number, error.column or "", str(error)))
                else:
                    self._waiting.append(row)
                continue
            except ImportRowError as error:
                problems.append(RowProblem(row.number, error.column or "", str(error)))
                continue
            except PluginError as error:
                problems.append(RowProblem(row.number, "", str(error)))
                continue
            if self._dry_run:
                self._pretended.update(self._new)
            for (collection, _), fate in fates.items():
                done.setdefault(collection, [0, 0, 0])[fate] += 1
            notes.extend(
                RowProblem(row.number, note.column, note.text)
                for note in found
                if isinstance(note, ImportNote)
            )
        sums = [sum(counts[fate] for counts in done.values()) for fate in range(3)]
        by_collection = {name: (c[0], c[1], c[2]) for name, c in done.items()}
        return Counts(sums[0], sums[1], sums[2], tuple(problems), by_collection, tuple(notes))

    def _records(
        self, tx: WriteTransaction, refs: ExternalRefs, records: Sequence[ImportRecord]
    ) -> dict[tuple[str, str], int]:
        """Store the records of one row; return what became of each, see `_record`.

        A row may name a record twice, first with what a new one begins with; it counts once, and
        one that is new counts as new.
        """
        fates: dict[tuple[str, str], int] = {}
        for record in records:
            fate = self._record(tx, refs, record)
            if fate is not None:
                key = record.collection, record.external_id
                fates[key] = min(fate, fates.get(key, fate))
        return fates

    def _record(self, tx: WriteTransaction, refs: ExternalRefs, record: ImportRecord) -> int | None:
        """Store one record.

        Returns:
            0 where it is new, 1 where it changed, 2 where it did not; None where the row only
            mentions a record that is there, which says nothing of it.
        """
        if not 0 < len(record.external_id) <= MAX_EXTERNAL_ID:
            raise ImportRowError(f"an external id has 1 to {MAX_EXTERNAL_ID} characters")
        record_id = refs.find(self._source, record.collection, record.external_id)
        if record_id is None:
            record_id = self._adopted(tx, refs, record)
        before: Row = {}
        pretended = self._pretended.get((record.collection, record.external_id))
        new = record_id is None and pretended is None
        if record_id is None and pretended is not None:
            if record.create_only:
                return None
            record_id = pretended
        elif record_id is None:
            record_id = uuid7(tx.now_ms)
            refs.add(self._source, record.collection, record.external_id, record_id)
            self._new[record.collection, record.external_id] = record_id
        else:
            stored = tx.stored(record.collection, record_id)
            if stored is not None and not stored.deleted:
                if record.create_only:
                    return None
                before = orjson.loads(stored.text)
            else:
                new = True
        row = before | {name: self._resolved(refs, value) for name, value in record.row.items()}
        row = {name: value for name, value in row.items() if value is not None}
        head = tx.log.head
        store_write(tx, tx.log.registry, Write(collection=record.collection, id=record_id, row=row))
        if tx.log.head == head:
            return 2
        return 0 if new else 1

    def _adopted(
        self, tx: WriteTransaction, refs: ExternalRefs, record: ImportRecord
    ) -> str | None:
        """Give the external id to the record that the importer found, where it found one."""
        if record.record_id is None:
            return None
        stored = tx.stored(record.collection, record.record_id)
        if stored is None or stored.deleted:
            return None
        refs.add(self._source, record.collection, record.external_id, record.record_id)
        self._new[record.collection, record.external_id] = record.record_id
        return record.record_id

    def _resolved(self, refs: ExternalRefs, value: Any) -> Any:
        if isinstance(value, ExternalRef):
            found = refs.find(self._source, value.collection, value.external_id)
            found = found or self._pretended.get((value.collection, value.external_id))
            if found is None:
                raise _Unknown(f"{value.collection} has no record {value.external_id!r}")
            return found
        if isinstance(value, list | tuple):
            return [self._resolved(refs, item) for item in value]
        if isinstance(value, dict):
            return {name: self._resolved(refs, item) for name, item in value.items()}
        return value


def _add(a: Counts, b: Counts) -> Counts:
    collections = dict(a.collections)
    for name, (created, changed, unchanged) in b.collections.items():
        before = collections.get(name, (0, 0, 0))
        collections[name] = (before[0] + created, before[1] + changed, before[2] + unchanged)
    return Counts(
        a.created + b.created,
        a.changed + b.changed,
        a.unchanged + b.unchanged,
        a.problems + b.problems,
        collections,
        a.notes + b.notes,
    )
