"""Segments: large buckets cut into immutable compressed files, built once for all devices.

A set of segments of a bucket holds every record of its larger collections as of one seq. The files
are named by the SHA-256 of their compressed bytes; a retired one stays for a while, for devices
that are in the middle of it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import zstandard

from appliance.store import meta
from appliance.store.connection import Connection

LEVEL = 9
PART_ROWS = 20_000
FRAME_ROWS = 1_000
"""Rows in one compressed frame, so that a device that was cut reads every whole frame it has."""

STALE_SHARE = 5
"""A set is built anew when one in so many of its records changed since."""

RETIRED_MS = 60 * 60 * 1000
"""How long a retired file is kept."""


class Part(NamedTuple):
    """One file of a set."""

    bucket: int
    collection: int
    part: int
    sha256: str
    upto: int
    rows: int
    bytes: int


class SegmentFiles:
    """The folder of segment files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Return where a segment's file is."""
        return self._folder / f"{sha256}.ndjson.zst"

    def write(self, rows: Iterator[str]) -> tuple[str, int]:
        """Write a file of frames of lines; return its SHA-256 and length in bytes."""
        compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        digest = hashlib.sha256()
        size = 0
        temporary = self._folder / f"making-{os.getpid()}-{id(rows)}"
        with temporary.open("wb") as file:
            for text in rows:
                frame = compressor.compress(text.encode())
                file.write(frame)
                digest.update(frame)
                size += len(frame)
            file.flush()
            os.fsync(file.fileno())
        sha256 = digest.hexdigest()
        temporary.replace(self.path(sha256))
        return sha256, size

    def sweep(self, keep: set[str]) -> int:
        """Remove files that no segment names; return how many."""
        removed = 0
        for path in self._folder.iterdir():
            if path.name.split(".")[0] not in keep:
                path.unlink(missing_ok=True)
                removed += 1
        return removed


def stale_buckets(connection: Connection, min_rows: int) -> list[int]:
    """Return buckets that are large enough for segments and have none, or old ones.

    Segments below the floor are old: what has left their bucket since can no longer be told.
    """
    floor = int(meta.read(connection, "floor") or 0)
    found = connection.rows(
        "SELECT s.bucket, sum(s.rows), (SELECT max(upto) FROM box_segments g"
        " WHERE g.bucket = s.bucket AND g.retired_at IS NULL) FROM box_sums s"
        " WHERE s.rows >= ? GROUP BY s.bucket",
        (min_rows,),
    )
    stale = []
    for bucket, rows, upto in found:
        if upto is not None and upto >= floor:
            limit = rows // STALE_SHARE
            changed = connection.row(
                "SELECT count(*) FROM (SELECT 1 FROM box_changes WHERE bucket = ? AND pos > ?"
                " LIMIT ?)",
                (bucket, upto * 2 + 1, limit + 1),
            )
            assert changed is not None
            if changed[0] <= limit:
                continue
        stale.append(bucket)
    return stale


def build(connection: Connection, files: SegmentFiles, bucket: int, min_rows: int) -> list[Part]:
    """Write the segments of a bucket as it stands in this read transaction."""
    head = connection.row("SELECT value FROM box_meta WHERE key = 'head'")
    upto = int(head[0]) if head else 0
    parts: list[Part] = []
    for collection, rows in connection.rows(
        "SELECT collection, rows FROM box_sums WHERE bucket = ? AND rows >= ? ORDER BY collection",
        (bucket, min_rows),
    ):
        after = 0
        for number in range(-(-rows // PART_ROWS)):
            lines = _Lines(connection, bucket, collection, after)
            sha256, size = files.write(iter(lines))
            if lines.rows:
                parts.append(Part(bucket, collection, number, sha256, upto, lines.rows, size))
            after = lines.last
    return parts


class _Lines:
    """Iterates over the put lines of one part, a frame's worth of text at a time."""

    def __init__(self, connection: Connection, bucket: int, collection: int, after: int) -> None:
        self._db = connection
        self._bucket = bucket
        self._collection = collection
        self.last = after
        self.rows = 0

    def __iter__(self) -> Iterator[str]:
        while self.rows < PART_ROWS:
            found = self._db.row(
                "SELECT group_concat(line || char(10), ''), max(pos), count(*) FROM (SELECT"
                ' \'{"put":"\' || k.name || \'","id":"\' || r.id || \'","seq":\' || r.seq ||'
                " ',\"row\":' || r.body || '}' AS line, c.pos AS pos"
                " FROM box_changes c JOIN box_rows r ON r.num = c.row"
                " JOIN box_collections k ON k.num = c.collection"
                " WHERE c.bucket = ? AND c.collection = ? AND c.pos > ? AND c.pos & 1"
                " ORDER BY c.pos LIMIT ?)",
                (self._bucket, self._collection, self.last, FRAME_ROWS),
            )
            assert found is not None
            text, last, rows = found
            if not rows:
                return
            self.last = last
            self.rows += rows
            yield text


def publish(connection: Connection, bucket: int, parts: list[Part], now_ms: int) -> None:
    """Make a new set the bucket's current one, in a write transaction."""
    connection.rows(
        "UPDATE box_segments SET retired_at = ? WHERE bucket = ? AND retired_at IS NULL",
        (now_ms, bucket),
    )
    for part in parts:
        connection.rows(
            "INSERT OR REPLACE INTO box_segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                part.bucket,
                part.collection,
                part.part,
                part.sha256,
                part.upto,
                part.rows,
                part.bytes,
                now_ms,
            ),
        )


def forget_retired(connection: Connection, now_ms: int) -> set[str]:
    """Drop what retired long ago; return the names of the files that are still needed."""
    connection.rows("DELETE FROM box_segments WHERE retired_at < ?", (now_ms - RETIRED_MS,))
    return {sha for (sha,) in connection.rows("SELECT DISTINCT sha256 FROM box_segments")}


def places(connection: Connection, sha256: str) -> list[tuple[int, str]]:
    """Return the buckets and collections whose records a segment holds."""
    return [
        (bucket, name)
        for bucket, name in connection.rows(
            "SELECT g.bucket, k.name FROM box_segments g JOIN box_collections k"
            " ON k.num = g.collection WHERE g.sha256 = ?",
            (sha256,),
        )
    ]
