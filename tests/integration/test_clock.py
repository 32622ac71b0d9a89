"""A box whose clock is wrong: it serves on, and a person can say what is right."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.testing.daemon_process import CommandFailed, DaemonProcess
from appliance.testing.device import Device

CONFIG = """
[collections.memos]
fields = { code = "text!" }
key = ["code"]
write = ["*"]
"""

WRONG_CLOCK = """
import os, time

def _wrong(real, unit):
    def told():
        with open(os.environ["CLOCK_AHEAD"]) as file:
            return real() + int(file.read()) * unit
    return told

time.time, time.time_ns = _wrong(time.time, 1), _wrong(time.time_ns, 1_000_000_000)
"""
"""Read by every interpreter at its start: the time of day is wrong by what stands in a file."""

YEAR_S = 365 * 24 * 3600


class Machine:
    """A machine whose clock a test sets wrong, and the box on it."""

    def __init__(self, folder: Path) -> None:
        self.ahead = folder / "ahead"
        self.set_ahead(0)
        (folder / "site").mkdir()
        (folder / "site/sitecustomize.py").write_text(WRONG_CLOCK)
        environment = {"PYTHONPATH": str(folder / "site"), "CLOCK_AHEAD": str(self.ahead)}
        self.daemon = DaemonProcess(folder, CONFIG, environment=environment)

    def set_ahead(self, seconds: int) -> None:
        # In one step: the daemon may be reading it.
        fresh = self.ahead.with_name("ahead.new")
        fresh.write_text(str(seconds))
        fresh.replace(self.ahead)

    def state(self) -> str:
        state: str = self.daemon.ask("clock", "show")["state"]
        return state

    def hours_off(self) -> int:
        """How far the time of the box is from the true one."""
        return round((self.daemon.ask("clock", "show")["now"] / 1000 - time.time()) / 3600)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.daemon.stop()


def enrolled(machine: Machine, folder: Path) -> Device:
    machine.daemon.command("user", "add", "anna", "--role", "agent")
    device = Device(folder / "phone.db")
    device.enroll(machine.daemon.invite("anna"), name="phone")
    device.create("memos", {"code": "first"})
    device.sync()
    return device


@pytest.mark.slow
def test_a_box_without_a_battery_clock_serves_on(machine: Machine, tmp_path: Path) -> None:
    machine.daemon.start()
    device = enrolled(machine, tmp_path)
    machine.daemon.kill()

    machine.set_ahead(-int(time.time()) + 60)
    machine.daemon.start()
    device.use_address(machine.daemon.url)
    device.create("memos", {"code": "in 1970"})
    assert device.sync().equal
    assert abs(device.hello()["time"] / 1000 - time.time()) < 3600
    told = machine.daemon.command("clock", "show")
    assert "system  1970-01-01 00:0" in told
    assert "state   behind" in told
    assert "before what the box has seen" in machine.daemon.command("status")
    other = Device(tmp_path / "tablet.db")
    other.enroll(machine.daemon.invite("anna"), name="enrolled in 1970")
    assert other.sync().equal

    with pytest.raises(CommandFailed, match="which cannot be"):
        machine.daemon.command("clock", "reset")
    machine.set_ahead(0)
    assert machine.state() == "right"


@pytest.mark.slow
def test_a_jump_ahead_leaves_no_trace_and_one_that_was_believed_can_be_taken_back(
    machine: Machine, tmp_path: Path
) -> None:
    machine.daemon.start()
    device = enrolled(machine, tmp_path)
    machine.set_ahead(3 * YEAR_S)
    assert machine.state() == "ahead"
    machine.daemon.stop()
    machine.set_ahead(0)
    machine.daemon.start()
    assert (machine.state(), machine.hours_off()) == ("right", 0)
    device.use_address(machine.daemon.url)
    device.create("memos", {"code": "after the jump"})
    assert device.sync().equal

    machine.set_ahead(3 * YEAR_S)
    machine.daemon.command("clock", "reset")
    machine.set_ahead(0)
    assert (machine.state(), machine.hours_off()) == ("behind", 3 * YEAR_S // 3600)
    machine.daemon.stop()
    assert machine.state() == "behind", "without a daemon too"
    reset = machine.daemon.ask("clock", "reset")
    assert (reset["state"], reset["advice"]) == ("right", "")
    machine.daemon.start()
    device.use_address(machine.daemon.url)
    device.create("memos", {"code": "taken back"})
    assert device.sync().equal
    actions = [entry["action"] for entry in machine.daemon.ask("audit", "list")]
    assert actions.count("clock.reset") == 2
