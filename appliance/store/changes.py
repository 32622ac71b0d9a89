"""The write transaction: rows, the change log over them and the sums that devices compare.

The log keeps one entry for each (bucket, record): writing a record removes its older entry, so
the log needs no compaction for records that stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from appliance.api.mutations import Change, Row
from appliance.store.blob_names import Namer
from appliance.store.connection import Connection
from appliance.store.index_columns import UPDATE, columns_of
from appliance.store.record_index import index_record
from appliance.sync.checksums import row_digest, to_signed
from appliance.sync.intake_transaction import StoredRow
from appliance.sync.registry import CompiledCollection, Registry

LINE_OVERHEAD = 100
"""Bytes of a line beside the row: names, id, seq."""


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """One change of the open transaction, kept until it is committed or undone.

    Attributes:
        bucket, collection: numbers.
        rows, bytes, sum: what it adds to the sums of that bucket and collection.
        change: what plugins hear of it; None where it is the half of a move.
    """

    bucket: int
    collection: int
    rows: int
    bytes: int
    sum: int
    change: Change | None


class ChangeLog:
    """Rows and changes, as the single writer sees them.

    Attributes:
        registry: the collections.
        head: the seq of the newest change, committed or not.
        last_row: the number of the row that was stored last.
        recorded: changes since the transaction began.
        namer: the device whose mutation is being stored, None for the appliance's own changes.
    """

    def __init__(self, connection: Connection, registry: Registry) -> None:
        """Read the head and the names' numbers from the store."""
        self._db = connection
        self.registry = registry
        self.namer: Namer | None = None
        self.head = self._written_head = 0
        self.read_head()
        self.recorded: list[Recorded] = []
        self.last_row = 0
        self._buckets: dict[str, int] = {}
        # The record that was looked for last and is not there, until something is written.
        self._absent: tuple[str, str] | None = None
        self._newest: dict[str, int] | None = None
        self._collections: dict[str, int] = dict(
            connection.rows("SELECT name, num FROM box_collections")
        )

    def read_head(self) -> None:
        """Read the head from the store: at the start, and where a commit may have failed or not."""
        found = self._db.row("SELECT value FROM box_meta WHERE key = 'head'")
        self._written_head = int(found[0]) if found else 0
        self.head = max(self.head, self._written_head)

    # --- names ---------------------------------------------------------------------------------

    def collection_number(self, name: str) -> int:
        """Return the number of a collection of the registry."""
        number = self._collections.get(name)
        if number is None:
            found = self._db.row(
                "INSERT INTO box_collections (name) VALUES (?)"
                " ON CONFLICT (name) DO UPDATE SET name = name RETURNING num",
                (name,),
            )
            assert found is not None
            number = self._collections[name] = int(found[0])
        return number

    def bucket_number(self, name: str) -> int:
        """Return the number of a bucket, giving it one where it is new."""
        number = self._buckets.get(name)
        if number is None:
            found = self._db.row("SELECT num FROM box_buckets WHERE name = ?", (name,))
            if found is None:
                found = self._db.row(
                    "INSERT INTO box_buckets (name) VALUES (?) RETURNING num", (name,)
                )
            assert found is not None
            number = self._buckets[name] = int(found[0])
        return number

    def newest(self, collections: Iterable[str]) -> int:
        """Return the seq of the newest change in these collections, committed or not."""
        if self._newest is None:
            self._newest = dict(self._db.rows("SELECT name, last_seq FROM box_collections"))
            for entry in self.recorded:
                if entry.change is not None:
                    self._newest[entry.change.collection] = entry.change.seq
        newest = self._newest
        return max((newest.get(name, 0) for name in collections), default=0)

    def take(self, entries: Sequence[Recorded]) -> None:
        """Take note of puts that another hand stored, in the order of their seqs from the head on.

        Names of collections and buckets must be numbered by this log.
        """
        self._absent = None
        self.recorded.extend(entries)
        changes = [entry.change for entry in entries if entry.change is not None]
        if changes:
            self.head = changes[-1].seq
        if self._newest is not None:
            self._newest.update({change.collection: change.seq for change in changes})

    def next_seq(self) -> int:
        """Take the next seq."""
        self.head += 1
        return self.head

    # --- records -------------------------------------------------------------------------------

    def stored(self, collection: str, record_id: str) -> StoredRow | None:
        """Return a record as it stands, or None where it never was."""
        found = self._db.row(
            "SELECT b.name, r.seq, r.deleted, r.body FROM box_rows r"
            " JOIN box_buckets b ON b.num = r.bucket WHERE r.collection = ? AND r.id = ?",
            (self.collection_number(collection), record_id),
        )
        if found is None:
            self._absent = (collection, record_id)
            return None
        return StoredRow(found[0], found[1], bool(found[2]), found[3].encode())

    def know_absent(self, collection: str, record_id: str) -> None:
        """Take it from the caller that a record never was, as after `stored` found none."""
        self._absent = (collection, record_id)

    def version(self, collection: str, record_id: str, seq: int) -> bytes | None:
        """Return an earlier version's text, or None where it is not kept."""
        found = self._db.row(
            "SELECT v.body FROM box_rows r JOIN box_versions v ON v.row = r.num"
            " WHERE r.collection = ? AND r.id = ? AND v.seq = ?",
            (self.collection_number(collection), record_id, seq),
        )
        return None if found is None else found[0].encode()

    def put(
        self,
        collection: str,
        record_id: str,
        bucket: str,
        text: bytes,
        row: Row,
        origin: int,
        now_ms: int,
    ) -> int:
        """Store a record and return its seq.

        A record that stands there with the same text in the same bucket is left as it is, and
        its seq returned.

        Args:
            collection: of the registry.
            record_id: the record.
            bucket: the name of the bucket it lives in.
            text: its JSON text.
            row: the same, read.
            origin: the number of the device whose text it is, 0 for the server.
            now_ms: UTC milliseconds, for earlier versions.
        """
        compiled = self.registry[collection]
        number = self.collection_number(collection)
        place = self.bucket_number(bucket)
        body = text.decode()
        columns = columns_of(compiled)
        values = columns.values(row)
        found = None
        if self._absent != (collection, record_id):
            found = self._db.row(columns.find, (number, record_id, body))
        self._absent = None
        size = len(text) + LINE_OVERHEAD
        if found is None:
            seq = self.next_seq()
            self._db.rows(columns.insert, (number, record_id, place, seq, origin, body, *values))
            row_number = self._db.raw.last_insert_rowid()
            if compiled.spec.history:
                # Before this it was not there.
                self._db.rows("INSERT INTO box_versions VALUES (?, 0, ?, '')", (row_number, now_ms))
        else:
            row_number, old_place, old_seq, deleted, old_size, same, *old_values = found
            if same and old_place == place and not deleted:
                return int(old_seq)
            seq = self.next_seq()
            if compiled.keeps_versions and (compiled.spec.history or not deleted):
                self._keep_version(row_number, now_ms)
            if values == old_values:  # then SQLite need not look at any index
                self._db.rows(UPDATE, (place, seq, origin, body, row_number))
            else:
                self._db.rows(columns.update, (place, seq, origin, body, *values, row_number))
            self._leave(
                compiled,
                number,
                row_number,
                record_id,
                old_place,
                old_seq,
                old_size,
                deleted,
                seq if old_place != place else None,
            )
        self.last_row = row_number
        self._db.rows(
            "INSERT INTO box_changes VALUES (?, ?, ?, ?, ?)",
            (place, seq * 2 + 1, number, row_number, size),
        )
        self.recorded.append(
            Recorded(
                place,
                number,
                1,
                size,
                row_digest(collection, record_id, seq),
                Change(collection=collection, id=record_id, seq=seq, op="put"),
            )
        )
        if self._newest is not None:
            self._newest[collection] = seq
        if compiled.searchable or compiled.blobs:
            index_record(self._db, compiled, row_number, row, self.namer, new=found is None)
        return seq

    def _keep_version(self, row_number: int, now_ms: int) -> None:
        """Keep a record as it stands, empty where it is deleted, before it changes."""
        self._db.rows(
            "INSERT INTO box_versions SELECT num, seq, ?, body FROM box_rows WHERE num = ?",
            (now_ms, row_number),
        )

    def delete(self, collection: str, record_id: str, now_ms: int) -> int | None:
        """Delete a record and return the seq, or None where there is none."""
        compiled = self.registry[collection]
        number = self.collection_number(collection)
        found = self._db.row(
            "SELECT num, bucket, seq, deleted, length(CAST(body AS BLOB)) FROM box_rows"
            " WHERE collection = ? AND id = ?",
            (number, record_id),
        )
        if found is None or found[3]:
            return None
        row_number, place, old_seq, _, old_size = found
        seq = self.next_seq()
        if compiled.spec.history:
            self._keep_version(row_number, now_ms)
        self._db.rows(columns_of(compiled).delete, (seq, row_number))
        self._leave(compiled, number, row_number, record_id, place, old_seq, old_size, False, seq)
        self.recorded.append(
            Recorded(
                place,
                number,
                0,
                0,
                0,
                Change(collection=collection, id=record_id, seq=seq, op="del"),
            )
        )
        if self._newest is not None:
            self._newest[collection] = seq
        if compiled.searchable or compiled.blobs:
            index_record(self._db, compiled, row_number, {}, None, new=False)
        return seq

    def _leave(
        self,
        compiled: CompiledCollection,
        number: int,
        row_number: int,
        record_id: str,
        place: int,
        old_seq: int,
        old_size: int,
        deleted: bool,
        deletion: int | None,
    ) -> None:
        """Take a record's older entry out of the log, and leave a deletion where it was."""
        self._db.rows(
            "DELETE FROM box_changes WHERE bucket = ? AND pos = ?",
            (place, old_seq * 2 + (0 if deleted else 1)),
        )
        if deletion is not None:
            self._db.rows(
                "INSERT INTO box_changes VALUES (?, ?, ?, ?, ?)",
                (place, deletion * 2, number, row_number, LINE_OVERHEAD),
            )
        if not deleted:
            self.recorded.append(
                Recorded(
                    place,
                    number,
                    -1,
                    -(old_size + LINE_OVERHEAD),
                    -row_digest(compiled.name, record_id, old_seq),
                    None,
                )
            )

    # --- transaction ---------------------------------------------------------------------------

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo everything inside when an exception leaves it."""
        recorded = len(self.recorded)
        self._db.rows("SAVEPOINT one")
        try:
            yield
        except BaseException:
            if self._db.raw.in_transaction:
                self._db.rows("ROLLBACK TO one")
                self._db.rows("RELEASE one")
            self._undo(recorded)
            raise
        self._db.rows("RELEASE one")

    def _undo(self, recorded: int) -> None:
        # The seqs are not given again: what plugins saw at one of them is nothing else's.
        self._absent = None
        del self.recorded[recorded:]
        # Names first seen in what was undone have no number in the store any more.
        self._buckets.clear()
        self._newest = None

    def flush(self) -> None:
        """Write sums, the collections' newest seqs and the head; just before the commit."""
        if self.head == self._written_head:
            return
        sums: dict[tuple[int, int], list[int]] = {}
        newest: dict[int, int] = {}
        for entry in self.recorded:
            total = sums.setdefault((entry.bucket, entry.collection), [0, 0, 0])
            total[0] += entry.rows
            total[1] += entry.bytes
            total[2] += entry.sum
            if entry.change is not None:
                newest[entry.collection] = entry.change.seq
        for (bucket, collection), (rows, size, digest) in sums.items():
            if not (rows or size or digest):
                continue
            found = self._db.row(
                "SELECT rows, sum, bytes FROM box_sums WHERE bucket = ? AND collection = ?",
                (bucket, collection),
            )
            if found is not None:
                rows, digest, size = rows + found[0], digest + found[1], size + found[2]
            self._db.rows(
                "INSERT OR REPLACE INTO box_sums VALUES (?, ?, ?, ?, ?)",
                (bucket, collection, rows, to_signed(digest), size),
            )
        for collection, seq in newest.items():
            self._db.rows(
                "UPDATE box_collections SET last_seq = ? WHERE num = ?", (seq, collection)
            )
        self._db.rows(
            "INSERT OR REPLACE INTO box_meta VALUES ('head', ?)",
            (self.head,),
        )

    def committed(self) -> list[Recorded]:
        """Forget what was recorded, now that it is durable, and return it."""
        done, self.recorded = self.recorded, []
        self._written_head = self.head
        return done

    def rolled_back(self) -> None:
        """Forget what was recorded, because the whole transaction is undone."""
        self._undo(0)
        self._collections.clear()
