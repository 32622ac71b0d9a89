"""Single values of the store: its id, epoch, keys, head, floor."""

from __future__ import annotations

from appliance.store.connection import Connection


def read(connection: Connection, key: str) -> str | int | bytes | None:
    """Return a value, or None."""
    found = connection.row("SELECT value FROM box_meta WHERE key = ?", (key,))
    return None if found is None else found[0]


def write(connection: Connection, key: str, value: str | int | bytes) -> None:
    """Set a value."""
    connection.rows("INSERT OR REPLACE INTO box_meta VALUES (?, ?)", (key, value))
