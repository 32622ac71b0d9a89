"""``fieldbox printer`` against virtual printers, with a daemon and without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.receipt_printer import Faults
from appliance.testing.usb_printer import UsbPrinter
from appliance.testing.usb_testbed import UsbTestbed, environment, missing
from appliance.testing.virtual_printer import VirtualPrinter

pytestmark = pytest.mark.slow  # real daemons, lines and waits

CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:0"
[mdns]
enabled = false
[plugins]
enabled = []
"""


@pytest.fixture
def place() -> Iterator[Path]:
    # USB's sockets need a short path.
    with tempfile.TemporaryDirectory(prefix="usb") as folder:
        (Path(folder) / "appliance.toml").write_text(CONFIG)
        yield Path(folder)


def fieldbox(
    place: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "appliance.cli", *arguments),
        cwd=place,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=None if env is None else dict(env),
    )


def configure(place: Path, text: str) -> None:
    (place / "appliance.toml").write_text(CONFIG + text)


def test_printers_are_listed_and_tried(place: Path) -> None:
    with (
        VirtualPrinter.on_pty(link=place / "belt") as belt,
        VirtualPrinter.on_tcp(Faults(silent=True)) as office,
    ):
        host, port = office.address
        configure(
            place,
            f'[printers.paper]\n[printers.belt]\ntransport = "serial"\nport = "{place}/belt"\n'
            f'columns = 32\n[printers.office]\ntransport = "tcp"\nhost = "{host}:{port}"\n',
        )
        listed = json.loads(fieldbox(place, "printer", "list", "--json").stdout)["printers"]
        assert [(p["name"], p["where"], p["columns"], p["state"]) for p in listed] == [
            ("paper", f"file:{place}/state/paper", 48, "folder"),
            ("belt", f"serial:{place}/belt", 32, "plugged_in"),
            ("office", f"tcp:{host}:{port}", 48, "network"),
        ]
        assert "can be written into" in fieldbox(place, "printer", "try", "paper").stdout
        tried = json.loads(fieldbox(place, "printer", "try", "belt", "--json").stdout)
        assert tried["answer"] == "12"
        assert "does not answer" in fieldbox(place, "printer", "try", "office").stdout
        belt.open_cover()
        assert "it is offline" in fieldbox(place, "printer", "try", "belt").stdout
        belt.unplug()
        failed = fieldbox(place, "printer", "try", "belt")
        assert failed.returncode == 1
        assert failed.stderr.startswith(f"Error: there is no {place}/belt; is the cable plugged")
        assert belt.printed == b""


def test_a_usb_printer_that_the_config_does_not_name_is_shown_with_its_lines(place: Path) -> None:
    if reason := missing():
        pytest.skip(reason)
    env = environment(place / "usb")
    with UsbPrinter(UsbTestbed(place / "usb")) as printer:
        listed = fieldbox(place, "printer", "list", env=env).stdout
        shown = [line.strip() for line in listed.splitlines() if line.startswith("    ")]
        assert "plugged in and no printer yet: EPSON TM-P80" in listed
        assert shown == ["[printers.NAME]", 'transport = "usb"', 'usb = "04b8:0e15:J7K2"']
        configure(place, "\n".join(shown).replace("NAME", "van"))
        found = json.loads(fieldbox(place, "printer", "list", "--json", env=env).stdout)
        assert [(p["name"], p["state"]) for p in found["printers"]] == [("van", "plugged_in")]
        assert found["unused"] == []
        assert fieldbox(place, "printer", "try", "van", env=env).stdout == (
            "van answers: 12 (usb:04b8:0e15:J7K2)\n"
        )
        assert printer.driver == "usblp"


def test_a_daemon_tells_who_is_plugged_in_and_tries_for_the_command(place: Path) -> None:
    with VirtualPrinter.on_pty(link=place / "belt"):
        belt = f'[printers.belt]\ntransport = "serial"\nport = "{place}/belt"\n'
        with DaemonProcess(place, CONFIG + belt) as daemon:
            until = time.monotonic() + 30
            while "printer_plugged_in" not in daemon.log():
                assert time.monotonic() < until, daemon.log()
                os.sched_yield()
            assert daemon.ask("printer", "try", "belt")["answer"] == "12"
            assert daemon.stop() == 0


def test_a_usb_printer_is_added_and_prints_once_the_daemon_is_started_anew(place: Path) -> None:
    if reason := missing():
        pytest.skip(reason)
    env = environment(place / "usb")
    with (
        UsbPrinter(UsbTestbed(place / "usb")),
        DaemonProcess(place, CONFIG, environment=env) as box,
    ):
        added = box.command("printer", "add", "van")
        assert "EPSON TM-P80 is the printer van" in added
        assert "systemctl restart fieldbox" in added
        names = [one["name"] for one in box.ask("printer", "list")["printers"]]
        assert "van" not in names
        failed = fieldbox(place, "printer", "add", "again", env=env)
        assert failed.returncode == 1
        assert box.stop() == 0
        box.start()
        job = box.ask("printer", "test", "van")
        assert (job["state"], job["confirmed"]) == ("completed", "printed")
