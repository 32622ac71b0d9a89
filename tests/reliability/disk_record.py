"""A disk that is written down: every write, truncation, sync and deletion in order.

`RecordingVfs` passes everything on to a real folder and keeps a list. `PowerCuts` plays the list
up to a point and says what a disk may hold when the power goes there: what was synced, and of the
rest any part, in any order, torn between sectors of 512 bytes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw

SECTOR = 512


class Operation(NamedTuple):
    """One thing that was done to a file.

    Attributes:
        kind: ``write``, ``truncate``, ``sync`` or ``delete``.
        file: its name without the folder.
        offset: of a write; the new size for ``truncate``.
        data: of a write.
    """

    kind: str
    file: str
    offset: int = 0
    data: bytes = b""


class RecordingVfs(apsw.VFS):
    """A VFS over the system's own that records; registered under `name` until `unregister`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.operations: list[Operation] = []
        super().__init__(name, "unix")

    def xOpen(self, name: Any, flags: list[int]) -> RecordingFile:
        return RecordingFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self.operations.append(Operation("delete", Path(filename).name))


class RecordingFile(apsw.VFSFile):
    """One open file of a `RecordingVfs`."""

    def __init__(self, vfs: RecordingVfs, name: Any, flags: list[int]) -> None:
        full = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._file = Path(full).name if full else ""
        self._operations = vfs.operations
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._operations.append(Operation("write", self._file, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._operations.append(Operation("truncate", self._file, newsize))

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._operations.append(Operation("sync", self._file))


class PowerCuts:
    """Plays a record forward and makes the disks that a power cut may leave.

    Args:
        operations: the record.
        honest: whether a sync reaches the disk; a disk that lies about it forgets all that was
            written since the last deletion, or any part of it.
    """

    def __init__(self, operations: list[Operation], *, honest: bool = True) -> None:
        self._operations = operations
        self._honest = honest
        self._done = 0
        self._durable: dict[str, bytearray] = {}
        self._pending: dict[str, list[Operation]] = {}

    def forward(self, count: int) -> None:
        """Play until `count` operations have happened."""
        while self._done < count:
            operation = self._operations[self._done]
            self._done += 1
            if operation.kind == "delete":
                self._durable.pop(operation.file, None)
                self._pending.pop(operation.file, None)
            elif operation.kind == "sync":
                if self._honest:
                    content = self._durable.setdefault(operation.file, bytearray())
                    for earlier in self._pending.pop(operation.file, ()):
                        _apply(content, earlier)
            else:
                self._pending.setdefault(operation.file, []).append(operation)

    def disk(self, choice: random.Random, how: str) -> dict[str, bytes]:
        """Return the files that a cut here may leave.

        Args:
            choice: decides.
            how: what becomes of what is not synced: ``dropped``, ``kept``, ``some`` or ``torn``.
        """
        files = {name: bytearray(content) for name, content in self._durable.items()}
        for name, waiting in self._pending.items():
            taken = list(waiting)
            if how == "dropped":
                taken = []
            elif how in ("some", "torn"):
                share = choice.random()
                taken = [one for one in taken if choice.random() < share]
                choice.shuffle(taken)
            if taken:
                content = files.setdefault(name, bytearray())
                for operation in taken:
                    for part in _torn(operation, choice) if how == "torn" else (operation,):
                        _apply(content, part)
        return {name: bytes(content) for name, content in files.items()}


def _apply(content: bytearray, operation: Operation) -> None:
    if operation.kind == "truncate":
        del content[operation.offset :]
        return
    end = operation.offset + len(operation.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[operation.offset : end] = operation.data


def _torn(operation: Operation, choice: random.Random) -> Iterator[Operation]:
    if operation.kind != "write":
        yield operation
        return
    start, end = operation.offset, operation.offset + len(operation.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        if choice.random() < 0.7:
            data = operation.data[start - operation.offset : stop - operation.offset]
            yield Operation("write", operation.file, start, data)
        start = stop
