"""What an ESC/POS printer answers: bytes told apart by their fixed bits, and what they mean.

Source: Epson ESC/POS reference, commands DLE EOT, GS a, GS r, GS ( H and the appendix on telling
transmitted data apart; Citizen's and others' manuals give the same table. With x for bits that
carry meaning, bit 7 leftmost:

======================  ==========
DLE EOT                 0xx1xx10
GS a (first of 4)       0xx1xx00
GS r, GS I              0xx0xxxx
block (up to NUL)       00110111
XON, XOFF               00010001, 00010011
======================  ==========

XOFF may stand within a report and within a block (Epson, GS a and DLE DC4 8); no other byte does.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

StopReason = Literal[
    "media-empty",
    "media-low",
    "cover-open",
    "cutter-error",
    "overheated",
    "unrecoverable-error",
    "offline",
    "timed-out",
    "garbled",
    "connecting-to-device",
    "permission-denied",
    "device-busy",
    "power-low",
    "paused",
    "other-error",
]
"""Why a printer does not print, or soon will not (``media-low``). Named in the manner of
``printer-state-reasons`` (RFC 8011, 5.4.12), where that has a word for it."""

WARNINGS: frozenset[StopReason] = frozenset({"media-low"})
"""Reasons that stop nothing."""

MAX_BLOCK = 80
"""Bytes of a block from its header to NUL; the longest that is asked for has 7."""

REPORTS_ON = b"\x1da\x0e"
"""GS a: report changes of online state, errors and the paper sensors."""

PROCESS_ID = 0x22
CLEARED = 0x25
BATTERY = 0x45
"""Identifiers of blocks: the answers to GS ( H function 48, to DLE DC4 8, and to the questions of
`appliance.printing.battery`."""

FLOW = b"\x11\x13"
"""XON and XOFF."""

_BLOCK = 0x37
_PRINTABLE = range(0x20, 0x7F)


class RealTime(NamedTuple):
    """The answer to a DLE EOT."""

    byte: int


class Transmitted(NamedTuple):
    """The answer to a GS r."""

    byte: int


class Automatic(NamedTuple):
    """What the printer says by itself once GS a turned it on: four bytes."""

    data: bytes


class Block(NamedTuple):
    """A block: its identifier, and what stands between that and NUL."""

    identifier: int
    data: bytes


Said = RealTime | Transmitted | Automatic | Block
"""One thing that a printer said."""


class Ear:
    """Tells what a printer says apart, however the bytes are cut.

    Attributes:
        garbage: bytes that were none of it, since the start.
    """

    def __init__(self) -> None:
        self._left = b""
        self.garbage = 0

    def hear(self, data: bytes) -> list[Said]:
        """Take bytes as they arrive; return what is complete."""
        self._left += data.translate(None, FLOW)
        said: list[Said] = []
        while self._left:
            taken = self._next(said)
            if taken == 0:
                break
            self._left = self._left[taken:]
        return said

    def forget(self) -> None:
        """Drop the beginning of something that did not end."""
        self.garbage += len(self._left)
        self._left = b""

    def _next(self, said: list[Said]) -> int:
        """Take one thing off what is left; return its bytes, 0 where more must come first."""
        first = self._left[0]
        if first == _BLOCK:
            return self._block(said)
        if first & 0b1001_0011 == 0b0001_0010:
            said.append(RealTime(first))
            return 1
        if first & 0b1001_0011 == 0b0001_0000:
            if any(byte & 0b1001_0000 for byte in self._left[1:4]):
                self.garbage += 1
                return 1
            if len(self._left) < 4:
                return 0
            said.append(Automatic(self._left[:4]))
            return 4
        if first & 0b1001_0000 == 0:
            said.append(Transmitted(first))
            return 1
        self.garbage += 1
        return 1

    def _block(self, said: list[Said]) -> int:
        """Take a block off what is left, as `_next` does."""
        for at, byte in enumerate(self._left[1:MAX_BLOCK], 1):
            if byte == 0 and at >= 2:
                said.append(Block(self._left[1], self._left[2:at]))
                return at + 1
            if byte not in _PRINTABLE:
                break
        else:
            if len(self._left) < MAX_BLOCK:
                return 0
        self.garbage += 1
        return 1


def _reasons(*named: tuple[int, StopReason]) -> frozenset[StopReason]:
    return frozenset(reason for bits, reason in named if bits)


def offline(byte: int) -> bool:
    """Tell from the answer to DLE EOT 1 whether the printer is offline."""
    return bool(byte & 0x08)


def offline_reasons(byte: int) -> frozenset[StopReason]:
    """Read the answer to DLE EOT 2; an error's cause is told by DLE EOT 3."""
    return _reasons(
        (byte & 0x04, "cover-open"), (byte & 0x20, "media-empty"), (byte & 0x40, "other-error")
    )


def error_reasons(byte: int) -> frozenset[StopReason]:
    """Read the answer to DLE EOT 3."""
    return _reasons(
        (byte & 0x04, "other-error"),
        (byte & 0x08, "cutter-error"),
        (byte & 0x20, "unrecoverable-error"),
        (byte & 0x40, "overheated"),
    )


def paper_reasons(byte: int) -> frozenset[StopReason]:
    """Read the answer to DLE EOT 4."""
    return _reasons((byte & 0x60, "media-empty"), (byte & 0x0C and not byte & 0x60, "media-low"))


def transmitted_reasons(byte: int) -> frozenset[StopReason]:
    """Read the answer to GS r 1."""
    return _reasons((byte & 0x0C, "media-empty"), (byte & 0x03 and not byte & 0x0C, "media-low"))


def automatic_reasons(data: bytes) -> frozenset[StopReason]:
    """Read the four bytes that a printer says by itself."""
    first, second, third, _ = data
    found = _reasons(
        (first & 0x20, "cover-open"),
        (second & 0x04, "other-error"),
        (second & 0x08, "cutter-error"),
        (second & 0x20, "unrecoverable-error"),
        (second & 0x40, "overheated"),
        (third & 0x0C, "media-empty"),
        (third & 0x03 and not third & 0x0C, "media-low"),
    )
    if first & 0x08 and not found - WARNINGS:
        return found | {"offline"}
    return found
