"""The ``file`` transport: a folder in place of a printer, one document in one file.

It is what a box without a printer has: what would be on paper can be seen, and another program
may take the files away.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from appliance.hardware.fault import FaultKind, PrinterFault

_NUMBERED = re.compile(r"(\d{6,12})[.-]")
_NOT_IN_NAMES = re.compile(r"[^\w]+")
MAX_NAME = 40
"""Characters of a document's title that its file's name takes."""


class FilePrinter:
    """A folder that takes documents.

    Attributes:
        folder: made at the first document.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Make the folder, where there is none.

        Raises:
            PrinterFault: it cannot be made, or is no folder.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        except OSError as error:
            raise PrinterFault(
                _kind(error),
                f"the printer's folder {self.folder} cannot be made: {_why(error)}; make it by "
                "hand for the user of the daemon, or change `folder` of the printer in the "
                "configuration",
            ) from error

    def write(self, title: str, data: bytes, suffix: str = ".txt") -> Path:
        """Write one document, whole or not at all, and return its file.

        Files are named ``000001-TITLE.txt`` and on, in the order of printing; a number is never
        given to two documents, and no file is ever written over.

        Args:
            title: of the document, for people; it need not be unique.
            data: the document.
            suffix: of the name, with its point.

        Raises:
            PrinterFault: the folder refuses it.
        """
        self.prepare()
        try:
            return self._write(_name(title), data, suffix)
        except OSError as error:
            raise PrinterFault(
                _kind(error),
                f"the printer's folder {self.folder} does not take the document: {_why(error)}",
            ) from error

    def _write(self, name: str, data: bytes, suffix: str) -> Path:
        temporary = self.folder / f".{os.getpid()}-{os.urandom(6).hex()}.new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            target = self._numbered(temporary, name, suffix)
        finally:
            temporary.unlink(missing_ok=True)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return target

    def _numbered(self, temporary: Path, name: str, suffix: str) -> Path:
        """Give a finished file the next number."""
        number = self._last() + 1
        while True:
            # The number alone is claimed first: titles differ, so their names would not collide.
            claim = self.folder / f".{number:06d}.claim"
            try:
                claim.touch(exist_ok=False)
            except FileExistsError:
                number += 1
                continue
            try:
                if self._last() < number:
                    target = self.folder / f"{number:06d}-{name}{suffix}"
                    temporary.rename(target)
                    return target
            finally:
                claim.unlink(missing_ok=True)
            number = self._last() + 1

    def _last(self) -> int:
        numbers = (_NUMBERED.match(entry.name) for entry in self.folder.iterdir())
        return max((int(match[1]) for match in numbers if match), default=0)


def _kind(error: OSError) -> FaultKind:
    return "forbidden" if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) else "refused"


def _why(error: OSError) -> str:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "there is something that is no folder"
    return error.strerror or str(error)


def _name(title: str) -> str:
    return _NOT_IN_NAMES.sub("-", title)[:MAX_NAME].strip("-_") or "document"
