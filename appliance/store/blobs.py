"""Blobs: photos, signatures and images, named by the SHA-256 of their content.

A blob is an immutable file `blobs/ab/cdef...` (64 lower-case hexadecimal digits, the first two
as the folder). It appears by a rename once its content is durable, so whatever stands under a
blob's name is whole. The same content is stored once, whoever sends it.

All methods block on the disk and must stay off the reactor thread.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from appliance.store.disk import Disk, DiskError, SystemDisk

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_FOLDER = re.compile(r"[0-9a-f]{2}\Z")
_READ_BYTES = 256 * 1024


class BlobMissing(Exception):
    """There is no blob of this name."""


def is_blob_name(text: str) -> bool:
    """Tell whether a text is a blob's name: 64 lower-case hexadecimal digits."""
    return _SHA256.match(text) is not None


class BlobFile:
    """An open blob. Stays readable until closed, even when the blob is removed meanwhile.

    Safe for several threads: a read that is under way when it is closed ends before.

    Attributes:
        size: length in bytes.
    """

    def __init__(self, disk: Disk, descriptor: int, size: int) -> None:
        self._disk = disk
        self._descriptor = descriptor
        # A descriptor that is closed may name another file a moment later.
        self._lock = threading.Lock()
        self._open = True
        self.size = size

    def read_at(self, size: int, offset: int) -> bytes:
        """Read at most `size` bytes at an offset; empty at the end, and once it is closed.

        Raises `DiskError`.
        """
        with self._lock:
            return self._disk.read_at(self._descriptor, size, offset) if self._open else b""

    def close(self) -> None:
        """Give the file back; harmless the second time."""
        with self._lock:
            if self._open:
                self._open = False
                self._disk.close(self._descriptor)

    def __enter__(self) -> BlobFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class BlobStore:
    """The blobs below a state directory.

    Safe to use from several threads. Raises `DiskError` where the disk fails and `ValueError`
    for a name that is not a blob's.
    """

    def __init__(self, root: Path, disk: Disk | None = None) -> None:
        self._disk: Disk = SystemDisk() if disk is None else disk
        self._folder = root / "blobs"
        self._fresh = self._folder / "new"
        self._numbers = itertools.count(1)

    def recover(self) -> None:
        """Prepare the folder and remove what a crash left unfinished; call once, before use."""
        self._disk.make_directory(self._fresh)
        for name in self._disk.names(self._fresh):
            self._disk.remove(self._fresh / name)

    def path(self, sha256: str) -> Path:
        """Tell where a blob of this name stands or would stand."""
        if not is_blob_name(sha256):
            raise ValueError("a blob's name has 64 lower-case hexadecimal digits")
        return self._folder / sha256[:2] / sha256[2:]

    def size(self, sha256: str) -> int | None:
        """Tell a blob's length in bytes, None where there is no such blob."""
        return self._disk.size(self.path(sha256))

    def open(self, sha256: str) -> BlobFile:
        """Open a blob for reading; raises `BlobMissing`."""
        path = self.path(sha256)
        size = self._disk.size(path)
        if size is None:
            raise BlobMissing(sha256)
        try:
            descriptor = self._disk.open_readable(path)
        except FileNotFoundError:
            raise BlobMissing(sha256) from None
        return BlobFile(self._disk, descriptor, size)

    def adopt(self, source: Path, sha256: str, size: int) -> None:
        """Make a file the blob of this name; the file is gone afterwards.

        The file must be on the same file system, have this content and size, and be durable.
        May be repeated after an error or a crash: a source that is gone is fine when the blob is
        there. Raises `BlobMissing` where neither is.
        """
        target = self.path(sha256)
        # Where the blob is there already, whoever put it there may not have made it durable yet.
        if self.settled(sha256, size):
            self._disk.remove(source)
        else:
            self._disk.make_directory(target.parent)
            try:
                self._disk.rename(source, target)
            except FileNotFoundError:
                raise BlobMissing(sha256) from None
            self._disk.sync_directory(target.parent)
        self._disk.sync_directory(source.parent)

    def settled(self, sha256: str, size: int) -> bool:
        """Tell whether a blob of this name and size is there; if so, it is durable on return."""
        path = self.path(sha256)
        if self._disk.size(path) != size:
            return False
        self._disk.sync_directory(path.parent)
        return True

    def put(self, pieces: Iterable[bytes]) -> str:
        """Store content that comes from the box itself; return the blob's name."""
        path = self._fresh / str(next(self._numbers))
        digest = hashlib.sha256()
        size = 0
        try:
            descriptor = self._disk.open_file(path, create=True)
            try:
                self._disk.truncate(descriptor, 0)
                for piece in pieces:
                    self._disk.write_at(descriptor, piece, size)
                    digest.update(piece)
                    size += len(piece)
                self._disk.sync(descriptor)
            finally:
                self._disk.close(descriptor)
            name = digest.hexdigest()
            self.adopt(path, name, size)
        except BaseException:
            # What cannot be removed now is removed by `recover`.
            with contextlib.suppress(DiskError):
                self._disk.remove(path)
            raise
        return name

    def remove(self, sha256: str) -> None:
        """Remove a blob that no row names any more; one that does not exist is fine."""
        path = self.path(sha256)
        if self._disk.size(path) is not None:
            self._disk.remove(path)
            self._disk.sync_directory(path.parent)

    def discard(self, sha256: str) -> None:
        """Remove a blob like `remove`, without waiting until that survives a power cut."""
        self._disk.remove(self.path(sha256))

    def names(self) -> Iterator[str]:
        """Go through the names of all blobs, in order."""
        for folder in self._disk.names(self._folder):
            if _FOLDER.match(folder):
                yield from self.names_in(folder)

    def names_in(self, prefix: str) -> list[str]:
        """Return the names of the blobs that begin with these two digits, in order."""
        folder = self._folder / prefix
        # A folder that is not there has no size.
        if self._disk.size(folder) is None:
            return []
        return [prefix + rest for rest in self._disk.names(folder) if is_blob_name(prefix + rest)]

    def verify(self, sha256: str) -> bool:
        """Read a blob again and tell whether its content is what its name says."""
        digest = hashlib.sha256()
        offset = 0
        with self.open(sha256) as blob:
            while data := blob.read_at(_READ_BYTES, offset):
                digest.update(data)
                offset += len(data)
        return digest.hexdigest() == sha256
