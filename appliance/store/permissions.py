"""Permissions that a person allowed or denied, over what plugins and the config say."""

from __future__ import annotations

from appliance.api.permissions import Verb
from appliance.enrollment.permissions import Override
from appliance.store.connection import Connection


class PermissionBook:
    """Reads and writes stored permissions on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def all(self) -> list[Override]:
        """Return every stored row."""
        return [
            Override(role=role, object=thing, verb=verb, effect="allow" if allowed else "deny")
            for role, thing, verb, allowed in self._db.rows(
                "SELECT role, object, verb, allowed FROM box_permissions"
            )
        ]

    def save(self, override: Override) -> None:
        """Store a row in place of an earlier one of the same role, object and verb."""
        self._db.touched.add("permissions")
        self._db.rows(
            "INSERT OR REPLACE INTO box_permissions VALUES (?, ?, ?, ?)",
            (override.role, override.object, override.verb, int(override.effect == "allow")),
        )

    def forget(self, role: str, thing: str, verb: Verb) -> bool:
        """Remove a row; return whether there was one."""
        self._db.touched.add("permissions")
        self._db.rows(
            "DELETE FROM box_permissions WHERE role = ? AND object = ? AND verb = ?",
            (role, thing, verb),
        )
        return self._db.raw.changes() > 0
