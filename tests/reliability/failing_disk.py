"""A disk that fails: the N-th operation once, or that one and all after it, until it is mended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw


class FailingVfs(apsw.VFS):
    """A VFS over the system's own whose operations can be made to fail.

    Attributes:
        count: operations since the last `arm` or `mend`.
        failed: how many of them failed.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.failed = 0
        self._at = -1
        self._for_good = False
        self._error: type[apsw.Error] = apsw.IOError
        self._kinds: frozenset[str] = frozenset()
        super().__init__(name, "unix")

    def arm(
        self,
        at: int,
        error: type[apsw.Error],
        *,
        for_good: bool,
        kinds: frozenset[str] = frozenset(),
    ) -> None:
        """Fail from the operation number `at` on (from 0), or only it.

        Args:
            at: which.
            error: what SQLite is told: `apsw.IOError`, `apsw.FullError`.
            for_good: all after it fail too.
            kinds: ``open``, ``read``, ``write``, ``sync``, ``truncate``, ``delete``; empty for all.
        """
        self.count = self.failed = 0
        self._at, self._error, self._for_good, self._kinds = at, error, for_good, kinds

    def mend(self) -> None:
        """Let everything succeed from here on."""
        self._at = -1
        self.count = 0

    def touch(self, kind: str) -> None:
        """Count an operation, and fail it where it is its turn."""
        if self._kinds and kind not in self._kinds:
            return
        number = self.count
        self.count += 1
        if self._at >= 0 and (number == self._at or (self._for_good and number > self._at)):
            self.failed += 1
            raise self._error(f"{kind} fails as told")

    def xOpen(self, name: Any, flags: list[int]) -> FailingFile:
        self.touch("open")
        return FailingFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.touch("delete")
        super().xDelete(filename, syncdir)


class FailingFile(apsw.VFSFile):
    """One open file of a `FailingVfs`."""

    def __init__(self, vfs: FailingVfs, name: Any, flags: list[int]) -> None:
        self._vfs = vfs
        full = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.file = Path(full).name if full else ""
        super().__init__("unix", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        self._vfs.touch("read")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._vfs.touch("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._vfs.touch("sync")
        super().xSync(flags)

    def xTruncate(self, newsize: int) -> None:
        self._vfs.touch("truncate")
        super().xTruncate(newsize)
