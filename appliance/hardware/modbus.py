"""Modbus RTU: the registers of a battery monitor or charger, asked again and again.

pymodbus makes the requests and reads the answers; the line is ours, because pymodbus' own clients
wait with select(2) or need asyncio, and cannot be interrupted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import structlog

from appliance.config.kit import Quantity, Register
from appliance.hardware.fault import PrinterFault
from appliance.hardware.serial_reader import FIRST_WAIT_S, LONGEST_WAIT_S
from appliance.hardware.transport import Clock, Transport, send

ANSWER_S = 1.0
"""Seconds that a device may take to answer."""

PAUSE_S = 0.02
"""Seconds of silence before a request, by which devices tell frames apart: 3.5 characters, which
are 12 ms at 2,400 baud."""

_FUNCTIONS = {"holding": 3, "input": 4}
_MOST = 260
"""Bytes of a frame."""


_log = structlog.get_logger("appliance.hardware")


class NoAnswer(Exception):
    """The device did not answer one question; the text says how. Others may be answered."""


class ModbusLine:
    """Asks for registers of one device.

    Attributes:
        corrupt: how many answers could not be understood.
    """

    def __init__(self, transport: Transport, unit: int, *, clock: Clock = time.monotonic) -> None:
        """Name the line and the device's address on it."""
        from pymodbus.framer import FramerRTU
        from pymodbus.pdu import DecodePDU

        # What it would log of each garbled frame, `NoAnswer` says.
        logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
        self._transport = transport
        self._unit = unit
        self._clock = clock
        self._framer = FramerRTU(DecodePDU(False))
        self.corrupt = 0

    def figure(self, register: Register) -> float:
        """Ask for a figure, and return it times its factor.

        Raises:
            NoAnswer: it is not told.
            PrinterFault: the line is no more.
        """
        words = 2 if register.form in ("u32", "s32") else 1
        values = self._ask(_FUNCTIONS[register.table], register.address, words)
        if words == 2 and not register.low_first:
            values = values[::-1]
        raw = sum(value << (16 * at) for at, value in enumerate(values))
        if register.form.startswith("s") and raw >> (16 * words - 1):
            raw -= 1 << (16 * words)
        return raw * register.factor

    def _ask(self, function: int, address: int, count: int) -> list[int]:
        from pymodbus.pdu.register_message import (
            ReadHoldingRegistersRequest,
            ReadInputRegistersRequest,
        )

        kind = ReadHoldingRegistersRequest if function == 3 else ReadInputRegistersRequest
        request = kind(dev_id=self._unit, address=address, count=count)
        self._transport.flush_input()
        send(self._transport, self._framer.buildFrame(request), self._clock() + ANSWER_S)
        where = f"register {address} of unit {self._unit}"
        answer = self._answer(where)
        if answer.isError():
            raise NoAnswer(f"{where} is refused (Modbus exception {answer.exception_code})")
        values = list(answer.registers)
        if answer.function_code != function or len(values) != count:
            self.corrupt += 1
            raise NoAnswer(f"{where}: the answer is to another question")
        return values

    def _answer(self, where: str) -> Any:
        deadline = self._clock() + ANSWER_S
        data = b""
        while len(data) < _MOST:
            found = self._transport.read(_MOST, deadline)
            if not found:
                break
            data += found
            done, answer = self._read(data)
            if answer is not None:
                return answer
            if done:
                break
        if not data:
            raise NoAnswer(f"{where}: no answer; is `unit` its address and `baud` its speed?")
        self.corrupt += 1
        raise NoAnswer(f"{where}: the answer is garbled; are `baud` and `parity` right?")

    def _read(self, data: bytes) -> tuple[bool, Any]:
        """Return whether a frame is at its end, and what it says, None where it is corrupt."""
        from pymodbus.exceptions import ModbusException

        try:
            used, answer = self._framer.handleFrame(data, self._unit, 0)
        except ModbusException:
            return True, None
        return used > 0, answer


class ModbusReader:
    """Asks for all registers of a device in a thread, from `start` to `stop`."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        unit: int,
        registers: Mapping[str, Register],
        *,
        every_s: float,
        take: Callable[[Mapping[Quantity, float]], None],
        stands: Callable[[PrinterFault | str | None], None],
        clock: Clock = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            name: of the thread.
            transport: the line; this reader's alone.
            unit: the device's address.
            registers: by the figure that they hold.
            every_s: seconds from one round to the next.
            take: gets the figures of a round, on the reader's thread.
            stands: hears that all is well (None), why the line is not open, or in words why the
                device does not answer, on the reader's thread.
            clock: that deadlines are on.
        """
        self._transport = transport
        self._line = ModbusLine(transport, unit, clock=clock)
        self._registers = registers
        self._every_s = every_s
        self._take = take
        self._stands = stands
        self._clock = clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"kit {name}", daemon=True)

    @property
    def corrupt(self) -> int:
        """How many answers could not be understood."""
        return self._line.corrupt

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """End it; returns when the thread has ended."""
        self._stopped.set()
        self._transport.interrupt()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stopped.is_set():
            try:
                self._transport.open(self._clock() + ANSWER_S)
                wait = FIRST_WAIT_S
                while not self._stopped.is_set():
                    self._round()
                    self._stopped.wait(self._every_s)
            except PrinterFault as fault:
                if fault.kind == "interrupted":
                    break
                self._stands(fault)
            except Exception as error:  # a mistake of ours must not end the asking for good
                _log.error("kit_reader_failed", thread=self._thread.name, exc_info=error)
            finally:
                self._transport.close()
            self._stopped.wait(wait)
            wait = min(LONGEST_WAIT_S, wait * 2)

    def _round(self) -> None:
        figures: dict[Quantity, float] = {}
        trouble: str | None = None
        for name, register in self._registers.items():
            try:
                figures[cast(Quantity, name)] = self._line.figure(register)
            except NoAnswer as no:
                trouble = str(no)
            self._stopped.wait(PAUSE_S)
        if figures:
            self._take(figures)
        self._stands(trouble)
