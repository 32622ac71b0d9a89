"""What the virtual printer says of itself, in the bits of the makers' manuals.

Sources: Epson's "ESC/POS Command Reference" for DLE EOT, GS r and GS a; see
`appliance.printing.battery` for batteries.
"""

from __future__ import annotations

from typing import NamedTuple

_BASE = 0x12
"""The bits that are always set in an answer to DLE EOT."""


class Condition(NamedTuple):
    """How the printer is.

    Attributes:
        paper: there is some.
        low: it is nearly at its end.
        cover_open: somebody opened it.
        charge: how full its battery is, 0 to 1; None where it has none.
    """

    paper: bool
    low: bool
    cover_open: bool
    charge: float | None = None

    @property
    def offline(self) -> bool:
        """Whether the head stands still."""
        return not self.paper or self.cover_open


def real_time(kind: int, now: Condition) -> bytes:
    """The answer to DLE EOT `kind`; nothing to one that there is not."""
    bits = {
        1: 0x08 * now.offline,
        2: 0x04 * now.cover_open | 0x20 * (not now.paper),
        3: 0,
        4: 0x0C * now.low | 0x60 * (not now.paper),
    }
    return bytes((_BASE | bits[kind],)) if kind in bits else b""


def transmitted(now: Condition) -> bytes:
    """The answer to GS r 1."""
    return bytes((0x03 * now.low | 0x0C * (not now.paper),))


def automatic(now: Condition) -> bytes:
    """The four bytes that GS a turns on."""
    first = 0x10 | 0x08 * now.offline | 0x20 * now.cover_open
    return bytes((first, 0, 0x03 * now.low | 0x0C * (not now.paper), 0))


def watched(report: bytes, mask: int) -> bytes:
    """What of a report must change for another one, by the n of GS a: 2 the online state, 4
    errors, 8 the paper."""
    first, second, third, _ = report
    return bytes((first * bool(mask & 2), second * bool(mask & 4), third * bool(mask & 8)))


def battery_volts(charge: float) -> bytes:
    """The answer to ESC `, of two lithium cells at 25 degrees."""
    return bytes((round((6.0 + 2.4 * charge) * 10) + 32, 25 + 32))


def battery_quarter(charge: float) -> bytes:
    """The answer to GS I b: 0 is full, 3 is low."""
    return bytes((0x37, 0x45, 0x30 + min(3, int((1 - charge) * 4)), 0))


def battery_sixth(charge: float, mains: bool) -> bytes:
    """The answer to DLE DC4 7 5: where the power comes from, and 6 for full down to 0."""
    return bytes((0x37, 0x45, 0x30 if mains else 0x31, 0x30 + round(charge * 6), 0))
