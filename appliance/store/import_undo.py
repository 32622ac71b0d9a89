"""Undoing an import: every record that it stored becomes what it was before.

Records that it made are deleted. Those that others name by now (`import_references`) are not: they
are put out of use where they can be. One that something else changed since is left as it is: the
caller looks for such records first, and refuses where there are any.
"""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

import orjson

from appliance.api.errors import PluginError
from appliance.api.mutations import Write
from appliance.store.connection import Connection
from appliance.store.full_load import ACTIVE
from appliance.store.import_journal import Journal, JournalEntry, restored
from appliance.store.transaction import WriteTransaction
from appliance.sync.writes import store_write

BATCH = 500
"""Records that become what they were in one job of the writer."""


class Undone(NamedTuple):
    """What a batch did.

    Attributes:
        restored: records that are as they were.
        removed: records that are deleted, because there were none.
        left: records left as they are: something else changed them, or they do not fit their
            collection any more as they were.
        kept: records that it made and that others name: out of use, or as they are.
        more: there are more.
    """

    restored: int
    removed: int
    left: int
    kept: int
    more: bool


def undo_batch(tx: WriteTransaction, number: int, named: Set[int] = frozenset()) -> Undone:
    """Undo some of an import's changes and forget them.

    Args:
        tx: the transaction.
        number: of the import.
        named: rows of records that it made and that others name.
    """
    journal = Journal(tx.db, number)
    entries = journal.entries(BATCH)
    counts = [0, 0, 0, 0]
    for entry in entries:
        counts[_undo(tx, entry, named)] += 1
        journal.drop(entry.row)
    more = len(entries) == BATCH
    if not more:
        tx.db.rows("DELETE FROM box_import_inactive WHERE import = ?", (number,))
    return Undone(counts[0], counts[1], counts[2], counts[3], more)


def _undo(tx: WriteTransaction, entry: JournalEntry, named: Set[int]) -> int:
    """Undo one change; return 0 for restored, 1 for removed, 2 for left, 3 for kept."""
    if not entry.stands:
        return 2
    if entry.before is None and entry.row in named:
        _put_out_of_use(tx, entry)
        return 3
    if entry.before is None:
        gone = Write(collection=entry.collection, id=entry.id, op="del")
        store_write(tx, tx.log.registry, gone)
        return 1
    stored = tx.stored(entry.collection, entry.id)
    assert stored is not None
    now = {} if stored.deleted else orjson.loads(stored.text)
    row = restored(now, entry.before)
    try:
        store_write(tx, tx.log.registry, Write(collection=entry.collection, id=entry.id, row=row))
    except PluginError:
        return 2
    return 0


def _put_out_of_use(tx: WriteTransaction, entry: JournalEntry) -> None:
    """Set a record's field ``active`` to false, where its collection has one."""
    registry = tx.log.registry
    if not any(field.name == ACTIVE for field in registry[entry.collection].spec.fields):
        return
    stored = tx.stored(entry.collection, entry.id)
    if stored is None or stored.deleted:
        return
    row = {**orjson.loads(stored.text), ACTIVE: False}
    store_write(tx, registry, Write(collection=entry.collection, id=entry.id, row=row))


class Later(NamedTuple):
    """A record that something else changed after an import.

    Attributes:
        collection, id: the record.
        name: how a person knows it: its external id, or its id.
        by: who changed it.
    """

    collection: str
    id: str
    name: str
    by: str


def changed_since(connection: Connection, number: int, limit: int) -> tuple[int, list[Later]]:
    """Return how many records something else changed since an import, and some of them."""
    journal = Journal(connection, number)
    found = []
    for entry in journal.changed_since(limit):
        ref = connection.row(
            "SELECT x.ext_id FROM box_external_refs x JOIN box_collections k"
            " ON k.num = x.collection WHERE k.name = ? AND x.id = ?",
            (entry.collection, entry.id),
        )
        name = entry.id if ref is None else str(ref[0])
        found.append(Later(entry.collection, entry.id, name, _by(connection, number, entry)))
    return journal.count_changed_since(), found


def _by(connection: Connection, number: int, entry: JournalEntry) -> str:
    later = connection.row(
        "SELECT max(import) FROM box_import_changes WHERE row = ? AND import > ?",
        (entry.row, number),
    )
    if later is not None and later[0] is not None:
        return f"import {later[0]}"
    pushed = connection.row(
        "SELECT u.login FROM box_mutations m JOIN box_devices d ON d.num = m.device"
        " JOIN box_users u ON u.num = d.user WHERE m.collection = ? AND m.id = ? AND m.seq > ?"
        " ORDER BY m.num DESC LIMIT 1",
        (entry.collection, entry.id, entry.seq),
    )
    return "the box" if pushed is None else f"{pushed[0]}"
