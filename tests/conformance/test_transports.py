"""Every transport alike, over its real line, against a virtual printer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.tcp import TcpTransport
from appliance.testing.conformance.transport_suite import Make, TransportSuite
from appliance.testing.usb_printer import UsbPrinter
from appliance.testing.usb_program import UsbProgram
from appliance.testing.usb_testbed import UsbTestbed, missing
from appliance.testing.virtual_printer import VirtualPrinter

pytestmark = pytest.mark.slow


class TestSerial(TransportSuite):
    """A pseudo terminal."""

    BEYOND = 4096  # what the kernel has handed to the terminal's other end

    @pytest.fixture
    def printer(self, tmp_path: Path) -> Iterator[VirtualPrinter]:
        with VirtualPrinter.on_pty(link=tmp_path / "printer") as printer:
            yield printer

    @pytest.fixture
    def make(self, printer: VirtualPrinter) -> Make:
        port = printer.port
        return lambda: SerialTransport(port, baud=115_200)


class TestTcp(TransportSuite):
    """A socket on the loopback interface."""

    ALONE = False
    BEYOND = 4096  # what the printer's end had received

    @pytest.fixture
    def printer(self) -> Iterator[VirtualPrinter]:
        with VirtualPrinter.on_tcp() as printer:
            yield printer

    @pytest.fixture
    def make(self, printer: VirtualPrinter) -> Make:
        host, port = printer.address
        return lambda: TcpTransport(host, port)


@pytest.fixture(scope="module")
def testbed() -> Iterator[UsbTestbed]:
    if reason := missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="usb") as folder:  # its sockets need a short path
        yield UsbTestbed(Path(folder))


@pytest.fixture(scope="module")
def program(testbed: UsbTestbed) -> Iterator[UsbProgram]:
    with UsbProgram(testbed.root) as program:
        yield program


class TestUsb(TransportSuite):
    """Emulated USB below the real libusb."""

    @pytest.fixture
    def printer(self, testbed: UsbTestbed) -> Iterator[UsbPrinter]:
        with UsbPrinter(testbed) as printer:
            yield printer

    @pytest.fixture
    def make(self, printer: UsbPrinter, program: UsbProgram) -> Make:
        return program.transport
