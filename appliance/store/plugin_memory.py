"""The memory of plugins: what each served last, kept in the store across starts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog

from appliance.plugin_host.remembered import Remembered
from appliance.store.connection import Connection, keep_private, translated

TABLE = "box_plugin_memory"


class PluginMemory:
    """Reads and writes on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def all(self) -> dict[str, Remembered]:
        """Return what is remembered, by plugin; what cannot be read any more is logged."""
        found: dict[str, Remembered] = {}
        for plugin, served in self._db.rows(f"SELECT plugin, served FROM {TABLE} ORDER BY plugin"):
            try:
                found[plugin] = msgspec.json.decode(served, type=Remembered)
            except msgspec.MsgspecError as error:
                structlog.get_logger("appliance.plugins").error(
                    "plugin_memory_unreadable", plugin=plugin, reason=str(error)
                )
        return found

    def remember(self, served: Remembered) -> None:
        """Keep what a plugin serves, in place of what it served before."""
        self._db.rows(
            f"INSERT OR REPLACE INTO {TABLE} VALUES (?, ?)",
            (served.name, msgspec.json.encode(served).decode()),
        )

    def forget(self, plugin: str) -> bool:
        """Drop what is remembered of a plugin; return whether anything was."""
        self._db.rows(f"DELETE FROM {TABLE} WHERE plugin = ?", (plugin,))
        return self._db.raw.changes() > 0


def remembered_in(path: Path) -> dict[str, Remembered]:
    """Return what a store remembers of plugins, before it is opened to be used.

    Args:
        path: the database file; nothing is remembered where there is none, or where it was
            written before there was a memory.

    Raises:
        StoreError: it cannot be read, or another process has it.
    """
    if not path.exists():
        return {}
    keep_private(path)
    connection = Connection(path)
    try:
        with translated():
            if not connection.row("SELECT 1 FROM sqlite_schema WHERE name = ?", (TABLE,)):
                return {}
            return PluginMemory(connection).all()
    finally:
        connection.close()
