"""Devices print over the wire: a real daemon, a printer on a pty, kills and faults."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from partner_plugin import PRINTING, PartnerPlugin

from appliance.api.values import uuid7
from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.link import DeviceProblem
from appliance.testing.receipt_printer import Faults
from appliance.testing.virtual_printer import VirtualPrinter

pytestmark = pytest.mark.slow  # real daemons, lines and waits

PROFILE = """
title = "The test's printer"
pages = { 0 = "cp437", 17 = "cp866" }
cut = "none"
feed_lines = 0
answers = true
confirms = "printed"
speed_mm_s = 500
"""


def new_id() -> str:
    return str(uuid7(int(time.time() * 1000)))


class Van:
    """A box with a printer on a pty, a driver and a colleague with devices."""

    def __init__(self, folder: Path, faults: Faults | None = None) -> None:
        self.folder = folder
        self.printer = VirtualPrinter.on_pty(faults, link=folder / "printer").start()
        (folder / "profiles").mkdir()
        (folder / "profiles" / "test.toml").write_text(PROFILE)
        config = (
            '[printing]\nprofiles = "profiles"\nstatus_slip = false\n[printers.van]\n'
            f'transport = "serial"\nport = "{folder}/printer"\nbaud = 115200\nprofile = "test"\n'
            "[printers.paper]\n"
        )
        plugin = PartnerPlugin(folder / "site", PRINTING)
        self.box = DaemonProcess(folder, config, environment=plugin.environment)
        self.box.start()
        self.devices = {}
        for login, role in (("grigory", "driver"), ("vera", "driver"), ("oleg", "client")):
            device = Device(folder / f"{login}.db")
            device.enroll(self.box.invite(login, role), name=login)
            self.devices[login] = device
        self.driver = self.devices["grigory"]
        self.driver.sync()

    def note(self, text: str, login: str = "grigory") -> str:
        device = self.devices[login]
        record = device.create(
            "notes_to_print", {"owner": device.identity.user["id"], "text": text}
        )
        assert device.sync().push.outcomes == {"applied": 1}
        return record

    def job(self, job_id: str, *states: str, detail: str | None = None, seconds: float = 60.0):
        """Wait for the job's state and its reason, as the device sees it by pulling."""
        until = time.monotonic() + seconds
        while True:
            self.driver.pull()
            rows = {record.id: record.row for record in self.driver.rows("print_jobs")}
            job = rows.get(job_id)
            if job and job["state"] in states and detail in (None, job.get("detail")):
                return job
            assert time.monotonic() < until, (rows, self.box.log()[-2_000:])
            os.sched_yield()

    def papers(self, text: str) -> int:
        return self.printer.printed.count(f"<{text}>".encode())

    def close(self) -> None:
        for device in self.devices.values():
            device.close()
        self.box.stop()
        self.printer.close()


@pytest.fixture
def van(tmp_path: Path) -> Iterator[Van]:
    made = Van(tmp_path)
    yield made
    made.close()


def test_a_device_prints_and_sees_its_job_to_the_end(van: Van) -> None:
    record = van.note("milk")
    printers = {one["name"]: one for one in van.driver.printers()}
    assert printers["van"]["usual"] is True
    assert printers["van"]["title"] == "The test's printer"
    job_id = new_id()
    first = van.driver.print(job_id, "note", record, language="ru")
    assert (first["state"], first["printer"], first["language"]) == ("pending", "van", "ru")
    done = van.job(job_id, "completed")
    assert (done["confirmed"], done["sent"]) == ("printed", done["total"])
    again = van.driver.print(job_id, "note", record, language="ru")
    assert (again["number"], again["state"]) == (first["number"], "completed")
    sold = van.driver.print(job_id, "note", record, printer="sold")
    assert sold["number"] == first["number"], "the printer may be gone since it was asked for"
    assert van.papers("milk") == 1
    copy = van.driver.print_job(job_id, "copy", id=new_id())
    van.job(copy["id"], "completed")
    assert van.papers("milk") == 2
    original, copied = van.printer.printed.split(b"<milk>")[:2]
    assert b"\x1dv0" not in original
    assert b"\x1dv0" in copied, "the copy mark, white on black, is drawn"


def test_whose_documents_may_be_printed(van: Van) -> None:
    record = van.note("secret")
    van.devices["vera"].sync()
    for login, code in (("vera", "not_found"), ("oleg", "forbidden")):
        with pytest.raises(DeviceProblem) as refused:
            van.devices[login].print(new_id(), "note", record)
        assert refused.value.code == code
    job_id = new_id()
    van.driver.print(job_id, "note", record)
    van.job(job_id, "completed")
    with pytest.raises(DeviceProblem) as refused:
        van.devices["vera"].print_job(job_id)
    assert refused.value.code == "not_found"
    with pytest.raises(DeviceProblem) as refused:
        van.devices["vera"].print(job_id, "note", van.note("other", "vera"))
    assert refused.value.code == "conflict"
    van.devices["vera"].pull()
    assert list(van.devices["vera"].rows("print_jobs")) == []
    assert van.papers("secret") == 1


WRONG = [
    ({"job_id": "x" * 36}, "content_invalid"),
    ({"job_id": "short"}, "bad_json"),
    ({"kind": "nota"}, "not_found"),
    ({"record_id": "nothing"}, "not_found"),
    ({"printer": "nowhere"}, "not_found"),
    ({"priority": 101}, "bad_json"),
    ({"copies": 2}, "bad_json"),
]


def test_what_is_wrong_with_a_request_is_said(van: Van) -> None:
    right = {"job_id": new_id(), "kind": "note", "record_id": van.note("x")}
    for wrong, code in WRONG:
        with pytest.raises(DeviceProblem) as refused:
            van.driver.print(**right | wrong)
        assert refused.value.code == code, wrong


def test_out_of_paper_is_seen_on_the_phone_and_printing_goes_on(van: Van) -> None:
    record = van.note("bread")
    van.printer.set_faults(Faults(paper_out_at=len(van.printer.printed) + 4))
    job_id = new_id()
    van.driver.print(job_id, "note", record)
    stopped = van.job(job_id, "stopped")
    assert stopped["detail"] == "media-empty"
    assert van.driver.printers()[0]["reasons"] == ["media-empty"]
    van.printer.set_faults(Faults())
    van.printer.new_paper()
    assert van.job(job_id, "completed")["confirmed"] == "printed"
    assert van.papers("bread") == 1

    van.printer.open_cover()
    later = new_id()
    van.driver.print(later, "note", record)
    waits = van.job(later, "pending", detail="cover-open")
    assert waits["reason"] == "printer-stopped"
    van.printer.new_paper()
    assert "detail" not in van.job(later, "completed")
    assert van.papers("bread") == 2


def test_the_driver_is_asked_and_answers(van: Van) -> None:
    record = van.note("kefir")
    ids = [new_id() for _ in range(3)]
    for job_id in ids[:2]:
        # Behind the four empty lines that part it from what broke before.
        van.printer.set_faults(Faults(unplug_printed_at=len(van.printer.printed) + 8, speed=100))
        van.driver.print(job_id, "note", record)
        held = van.job(job_id, "held")
        assert held["asks"] is True
        van.printer.set_faults(Faults())
        van.printer.replug()
        van.printer.wait_printed(b"\0")  # what ends a command that was cut
    seen = van.papers("kefir")
    assert van.driver.print_job(ids[0], "answer", answer="printed")["confirmed"] == "person"
    copy = van.driver.print_job(ids[1], "answer", answer="again", id=ids[2])
    assert (copy["id"], copy["copy"]) == (ids[2], 1)
    assert van.driver.print_job(ids[1], "answer", answer="again", id=ids[2])["id"] == ids[2]
    van.job(ids[2], "completed")
    for answered in ids[:2]:
        with pytest.raises(DeviceProblem) as refused:
            van.driver.print_job(answered, "answer", answer="again", id=new_id())
        assert refused.value.code == "conflict"
    assert van.papers("kefir") == seen + 1


def test_a_waiting_job_is_canceled(van: Van) -> None:
    van.printer.unplug()
    job_id = new_id()
    van.driver.print(job_id, "note", van.note("tea"))
    assert van.driver.print_job(job_id, "cancel")["state"] == "canceled"
    van.printer.replug()
    follower = new_id()
    van.driver.print(follower, "note", van.note("salt"))
    van.job(follower, "completed")
    assert van.papers("tea") == 0


def test_two_devices_print_at_once(van: Van) -> None:
    records = {
        login: [van.note(f"{login} {n}", login) for n in range(6)] for login in ("grigory", "vera")
    }
    failures = []

    def print_all(login: str) -> None:
        try:
            for record in records[login]:
                van.devices[login].print(new_id(), "note", record)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=print_all, args=(login,)) for login in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    last = new_id()
    van.driver.print(last, "note", van.note("end"))
    van.job(last, "completed")
    for login in records:
        assert [van.papers(f"{login} {n}") for n in range(6)] == [1] * 6


def test_kill_9_at_any_moment_prints_nothing_twice(tmp_path: Path) -> None:
    """Kills at random moments of jobs on a slow printer; each job is on paper once or asks."""
    van = Van(tmp_path, Faults(speed=400, buffer=64, most_at_once=16))
    chance = random.Random(7)
    asked = 0
    try:
        for number in range(8):
            record = van.note(f"job {number} " + "x" * 40)
            job_id = new_id()
            van.driver.print(job_id, "note", record)
            pause = threading.Event()
            pause.wait(chance.random() * 0.6)
            van.box.kill()
            van.driver.use_address(van.box.start())
            row = van.job(job_id, "completed", "held")
            if row["state"] == "held":
                assert row["asks"]
                asked += 1
            # Whatever the printer still had in its buffer is printed by now.
            follower = new_id()
            van.driver.print(follower, "note", van.note(f"follower {number}"))
            van.job(follower, "completed")
            assert van.papers(f"job {number} " + "x" * 40) <= 1
            if row["state"] == "completed":
                assert van.papers(f"job {number} " + "x" * 40) == 1
    finally:
        van.close()
    assert 0 < asked < 8, "the kills missed the middle of all jobs"
