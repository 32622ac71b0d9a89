"""What a technician reads when a printer cannot be reached."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_transport import MAX_DOCUMENT, FileTransport
from appliance.hardware.holder import holder
from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.tcp import TcpTransport
from appliance.hardware.transport import Transport, send
from appliance.testing.receipt_printer import Faults
from appliance.testing.virtual_printer import VirtualPrinter

HOLD = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""

OPEN_AS_NOBODY = """
import os, pwd, sys, time
from pathlib import Path
from appliance.hardware.serial_port import SerialTransport
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    SerialTransport(Path(sys.argv[1])).open(time.monotonic() + 1)
except Exception as fault:
    print(fault.kind, fault)
"""


JUST_OPEN_AS_NOBODY = """
import errno, os, sys
os.setuid(65534)
try:
    os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
    print("opened")
except OSError as error:
    print("busy" if error.errno == errno.EBUSY else error)
"""


def soon() -> float:
    return time.monotonic() + 20


def fault_of(transport: Transport) -> PrinterFault:
    with pytest.raises(PrinterFault) as caught:
        transport.open(soon())
    return caught.value


def test_a_missing_port_is_named(tmp_path: Path) -> None:
    fault = fault_of(SerialTransport(tmp_path / "ttyUSB7"))
    assert fault.kind == "absent"
    assert str(fault) == (
        f"there is no {tmp_path}/ttyUSB7; is the cable plugged in, and `port` its name?"
    )


def test_a_file_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path, Path("/dev/null")):
        assert fault_of(SerialTransport(path)).kind == "refused"


def test_who_holds_a_port_is_named() -> None:
    with VirtualPrinter.on_pty() as printer:
        port = printer.port
        command = (sys.executable, "-c", HOLD, str(port))
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"held\n"
            fault = fault_of(SerialTransport(port))
            other.communicate()
        assert fault.kind == "busy"
        assert f"{port} is in use by python" in str(fault)
        assert f"(process {other.pid}); end that program" in str(fault)


def test_the_daemons_own_printing_is_told_from_another_programs() -> None:
    with VirtualPrinter.on_pty() as printer:
        first = SerialTransport(printer.port)
        first.open(soon())
        fault = fault_of(SerialTransport(printer.port))
        first.close()
    assert "Fieldbox itself" in str(fault)


def test_who_cannot_be_seen_is_asked_of_fuser(tmp_path: Path) -> None:
    assert holder(Path("/dev/null"), tmp_path) == (
        "another program (`fuser -v /dev/null`, as root, names it)"
    )
    assert holder(tmp_path / "missing", tmp_path) == "another program"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(
    ("mode", "group", "told"),
    [
        (0o660, "dialout", "(root:dialout, mode 660); add the user to the group: "),
        (0o600, "root", "(root:root, mode 600); serial ports belong to the group dialout: "),
    ],
)
def test_a_port_that_may_not_be_opened_names_the_group(mode: int, group: str, told: str) -> None:
    with VirtualPrinter.on_pty() as printer:
        port = printer.port
        port.chmod(mode)
        shutil.chown(port, "root", group)
        command = (sys.executable, "-c", OPEN_AS_NOBODY, str(port))
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"forbidden the user nobody may not open {port} {told}")
    if group == "dialout":
        assert "`usermod -aG dialout nobody`" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_open_port_is_kept_from_programs_that_take_no_lock_and_let_go_after() -> None:
    with VirtualPrinter.on_pty() as printer:
        printer.port.chmod(0o666)
        transport = SerialTransport(printer.port)

        def as_nobody() -> str:
            command = (sys.executable, "-c", JUST_OPEN_AS_NOBODY, str(printer.port))
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout

        transport.open(soon())
        assert as_nobody() == "busy\n"
        transport.close()
        assert as_nobody() == "opened\n"


def test_a_port_that_nobody_listens_on_and_an_address_without_a_way() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening
        fault = fault_of(TcpTransport("127.0.0.1", taken.getsockname()[1]))
    assert fault.kind == "busy"
    assert "another computer is printing" in str(fault)
    assert fault_of(TcpTransport("255.255.255.255")).kind in ("absent", "refused")


def test_an_address_that_does_not_answer_is_absent_at_the_deadline() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        others = []
        # Once the queue is full, the kernel leaves further connections without an answer.
        for _ in range(8):
            other = socket.socket()
            other.setblocking(False)
            other.connect_ex(full.getsockname())
            others.append(other)
        began = time.monotonic()
        with pytest.raises(PrinterFault) as caught:
            TcpTransport("127.0.0.1", full.getsockname()[1]).open(began + 0.3)
        assert caught.value.kind == "absent"
        assert "(no answer)" in str(caught.value)
        assert 0.3 <= time.monotonic() - began < 10
        stopped = TcpTransport("127.0.0.1", full.getsockname()[1])
        threading.Timer(0.1, stopped.interrupt).start()
        assert fault_of(stopped).kind == "interrupted"
        for other in others:
            other.close()


def test_a_printer_that_hung_up_takes_no_byte() -> None:
    # Without asking first, the kernel takes them, and the refusal comes after.
    with socket.create_server(("127.0.0.1", 0)) as server:
        transport = TcpTransport("127.0.0.1", server.getsockname()[1])
        transport.open(soon())
        server.accept()[0].close()
        with pytest.raises(PrinterFault) as caught:
            while transport.read(1, soon()):  # until the hang-up has come
                continue
        with pytest.raises(PrinterFault) as caught:
            transport.write(b"x" * 100, soon())
        assert (caught.value.kind, caught.value.accepted) == ("gone", 0)
        transport.close()


def test_a_reset_after_all_was_taken_is_seen_when_draining() -> None:
    with VirtualPrinter.on_tcp(Faults(deaf=True)) as printer:
        transport = TcpTransport(*printer.address)
        transport.open(soon())
        send(transport, b"x" * 100, soon())
        printer.unplug()
        with pytest.raises(PrinterFault) as caught:
            while True:
                transport.drain(soon())
        assert caught.value.kind == "gone"
        transport.close()


def test_descriptors_beyond_those_of_select_work() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    filler = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        with VirtualPrinter.on_pty() as printer:
            transport = SerialTransport(printer.port)
            transport.open(soon())
            send(transport, b"hello\x10\x04\x01", soon())
            assert transport.read(1, soon()) == b"\x12"
            transport.close()
    finally:
        for descriptor in filler:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("baud", [1_200, 9_600, 115_200, 250_000])
def test_the_port_is_set_as_the_configuration_says(baud: int) -> None:
    with VirtualPrinter.on_pty() as printer:
        transport = SerialTransport(printer.port, baud=baud, flow="rts_cts")
        transport.open(soon())
        port = os.open(printer.port, os.O_RDWR | os.O_NOCTTY)
        iflag, _, cflag, lflag, _, speed, _ = termios.tcgetattr(port)
        os.close(port)
        transport.close()
    known = getattr(termios, f"B{baud}", 0o010000)  # BOTHER: a speed without a constant
    assert speed == known
    assert cflag & termios.CRTSCTS
    assert not iflag & (termios.IXON | termios.ICRNL)
    assert not lflag & (termios.ECHO | termios.ICANON)


def test_a_printer_that_says_xoff_is_given_nothing_until_it_says_xon() -> None:
    with VirtualPrinter.on_pty(Faults(garbage=b"\x13")) as printer:
        transport = SerialTransport(printer.port, flow="xon_xoff")
        transport.open(soon())
        send(transport, b"\x10\x04\x01", soon())
        with pytest.raises(PrinterFault) as caught:
            while True:  # until the kernel has seen it
                transport.write(b"x", time.monotonic() + 0.2)
        assert caught.value.kind == "stalled"
        assert "`flow` must be" in str(caught.value)
        before = printer.printed
        printer.say(b"\x11")
        send(transport, b"y", soon())
        printer.wait_printed(before + b"y")
        transport.close()


def test_no_descriptor_is_left_open() -> None:
    with VirtualPrinter.on_pty() as printer, VirtualPrinter.on_tcp() as other:
        before = len(list(Path("/proc/self/fd").iterdir()))
        for transport in (SerialTransport(printer.port), TcpTransport(*other.address)):
            for _ in range(3):
                transport.open(soon())
                transport.close()
        printer.unplug()
        for _ in range(3):
            fault_of(SerialTransport(printer.port))
        assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_document_is_a_file_when_it_is_drained(tmp_path: Path) -> None:
    transport = FileTransport(tmp_path / "paper", title="Order 7")
    transport.open(soon())
    send(transport, b"one", soon())
    send(transport, b"two", soon())
    assert transport.unsent() == 6
    assert list(transport_files(tmp_path)) == []
    transport.drain(soon())
    transport.drain(soon())
    assert transport_files(tmp_path) == {"000001-Order-7.bin": b"onetwo"}
    send(transport, b"given up", soon())
    transport.close()
    transport.open(soon())
    transport.drain(soon())
    assert transport_files(tmp_path) == {"000001-Order-7.bin": b"onetwo"}
    assert transport.read(1, time.monotonic() + 0.01) == b""


def test_a_document_has_a_largest_size(tmp_path: Path) -> None:
    transport = FileTransport(tmp_path)
    transport.open(soon())
    send(transport, bytes(MAX_DOCUMENT), soon())
    with pytest.raises(PrinterFault) as caught:
        transport.write(b"x", soon())
    assert (caught.value.kind, caught.value.accepted) == ("refused", 0)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "paper").write_text("a file")
    assert fault_of(FileTransport(tmp_path / "paper")).kind == "refused"


def transport_files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "paper").iterdir()}
