"""Blobs that nothing names are removed after a grace time, one folder after another.

A blob that no record names is noted with the time, and the note goes when a record names it. Where
the note is old enough, the file goes and then the note. Both happen in one job of the writer, which
looks once more whether a record names it; so no record that names it can come in between. A crash
between the two leaves a note without a file, or a file without a note, and both are swept in time.
"""

from __future__ import annotations

from typing import NamedTuple

from appliance.store.blob_names import BlobNames
from appliance.store.blobs import BlobStore
from appliance.store.connection import Connection

FOLDERS = 256
_MOST_NOTED = 200
_MOST_REMOVED = 20
"""Notes, and files, of one job: the rest comes with the next turn of the folder."""


class Found(NamedTuple):
    """What a look into one folder found.

    Attributes:
        prefix: the first two digits of its blobs' names.
        fresh: blobs that nothing names and that are not noted.
        named: blobs that are noted, though something names them by now.
        due: blobs that have been noted for so long that they go.
    """

    prefix: str
    fresh: list[str]
    named: list[str]
    due: list[str]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.fresh or self.named or self.due)


def prefix_of(folder: int) -> str:
    """Return the first two digits of the names of the blobs in a folder, 0 to 255."""
    return f"{folder:02x}"


def look(
    connection: Connection, prefix: str, names: list[str], known_ms: int, grace_ms: int
) -> Found:
    """Compare a folder with what is named and noted, in a read transaction.

    Args:
        connection: a reader's.
        prefix: of the folder.
        names: the blobs in it.
        known_ms: the time that is known to have been reached.
        grace_ms: how long a blob may be there that nothing names.
    """
    unnamed = BlobNames(connection).unnamed(names)
    noted = dict(
        connection.rows(
            "SELECT sha256, since FROM box_blob_unnamed WHERE sha256 BETWEEN ? AND ?",
            (prefix, prefix + "g"),
        )
    )
    there = set(names)
    return Found(
        prefix,
        fresh=sorted(sha for sha in unnamed if noted.get(sha) is None)[:_MOST_NOTED],
        named=sorted(sha for sha in noted if sha in there and sha not in unnamed)[:_MOST_NOTED],
        due=sorted(
            sha
            for sha, since in noted.items()
            if since is not None
            and since <= known_ms - grace_ms
            and (sha in unnamed or sha not in there)
        )[:_MOST_REMOVED],
    )


def settle(
    connection: Connection, blobs: BlobStore, found: Found, known_ms: int, grace_ms: int
) -> list[str]:
    """Note, forget and remove; in a write transaction.

    Returns:
        The blobs that were removed.

    Raises:
        DiskError: a file cannot be removed.
    """
    for sha in found.fresh:
        connection.rows(
            "INSERT INTO box_blob_unnamed VALUES (?, ?) ON CONFLICT DO UPDATE"
            " SET since = excluded.since WHERE since IS NULL",
            (sha, known_ms),
        )
    names = BlobNames(connection)
    for sha in found.named:
        if not names.unnamed([sha]):
            connection.rows("DELETE FROM box_blob_unnamed WHERE sha256 = ?", (sha,))
    removed = []
    for sha in found.due:
        still = connection.row(
            "SELECT 1 FROM box_blob_unnamed WHERE sha256 = ? AND since <= ?",
            (sha, known_ms - grace_ms),
        )
        if still is None or not names.unnamed([sha]):
            continue
        blobs.discard(sha)
        connection.rows("DELETE FROM box_blob_unnamed WHERE sha256 = ?", (sha,))
        connection.rows("DELETE FROM box_blob_owners WHERE sha256 = ?", (sha,))
        removed.append(sha)
    return removed
