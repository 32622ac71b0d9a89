from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.testing.receipt_printer import Faults
from appliance.testing.virtual_kit import VirtualKit
from appliance.testing.virtual_printer import VirtualPrinter


def test_power_that_goes_takes_the_buffer_along() -> None:
    with VirtualPrinter.on_tcp(Faults(paper_out_at=2, power_off_at=5)) as printer:
        with socket.create_connection(printer.address, 10) as line:
            line.sendall(b"abcde")
            with pytest.raises(ConnectionResetError):
                line.recv(1)
        assert (printer.printed, printer.dropped) == (b"ab", b"cde")


def test_one_connection_after_another() -> None:
    with VirtualPrinter.on_tcp() as printer:
        for data in (b"one", b"two"):
            with socket.create_connection(printer.address, 10) as line:
                line.sendall(data)
            printer.wait_printed(data)
        assert printer.printed == b"onetwo"


def test_waiting_for_what_does_not_come_ends() -> None:
    with VirtualPrinter.on_tcp() as printer, pytest.raises(TimeoutError, match="0 printed"):
        printer.wait_printed(b"never", seconds=0.05)


def test_as_a_command(tmp_path: Path) -> None:
    paper, link = tmp_path / "paper.bin", tmp_path / "printer"
    command = (sys.executable, "-m", "appliance.testing.virtual_printer")
    with subprocess.Popen(
        (*command, "--pty", str(link), "--paper", str(paper)), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"a printer is at {link}\n"
        with link.open("wb", buffering=0) as line:
            line.write(b"hello")
        assert process.stdout.readline() == "printed 5 bytes\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "5 bytes printed, 0 lost\n"
    assert process.returncode == 0
    assert paper.read_bytes() == b"hello"


@pytest.mark.parametrize(
    "arguments", [(), ("--pty", "x", "--tcp", "127.0.0.1:0"), ("--tcp", "9100")]
)
def test_wrong_use_is_told(arguments: tuple[str, ...]) -> None:
    command = (sys.executable, "-m", "appliance.testing.virtual_printer", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Error:" in done.stderr


def test_a_file_of_the_name_of_its_port_is_left_alone(tmp_path: Path) -> None:
    for name in ("printer", "battery", "position"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_text("mine")
        with pytest.raises(FileExistsError, match="choose another place"):
            VirtualKit(folder, tmp_path / "paper").start()
        assert (folder / name).read_text() == "mine"
    for command in (("virtual_printer", "--pty"), ("line_player", "nmea", "--pty")):
        module = (sys.executable, "-m", f"appliance.testing.{command[0]}", *command[1:])
        file = tmp_path / "printer" / "printer"
        done = subprocess.run((*module, str(file)), capture_output=True, text=True, check=False)
        assert (done.returncode, file.read_text()) == (1, "mine")
        assert "choose another place" in done.stderr
        assert "Traceback" not in done.stderr
