"""``fieldbox printer test`` and ``calibrate``: a real daemon, a printer on a pty, a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.printing.status_slip import ALPHABETS
from appliance.testing.daemon_process import CommandFailed, DaemonProcess
from appliance.testing.receipt_printer import Faults
from appliance.testing.virtual_printer import VirtualPrinter

pytestmark = pytest.mark.slow  # real daemons, lines and waits

CONFIG = """
state_dir = "state"
name = "Van 7"
[http]
listen = "127.0.0.1:0"
[mdns]
enabled = false
[plugins]
enabled = []
[printing]
status_slip = false
[printers.van]
transport = "serial"
port = "{port}"
profile = "xprinter-58"
[printers.paper]
format = "text"
"""


class Van:
    def __init__(self, place: Path) -> None:
        self.printer = VirtualPrinter.on_pty(link=place / "belt").start()
        self.box = DaemonProcess(place, CONFIG.format(port=place / "belt"))
        self.paper = place / "state" / "paper"


@pytest.fixture
def van(tmp_path: Path) -> Iterator[Van]:
    made = Van(tmp_path)
    yield made
    made.box.stop()
    made.printer.close()


def test_a_status_slip_says_which_printer_it_is(van: Van) -> None:
    van.box.start()
    job = van.box.ask("printer", "test", "van")
    assert (job["title"], job["kind"], job["record"]) == ("Status slip", "", "")
    assert (job["state"], job["confirmed"]) == ("completed", "processed")
    said = b"".join(van.printer.printed.split())
    for words in (b"Van7", b"XprinterXP-58", f"serial:{van.printer.port}".encode(), b"Columns32"):
        assert words in said
    assert "Съешь же ещё этих мягких".encode("cp866") in van.printer.printed
    appliance_id = van.printer.printed.split()[-1]
    van.box.ask("printer", "test", "paper")
    (file,) = van.paper.glob("*.txt")
    text = file.read_text()
    words = "".join(text.split())
    for letters in ALPHABETS.values():
        assert "".join(letters.split()) in words
    assert text.split()[-1].encode() == appliance_id
    assert len(appliance_id) >= 16


def test_a_slip_needs_no_daemon(van: Van) -> None:
    assert van.box.ask("printer", "test", "van")["confirmed"] == "processed"
    assert b"plugged in" in van.printer.printed


def test_a_calibration_page_is_printed_once_or_asked_about(van: Van) -> None:
    van.box.start()
    van.printer.set_faults(Faults(unplug_printed_at=2_000))
    with pytest.raises(CommandFailed) as failed:
        van.box.command("printer", "calibrate", "van")
    assert "may be on paper or not" in failed.value.output
    van.printer.set_faults(Faults())
    van.printer.replug()
    (job,) = van.box.ask("printer", "jobs")
    assert (job["asks"], job["title"]) == (True, "Calibration page")
    assert f"printer answer {job['number']} printed" in van.box.command("printer", "jobs")
    assert b"feed_lines = 7\n" not in van.printer.printed
    copy = van.box.ask("printer", "answer", str(job["number"]), "again")
    assert copy["copy"] == 1
    done = van.box.ask("printer", "calibrate", "van")
    assert (done["state"], done["confirmed"], done["sent"]) == (
        "completed",
        "processed",
        done["total"],
    )
    assert van.printer.printed.count(b"feed_lines = 7\n") == 2
    assert b'pages.73 = "cp1251" *' in van.printer.printed


def test_what_cannot_be_calibrated_is_said(van: Van) -> None:
    for arguments, words in (
        (("calibrate", "paper"), "paper is a folder of text files"),
        (("calibrate", "vam"), "did you mean 'van'?"),
        (("test", "vam"), "did you mean 'van'?"),
    ):
        with pytest.raises(CommandFailed) as failed:
            van.box.ask("printer", *arguments)
        assert words in failed.value.errors
    assert van.box.ask("printer", "jobs", "--all") == []
