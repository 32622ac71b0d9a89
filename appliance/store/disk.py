"""The few file operations that uploads and blobs are built on, with their durability.

`Disk` is the operating system as an interface, `SystemDisk` the real one. Every method blocks and
must stay off the reactor thread. Errors of the system come out as `DiskError`, which says in
its class who can help: `DiskFull` and `DiskReadOnly` the technician, `DiskFailed` a new disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class DiskError(Exception):
    """The disk did not do what was asked; what was acknowledged before is untouched."""


class DiskFull(DiskError):
    """No space is left, or less than the reserve that is kept for the store."""


class DiskReadOnly(DiskError):
    """The file system is mounted read-only or the daemon may not write there."""


class DiskFailed(DiskError):
    """The device or the file system reported an error of its own."""


class Disk(Protocol):
    """File operations, each raising `DiskError`; a missing file raises `FileNotFoundError`."""

    def make_directory(self, path: Path) -> None:
        """Create a directory with its parents, mode 0700, durably; it may exist already."""
        ...

    def open_file(self, path: Path, *, create: bool) -> int:
        """Open a file for reading and writing; return its descriptor. Created with mode 0600."""
        ...

    def open_readable(self, path: Path) -> int:
        """Open a file for reading only; return its descriptor."""
        ...

    def close(self, descriptor: int) -> None:
        """Close a descriptor; says nothing about durability."""
        ...

    def read_at(self, descriptor: int, size: int, offset: int) -> bytes:
        """Read at most `size` bytes at an offset; empty at the end."""
        ...

    def write_at(self, descriptor: int, data: bytes, offset: int) -> None:
        """Write all of `data` at an offset."""
        ...

    def truncate(self, descriptor: int, size: int) -> None:
        """Set the file's length in bytes."""
        ...

    def sync(self, descriptor: int) -> None:
        """Return once the file's content and length survive a power cut."""
        ...

    def sync_directory(self, path: Path) -> None:
        """Return once the directory's entries survive a power cut."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Move a file over its target in one step; durable after `sync_directory` of both."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file; one that does not exist is fine."""
        ...

    def size(self, path: Path) -> int | None:
        """Tell a file's length in bytes, None where there is none."""
        ...

    def names(self, path: Path) -> list[str]:
        """List a directory's entries, sorted."""
        ...

    def free_bytes(self, path: Path) -> int:
        """Tell how much an ordinary process may still write below a path."""
        ...


class SystemDisk:
    """The files of this machine."""

    def make_directory(self, path: Path) -> None:
        """See `Disk`."""
        if path.is_dir():
            return
        self.make_directory(path.parent)
        with _errors(path):
            path.mkdir(mode=0o700, exist_ok=True)
        self.sync_directory(path.parent)

    def open_file(self, path: Path, *, create: bool) -> int:
        """See `Disk`."""
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if create else 0)
        with _errors(path):
            return os.open(path, flags, 0o600)

    def open_readable(self, path: Path) -> int:
        """See `Disk`."""
        with _errors(path):
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)

    def close(self, descriptor: int) -> None:
        """See `Disk`."""
        with _errors(descriptor):
            os.close(descriptor)

    def read_at(self, descriptor: int, size: int, offset: int) -> bytes:
        """See `Disk`."""
        with _errors(descriptor):
            return os.pread(descriptor, size, offset)

    def write_at(self, descriptor: int, data: bytes, offset: int) -> None:
        """See `Disk`."""
        rest = memoryview(data)
        with _errors(descriptor):
            while rest:
                written = os.pwrite(descriptor, rest, offset)
                offset += written
                rest = rest[written:]

    def truncate(self, descriptor: int, size: int) -> None:
        """See `Disk`."""
        with _errors(descriptor):
            os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """See `Disk`. fdatasync flushes the length too, as reading the data back needs it."""
        with _errors(descriptor):
            os.fdatasync(descriptor)

    def sync_directory(self, path: Path) -> None:
        """See `Disk`."""
        with _errors(path, folder=True):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """See `Disk`."""
        with _errors(source):
            source.replace(target)

    def remove(self, path: Path) -> None:
        """See `Disk`."""
        with _errors(path):
            path.unlink(missing_ok=True)

    def size(self, path: Path) -> int | None:
        """See `Disk`."""
        with _errors(path):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                return None

    def names(self, path: Path) -> list[str]:
        """See `Disk`."""
        with _errors(path, folder=True):
            return sorted(entry.name for entry in path.iterdir())

    def free_bytes(self, path: Path) -> int:
        """See `Disk`."""
        with _errors(path, folder=True):
            state = os.statvfs(path)
        return state.f_bavail * state.f_frsize


def staged_path(path: Path) -> Path:
    """Tell where `stage_file` writes what shall replace a file."""
    return path.with_name(path.name + ".new")


def stage_file(disk: Disk, path: Path, data: bytes) -> Path:
    """Write what shall replace a file, durably, beside it; return the new file's path.

    The file itself is as it was, whatever happens. `publish_file` is the second step.
    """
    fresh = staged_path(path)
    descriptor = disk.open_file(fresh, create=True)
    try:
        disk.truncate(descriptor, 0)
        disk.write_at(descriptor, data, 0)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
    return fresh


def publish_file(disk: Disk, fresh: Path, path: Path) -> None:
    """Put a staged file in its place in one durable step.

    After an error either the old or the new content may be the one that lasts.
    """
    disk.rename(fresh, path)
    disk.sync_directory(path.parent)


@contextlib.contextmanager
def _errors(what: Path | int, *, folder: bool = False) -> Iterator[None]:
    """Translate; a missing file is the caller's to judge, a missing folder is a failed disk."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not folder:
            raise
        where = f" ({what})" if isinstance(what, Path) else ""
        text = f"{error.strerror or error}{where}"
        if error.errno in _FULL:
            raise DiskFull(f"The disk is full: {text}") from error
        if error.errno in _READ_ONLY:
            raise DiskReadOnly(f"The disk cannot be written to: {text}") from error
        raise DiskFailed(f"The disk failed: {text}") from error
