"""ESC/POS as whole commands with their parameters: what a printer makes of the bytes it is sent.

Source of names and sizes: Epson's "ESC/POS Command Reference".
"""

from __future__ import annotations

from typing import NamedTuple

MAX_DATA = 8 * 1024 * 1024
"""Bytes of one command's data that are kept; a command may announce 4 GiB."""

_LEADS = {0x10: "DLE", 0x1B: "ESC", 0x1C: "FS", 0x1D: "GS"}
_ALONE = {0x00: "NUL", 0x09: "HT", 0x0A: "LF", 0x0C: "FF", 0x0D: "CR", 0x18: "CAN"}
_SPELLED = {0x04: "EOT", 0x05: "ENQ", 0x0C: "FF", 0x14: "DC4", 0x20: "SP"}

_SIZES: dict[str, dict[str, int]] = {
    "ESC": {
        **dict.fromkeys(("2", "<", "@", "FF", "L", "S", "i", "m", "v"), 0),
        **dict.fromkeys((*"!%-3=?EGJKMRTUVadertu{", "SP"), 1),
        **dict.fromkeys(("$", "\\", "c"), 2),
        "p": 3,
        "W": 8,
    },
    "GS": {
        **dict.fromkeys((":", "FF", "c"), 0),
        **dict.fromkeys("!/BEHITabfhjrw", 1),
        **dict.fromkeys(("$", "L", "P", "W", "\\"), 2),
        "^": 3,
        "g": 4,
    },
    "FS": {
        **dict.fromkeys(("&", "."), 0),
        **dict.fromkeys(("!", "-", "C", "W"), 1),
        **dict.fromkeys(("?", "S", "p"), 2),
        "2": 74,
    },
    "DLE": {"ENQ": 1},
}
"""Bytes of parameters, of commands that always have as many."""

_REAL_TIME = {1: 2, 2: 2, 3: 5, 7: 1, 8: 7}
"""Bytes after the function of DLE DC4."""

_CUTS_WITH_FEED = frozenset((65, 66, 97, 98, 103, 104))
_MOST_TABS = 32
_MOST_BARCODE = 255


class PaperCommand(NamedTuple):
    """One command, or letters.

    Attributes:
        name: as Epson writes it: ``LF``, ``ESC t``, ``GS ( L``; ``text``; ``byte 07`` for a
            control character that means nothing.
        parameters: of fixed size, those that say how much data follows included.
        data: the rest: letters, dots, what a code holds; `MAX_DATA` bytes of it at most.
        known: False where the command is none of those above, so that its size is a guess.
        whole: False where there was more data than is kept.
    """

    name: str
    parameters: bytes = b""
    data: bytes = b""
    known: bool = True
    whole: bool = True


class _Head(NamedTuple):
    """How a command begins: its name, and the bytes of name, parameters and data."""

    name: str
    lead: int
    parameters: int = 0
    data: int = 0
    known: bool = True


class PaperCommands:
    """Cuts a stream into commands, however it comes in pieces."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._open: PaperCommand | None = None
        self._data = bytearray()
        self._left = 0

    def feed(self, data: bytes) -> list[PaperCommand]:
        """Return the commands that are complete now."""
        self._rest += data
        found: list[PaperCommand] = []
        at = 0
        while at < len(self._rest):
            if self._open is None:
                head = _head(self._rest, at)
                if head is None or at + head.lead + head.parameters > len(self._rest):
                    break
                at += head.lead
                parameters = bytes(self._rest[at : at + head.parameters])
                at += head.parameters
                self._open = PaperCommand(head.name, parameters, known=head.known)
                self._left = head.data
            taken = min(self._left, len(self._rest) - at)
            room = MAX_DATA - len(self._data)
            self._data += self._rest[at : at + min(taken, room)]
            if taken > room:
                self._open = self._open._replace(whole=False)
            at += taken
            self._left -= taken
            if not self._left:
                found.append(self._open._replace(data=bytes(self._data)))
                self._open = None
                self._data.clear()
        del self._rest[:at]
        return found


def _head(stream: bytearray, at: int) -> _Head | None:
    """Return how the command there begins; None where more must come to know."""
    byte = stream[at]
    if byte >= 0x20:
        end = at + 1
        while end < len(stream) and stream[end] >= 0x20:
            end += 1
        return _Head("text", 0, 0, end - at)
    lead = _LEADS.get(byte)
    if lead is None:
        name = _ALONE.get(byte)
        return _Head(name or f"byte {byte:02X}", 1, known=name is not None)
    if at + 1 >= len(stream):
        return None
    follows = stream[at + 1]
    sign = _SPELLED.get(follows) or (chr(follows) if 0x20 < follows < 0x7F else f"{follows:02X}")
    name = f"{lead} {sign}"
    size = _SIZES[lead].get(sign)
    if size is not None:
        return _Head(name, 2, size)
    more = bytes(stream[at + 2 : at + 2 + _MOST_BARCODE + 1])
    return _of_group(name, more) if sign == "(" else _of_its_own(name, more)


def _of_group(name: str, more: bytes) -> _Head | None:
    """``GS ( L`` and its like: a letter, the size of what follows, and that."""
    if len(more) < 3:
        return None
    letter = chr(more[0]) if 0x20 < more[0] < 0x7F else f"{more[0]:02X}"
    return _Head(f"{name} {letter}", 3, 2, more[1] | more[2] << 8)


def _of_its_own(name: str, more: bytes) -> _Head | None:
    """A command whose size follows from its first parameters."""
    match name:
        case "DLE EOT":
            # Functions of ink, of the display and of the paper have a second parameter.
            return _Head(name, 2, 2 if more[0] in (7, 8, 18) else 1) if more else None
        case "DLE DC4":
            return _Head(name, 2, 1 + _REAL_TIME.get(more[0], 0)) if more else None
        case "ESC *":
            if len(more) < 3:
                return None
            columns = more[1] | more[2] << 8
            return _Head(name, 2, 3, columns * (3 if more[0] in (32, 33) else 1))
        case "ESC D":
            end = more.find(0)
            if 0 <= end <= _MOST_TABS:
                return _Head(name, 2, end + 1)
            return None if len(more) < _MOST_TABS + 1 else _Head(name, 2, known=False)
        case "GS V":
            if not more:
                return None
            return _Head(name, 2, 2 if more[0] in _CUTS_WITH_FEED else 1)
        case "GS v":
            if len(more) < 6:
                return None
            return _Head(name, 2, 6, (more[2] | more[3] << 8) * (more[4] | more[5] << 8))
        case "GS 8":
            return _Head("GS 8 L", 3, 4, int.from_bytes(more[1:5], "little")) if more[4:] else None
        case "GS *":
            return _Head(name, 2, 2, more[0] * more[1] * 8) if more[1:] else None
        case "GS k":
            return _barcode(name, more)
        case _:
            return _Head(name, 2, known=False)


def _barcode(name: str, more: bytes) -> _Head | None:
    if len(more) < 2:
        return None
    if more[0] >= 65:
        return _Head(name, 2, 2, more[1])
    end = more.find(0, 1)
    if end >= 0:
        return _Head(name, 2, 1, end)
    return None if len(more) < _MOST_BARCODE + 1 else _Head(name, 2, 1, known=False)
