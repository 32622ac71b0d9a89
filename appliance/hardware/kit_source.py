"""Sources of the kit: what battery, charger and position are known to be, from lines to figures.

A source reads in a thread or on the reactor; all it knows is set and asked on the reactor's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from appliance.config.kit import Electric, Position, Quantity
from appliance.hardware.fault import PrinterFault
from appliance.hardware.gpsd_client import GpsdClient
from appliance.hardware.modbus import ModbusReader
from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.serial_reader import SerialReader
from appliance.vehicle.fix import Fix, Judge
from appliance.vehicle.kit_status import KitState, Thing, electric, place
from appliance.vehicle.nmea import NmeaParser
from appliance.vehicle.reading import Reading, of_figures, of_frame
from appliance.vehicle.ve_direct import VeDirectParser

Name = Literal["battery", "charger", "position"]


class _Reader(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


class _Counted(Protocol):
    @property
    def corrupt(self) -> int: ...


class KitSource:
    """What is common to all sources.

    Attributes:
        name: of the thing.
        at: when it last said something, seconds on the reactor's clock; None for never.
        trouble: why its line is not open or it does not answer; "" for nothing.
        heard: how many messages were whole.
    """

    def __init__(self, name: Name, reactor: Any, stale_s: float) -> None:
        self.name: Name = name
        self.at: float | None = None
        self.trouble = ""
        self.heard = 0
        self._began = reactor.seconds()
        self._line_open = True
        self._reactor = reactor
        self._stale_s = stale_s
        self._reader: _Reader
        self._parser: _Counted

    @property
    def corrupt(self) -> int:
        """How many messages were not whole."""
        return self._parser.corrupt

    @property
    def silent(self) -> bool:
        """Whether it has said nothing for so long that what it said counts no more."""
        return self.at is None or self._reactor.seconds() - self.at > self._stale_s

    @property
    def awaited(self) -> bool:
        """Whether it has not said anything yet, and has not had the time to."""
        return self.at is None and self._reactor.seconds() - self._began <= self._stale_s

    def start(self) -> None:
        """Begin to listen."""
        self._began = self._reactor.seconds()
        self._reader.start()

    def stop(self) -> None:
        """End it. Blocks, until a thread has ended."""
        self._reader.stop()

    def _stands(self, trouble: PrinterFault | str | None) -> None:
        """Hear, on any thread, how the line stands."""
        self._reactor.callFromThread(self._stood, trouble)

    def _stood(self, trouble: PrinterFault | str | None) -> None:
        self._line_open = not isinstance(trouble, PrinterFault)
        self.trouble = "" if trouble is None else str(trouble)

    def _quiet(self) -> tuple[KitState, str]:
        if not self._line_open:
            return "absent", self.trouble
        if self.awaited:
            return "silent", self.trouble or "nothing was said yet"
        return "silent", self.trouble or "nothing is said; is it on, and `baud` its speed?"


class ElectricSource(KitSource):
    """A battery monitor or a charger.

    Attributes:
        reading: what it said last, all blocks of it together.
    """

    def __init__(
        self,
        name: Name,
        settings: Electric,
        reactor: Any,
        *,
        stale_s: float,
        took: Callable[[KitSource, Reading], None],
    ) -> None:
        """Prepare; `took` hears of each reading on the reactor's thread."""
        super().__init__(name, reactor, stale_s)
        self.reading: Reading | None = None
        self._took = took
        assert settings.port is not None
        modbus = settings.protocol == "modbus"
        transport = SerialTransport(
            settings.port,
            baud=settings.baud,
            parity=settings.parity if modbus else "none",
        )
        if modbus:
            reader = ModbusReader(
                name,
                transport,
                settings.unit,
                settings.registers,
                every_s=settings.poll_s,
                take=self._figures,
                stands=self._stands,
            )
            self._reader = self._parser = reader
        else:
            self._frames = self._parser = VeDirectParser()
            self._reader = SerialReader(name, transport, self._bytes, self._opened)

    def thing(self) -> Thing:
        """Return how it stands."""
        state: KitState = "reading"
        detail = self.trouble
        if self.silent:
            state, detail = self._quiet()
        return Thing(
            name=self.name,
            kind="charger" if self.name == "charger" else "battery",
            state=state,
            reasons=() if state == "reading" else (state,),
            detail=detail,
            figures=electric(None if self.silent else self.reading),
        )

    def _opened(self, fault: PrinterFault | None) -> None:
        if fault is None:
            self._frames.restart()
        self._stands(fault)

    def _bytes(self, data: bytes) -> None:
        # Only the last of what came at once: a line that floods must not fill the reactor.
        readings = [found for frame in self._frames.feed(data) if (found := of_frame(frame))]
        if readings:
            self._reactor.callFromThread(self._said, readings[-1], len(readings))

    def _figures(self, figures: Mapping[Quantity, float]) -> None:
        reading = of_figures(figures)
        if reading is not None:
            self._reactor.callFromThread(self._said, reading, 1)

    def _said(self, reading: Reading, count: int) -> None:
        self.reading = reading
        self.at = self._reactor.seconds()
        self.heard += count
        self._took(self, reading)


class PositionSource(KitSource):
    """A receiver of positions.

    Attributes:
        fix: the last one that is believed; None where there is none yet.
    """

    def __init__(
        self,
        settings: Position,
        reactor: Any,
        *,
        stale_s: float,
        took: Callable[[Fix], None],
    ) -> None:
        """Prepare; `took` hears of each fix that is believed, on the reactor's thread."""
        super().__init__("position", reactor, stale_s)
        self.fix: Fix | None = None
        self._state: KitState = "searching"
        self._reason = ""
        self._judge = Judge(settings.worst_m)
        self._took = took
        if settings.source == "gpsd":
            client = GpsdClient(settings.gpsd, reactor, self._said, self._gpsd_stands)
            self._reader, self._parser = client, client.parser
            self._in_thread = False
        else:
            assert settings.port is not None
            transport = SerialTransport(settings.port, baud=settings.baud)
            self._sentences = self._parser = NmeaParser()
            self._reader = SerialReader("position", transport, self._bytes, self._opened)
            self._in_thread = True

    def stop(self) -> None:
        """End it. Blocks, until a thread has ended."""
        if self._in_thread:
            super().stop()
        else:
            self._reactor.callFromThread(self._reader.stop)

    def thing(self) -> Thing:
        """Return how it stands."""
        state, detail, reason = self._state, self.trouble, self._reason
        if self.silent:
            state, detail = self._quiet()
            reason = state
        elif state == "searching":
            detail = detail or "no satellites yet; the antenna must see the sky"
        reasons = [reason] if reason else []
        fix = self.fix if state == "fix" else None
        if fix is not None and fix.mock:
            reasons.append("mock")
        return Thing(
            name="position",
            kind="position",
            state=state,
            reasons=tuple(reasons),
            detail=detail,
            figures=place(fix),
        )

    def _opened(self, fault: PrinterFault | None) -> None:
        if fault is None:
            self._sentences.restart()
        self._stands(fault)

    def _gpsd_stands(self, trouble: str | None) -> None:
        self._stood(trouble)

    def _bytes(self, data: bytes) -> None:
        if fixes := self._sentences.feed(data):
            self._reactor.callFromThread(self._said, fixes[-1], len(fixes))

    def _said(self, fix: Fix | None, count: int = 1) -> None:
        now = self._reactor.seconds()
        self.at = now
        self.heard += count
        if fix is None:
            self._state, self._reason = "searching", ""
            return
        doubt = self._judge.doubt(fix, now)
        if doubt is not None:
            self._state, self._reason = "inaccurate", doubt
            return
        self.fix, self._state, self._reason = fix, "fix", ""
        self._took(fix)
