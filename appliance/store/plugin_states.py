"""What the store remembers of plugins: failures and who is out of service."""

from __future__ import annotations

from typing import NamedTuple

from appliance.store.connection import Connection

KEEP_FAILURES = 1_000
"""Failures kept, the newest."""


class PluginFailure(NamedTuple):
    """One failed call."""

    plugin: str
    hook: str
    at: int
    text: str


class PluginStates:
    """Reads and writes on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def quarantined(self) -> dict[str, str]:
        """Return the plugins out of service with the reason."""
        return dict(
            self._db.rows(
                "SELECT plugin, reason FROM box_plugin_states WHERE state = 'quarantined'"
            )
        )

    def quarantine(self, plugin: str, reason: str, at_ms: int) -> None:
        """Take a plugin out of service, across restarts."""
        self._db.rows(
            "INSERT OR REPLACE INTO box_plugin_states VALUES (?, 'quarantined', ?, ?)",
            (plugin, reason, at_ms),
        )

    def allow(self, plugin: str) -> bool:
        """Let a plugin serve again; return whether it was out of service."""
        self._db.rows("DELETE FROM box_plugin_states WHERE plugin = ?", (plugin,))
        return self._db.raw.changes() > 0

    def add_failure(self, failure: PluginFailure) -> None:
        """Note a failure."""
        self._db.rows(
            "INSERT INTO box_plugin_failures (plugin, hook, at, text) VALUES (?, ?, ?, ?)",
            (failure.plugin, failure.hook, failure.at, failure.text),
        )
        self._db.rows(
            "DELETE FROM box_plugin_failures WHERE num <="
            " (SELECT max(num) FROM box_plugin_failures) - ?",
            (KEEP_FAILURES,),
        )

    def failures(self, limit: int = 50, plugin: str | None = None) -> list[PluginFailure]:
        """Return the newest failures, of one plugin where it is given."""
        return [
            PluginFailure(*row)
            for row in self._db.rows(
                "SELECT plugin, hook, at, text FROM box_plugin_failures"
                " WHERE ?2 IS NULL OR plugin = ?2 ORDER BY num DESC LIMIT ?1",
                (limit, plugin),
            )
        ]
