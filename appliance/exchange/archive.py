"""Archives: the parts of an OOXML file (ECMA-376, part 2), taken out of its ZIP within limits.

A ZIP of a few kilobytes can claim millions of entries or gigabytes of zeros. So the directory is
measured before it is read, each part says how large it is before a byte of it is taken, and no
more than that comes out.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from appliance.exchange.refusal import FileRefused

CHUNK_BYTES = 16 * 1024
"""How much of a part is taken at once; a sheet's rows multiply when their strings are looked up."""

MAX_DIRECTORY_BYTES = 1024 * 1024
"""The largest directory of a ZIP; a workbook has some dozens of entries of about a hundred."""

MAX_PART_BYTES = 1024 * 1024 * 1024
"""The largest part, unpacked; a sheet of 360,000 rows with ten columns has about 150 MB."""

_SPAN = 65_535 + 22 + 20  # the longest comment, the end record, the locator of ZIP64
_END = b"PK\x05\x06"
_LOCATOR = b"PK\x06\x07"
_DAMAGED = "the workbook is damaged; open it in a spreadsheet and save it again."


class Archive:
    """The parts of one file; the caller opened it and closes it.

    Raises:
        FileRefused: it is no ZIP that can be read, or beyond a limit; in every method too.
        OSError: whatever the caller's stream raises.
    """

    def __init__(self, stream: BinaryIO) -> None:
        _measure(stream)
        try:
            self._zip = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
            raise FileRefused(_DAMAGED) from error
        # Names are compared without case (ECMA-376, part 2, 6.2.2).
        self._entries = {entry.filename.casefold(): entry for entry in self._zip.infolist()}

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._entries

    def chunks(self, name: str, most: int = MAX_PART_BYTES) -> Iterator[bytes]:
        """Yield a part's bytes.

        Args:
            name: the part, without a slash before it.
            most: bytes that it may have.
        """
        entry = self._entries.get(name.casefold())
        if entry is None:
            raise FileRefused(f"the workbook lacks its part {name[:100]!r}; {_DAMAGED}")
        if entry.flag_bits & 1:
            raise FileRefused("the workbook is locked by a password; save it without one.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileRefused(_DAMAGED)
        if entry.file_size > most:
            raise FileRefused(
                f"the part {name[:100]!r} of the workbook unpacks to {entry.file_size} bytes; "
                f"{most} is the most. Save the sheet as CSV and import that."
            )
        try:
            # Never gives more than the size that was checked.
            with self._zip.open(entry) as part:
                while chunk := part.read(CHUNK_BYTES):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise FileRefused(_DAMAGED) from error


def _measure(stream: BinaryIO) -> None:
    """Refuse a directory that is too large to be read into memory."""
    size = stream.seek(0, 2)
    start = max(0, size - _SPAN)
    stream.seek(start)
    tail = stream.read(_SPAN)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise FileRefused(_DAMAGED)
    (directory,) = struct.unpack_from("<L", tail, at + 12)
    if at >= 20 and tail.startswith(_LOCATOR, at - 20):
        (place,) = struct.unpack_from("<Q", tail, at - 20 + 8)
        if place + 56 > size:
            raise FileRefused(_DAMAGED)
        stream.seek(place)
        record = stream.read(56)
        (directory,) = struct.unpack_from("<Q", record, 40)
    if directory > MAX_DIRECTORY_BYTES:
        raise FileRefused(
            f"the directory of the workbook has {directory} bytes; {MAX_DIRECTORY_BYTES} is the "
            "most. Save the sheet as CSV and import that."
        )
    stream.seek(0)
