"""VE.Direct's text protocol: frames of battery monitors and solar chargers, read from a line.

A frame is a row of fields, each ``CR LF name TAB value``, and ends with the field ``Checksum``,
whose value is one byte that makes the sum of all bytes of the frame 0 modulo 256. Messages of the
HEX protocol, from ``:`` to ``LF``, may stand in between and do not count. Source: Victron Energy,
"VE.Direct Protocol", version 3.33, and its frame handler.

One corrupt frame in 256 has a right sum. What a single frame says is no reason to act.
"""

from __future__ import annotations

from typing import Literal

Frame = dict[str, str]
"""The fields of a frame by name, without ``Checksum``."""

MAX_FIELDS = 64
MAX_NAME = 16
MAX_VALUE = 64
"""Of one frame, and bytes of a name and of a value. The protocol knows 22 fields a frame, of 9 and
33 bytes at most; what is longer is no frame."""

_CHECKSUM = b"Checksum"
_TAB, _LF, _CR, _COLON = 0x09, 0x0A, 0x0D, 0x3A

_State = Literal["idle", "name", "value", "sum", "hex"]


class VeDirectParser:
    """Frames out of the bytes of a line.

    Attributes:
        frames: how many were whole.
        corrupt: how many were not; the rest of one that was under way when listening began is
            none of them.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.corrupt = 0
        self._state: _State = "idle"
        self._before_hex: _State = "idle"
        self._joined = False
        self._begin()

    def _begin(self) -> None:
        self._sum = 0
        self._fields: Frame = {}
        self._name = bytearray()
        self._value = bytearray()

    def restart(self) -> None:
        """Forget the frame under way: the line was opened anew."""
        self._state = "idle"
        self._joined = False
        self._begin()

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes; return the frames that they complete."""
        found = []
        for byte in data:
            frame = self._take(byte)
            if frame is not None:
                found.append(frame)
        return found

    def _take(self, byte: int) -> Frame | None:
        if self._state == "sum":
            return self._end((self._sum + byte) % 256 == 0)
        if self._state == "hex":
            if byte == _LF:
                self._state = self._before_hex
            return None
        if byte == _COLON:
            self._before_hex, self._state = self._state, "hex"
            return None
        self._sum = (self._sum + byte) % 256
        if self._state == "idle":
            if byte == _LF:
                self._state = "name"
        elif self._state == "name":
            self._take_name(byte)
        elif byte == _LF:
            self._fields[_text(self._name)] = _text(self._value)
            self._name.clear()
            self._value.clear()
            self._state = "name"
            if len(self._fields) > MAX_FIELDS:
                self._end(False)
        elif byte != _CR:
            self._value.append(byte)
            if len(self._value) > MAX_VALUE:
                self._end(False)
        return None

    def _take_name(self, byte: int) -> None:
        if byte == _TAB:
            self._state = "sum" if self._name == _CHECKSUM else "value"
            return
        self._name.append(byte)
        if len(self._name) > MAX_NAME:
            self._end(False)

    def _end(self, whole: bool) -> Frame | None:
        frame = self._fields
        self._state = "idle"
        self._begin()
        if whole:
            self.frames += 1
        elif self._joined:
            self.corrupt += 1
        self._joined = True
        return frame if whole else None


def _text(data: bytearray) -> str:
    return data.decode("ascii", "replace")
