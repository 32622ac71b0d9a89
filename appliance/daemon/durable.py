"""Files that are there whole or not at all, whenever the power fails."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, chunks: Iterable[bytes], mode: int = 0o666) -> int:
    """Write a file in place of an earlier one, and return its bytes.

    Args:
        path: where; its folder must be there.
        chunks: of its content.
        mode: its rights, less the process' mask.

    Raises:
        OSError: it cannot be written.
        BaseException: what the chunks raise; no file is left.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        size = write_through(temporary, chunks, mode)
        temporary.replace(path)
        return size
    finally:
        temporary.unlink(missing_ok=True)


def write_through(path: Path, chunks: Iterable[bytes], mode: int = 0o666) -> int:
    """Write a file and wait until the disk has its bytes; return how many.

    Raises:
        OSError: it cannot be written.
    """
    size = 0
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:  # noqa: PTH123 - with its rights
        for chunk in chunks:
            size += file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size


def settle(folder: Path) -> None:
    """Wait until the disk has a folder's names.

    Raises:
        OSError: it cannot.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other threads and processes that ask likewise out of a folder; waits for them.

    Raises:
        OSError: its lock file cannot be made.
    """
    with (folder / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
