"""The ``file`` transport as a line: what was given since the last `drain` becomes one file."""

from __future__ import annotations

import time
from pathlib import Path

from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_printer import FilePrinter
from appliance.hardware.transport import Clock
from appliance.hardware.waiting import Waiting

MAX_DOCUMENT = 32 * 1024 * 1024
"""Bytes of one document."""


class FileTransport:
    """A folder in place of a printer; it never answers.

    "Accepted" means: kept in memory. `drain` makes a file of it, whole or not at all; `close`
    before that drops it.

    Attributes:
        title: of the next document, for its file's name.
        suffix: of its file's name, with the point.
    """

    def __init__(
        self,
        folder: Path,
        *,
        title: str = "document",
        suffix: str = ".bin",
        clock: Clock = time.monotonic,
    ) -> None:
        self._printer = FilePrinter(folder)
        self.title = title
        self.suffix = suffix
        self._waiting = Waiting(clock)
        self._data: bytearray | None = None

    @property
    def identity(self) -> str:
        """``file:FOLDER``."""
        return f"file:{self._printer.folder}"

    def open(self, deadline: float) -> None:
        """Make the folder. See `Transport.open`."""
        self._waiting.check()
        self._printer.prepare()
        self._data = bytearray()

    def write(self, data: bytes, deadline: float) -> int:
        """Keep bytes for the document. See `Transport.write`."""
        kept = self._open()
        if len(kept) + len(data) > MAX_DOCUMENT:
            raise PrinterFault("refused", f"a document has {MAX_DOCUMENT} bytes at most")
        kept += data
        return len(data)

    def read(self, most: int, deadline: float) -> bytes:
        """Wait for the deadline: a folder says nothing. See `Transport.read`."""
        self._open()
        self._waiting.begin()
        try:
            self._waiting.until(None, 0, deadline)
        finally:
            self._waiting.end()
        return b""

    def flush_input(self) -> None:
        """Do nothing. See `Transport.flush_input`."""
        self._open()

    def unsent(self) -> int:
        """Bytes that are in no file yet."""
        return len(self._open())

    def drain(self, deadline: float) -> None:
        """Write the document. See `Transport.drain`."""
        kept = self._open()
        if kept:
            self._printer.write(self.title, bytes(kept), self.suffix)
            kept.clear()

    def close(self) -> None:
        """Drop what is in no file. See `Transport.close`."""
        self._data = None

    def interrupt(self) -> None:
        """See `Transport.interrupt`."""
        self._waiting.interrupt()

    def _open(self) -> bytearray:
        self._waiting.check()
        if self._data is None:
            raise PrinterFault("gone", f"the folder {self._printer.folder} is closed")
        return self._data
