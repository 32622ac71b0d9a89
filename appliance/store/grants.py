"""Grants: which buckets a device may see, and from which seq to which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from appliance.store.connection import Connection

if TYPE_CHECKING:
    from appliance.store.changes import ChangeLog

OPEN = 1 << 62
"""The end of a grant that still holds."""


class GrantBook:
    """Writes grants and answers questions about them inside the writer's transaction."""

    def __init__(self, connection: Connection, log: ChangeLog) -> None:
        self._db = connection
        self._log = log
        self._granted: dict[int, frozenset[int]] = {}

    def allows(self, device: int, bucket: str) -> bool:
        """Tell whether a bucket is granted to a device now."""
        return self._log.bucket_number(bucket) in self._now(device)

    def _now(self, device: int) -> frozenset[int]:
        known = self._granted.get(device)
        if known is None:
            known = frozenset(
                bucket
                for (bucket,) in self._db.rows(
                    "SELECT bucket FROM box_grants WHERE device = ? AND until = ?", (device, OPEN)
                )
            )
            self._granted[device] = known
        return known

    def replace(self, device: int, buckets: Iterable[str], *, keep: bool = False) -> bool:
        """Set the buckets of a device; return whether anything changed.

        What is gained or lost is so from a seq of its own, which the change takes. ``keep``
        takes none away.
        """
        wanted = frozenset(self._log.bucket_number(name) for name in buckets)
        present = self._now(device)
        if keep:
            wanted |= present
        changed = wanted != present
        if changed:
            seq = self._log.next_seq()
            for bucket in present - wanted:
                self._db.rows(
                    "UPDATE box_grants SET until = ? WHERE device = ? AND bucket = ? AND until = ?",
                    (seq, device, bucket, OPEN),
                )
            for bucket in wanted - present:
                self._db.rows(
                    "INSERT INTO box_grants VALUES (?, ?, ?, ?)", (device, bucket, seq, OPEN)
                )
            self._granted.pop(device, None)
        self._db.rows(
            "UPDATE box_devices SET grants_seq = max(1, ?) WHERE num = ?", (self._log.head, device)
        )
        return changed

    def forget(self) -> None:
        """Drop what is remembered, after a rollback."""
        self._granted.clear()
