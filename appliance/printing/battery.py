"""A printer's own battery: how it is asked for, what the answer means, and when it is too low.

Sources, each for the question that it describes:

``ESC ```
    Citizen CMP-10 "Command Reference" 3.10, page 35; Datecs EP-50 "User's Manual", command 36; the
    Datecs DPP-350 "Programmer's Manual" 1.50 names it with ESC Z. Two bytes: tenths of a volt plus
    20h, and degrees of the print head plus 20h, Fahrenheit in some.
``GS I b``
    Bixolon "SPP-R300 Command Manual" 1.00, page 119, and the same of the SPP-R210. A block: 37h,
    45h, 30h full, 31h high, 32h middle, 33h low (34h is in its range and has no name), NUL.
``DLE DC4 7``
    With m = 5; Epson's "ESC/POS Command Reference" 10.01, page 390. A block: 37h, 45h, 30h from the
    mains or 31h from the battery, 3xh, NUL. The levels are those of its "ePOS-Device XML User's
    Manual": 36h down to 31h, near the end, and 30h, the end.

The first two are obeyed in the order of the stream, so they are asked of a printer that is ready.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Literal

import msgspec

from appliance.printing.attempt_steps import Answered, Ask, Heard, Measure, Measured, Step
from appliance.printing.profile import Profile
from appliance.printing.status import BATTERY, Block, Said

BatteryQuestion = Literal["none", "ESC `", "GS I b", "DLE DC4 7"]

EVERY_S = 30.0
"""Seconds between two questions."""

LOW_EVERY_S = 5.0
"""The same while the battery is low, or may be."""

UNHEARD_EVERY_S = 600.0
"""The same of a printer that did not answer."""

ANSWER_S = 0.5
"""Seconds that a printer which is ready has for its answer."""

MISSES = 3
"""Questions in a row without an answer after which nothing is known any more."""

_LOW_TWICE = 2
_LEAST_MV, _MOST_MV = 3_000, 20_000
_QUARTERS = {b"0": 875, b"1": 625, b"2": 375, b"3": 125, b"4": 0}
_SIXTHS = {b"%d" % level: level * 1000 // 6 for level in range(7)}


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """How full a battery is, as its printer says.

    Attributes:
        voltage_mv: millivolts; None where it tells steps.
        soc_permille: 0 to 1000, in steps; None where it tells volts.
        low: it says itself that it is nearly empty.
    """

    voltage_mv: int | None = None
    soc_permille: int | None = None
    low: bool = False

    def __str__(self) -> str:
        """Return it as people read it: ``7.4 V``, ``37 %``."""
        if self.voltage_mv is not None:
            return f"{self.voltage_mv / 1000:.1f} V"
        return f"{(self.soc_permille or 0) // 10} %"


def figures_of(charge: Charge) -> dict[str, int | None]:
    """Return a charge as fields of ``kit_status``."""
    return {"voltage_mv": charge.voltage_mv, "soc_permille": charge.soc_permille}


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """How a printer's battery is asked for, of its profile.

    Attributes:
        question: see the module; ``none`` for a printer that cannot be asked.
        low_mv: of one that tells volts, below which printing is held; 0 for never.
        good_mv: from which on it goes on.
    """

    question: BatteryQuestion = "none"
    low_mv: int = 0
    good_mv: int = 0


def gauge_of(profile: Profile) -> Gauge:
    """Return how the battery of a printer of a profile is asked for."""
    return Gauge(
        question=profile.battery,
        low_mv=round(profile.battery_low_v * 1000),
        good_mv=round(profile.battery_good_v * 1000),
    )


def read_volts(data: bytes) -> Charge | None:
    """Read the answer to ESC `; None where it is none."""
    if len(data) != 2 or data[1] < 0x20:
        return None
    voltage_mv = (data[0] - 0x20) * 100
    return Charge(voltage_mv=voltage_mv) if _LEAST_MV <= voltage_mv <= _MOST_MV else None


def read_quarter(data: bytes) -> Charge | None:
    """Read what stands in the block that answers GS I b; None where it is something else."""
    soc = _QUARTERS.get(data)
    return None if soc is None else Charge(soc_permille=soc, low=data >= b"3")


def read_sixth(data: bytes) -> Charge | None:
    """Read what stands in the block that answers DLE DC4 7; None where it is something else."""
    soc = _SIXTHS.get(data[1:])
    if soc is None or data[:1] not in (b"0", b"1"):
        return None
    return Charge(soc_permille=soc, low=data[:1] == b"1" and data[1:] in (b"0", b"1"))


_COMMANDS: dict[BatteryQuestion, bytes] = {
    "ESC `": b"\x1b`",
    "GS I b": b"\x1dIb",
    "DLE DC4 7": b"\x10\x14\x07\x05",
}


class LineGone(Exception):
    """The line broke while the printer was asked; the text says how."""


class BatteryWatch:
    """Follows the battery of one printer.

    Attributes:
        charge: the last that is known; None where none is.
        low: printing is held: it said twice in a row that it is low, and not yet that it is good.
    """

    def __init__(self, gauge: Gauge) -> None:
        self.charge: Charge | None = None
        self.low = False
        self._gauge = gauge
        self._lows = 0
        self._missed = 0
        self._next = float("-inf")

    @property
    def why(self) -> str:
        """Say in words why printing is held."""
        return f"the printer's own battery is nearly empty ({self.charge}): charge it"

    def due(self, now: float) -> bool:
        """Whether it is time to ask; `now` is on a monotonic clock."""
        return self._gauge.question != "none" and now >= self._next

    def put_off(self, now: float) -> None:
        """The printer cannot be asked now, as it is not ready or not there."""
        self._next = now + LOW_EVERY_S

    def took(self, charge: Charge | None, now: float) -> None:
        """Take an answer, None for one that did not come or made no sense."""
        if charge is None:
            self._missed += 1
            self._next = now + (LOW_EVERY_S if self._missed < MISSES else UNHEARD_EVERY_S)
            if self._missed >= MISSES:
                self.charge, self.low, self._lows = None, False, 0
            return
        self._missed = 0
        self.charge = charge
        volts = charge.voltage_mv
        if charge.low or (volts is not None and volts < self._gauge.low_mv):
            self._lows += 1
            self.low = self.low or self._lows >= _LOW_TWICE
        else:
            self._lows = 0
            self.low = self.low and volts is not None and volts < self._gauge.good_mv
        self._next = now + (LOW_EVERY_S if self.low or self._lows else EVERY_S)

    def ask(self) -> Generator[Step, Answered, Charge | None]:
        """Ask once; None where nothing came that makes sense. Raises `LineGone`."""
        question = self._gauge.question
        command = _COMMANDS[question]
        if question == "ESC `":
            measured = yield Measure(command, 2, ANSWER_S)
            assert isinstance(measured, Measured)
            if measured.gone:
                raise LineGone(measured.gone)
            return read_volts(measured.data)
        heard = yield Ask(command, ANSWER_S, _is_battery)
        assert isinstance(heard, Heard)
        if heard.gone:
            raise LineGone(heard.gone)
        read = read_quarter if question == "GS I b" else read_sixth
        found = [
            read(one.data) for one in heard.said if isinstance(one, Block) and _is_battery(one)
        ]
        return found[-1] if found else None


def _is_battery(said: Said) -> bool:
    return isinstance(said, Block) and said.identifier == BATTERY
