"""Comparing a collection with a device range by range, and sending again only what differs.

Records are grouped by the first byte of SHA-256 of their id. The device gives rows and sum of each
range; a range that differs is sent whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson

from appliance.store.connection import Connection
from appliance.store.pages import PullReader
from appliance.sync.checksums import MODULUS, id_range, row_digest

PAGE_ROWS = 500
_VISIBLE = """
SELECT r.num, r.id, r.seq FROM json_each(:buckets) g
CROSS JOIN box_changes c ON c.bucket = g.value AND c.pos > :pos
CROSS JOIN box_rows r ON r.num = c.row
WHERE c.collection = :collection AND c.pos & 1
"""


def differing(
    connection: Connection,
    device: int,
    collection: str,
    ranges: Mapping[str, tuple[int, int]],
) -> list[tuple[str, list[int]]]:
    """Return the ranges that differ, each with the numbers of the rows it should hold.

    Args:
        connection: in a read transaction.
        device: the device's number.
        collection: the collection's name.
        ranges: rows and sum of each range as the device has them; an absent one is empty.
    """
    reader = PullReader(connection, frozenset())
    numbers = reader.collections({collection})
    rows: dict[str, list[int]] = {}
    sums: dict[str, int] = {}
    if numbers:
        buckets = orjson.dumps(reader.granted(device, reader.head())).decode()
        values = {"buckets": buckets, "pos": 0, "collection": numbers[0]}
        for number, record_id, seq in connection.rows(_VISIBLE, values):
            part = id_range(record_id)
            rows.setdefault(part, []).append(number)
            sums[part] = (sums.get(part, 0) + row_digest(collection, record_id, seq)) % MODULUS
    return [
        (part, rows.get(part, []))
        for part in sorted({*rows, *ranges})
        if (len(rows.get(part, [])), sums.get(part, 0)) != ranges.get(part, (0, 0))
    ]


def lines(connection: Connection, device: int, collection: str, numbers: list[int]) -> str:
    """Return the put lines of rows that a device may still see.

    Args:
        connection: in a read transaction; a later one than that in which they were found, so
            that rows may have gone, or moved to where the device may not look.
        device: the device's number.
        collection: the collection's name.
        numbers: of the rows.
    """
    head = PullReader(connection, frozenset()).head()
    found = connection.row(
        'SELECT group_concat(\'{"put":"\' || k.name || \'","id":"\' || r.id || \'","seq":\' ||'
        " r.seq || ',\"row\":' || r.body || '}' || char(10), '')"
        " FROM json_each(?) g CROSS JOIN box_rows r ON r.num = g.value"
        " JOIN box_collections k ON k.num = r.collection"
        " JOIN box_grants a ON a.device = ? AND a.bucket = r.bucket"
        " AND a.since <= ? AND a.until > ?"
        " WHERE r.deleted = 0 AND k.name = ?",
        (orjson.dumps(numbers).decode(), device, head, head, collection),
    )
    return str(found[0]) if found and found[0] is not None else ""


def pages(numbers: list[int]) -> Iterator[list[int]]:
    """Cut row numbers into pages."""
    for start in range(0, len(numbers), PAGE_ROWS):
        yield numbers[start : start + PAGE_ROWS]
