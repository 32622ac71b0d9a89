"""The caller's view: for the time of one query, a connection's views show what a device may pull.

Temporary views of the same names lie before those of the store. A query that a plugin wrote for
all records then gives the totals of one device's records, and cannot forget to.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager

from appliance.store.connection import CALLER_BUCKETS, Connection
from appliance.store.grants import OPEN


@contextmanager
def seen_by(connection: Connection, device: int, readable: Set[str]) -> Iterator[None]:
    """Narrow the views of a connection to what a device may pull, while inside.

    Args:
        connection: that only reads, inside a read transaction; nothing else uses it meanwhile.
        device: the device's number.
        readable: names of the collections that come down to it; the others are empty.
    """
    views = connection.rows(
        "SELECT k.num, k.name, s.sql FROM box_collections k JOIN sqlite_schema s"
        " ON s.type = 'view' AND s.name = k.name WHERE k.view <> ''"
    )
    try:
        connection.rows("PRAGMA query_only=OFF")
        connection.rows(f"CREATE TEMP TABLE {CALLER_BUCKETS} (num INTEGER PRIMARY KEY)")
        connection.rows(
            f"INSERT INTO temp.{CALLER_BUCKETS} SELECT bucket FROM box_grants"
            " WHERE device = ? AND until = ?",
            (device, OPEN),
        )
        for _number, name, sql in views:
            seen = f"bucket IN (SELECT num FROM temp.{CALLER_BUCKETS})"
            narrowed = sql.replace("CREATE VIEW", "CREATE TEMP VIEW", 1)
            # No bucket has the number 0. A plain 0 would be folded away with every column before
            # it, and the guard knows a view's read by its columns.
            connection.rows(f"{narrowed} AND {seen if name in readable else 'bucket = 0'}")
        connection.rows("PRAGMA query_only=ON")
        yield
    finally:
        connection.rows("PRAGMA query_only=OFF")
        for _number, name, _sql in views:
            connection.rows(f'DROP VIEW IF EXISTS temp."{name}"')
        connection.rows(f"DROP TABLE IF EXISTS temp.{CALLER_BUCKETS}")
        connection.rows("PRAGMA query_only=ON")
