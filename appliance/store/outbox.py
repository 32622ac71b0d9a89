"""The outbox in the store: which records each file of it tells of.

A record is chosen for a file and marked in one commit, before the file is written; so no record is
in two files, however often the power fails.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import orjson

from appliance.api.reports import Exporter
from appliance.store.connection import Connection
from appliance.store.languages import languages_for
from appliance.store.tables import read_table
from appliance.store.transaction import WriteTransaction

State = Literal["chosen", "written", "delivered"]
"""Its records are marked; its bytes are on the disk under a hidden name; it lies in the folder."""

LOOKED_AT = 500
"""Records whose readiness is asked for at a stretch."""

_COLUMNS = "num, kind, file, profile, records, made_at, actor, state"


class OutboxFile(NamedTuple):
    """One file of the outbox.

    Attributes:
        num: counts up.
        kind: of the exporter.
        file: its name.
        profile: how it is written.
        records: how many it tells of.
        made_at: UTC milliseconds.
        actor: who asked for it.
        state: see `State`.
    """

    num: int
    kind: str
    file: str
    profile: str
    records: int
    made_at: int
    actor: str
    state: State


class OutboxBook:
    """Reads and writes what the outbox holds, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def open(self) -> list[OutboxFile]:
        """Return the files that are not in the folder yet, the oldest first."""
        return self._all("WHERE state <> 'delivered' ORDER BY num", ())

    def get(self, num: int) -> OutboxFile | None:
        """Return one file."""
        found = self._all("WHERE num = ?", (num,))
        return found[0] if found else None

    def newest(self, limit: int) -> list[OutboxFile]:
        """Return files, the newest first."""
        return self._all("ORDER BY num DESC LIMIT ?", (limit,))

    def mark(self, num: int, state: State) -> None:
        """Note how far a file is."""
        self._db.rows("UPDATE box_outbox SET state = ? WHERE num = ?", (state, num))

    def written(self, one: OutboxFile) -> None:
        """Note that a file's bytes are on the disk, and under which name it will appear."""
        self._db.rows(
            "UPDATE box_outbox SET state = 'written', file = ?, profile = ? WHERE num = ?",
            (one.file, one.profile, one.num),
        )

    def ids(self, num: int) -> list[str]:
        """Return the records that a file tells of."""
        found = self._db.rows(
            "SELECT r.id FROM box_exported e JOIN box_rows r ON r.num = e.row WHERE e.outbox = ?"
            " ORDER BY e.row",
            (num,),
        )
        return [record_id for (record_id,) in found]

    def _all(self, rest: str, values: tuple[Any, ...]) -> list[OutboxFile]:
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM box_outbox {rest}", values)
        return [OutboxFile._make(row) for row in rows]


def ready(connection: Connection, exporter: Exporter, most: int, *, timeout_s: float) -> list[str]:
    """Return ids of records that may be told of and were not yet, the oldest first.

    Args:
        connection: to the store.
        exporter: one with `Exporter.ready`.
        most: how many at most.
        timeout_s: how long one query of the plugin may take.

    Raises:
        QueryError: the exporter is wrong.
    """
    found: list[str] = []
    after = 0
    while len(found) < most:
        rows = connection.rows(
            "SELECT r.num, r.id FROM box_collections k JOIN box_rows r ON r.collection = k.num"
            " WHERE k.name = ? AND r.num > ? AND r.deleted = 0 AND NOT EXISTS"
            " (SELECT 1 FROM box_exported e WHERE e.kind = ? AND e.row = r.num)"
            " ORDER BY r.num LIMIT ?",
            (exporter.collection, after, exporter.kind, LOOKED_AT),
        )
        if not rows:
            break
        after = rows[-1][0]
        ids = orjson.dumps([record_id for _, record_id in rows]).decode()
        fit = {row[0] for row in connection.select_guarded(exporter.ready, {"ids": ids}, timeout_s)}
        found += [record_id for _, record_id in rows if record_id in fit]
    return found[:most]


def rows_of(
    connection: Connection, exporter: Exporter, ids: list[str], *, timeout_s: float
) -> list[tuple[Any, ...]]:
    """Return the rows of a file about some records.

    Raises:
        QueryError: the exporter is wrong.
    """
    languages = languages_for(connection, None, None, timeout_s=timeout_s)
    values = {"ids": orjson.dumps(ids).decode(), "caller_languages": languages}
    return read_table(connection, exporter.sql, exporter.columns, values, timeout_s=timeout_s)


def choose(
    tx: WriteTransaction, exporter: Exporter, ids: list[str], *, profile: str, name: str, actor: str
) -> OutboxFile | None:
    """Mark records for a new file and return it; None where all are marked already.

    Args:
        tx: the transaction.
        exporter: the kind.
        ids: the records.
        profile: how the file will be written.
        name: of the file, with ``{num}`` for its number.
        actor: who asked.
    """
    tx.db.rows(
        "INSERT INTO box_outbox (kind, file, profile, records, made_at, actor, state)"
        " VALUES (?, '', ?, 0, ?, ?, 'chosen')",
        (exporter.kind, profile, tx.now_ms, actor),
    )
    num = tx.db.raw.last_insert_rowid()
    tx.db.rows(
        "INSERT OR IGNORE INTO box_exported SELECT ?, r.num, ? FROM json_each(?) g"
        " JOIN box_collections k ON k.name = ?"
        " JOIN box_rows r ON r.collection = k.num AND r.id = g.value",
        (exporter.kind, num, orjson.dumps(ids).decode(), exporter.collection),
    )
    found = tx.db.row("SELECT count(*) FROM box_exported WHERE outbox = ?", (num,))
    assert found is not None
    if not found[0]:
        tx.db.rows("DELETE FROM box_outbox WHERE num = ?", (num,))
        return None
    tx.db.rows(
        "UPDATE box_outbox SET file = ?, records = ? WHERE num = ?",
        (name.replace("{num}", f"{num:06d}"), found[0], num),
    )
    return OutboxBook(tx.db).get(num)
