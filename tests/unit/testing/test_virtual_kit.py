"""The virtual kit in this process: what comes out of its printer, and what is done to it."""

from __future__ import annotations

import os
import queue
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.testing import VirtualKit
from appliance.testing.kit_control import KitControl, NoKit, ask
from appliance.testing.kit_tour import Tour
from appliance.testing.slip_folder import SlipFile
from appliance.testing.virtual_kit import ACTIONS, LATER, Refused, VirtualBattery

CUT = b"\x1dV\x00"


class Van:
    """A kit, its slips as they come, and its printer's line."""

    def __init__(self, folder: Path) -> None:
        self.slips: queue.Queue[SlipFile] = queue.Queue()
        self.kit = VirtualKit(folder, folder / "paper", self.slips.put)
        self._folder = folder

    def send(self, data: bytes) -> None:
        line = os.open(self._folder / "printer", os.O_WRONLY | os.O_NOCTTY)
        tty.setraw(line)
        os.write(line, data)
        os.close(line)

    def slip(self) -> SlipFile:
        return self.slips.get(timeout=30)


@pytest.fixture
def van(tmp_path: Path) -> Iterator[Van]:
    found = Van(tmp_path)
    with found.kit:
        yield found


def test_each_slip_is_a_picture_named_by_its_large_letters(van: Van) -> None:
    van.send(b"\x1b@small\n\x1d!\x11Order\n7/A\n\x1d!\x00to pay\n" + CUT)
    first = van.slip()
    assert first.file is not None
    assert (first.file.name, first.whole, first.trouble) == ("000001-Order-7-A.png", True, "")
    assert first.file.read_bytes().startswith(b"\x89PNG")
    van.send(b"plain\n\x1b\x7f" + CUT)
    second = van.slip()
    assert second.file is not None
    assert (second.file.name, second.trouble) == ("000002-slip.png", "ESC 7F")
    assert van.kit.state()["slips"] == 2


def test_paper_that_ends_parts_a_slip_and_a_new_roll_gets_the_rest(van: Van) -> None:
    assert van.kit.do("paper-out", 12) == "12 bytes into what it prints next, the roll ends"
    van.send(b"\x1d!\x11Order\nonce\nmore\n" + CUT)
    part = van.slip()
    assert (part.title, part.whole) == ("Order", False)
    assert van.kit.state()["paper"] is False
    van.kit.do("refill")
    rest = van.slip()
    assert rest.file is not None
    assert (rest.file.name, rest.whole) == ("000002-Order-rest.png", False)
    van.send(b"next\n" + CUT)
    assert van.slip().whole


def test_power_that_goes_in_a_picture_does_not_spoil_the_next_slip(van: Van) -> None:
    van.kit.do("power-off", 50)
    van.send(b"half\n\x1dv0\x00\x48\x00\xff\x00" + b"\xff" * 45)
    part = van.slip()
    assert not part.whole
    assert van.kit.state()["plugged"] is False
    with pytest.raises(Refused, match="unplugged already"):
        van.kit.do("unplug")
    van.kit.do("replug")
    van.send(b"\x1b@\x1d!\x11Whole\n" + CUT)
    assert (van.slip().title, van.kit.state()["plugged"]) == ("Whole", True)


def test_a_cover_and_a_cable(van: Van) -> None:
    van.kit.do("open")
    assert van.kit.state()["cover_open"] is True
    van.send(b"waits\n" + CUT)
    van.kit.do("close")
    assert van.slip().whole
    van.kit.do("unplug")
    van.kit.do("replug")
    van.send(b"again\n" + CUT)
    assert van.slip().whole


def test_what_has_no_sense_is_refused(van: Van) -> None:
    for action, after in (("burn", 0), ("refill", 5), ("drain", 5), ("paper-out", 10**9)):
        with pytest.raises(Refused):
            van.kit.do(action, after)
    assert set(LATER) < set(ACTIONS)


def test_a_battery_falls_and_rises_with_time() -> None:
    now = [0.0]
    battery = VirtualBattery(lambda: now[0])
    battery.go_to(11_400)
    now[0] = 2.0
    assert (battery.millivolts(), battery.charging) == (12_400, False)
    now[0] = 60.0
    assert battery.millivolts() == 11_400
    battery.go_to(12_800)
    now[0] = 61.0
    assert (battery.millivolts(), battery.charging) == (11_600, True)
    now[0] = 100.0
    assert battery.millivolts() == 12_800


def test_a_tour_rests_drives_and_comes_round_again() -> None:
    tour = Tour([(56.0, 24.0), (56.01, 24.0)], kmh=36.0, rest_s=10.0)
    drive = 0.01 * 111_195 / 10
    assert tour.seconds == pytest.approx(2 * (10 + drive))
    assert tour.place(5.0)[:3] == (56.0, 24.0, 0.0)
    lat, lon, kmh, course = tour.place(10 + drive / 2)
    assert (lat, lon, kmh, course) == (pytest.approx(56.005), 24.0, 36.0, 0.0)
    assert tour.place(20 + drive * 1.5).course == 180.0
    assert tour.place(5.0 + tour.seconds) == tour.place(5.0)
    assert Tour([(1.0, 2.0)]).place(1e9)[:3] == (1.0, 2.0, 0.0)
    for stops in ([], [(91.0, 0.0)], [(0.0, 181.0)]):
        with pytest.raises(ValueError, match="stops"):
            Tour(stops)


def test_a_kit_is_reached_however_deep_its_folder_is(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30)
    folder.mkdir()
    with pytest.raises(NoKit, match="start it without --do"):
        ask(folder, {})
    control = KitControl(folder, lambda asked: {"heard": dict(asked)})
    control.start()
    assert ask(folder, {"do": "x"}) == {"heard": {"do": "x"}}
    control.close()
    with pytest.raises(NoKit):
        ask(folder, {})
