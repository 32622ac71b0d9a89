"""Bytes of ESC/POS cut into commands, far enough to tell questions from what is printed.

The sizes of commands are those of Epson's "ESC/POS Command Reference".
"""

from __future__ import annotations

DLE, EOT, DC4, ESC, GS = 0x10, 0x04, 0x14, 0x1B, 0x1D

_WHOLE = 16
"""Longer commands are pictures and codes; their data comes in pieces."""


class CommandStream:
    """Cuts a stream into commands; whatever is in a picture or a code is no command."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._data_left = 0

    def rest(self) -> bytes:
        """Return a command that has only begun, and begin anew."""
        rest, self._rest = bytes(self._rest), bytearray()
        self._data_left = 0
        return rest

    def feed(self, data: bytes) -> list[tuple[bytes, bool]]:
        """Return what is complete: bytes, and whether a command begins with them.

        Text between two commands, and the data of pictures and codes, come in pieces.
        """
        stream = self._rest
        stream += data
        found: list[tuple[bytes, bool]] = []
        at = 0
        while at < len(stream):
            if self._data_left:
                size = min(self._data_left, len(stream) - at)
                self._data_left -= size
                found.append((bytes(stream[at : at + size]), False))
                at += size
                continue
            whole = _size(stream, at)
            if whole is None or (whole <= _WHOLE and at + whole > len(stream)):
                break
            size = min(whole, len(stream) - at)
            self._data_left = whole - size
            found.append((bytes(stream[at : at + size]), True))
            at += size
        del stream[:at]
        return found


def _size(stream: bytearray, at: int) -> int | None:
    """The bytes of the command that begins there; None where more must come to know."""
    lead = stream[at]
    if lead not in (DLE, ESC, GS):
        end = at
        while end < len(stream) and stream[end] not in (DLE, ESC, GS):
            end += 1
        return end - at
    head = stream[at : at + 10]
    if len(head) < 2:
        return None
    if lead == DLE:
        return _real_time(head)
    if lead == ESC:
        return _escape(head)
    return _group(stream, at, head)


def _real_time(head: bytearray) -> int | None:
    if head[1] == EOT:
        return 3
    if head[1] == DC4:
        if len(head) < 3:
            return None
        return {7: 4, 8: 10}.get(head[2], 5)
    return 1


def _escape(head: bytearray) -> int | None:
    if head[1] != 0x2A:  # ESC *: a picture of columns
        return 2
    if len(head) < 5:
        return None
    columns = head[3] | head[4] << 8
    return 5 + columns * (3 if head[2] in (32, 33) else 1)


def _group(stream: bytearray, at: int, head: bytearray) -> int | None:
    kind = head[1]
    if kind in (0x49, 0x61, 0x72):  # GS I, GS a, GS r
        return 3
    if kind == 0x28:  # GS (
        return None if len(head) < 5 else 5 + (head[3] | head[4] << 8)
    if kind == 0x38:  # GS 8 L
        return None if len(head) < 7 else 7 + int.from_bytes(head[3:7], "little")
    if kind == 0x76:  # GS v 0: a picture of rows
        if len(head) < 8:
            return None
        return 8 + (head[4] | head[5] << 8) * (head[6] | head[7] << 8)
    if kind == 0x6B:  # GS k: a bar code
        if len(head) < 4:
            return None
        if head[2] >= 65:
            return 4 + head[3]
        end = stream.find(0, at + 3)
        return None if end < 0 else end + 1 - at
    return 2
