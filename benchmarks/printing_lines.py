"""Lines to printers: how much of the line's rate comes through, and what that costs.

The printer is a virtual one (`appliance.testing`), which takes bytes at the rate of a line or as
fast as it can. Processor time is that of the transport's thread, or of its process on USB.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.tcp import TcpTransport
from appliance.hardware.transport import Transport, send
from appliance.testing.receipt_printer import Faults
from appliance.testing.running_printer import RunningPrinter
from appliance.testing.usb_printer import UsbPrinter
from appliance.testing.usb_program import RemoteTransport, UsbProgram
from appliance.testing.usb_testbed import UsbTestbed, missing
from appliance.testing.virtual_printer import VirtualPrinter
from benchmarks import result
from benchmarks.result import Row, Run

BAUDS = (9_600, 115_200)
BITS_A_BYTE = 10
"""On a serial line: eight of data, a start and a stop bit."""
HEAD = 86_000.0
"""Bytes a second of a 576-dot head at 150 mm/s, whole pictures."""
USB_GOAL = 90.0
"""kB a second."""
_LINE_BUFFER = 1_024
"""Bytes that the slow end keeps. What counts is paper, so a buffer makes nothing faster."""
_SECONDS = 3.0


def measure(run: Run) -> Sequence[Row]:
    """See the module."""
    rows: list[Row] = []
    for baud in BAUDS:
        rate = baud / BITS_A_BYTE
        with VirtualPrinter.on_pty(Faults(speed=rate, buffer=_LINE_BUFFER)) as printer:
            transport = SerialTransport(printer.port, baud=baud)
            rows += _at_rate(run, f"serial {baud} baud", printer, transport, rate)
    with VirtualPrinter.on_tcp(Faults(speed=HEAD, buffer=4096)) as printer:
        transport_tcp = TcpTransport(*printer.address)
        rows += _at_rate(run, "TCP, head of 86 kB/s", printer, transport_tcp, HEAD)
    reason = missing()
    return [*rows, result.missing("USB", reason)] if reason else [*rows, *_usb(run)]


def _at_rate(
    run: Run, name: str, printer: RunningPrinter, transport: Transport, rate: float
) -> list[Row]:
    """Send for some seconds at the printer's rate, and see when the last byte is on paper."""
    data = b"x" * int(rate * (_SECONDS / 3 if run.quick else _SECONDS))
    rates, costs = [], []
    transport.open(time.monotonic() + 10)
    for _ in range(run.repeats):
        before = len(printer.printed)
        began = time.monotonic()
        costs.append(_cost(lambda: send(transport, data, time.monotonic() + 60)))
        printer.wait_for(lambda p: len(p.printed) == before + len(data), 60)  # noqa: B023
        rates.append(len(data) / (time.monotonic() - began))
    transport.close()
    return [
        Row(
            f"{name}: through",
            round(result.median(rates)),
            "B/s",
            against="the line's rate",
            limit=rate,
            goal=0.95,
            better="high",
            spread=result.spread(rates),
        ),
        Row(f"{name}: CPU of 100 kB", 1e5 / len(data) * result.median(costs) * 1e3, "ms"),
    ]


def _usb(run: Run) -> list[Row]:
    data = b"x" * run.size(4_000_000, 500_000)
    with (
        tempfile.TemporaryDirectory(prefix="usb") as folder,
        UsbPrinter(UsbTestbed(Path(folder))) as printer,
        UsbProgram(Path(folder)) as program,
    ):
        transport = program.transport()
        transport.open(time.monotonic() + 10)
        fast = [_usb_once(transport, printer, data) for _ in range(run.repeats)]
        printer.set_faults(Faults(speed=HEAD, buffer=4096))
        slow = [_usb_once(transport, printer, data[: int(HEAD)]) for _ in range(run.repeats)]
        transport.close()
    rates = [rate for rate, _ in fast]
    paced = [rate for rate, _ in slow]
    return [
        Row(
            "USB, emulated, a head without limit",
            round(result.median(rates) / 1e3),
            "kB/s",
            goal=USB_GOAL,
            better="high",
            spread=result.spread(rates),
            note="real libusb and pyusb; the emulation is the limit",
        ),
        Row(
            "USB, emulated, head of 86 kB/s: through",
            round(result.median(paced)),
            "B/s",
            against="the head's rate",
            limit=HEAD,
            goal=0.95,
            better="high",
            spread=result.spread(paced),
        ),
        Row(
            "USB: CPU of 100 kB",
            1e5 / len(data) * result.median([cost for _, cost in fast]) * 1e3,
            "ms",
            note="with the emulation's share in the process",
        ),
    ]


def _usb_once(transport: RemoteTransport, printer: UsbPrinter, data: bytes) -> tuple[float, float]:
    before = len(printer.printed)
    began = time.monotonic()
    cost = transport.send(data, began + 120)
    printer.wait_for(lambda p: len(p.printed) == before + len(data), 120)
    return len(data) / (time.monotonic() - began), cost


def _cost(call: Callable[[], None]) -> float:
    """Do it in a thread, as a printer's worker does; return that thread's processor seconds."""
    spent = [0.0]

    def work() -> None:
        began = time.thread_time()
        call()
        spent[0] = time.thread_time() - began

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return spent[0]
