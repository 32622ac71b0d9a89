"""A line that broke in the middle of something spoils nothing that comes later."""

from __future__ import annotations

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_transport import FileTransport
from appliance.hardware.line import PrinterLine
from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.tcp import TcpTransport
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


def test_a_printer_that_takes_nothing_now_holds_nobody_up_and_gets_the_rest_later() -> None:
    with socket.socket() as printer, ThreadPoolExecutor(1) as reader:
        printer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        printer.bind(("127.0.0.1", 0))
        printer.listen()
        line = line_of(TcpTransport(*printer.getsockname()))
        line.broke(60_000)
        assert line.wants_more
        began = time.monotonic()
        line.open()
        assert time.monotonic() - began < 20, "and not for as long as the slowest line may take"
        assert line.wants_more, "it is not there before it has left this machine"
        read = reader.submit(all_of, printer)
        deadline = soon()
        while line.wants_more and time.monotonic() < deadline:
            line.open()
        send(line.transport, b"next", soon())
        line.transport.drain(soon())
        line.close()
        assert read.result(10) == bytes(60_010) + b"next", "and not twice"


def all_of(printer: socket.socket) -> bytes:
    connection, _ = printer.accept()
    with connection:
        return b"".join(iter(lambda: connection.recv(65_536), b""))


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
