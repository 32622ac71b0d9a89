"""Which records name which blobs, who sent a blob, and so: whose naming lets a blob be read.

A record lets whoever sees it read a blob (`box_blob_refs`) where the appliance itself wrote it, or
where a device wrote it whose user had sent the blob or could read it already. Else the name is a
claim: it keeps the blob and lets nobody read it, until a device of that user has sent the content.
So the photo may come before its record or after it, and knowing a blob's name is not enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Set
from typing import NamedTuple

import orjson

from appliance.store.connection import Connection
from appliance.store.visibility import blob_is_visible

_NAME_IN_TEXT = re.compile(rb'"([0-9a-f]{64})"')
_MOST_KEPT = 256
"""Blobs that one kept mutation keeps; a document names a few."""


class Namer(NamedTuple):
    """The device whose mutation is being stored.

    Attributes:
        device: its number.
        readable: returns the names of the collections that it may pull.
    """

    device: int
    readable: Callable[[], Set[str]]


class BlobNames:
    """Reads and writes names of blobs on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def replace(self, row: int, wanted: Iterable[str], namer: Namer | None, *, new: bool) -> None:
        """Note which blobs a record names from now on.

        Args:
            row: the record's number.
            wanted: the blobs, none where it is deleted.
            namer: whose mutation it is; None for the appliance's own.
            new: whether the record was not there before.
        """
        names = set(wanted)
        named: Set[str] = frozenset()
        if not new:
            named = self._forget_others(row, names)
        for sha256 in sorted(names - named):
            if namer is None or self._may_name(sha256, namer):
                self._db.rows("INSERT OR IGNORE INTO box_blob_refs VALUES (?, ?)", (sha256, row))
                self._db.rows(
                    "DELETE FROM box_blob_claims WHERE sha256 = ? AND row = ?", (sha256, row)
                )
            else:
                self._claim(sha256, row, namer.device)

    def _forget_others(self, row: int, wanted: Set[str]) -> Set[str]:
        """Drop a record's names but those wanted; return those that let it be read."""
        named = {
            sha
            for (sha,) in self._db.rows("SELECT sha256 FROM box_blob_refs WHERE row = ?", (row,))
        }
        for sha in named - wanted:
            self._db.rows("DELETE FROM box_blob_refs WHERE sha256 = ? AND row = ?", (sha, row))
        self._db.rows(
            "DELETE FROM box_blob_claims WHERE row = ?"
            " AND sha256 NOT IN (SELECT value FROM json_each(?))",
            (row, orjson.dumps(sorted(wanted)).decode()),
        )
        return named

    def _may_name(self, sha256: str, namer: Namer) -> bool:
        sent = self._db.row(
            "SELECT 1 FROM box_blob_owners o JOIN box_devices d ON d.user = o.user"
            " WHERE o.sha256 = ? AND d.num = ?",
            (sha256, namer.device),
        )
        return sent is not None or blob_is_visible(self._db, sha256, namer.device, namer.readable())

    def _claim(self, sha256: str, row: int, device: int) -> None:
        self._db.rows(
            "INSERT OR IGNORE INTO box_blob_claims VALUES (?, ?, ?)", (sha256, row, device)
        )

    def keep_for(self, mutation: int, device: int, payload: bytes) -> None:
        """Keep the blobs that a kept mutation names, as long as it is kept.

        Args:
            mutation: its number.
            device: the number of the device that sent it.
            payload: what it sent.
        """
        for sha256 in list(dict.fromkeys(_NAME_IN_TEXT.findall(payload)))[:_MOST_KEPT]:
            self._claim(sha256.decode(), -mutation, device)

    def arrives(self, sha256: str, device_id: str, known_ms: int) -> None:
        """Note that a device has sent a whole blob, just before it is put in its place.

        Args:
            sha256: the blob's name.
            device_id: who sent it.
            known_ms: the time that is known to have been reached, 0 for none.
        """
        self._db.rows(
            "INSERT OR REPLACE INTO box_blob_unnamed VALUES (?, nullif(?, 0))", (sha256, known_ms)
        )
        self._db.rows(
            "INSERT OR IGNORE INTO box_blob_owners SELECT ?, user FROM box_devices WHERE id = ?",
            (sha256, device_id),
        )
        mine = (
            "sha256 = ? AND row > 0 AND device IN (SELECT d.num FROM box_devices d"
            " JOIN box_devices s ON s.user = d.user WHERE s.id = ?)"
        )
        rows = self._db.rows(
            f"SELECT DISTINCT row FROM box_blob_claims WHERE {mine}", (sha256, device_id)
        )
        for (row,) in rows:
            self._db.rows("INSERT OR IGNORE INTO box_blob_refs VALUES (?, ?)", (sha256, row))
            self._db.rows("DELETE FROM box_blob_claims WHERE sha256 = ? AND row = ?", (sha256, row))

    def unnamed(self, names: list[str]) -> set[str]:
        """Return those of some blobs that nothing names."""
        return {
            name
            for (name,) in self._db.rows(
                "SELECT value FROM json_each(?) n WHERE NOT EXISTS"
                " (SELECT 1 FROM box_blob_refs f WHERE f.sha256 = n.value) AND NOT EXISTS"
                " (SELECT 1 FROM box_blob_claims c WHERE c.sha256 = n.value)",
                (orjson.dumps(names).decode(),),
            )
        }
