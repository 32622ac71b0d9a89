"""Who may see a record, and who a blob: whoever may see a record that names it."""

from __future__ import annotations

from collections.abc import Set

from appliance.store.connection import Connection
from appliance.store.grants import OPEN


def blob_is_visible(connection: Connection, sha256: str, device: int, readable: Set[str]) -> bool:
    """Tell whether a device may see a record that names a blob.

    Args:
        connection: in a transaction.
        sha256: the blob's name.
        device: the device's number.
        readable: names of the collections it may read.
    """
    return any(
        name in readable
        for (name,) in connection.rows(
            "SELECT k.name FROM box_blob_refs f JOIN box_rows r ON r.num = f.row"
            " JOIN box_grants g ON g.device = ? AND g.bucket = r.bucket AND g.until = ?"
            " JOIN box_collections k ON k.num = r.collection"
            " WHERE f.sha256 = ? AND r.deleted = 0",
            (device, OPEN, sha256),
        )
    )


def record_is_visible(
    connection: Connection, collection: str, record: str, device: int, readable: Set[str]
) -> bool:
    """Tell whether a device may see a record.

    Args:
        connection: in a transaction.
        collection: of the record.
        record: its id.
        device: the device's number.
        readable: names of the collections it may read.
    """
    return (
        collection in readable
        and connection.row(
            "SELECT 1 FROM box_collections k JOIN box_rows r ON r.collection = k.num AND r.id = ?"
            " JOIN box_grants g ON g.device = ? AND g.bucket = r.bucket AND g.until = ?"
            " WHERE k.name = ? AND r.deleted = 0",
            (record, device, OPEN, collection),
        )
        is not None
    )
