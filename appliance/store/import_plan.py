"""Plans: what the records of one row would do to the store, found out before anything is written.

Whatever is wrong with a row shows while it is planned, so a row needs no savepoint: it is stored
whole or not begun.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from appliance.api.errors import ImportRowError, PluginError, RecordError
from appliance.api.importing import ExternalRef, ImportRecord
from appliance.api.mutations import Row
from appliance.api.values import uuid7
from appliance.store.external_refs import MAX_EXTERNAL_ID
from appliance.store.full_load import ACTIVE, FullLoad, was_made_inactive
from appliance.store.transaction import WriteTransaction
from appliance.sync.registry import CompiledCollection

Fate = Literal[0, 1, 2]
"""A record is created, changed, or as it was."""

REMEMBERED_IDS = 20_000
"""Ids of records that rows refer to, kept by external id: a file names few of them many times."""

_NESTED = (ExternalRef, list, tuple, dict)
"""Values that may hold references."""

Key = tuple[str, str]
"""A collection and an external id."""

_FIND = (
    "SELECT x.id, r.num, r.seq, r.deleted, r.body, b.name FROM box_external_refs x"
    " LEFT JOIN box_rows r ON r.collection = x.collection AND r.id = x.id"
    " LEFT JOIN box_buckets b ON b.num = r.bucket"
    " WHERE x.source = ? AND x.collection = ? AND x.ext_id = ?"
)
_FIND_RECORD = (
    "SELECT r.id, r.num, r.seq, r.deleted, r.body, b.name FROM box_rows r"
    " JOIN box_buckets b ON b.num = r.bucket WHERE r.collection = ? AND r.id = ? AND r.deleted = 0"
)
_FIND_ID = "SELECT id FROM box_external_refs WHERE source = ? AND collection = ? AND ext_id = ?"


class UnknownRecord(ImportRowError):
    """The row names a record that is not there yet."""


class Step:
    """What becomes of one record.

    Attributes:
        key: the record's name in the file.
        id: the record.
        known: it has its external id already.
        number: of its row in the store; None where it has none.
        before: as it stands; None where it does not, or is deleted.
        row: as it shall be.
        text: the same, encoded; bucket: where it lives.
        fate: see `Fate`.
        was_inactive: a full load had made it inactive; that is over.
    """

    __slots__ = (
        *("before", "bucket", "fate", "id", "key", "known", "number", "place", "row", "text"),
        "was_inactive",
    )

    def __init__(self, key: Key, record_id: str, *, known: bool) -> None:
        self.key = key
        self.id = record_id
        self.known = known
        self.number: int | None = None
        self.before: Row | None = None
        self.place: tuple[str, str] | None = None
        self.row: Row = {}
        self.text = b""
        self.bucket = ""
        self.fate: Fate = 0
        self.was_inactive = False


class Planner:
    """Plans the rows of one import."""

    def __init__(
        self,
        source: str,
        *,
        full: FullLoad | None = None,
    ) -> None:
        """Begin.

        Args:
            source: whose external ids the file holds.
            full: takes note of what the file names.
        """
        self._source = source
        self._full = full
        self._ids: OrderedDict[Key, str] = OrderedDict()
        self._there: set[Key] = set()
        self._held: Mapping[Key, Step] = {}

    def forget(self) -> None:
        """Forget what was found: the transaction that it was found in is undone."""
        self._ids.clear()
        self._there.clear()

    def plan(
        self, tx: WriteTransaction, records: Sequence[ImportRecord], held: Mapping[Key, Step]
    ) -> list[Step]:
        """Return what the records of a row do, one step for each record.

        A row may name a record twice, first with what a new one begins with.

        Args:
            tx: the transaction.
            records: of the row.
            held: steps of earlier rows that are not stored yet; none of a record that this row
                says more of than that it is there.

        Raises:
            UnknownRecord: one refers to a record that is not there.
            ImportRowError: an external id is too long or empty.
            PluginError: a record does not fit its collection.
        """
        self._held = held
        steps: dict[Key, Step] = {}
        found: dict[Key, Step] = {}
        for record in records:
            if not 0 < len(record.external_id) <= MAX_EXTERNAL_ID:
                raise ImportRowError(f"an external id has 1 to {MAX_EXTERNAL_ID} characters")
            key = record.collection, record.external_id
            if record.create_only and (key in self._there or key in held):
                continue  # it is there, which is all that the row says of it
            step = found.get(key)
            if step is None:
                step = found[key] = self._found(tx, key, record.record_id)
            if record.create_only and not self._new(step):
                if len(self._there) < REMEMBERED_IDS:
                    self._there.add(key)
                continue
            if not record.create_only and self._full is not None:
                self._full.named(record.collection, step.number)
            steps[key] = step
            self._merge(tx, step, record, steps)
        for step in steps.values():
            self._settle(tx, step)
        return list(steps.values())

    def _new(self, step: Step) -> bool:
        return step.before is None

    def _found(self, tx: WriteTransaction, key: Key, record_id: str | None) -> Step:
        """Find a record by its external id, else the one that the importer found."""
        collection, external_id = key
        if tx.log.registry.get(collection) is None:
            raise PluginError(f"a row names no collection {collection!r}")
        number = tx.log.collection_number(collection)
        found = tx.db.row(_FIND, (self._source, number, external_id))
        if found is None and record_id is not None:
            adopted = tx.db.row(_FIND_RECORD, (number, record_id))
            if adopted is not None:
                return self._stands(Step(key, record_id, known=False), adopted)
        if found is None:
            return Step(key, uuid7(tx.now_ms), known=False)
        return self._stands(Step(key, found[0], known=True), found)

    def _stands(self, step: Step, found: tuple[Any, ...]) -> Step:
        """Take down how a record stands."""
        step.number = found[1]
        if found[1] is not None and not found[3]:
            step.before = orjson.loads(found[4])
            step.place = (found[4], found[5])
        return step

    def _merge(
        self, tx: WriteTransaction, step: Step, record: ImportRecord, steps: dict[Key, Step]
    ) -> None:
        if not step.row and step.before is not None:
            step.row = step.before.copy()
        for name, value in record.row.items():
            found = value
            if isinstance(value, _NESTED):
                found = self._resolved(tx, value, steps)
            if found is None:
                step.row.pop(name, None)
            else:
                step.row[name] = found
        if step.before is None or step.before.get(ACTIVE) is not False or step.number is None:
            return
        # Named again, a record that a full load put out of use is in use again.
        step.was_inactive = was_made_inactive(tx.db, step.number)
        if step.was_inactive and ACTIVE not in record.row:
            step.row[ACTIVE] = True

    def _settle(self, tx: WriteTransaction, step: Step) -> None:
        """Encode what a record shall be and tell what becomes of it."""
        compiled: CompiledCollection = tx.log.registry[step.key[0]]
        try:
            step.text = compiled.codec.encode(step.row)
            step.bucket = compiled.bucket.of(step.id, step.row)
        except RecordError as error:
            raise PluginError(f"{step.key[0]}: {error.pointer or 'the row'}: {error}") from None
        if step.place is not None:
            body, bucket = step.place
            step.fate = 2 if step.text == body.encode() and step.bucket == bucket else 1
        else:
            step.fate = 0 if self._new(step) else 1

    def _resolved(self, tx: WriteTransaction, value: Any, steps: dict[Key, Step]) -> Any:
        if isinstance(value, ExternalRef):
            return self._id(tx, (value.collection, value.external_id), steps)
        if isinstance(value, (list, tuple)):
            return [self._resolved(tx, item, steps) for item in value]
        if isinstance(value, dict):
            return {name: self._resolved(tx, item, steps) for name, item in value.items()}
        return value

    def _id(self, tx: WriteTransaction, key: Key, steps: dict[Key, Step]) -> str:
        found = self._ids.get(key)
        if found is not None:
            self._ids.move_to_end(key)
            return found
        step = steps.get(key) or self._held.get(key)
        if step is not None:
            return step.id
        collection, external_id = key
        if tx.log.registry.get(collection) is not None:
            number = tx.log.collection_number(collection)
            row = tx.db.row(_FIND_ID, (self._source, number, external_id))
            if row is not None:
                self._remember(key, row[0])
                return str(row[0])
        raise UnknownRecord(f"{collection} has no record {external_id!r}")

    def _remember(self, key: Key, record_id: str) -> None:
        self._ids[key] = record_id
        if len(self._ids) > REMEMBERED_IDS:
            self._ids.popitem(last=False)
