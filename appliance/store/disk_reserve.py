"""The disk reserve: free space that documents and files of devices may not use up.

A disk that is full to the last byte can hardly be helped: the store cannot even delete. So devices
are told to wait while something is left, and pulls, retention and technicians go on.

Room for documents is the free space of the disk and, beside it, the pages inside the database that
are empty, because they are filled before the file grows; a quarter of the reserve must be free on
the disk itself, for the write-ahead log. Room for files is the free space alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import structlog

from appliance.store.connection import Connection
from appliance.store.disk import Disk, DiskError
from appliance.store.errors import StoreFull

FRESH_S = 0.25
"""How long a measurement is good for whoever writes: a disk fills by some megabytes meanwhile."""

MEGABYTE = 1_000_000


class Space(NamedTuple):
    """A measurement, in bytes: free on the disk, and empty inside the database."""

    free: int
    empty: int


class Line:
    """One line under the free space. Below it nothing more is taken in, and it is crossed upwards
    only a quarter above it, so that a disk about to be full does not open and shut.

    Attributes:
        reserve: bytes; 0 for none, and nothing is ever low.
        low: whether the line was crossed.
    """

    def __init__(self, reserve: int) -> None:
        self.reserve = reserve
        self.low = False

    def look(self, room: int, free: int) -> bool:
        """Take a measurement in; return whether that changed `low`.

        Args:
            room: bytes that could be filled.
            free: of them, those on the disk itself.
        """
        needed = self.reserve + self.reserve // 4 if self.low else self.reserve
        low = self.reserve > 0 and (room < needed or free < needed // 4)
        changed, self.low = low != self.low, low
        return changed


class DiskReserve:
    """The reserve of one box. Safe for several threads.

    Attributes:
        documents: the line for what devices push.
        files: the line for what they upload; never below that for documents.
        space: as it was measured last.
    """

    def __init__(
        self,
        folder: Path,
        disk: Disk,
        *,
        documents: int,
        files: int,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is low before the first measurement.

        Args:
            folder: on the disk that is meant.
            disk: tells how much of it is free.
            documents: bytes below which pushes wait.
            files: bytes below which uploads wait.
            seconds: a clock that only runs forward.
        """
        self.documents = Line(documents)
        self.files = Line(max(documents, files))
        self.space = Space(0, 0)
        self._folder = folder
        self._disk = disk
        self._seconds = seconds
        self._due = seconds()
        self._lock = threading.Lock()
        self._log = structlog.get_logger("appliance.store")

    def measure(self, connection: Connection) -> Space:
        """Measure now. A disk that cannot tell leaves everything as it was."""
        try:
            free = self._disk.free_bytes(self._folder)
        except DiskError as error:
            self._log.warning("disk_not_measured", reason=str(error))
            return self.space
        pages = connection.row("PRAGMA freelist_count")
        size = connection.row("PRAGMA page_size")
        assert pages is not None and size is not None
        space = Space(free, int(pages[0]) * int(size[0]))
        with self._lock:
            self._due = self._seconds() + FRESH_S
            self.space = space
            changed = [
                name
                for name, line, room in (
                    ("pushes", self.documents, space.free + space.empty),
                    ("uploads", self.files, space.free),
                )
                if line.look(room, space.free)
            ]
            low = {"pushes": self.documents.low, "uploads": self.files.low}
        for name in changed:
            if low[name]:
                self._log.warning("disk_low", waits=name, free=free)
            else:
                self._log.info("disk_has_room", goes_on=name, free=free)
        return space

    def check(self, connection: Connection) -> None:
        """Refuse more documents where the disk has no room for them.

        Raises:
            StoreFull: so it is.
        """
        if self._seconds() >= self._due:
            self.measure(connection)
        if self.documents.low:
            raise StoreFull(self.why_documents_wait())

    def why_documents_wait(self) -> str:
        """Return what a person is told while pushes wait, "" while they do not."""
        return _told(self.documents, self.space, "sync.disk_reserve_mb")

    def why_files_wait(self) -> str:
        """Return what a person is told while uploads wait, "" while they do not."""
        if self.documents.low:
            return self.why_documents_wait()
        return _told(self.files, self.space, "blobs.disk_reserve_mb")


def _told(line: Line, space: Space, key: str) -> str:
    if not line.low:
        return ""
    return (
        f"the disk has {space.free // MEGABYTE} MB free, and {line.reserve // MEGABYTE} MB are "
        f"kept back ({key})"
    )
