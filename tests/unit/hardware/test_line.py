"""A line that broke in the middle of something spoils nothing that comes later."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import structlog

from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_transport import FileTransport
from appliance.hardware.line import PrinterLine
from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.transport import Transport, send
from appliance.testing.receipt_printer import Faults
from appliance.testing.virtual_printer import VirtualPrinter

PICTURE = b"\x1dv0\x00\x10\x00\x20\x00" + b"\xaa" * 512
"""GS v 0: 128 x 32 dots."""


def line_of(transport: Transport) -> PrinterLine:
    return PrinterLine(transport, time.monotonic, structlog.get_logger("test"))


def soon() -> float:
    return time.monotonic() + 10


def test_what_a_cut_picture_still_wants_is_not_taken_from_the_next_job(tmp_path: Path) -> None:
    with VirtualPrinter.on_pty(Faults(unplug_at=100), link=tmp_path / "printer") as printer:
        line = line_of(SerialTransport(printer.port, baud=115_200))
        line.open()
        with contextlib.suppress(PrinterFault):
            send(line.transport, PICTURE[:100], soon())
        printer.wait_for(lambda one: not one.plugged)
        printer.set_faults(Faults())
        printer.replug()
        line.broke(len(PICTURE))
        line.open()
        send(line.transport, b"\x10\x04\x01\x1b@next", soon())
        assert line.transport.read(1, soon()) == b"\x12", "it is asked, and no longer draws"
        printer.wait_printed(b"\x1b@next")
        white = printer.printed.removeprefix(PICTURE[:100]).removesuffix(b"\x1b@next")
        assert white.count(0) == len(white) >= len(PICTURE) - 100
        line.open()
        line.close()
        assert printer.printed.endswith(b"\x1b@next"), "it is done once"


def test_a_folder_gets_nothing_but_documents(tmp_path: Path) -> None:
    line = line_of(FileTransport(tmp_path))
    line.open()
    send(line.transport, b"half of a", soon())
    line.broke(1_000)
    line.open()
    send(line.transport, b"whole", soon())
    line.transport.drain(soon())
    line.close()
    assert [file.read_bytes() for file in tmp_path.glob("*.bin")] == [b"whole"]
