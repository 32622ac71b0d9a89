"""The virtual kit of a van: a receipt printer, a battery monitor and a receiver of positions.

Each hangs on a pseudo terminal in one folder, as a serial cable would; slips come out as pictures,
and a person makes faults with words. ``fieldbox demo run`` starts one beside its daemon; by hand::

    python -m appliance.testing.virtual_kit --folder /tmp/kit --paper /tmp/slips
    python -m appliance.testing.virtual_kit --folder /tmp/kit --do paper-out
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from appliance.testing.kit_tour import Tour, TouringPlayer
from appliance.testing.line_player import VeDirectPlayer
from appliance.testing.receipt_printer import ReceiptPrinter
from appliance.testing.slip_folder import SlipFile, SlipFolder
from appliance.testing.virtual_printer import VirtualPrinter

PRINTER, BATTERY, POSITION = "printer", "battery", "position"
"""The names of the ports in the kit's folder."""

ACTIONS: Mapping[str, str] = {
    "paper-out": "the roll ends",
    "refill": "a new roll is put in and the cover closed",
    "open": "the cover is opened",
    "close": "the cover is closed",
    "unplug": "the printer's cable is pulled; what it has, it prints",
    "power-off": "the printer is switched off; what it has is lost",
    "replug": "the printer is plugged in and switched on again",
    "drain": "the battery falls to 11.4 V",
    "charge": "the battery rises to 12.8 V",
}
"""What a person can do, and what it is."""

LATER: tuple[str, ...] = ("paper-out", "open", "unplug", "power-off")
"""The actions that can come in the middle of a slip."""

FULL_MV, EMPTY_MV = 12_800, 11_400
MV_PER_S = 200
MOST_LATER = 1_000_000


class Refused(Exception):
    """An action that is none, or has no sense now; the text is for people."""


class VirtualBattery:
    """A battery that is drained and charged; millivolts move towards where they are sent."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._from, self._to, self._since = FULL_MV, FULL_MV, 0.0

    def millivolts(self) -> int:
        """Return the voltage now."""
        moved = int((self._clock() - self._since) * MV_PER_S)
        if self._to < self._from:
            return max(self._to, self._from - moved)
        return min(self._to, self._from + moved)

    def go_to(self, millivolts: int) -> None:
        """Begin to drain or to charge."""
        self._from, self._to, self._since = self.millivolts(), millivolts, self._clock()

    @property
    def charging(self) -> bool:
        """Whether it takes current."""
        return self.millivolts() < self._to


class VirtualKit:
    """The kit, from `start` to `close`; also a context manager. Any thread may call it."""

    def __init__(
        self,
        folder: Path,
        paper: Path,
        told: Callable[[SlipFile], None] = lambda _slip: None,
        every_s: float = 1.0,
    ) -> None:
        """Prepare.

        Args:
            folder: gets the links `PRINTER`, `BATTERY` and `POSITION`; it is there.
            paper: the folder that gets slips.
            told: hears of each slip, on a thread of its own.
            every_s: seconds from one message of battery and position to the next.
        """
        self._printer = VirtualPrinter.on_pty(link=folder / PRINTER)
        self._slips = SlipFolder(self._printer, paper, told)
        self._battery = VirtualBattery()
        self._monitor = VeDirectPlayer(folder / BATTERY, every_s)
        self._monitor.follow = self._volts
        self._position = TouringPlayer(folder / POSITION, every_s)

    def start(self) -> Self:
        """Plug everything in.

        Raises:
            OSError: there are no pseudo terminals, or the folder refuses the links.
        """
        self._printer.start()
        self._monitor.start()
        self._position.start()
        self._slips.start()
        return self

    def close(self) -> None:
        """End it; what is on paper becomes a picture."""
        self._slips.close()
        self._printer.close()
        self._monitor.close()
        self._position.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def drive(self, tour: Tour) -> None:
        """Let the van set out."""
        self._position.drive_round(tour)

    def do(self, action: str, after: int = 0) -> str:
        """Do one of `ACTIONS`.

        Args:
            action: its name.
            after: bytes of the next slip after which it happens, for those of `LATER`.

        Returns:
            What happened, for people.

        Raises:
            Refused: it is none, or not now.
        """
        if action not in ACTIONS:
            raise Refused(f"there is no {action!r}; there are {', '.join(ACTIONS)}")
        if after and action not in LATER:
            raise Refused(f"{action} is done at once; only {', '.join(LATER)} can come later")
        if not 0 <= after <= MOST_LATER:
            raise Refused(f"after {after} bytes is too late; {MOST_LATER} is the most")
        if action in ("drain", "charge"):
            self._battery.go_to(EMPTY_MV if action == "drain" else FULL_MV)
            return ACTIONS[action]
        if action in ("unplug", "power-off") and not self._printer.plugged:
            raise Refused("the printer is unplugged already; replug it first")
        if after:
            self._printer.do(lambda printer: _later(printer, action, after))
            return f"{after} bytes into what it prints next, {ACTIONS[action]}"
        match action:
            case "unplug":
                self._printer.unplug()
            case "power-off":
                self._printer.power_off()
            case "replug":
                self._slips.restart()
                self._printer.do(_without_cuts)
                self._printer.replug()
            case "refill":
                self._printer.new_paper()
            case "open":
                self._printer.open_cover()
            case "paper-out":
                self._printer.do(lambda printer: setattr(printer, "paper", False))
            case "close":
                self._printer.do(_close)
        return ACTIONS[action]

    def state(self) -> dict[str, Any]:
        """Return how everything stands, as plain data."""
        found: dict[str, Any] = {}

        def look(printer: ReceiptPrinter) -> None:
            found.update(paper=printer.paper, cover_open=printer.cover_open)

        self._printer.do(look)
        player = self._position
        return {
            "plugged": self._printer.plugged,
            **found,
            "slips": self._slips.count,
            "folder": str(self._slips.folder),
            "voltage_mv": self._battery.millivolts(),
            "position": [round(player.lat, 5), round(player.lon, 5)] if player.fix else None,
            "kmh": round(player.knots * 1.852),
        }

    def _volts(self) -> int:
        now = self._battery.millivolts()
        share = (now - EMPTY_MV) / (FULL_MV - EMPTY_MV)
        self._monitor.soc_permille = round(100 + 800 * share)
        self._monitor.current_ma = 8_000 if self._battery.charging else -1_500
        return now


def _later(printer: ReceiptPrinter, action: str, after: int) -> None:
    """Arm a fault. What was printed is counted from the last slip on."""
    at = len(printer.printed) + after
    match action:
        case "paper-out":
            printer.faults = replace(printer.faults, paper_out_at=at)
        case "open":
            printer.faults = replace(printer.faults, cover_open_at=at)
        case "unplug":
            printer.faults = replace(printer.faults, unplug_at=printer.received + after)
        case "power-off":
            printer.faults = replace(printer.faults, power_off_at=printer.received + after)


def _without_cuts(printer: ReceiptPrinter) -> None:
    printer.faults = replace(
        printer.faults, unplug_at=None, power_off_at=None, unplug_printed_at=None
    )


def _close(printer: ReceiptPrinter) -> None:
    printer.faults = replace(printer.faults, cover_open_at=None)
    printer.cover_open = False


if __name__ == "__main__":
    from appliance.testing.virtual_kit_command import main

    sys.exit(main())
