"""Many records in one job: new ones go in by hundreds a statement, the others one by one.

What the store holds afterwards is what `ChangeLog.put` would have left for the same records in the
same order: the same numbers, seqs, log, sums and search index. It costs less than half, for two
reasons. SQLite reads one statement for hundreds of rows; and the interpreter, which every
statement gives up and has to win back, is given up once for all of them, so that other threads
prepare the next rows meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import orjson

from appliance.api.mutations import Change, Op, Row, Write
from appliance.store.blob_names import BlobNames
from appliance.store.changes import LINE_OVERHEAD, Recorded
from appliance.store.index_columns import column_names, columns_of
from appliance.store.record_index import blobs_of
from appliance.store.search_text import search_text
from appliance.store.transaction import WriteTransaction
from appliance.sync.checksums import row_digest
from appliance.sync.registry import CompiledCollection, Registry
from appliance.sync.writes import CheckedWrite, check_write, store_checked

CREATED, CHANGED, UNCHANGED = range(3)
"""What became of a record."""

MANY = 4_000
"""Records in one job: so long that a commit for each is cheap, so short (under a tenth of a second)
that what devices send meanwhile does not wait."""


class Prepared(msgspec.Struct, frozen=True, gc=False):
    """A change that is checked and ready to be stored, on whatever thread it was checked.

    Attributes:
        collection, id: the record.
        bucket: the name of the bucket it lives in.
        text: its JSON text; empty where the record is to be deleted.
        row: the same, read.
        search: what search finds it by.
    """

    collection: CompiledCollection
    id: str
    bucket: str
    text: bytes
    row: Row
    search: str


def prepare(registry: Registry, write: Write) -> Prepared:
    """Check a change; needs no store.

    Raises:
        PluginError: the collection is unknown, or the record does not fit it.
    """
    _, text, bucket, _decided = check_write(registry, write)
    compiled = registry[write.collection]
    search = search_text(write.row, compiled.searchable) if compiled.searchable else ""
    return Prepared(compiled, write.id, bucket, text, write.row, search)


def store_many(tx: WriteTransaction, changes: Sequence[Prepared]) -> list[int]:
    """Store changes that did not come from a device, in their order.

    Returns:
        What became of each: `CREATED`, `CHANGED` or `UNCHANGED`. A deletion changes a record that
        is there; a record that was deleted earlier is created anew.
    """
    known = _present(tx, changes)
    fates: list[int] = []
    run: list[Prepared] = []
    for change in changes:
        key = change.collection.name, change.id
        if change.text and key not in known and not tx.follows(change.collection.name):
            known[key] = False
            run.append(change)
            fates.append(CREATED)
            continue
        insert_new(tx, run)
        run = []
        fates.append(_one(tx, change, deleted=known.get(key, True)))
        if key in known or change.text:
            known[key] = not change.text
    insert_new(tx, run)
    return fates


def _present(tx: WriteTransaction, changes: Iterable[Prepared]) -> dict[tuple[str, str], bool]:
    """Return which of the records were stored before, and whether they are deleted now."""
    ids: dict[str, list[str]] = {}
    for change in changes:
        ids.setdefault(change.collection.name, []).append(change.id)
    found: dict[tuple[str, str], bool] = {}
    for name, wanted in ids.items():
        for record_id, deleted in tx.db.rows(
            "SELECT r.id, r.deleted FROM json_each(?) j CROSS JOIN box_rows r"
            " ON r.collection = ? AND r.id = j.value",
            (orjson.dumps(wanted).decode(), tx.log.collection_number(name)),
        ):
            found[name, record_id] = bool(deleted)
    return found


def _one(tx: WriteTransaction, change: Prepared, *, deleted: bool) -> int:
    """Store a change of a record that is there, or was."""
    head = tx.log.head
    op: Op = "put" if change.text else "del"
    write = Write(collection=change.collection.name, id=change.id, op=op, row=change.row)
    store_checked(tx, CheckedWrite(write, change.text, change.bucket))
    if tx.log.head == head:
        return UNCHANGED
    return CREATED if deleted else CHANGED


def insert_new(tx: WriteTransaction, run: Sequence[Prepared]) -> int:
    """Store records that never were in the store, each once; the caller knows that they are so.

    Returns:
        The number of the first one's row; the next one's is one higher, and so on. Their seqs
        begin after the head.
    """
    log = tx.log
    newest = tx.db.row("SELECT max(num) FROM box_rows")
    first = number = int((newest and newest[0]) or 0)
    if not run:
        return first + 1
    seq = log.head
    numbers = {
        name: log.collection_number(name)
        for name in dict.fromkeys(one.collection.name for one in run)
    }
    indexed = {
        compiled.name: columns_of(compiled)
        for compiled in {one.collection.name: one.collection for one in run}.values()
    }
    texts = max(columns.texts for columns in indexed.values())
    whole = max(columns.numbers for columns in indexed.values())
    more = column_names(texts, whole)
    rows: list[Any] = []
    changes: list[Any] = []
    searches: list[Any] = []
    entries: list[Recorded] = []
    versions: list[Any] = []
    blobs: list[tuple[int, list[str]]] = []
    for one in run:
        compiled, record_id, text, row, search = (
            one.collection,
            one.id,
            one.text,
            one.row,
            one.search,
        )
        number += 1
        seq += 1
        name = compiled.name
        collection = numbers[name]
        place = log.bucket_number(one.bucket)
        size = len(text) + LINE_OVERHEAD
        rows += (number, collection, record_id, place, seq, text.decode())
        if texts or whole:
            rows += indexed[name].values(row, texts, whole)
        changes += (place, seq * 2 + 1, collection, number, size)
        if search:
            searches += (number, search)
        if compiled.blobs:
            blobs.append((number, blobs_of(compiled, row)))
        if compiled.spec.history:
            # Before this it was not there.
            versions += (number, tx.now_ms)
        change = Change(collection=name, id=record_id, seq=seq, op="put")
        digest = row_digest(name, record_id, seq)
        entries.append(Recorded(place, collection, 1, size, digest, change))
    with tx.db.undisturbed():
        tx.db.insert(
            "INSERT INTO box_rows (num, collection, id, bucket, seq, origin, deleted, body"
            f"{''.join(f', {name}' for name in more)}) VALUES ",
            f"(?,?,?,?,?,0,0,?{',?' * len(more)})",
            rows,
        )
        tx.db.insert("INSERT INTO box_changes VALUES ", "(?,?,?,?,?)", changes)
        tx.db.insert("INSERT INTO box_versions VALUES ", "(?,0,?,'')", versions)
        tx.db.insert("INSERT INTO box_search (rowid, text) VALUES ", "(?,?)", searches)
    for row_number, names in blobs:
        BlobNames(tx.db).replace(row_number, names, None, new=True)
    log.take(entries)
    return first + 1
