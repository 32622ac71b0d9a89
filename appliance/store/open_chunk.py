"""A chunk while it is being written: where it stands, what it hashes to so far."""

from __future__ import annotations

import hashlib
from typing import Protocol

from appliance.sync.uploads import Chunk

COMMIT_BYTES = 4 * 1024 * 1024
COMMIT_MS = 10_000
"""A long chunk is made durable after this many bytes or milliseconds, whichever is first."""


class Digest(Protocol):
    """A running hash, as `hashlib` makes them."""

    def update(self, data: bytes, /) -> None:
        """Take bytes in."""
        ...

    def digest(self) -> bytes:
        """Tell the hash of all bytes so far."""
        ...

    def hexdigest(self) -> str:
        """Tell it in lower-case hexadecimal."""
        ...

    def copy(self) -> Digest:
        """Make a second one that goes on from here."""
        ...


class OpenChunk:
    """The chunk under way.

    Args:
        descriptor: of the data file, -1 where no byte is to be written.
        offset: where the chunk starts.
        chunk: what was decided of it.
        content: SHA-256 of the upload before the chunk, or None where it is not known; is copied.
        now_ms: the time, UTC milliseconds.

    Attributes:
        position: where the next byte goes.
        end: where the chunk ends at the latest.
        content: SHA-256 of the upload up to `position`, or None.
    """

    def __init__(
        self, descriptor: int, offset: int, chunk: Chunk, content: Digest | None, now_ms: int
    ) -> None:
        self.descriptor = descriptor
        self.position = offset
        self.end = offset + chunk.room
        self.checksum = chunk.checksum
        self.content = None if content is None else content.copy()
        self._own: Digest | None = None
        if chunk.checksum is not None:
            # SHA-1 guards against a bad link here, not against an attacker; tus demands it.
            self._own = hashlib.new(chunk.checksum.algorithm)
        self._committed = offset
        self._committed_ms = now_ms

    def wrote(self, data: bytes) -> None:
        """Count bytes that were written at `position`."""
        self.position += len(data)
        for digest in (self._own, self.content):
            if digest is not None:
                digest.update(data)

    def is_right(self) -> bool:
        """Tell whether the bytes so far are what the checksum says, if there is one."""
        if self.checksum is None or self._own is None:
            return True
        return self._own.digest() == self.checksum.digest

    def is_due(self, now_ms: int) -> bool:
        """Tell whether the bytes so far should be made durable now; then they count as such.

        Never under a checksum: they do not count before the whole chunk is checked.
        """
        if self.checksum is not None:
            return False
        due = (
            self.position - self._committed >= COMMIT_BYTES
            or abs(now_ms - self._committed_ms) >= COMMIT_MS
        )
        if due:
            self._committed, self._committed_ms = self.position, now_ms
        return due
