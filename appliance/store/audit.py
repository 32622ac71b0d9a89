"""The audit log: append-only, each entry bound to the one before by its hash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from appliance.enrollment.audit import AuditEntry, chain
from appliance.store.connection import Connection

_COLUMNS = "n, at, actor, action, subject, detail, prev, hash"


class AuditBook:
    """Reads and writes audit entries on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def last(self) -> AuditEntry | None:
        """Return the newest entry, or None."""
        found = self._db.row(f"SELECT {_COLUMNS} FROM box_audit ORDER BY n DESC LIMIT 1")
        return None if found is None else _entry(found)

    def add(
        self,
        at_ms: int,
        actor: str,
        action: str,
        subject: str,
        detail: dict[str, Any] | None = None,
    ) -> AuditEntry:
        """Append an entry and return it."""
        entry = chain(
            self.last(), at_ms=at_ms, actor=actor, action=action, subject=subject, detail=detail
        )
        self._db.rows(
            "INSERT INTO box_audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.n,
                entry.at_ms,
                entry.actor,
                entry.action,
                entry.subject,
                orjson.dumps(entry.detail).decode(),
                entry.prev_hash,
                entry.hash,
            ),
        )
        return entry

    def newest(self, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Return the newest entries, the newest first.

        Args:
            limit: how many at most.
            before: only entries with a smaller number.
        """
        return [
            _entry(row)
            for row in self._db.rows(
                f"SELECT {_COLUMNS} FROM box_audit WHERE ?1 IS NULL OR n < ?1"
                " ORDER BY n DESC LIMIT ?2",
                (before, limit),
            )
        ]

    def entries(self, after: int = 0) -> Iterator[AuditEntry]:
        """Yield the entries after a number, in order; all inside one transaction."""
        # Rows come one by one: the log of some years does not fit into memory.
        for row in self._db.raw.execute(
            f"SELECT {_COLUMNS} FROM box_audit WHERE n > ? ORDER BY n",
            (after,),
        ):
            yield _entry(row)


def _entry(row: tuple[Any, ...]) -> AuditEntry:
    return AuditEntry(
        n=row[0],
        at_ms=row[1],
        actor=row[2],
        action=row[3],
        subject=row[4],
        detail=orjson.loads(row[5]),
        prev_hash=row[6],
        hash=row[7],
    )
