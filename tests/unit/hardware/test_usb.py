"""The USB transport over the real libusb, on emulated USB."""

from __future__ import annotations

import errno
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.config.usb_name import UsbName
from appliance.hardware.fault import PrinterFault
from appliance.hardware.transport import Transport, send
from appliance.testing.receipt_printer import Faults
from appliance.testing.usb_printer import UsbPrinter
from appliance.testing.usb_program import UsbProgram
from appliance.testing.usb_testbed import UsbTestbed, environment, missing

AS_NOBODY = """
import os, sys, time
from appliance.hardware.usb import UsbTransport
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    UsbTransport().open(time.monotonic() + 1)
except Exception as fault:
    print(fault.kind, fault)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    if reason := missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="usb") as name:  # its sockets need a short path
        Path(name).chmod(0o777)  # for the test that becomes another user
        yield Path(name)


@pytest.fixture(scope="module")
def program(folder: Path) -> Iterator[UsbProgram]:
    UsbTestbed(folder)
    with UsbProgram(folder) as program:
        yield program


@pytest.fixture
def printer(folder: Path, program: UsbProgram) -> Iterator[UsbPrinter]:
    with UsbPrinter(UsbTestbed(folder)) as printer:
        yield printer


def soon() -> float:
    return time.monotonic() + 20


def fault_of(transport: Transport) -> PrinterFault:
    with pytest.raises(PrinterFault) as caught:
        transport.open(soon())
    return caught.value


def test_the_kernel_lends_the_printer_and_gets_it_back(
    program: UsbProgram, printer: UsbPrinter
) -> None:
    transport = program.transport(UsbName.parse("04b8:0e15:J7K2"))
    assert printer.driver == "usblp"
    transport.open(soon())
    assert printer.driver == ""
    transport.close()
    assert printer.driver == "usblp"


def test_a_printer_that_nobody_had_is_given_to_nobody(
    program: UsbProgram, folder: Path, printer: UsbPrinter
) -> None:
    transport = program.transport()
    printer.driver = ""
    transport.open(soon())
    transport.close()
    assert printer.driver == ""


def test_what_another_program_claimed_is_busy_and_taken_from_nobody(
    program: UsbProgram, folder: Path, printer: UsbPrinter
) -> None:
    with UsbProgram(folder) as other:
        first = other.transport()
        first.open(soon())
        fault = fault_of(program.transport())
        assert fault.kind == "busy"
        assert str(fault).startswith("the printer 04b8:0e15:J7K2 is in use by ")
        send(first, b"still mine", soon())
        first.close()
    printer.wait_printed(b"still mine")


def test_without_permission_the_rule_is_named(folder: Path, printer: UsbPrinter) -> None:
    done = subprocess.run(
        (sys.executable, "-c", AS_NOBODY),
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    if "setgroups" in done.stderr:
        pytest.skip("only root can become another user")
    assert done.stdout.startswith("forbidden the user nobody may not open /dev/bus/usb/001/")
    assert "/usr/lib/udev/rules.d/60-fieldbox.rules" in done.stdout
    assert "group lp" in done.stdout


def test_of_two_printers_one_must_be_named(
    program: UsbProgram, folder: Path, printer: UsbPrinter
) -> None:
    with UsbPrinter(UsbTestbed(folder, port="1-2", serial="")) as second:
        fault = fault_of(program.transport())
        assert str(fault) == (
            '2 printers could be meant; say which with `usb`: "04b8:0e15:J7K2" or "04b8:0e15@1-2"'
        )
        transport = program.transport(UsbName.parse("04b8:0e15@1-2"))
        transport.open(soon())
        send(transport, b"second", soon())
        second.wait_printed(b"second")
        transport.close()
    assert printer.printed == b""


def test_a_printer_that_is_not_there_is_told_with_those_that_are(
    program: UsbProgram, printer: UsbPrinter
) -> None:
    fault = fault_of(program.transport(UsbName.parse("0519:0003")))
    assert fault.kind == "absent"
    assert str(fault) == (
        "no USB printer 0519:0003 is plugged in and switched on; "
        "there is 04b8:0e15:J7K2 EPSON TM-P80"
    )


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.EPIPE, "refused"), (errno.EPROTO, "gone"), (errno.EILSEQ, "gone")]
)
def test_a_transfer_that_fails_half_way_keeps_its_count(
    program: UsbProgram, printer: UsbPrinter, number: int, kind: str
) -> None:
    printer.error_after, printer.error = 1234, number
    transport = program.transport()
    transport.open(soon())
    with pytest.raises(PrinterFault) as caught:
        send(transport, b"x" * 50_000, soon())
    transport.close()
    assert (caught.value.kind, caught.value.accepted) == (kind, 1234)
    printer.wait_printed(b"x" * 1234)


def test_the_count_is_exact_wherever_the_cable_is_pulled(
    program: UsbProgram, printer: UsbPrinter
) -> None:
    for at in (1, 511, 512, 513, 16_383, 16_384, 16_385, 40_000):
        printer.set_faults(Faults(unplug_at=at))
        transport = program.transport()
        transport.open(soon())
        with pytest.raises(PrinterFault) as caught:
            send(transport, b"x" * 50_000, soon())
        transport.close()
        assert (caught.value.kind, caught.value.accepted) == ("gone", at)
        printer.set_faults(Faults())
        printer.replug()


def test_a_printer_without_a_way_back_says_nothing(program: UsbProgram, folder: Path) -> None:
    with UsbPrinter(UsbTestbed(folder, protocol=1)) as printer:
        transport = program.transport()
        transport.open(soon())
        send(transport, b"\x10\x04\x01text", soon())
        assert transport.read(1, time.monotonic() + 0.1) == b""
        transport.flush_input()
        printer.wait_printed(b"text")
        printer.unplug()
        with pytest.raises(PrinterFault) as caught:
            transport.read(1, soon())
        assert caught.value.kind == "gone", "though nothing was sent to it"
        transport.close()


def test_what_was_read_too_much_is_kept_for_the_next_read(
    program: UsbProgram, printer: UsbPrinter
) -> None:
    printer.set_faults(Faults(garbage=b"abcdef"))
    transport = program.transport()
    transport.open(soon())
    send(transport, b"\x10\x04\x01", soon())
    assert [transport.read(4, soon()), transport.read(4, soon())] == [b"abcd", b"ef"]
    transport.close()
