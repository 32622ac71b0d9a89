"""A disk that is full: nothing is lost, devices are told to come back, and it goes on after."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.link import DeviceProblem, LinkDown

NOTES = """

[collections.memos]
fields = { code = "text!", text = "text" }
key = ["code"]
write = ["*"]
"""

CONFIG = f"""
[sync]
disk_reserve_mb = 0
[blobs]
disk_reserve_mb = 0
{NOTES}
"""

RESERVED = f"""
[sync]
disk_reserve_mb = 8
segment_min_rows = 0
[blobs]
disk_reserve_mb = 12
{NOTES}
"""


@contextlib.contextmanager
def disk_of(megabytes: int, folder: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with disk_of(12, tmp_path / "disk") as folder:
        yield folder


@pytest.fixture
def reserved_disk(tmp_path: Path) -> Iterator[Path]:
    with disk_of(32, tmp_path / "disk") as folder:
        yield folder


@pytest.mark.slow
def test_a_full_disk_refuses_for_now_and_loses_nothing(small_disk, tmp_path):
    with DaemonProcess(small_disk, CONFIG) as daemon:
        daemon.command("user", "add", "anna", "--role", "agent")
        device = Device(tmp_path / "phone.db")
        device.enroll(daemon.invite("anna"), name="phone")
        device.create("memos", {"code": "before", "text": "x"})
        device.sync()
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * 4096):
                pass
        for number in range(200):
            device.create("memos", {"code": f"full-{number}", "text": "y" * 900})
        with pytest.raises((DeviceProblem, LinkDown)) as refused:
            device.push()
        if isinstance(refused.value, DeviceProblem):
            assert refused.value.status == 503
        assert device.waiting() > 0
        ballast.unlink()
        report = device.sync()
        assert device.waiting() == 0
        assert report.equal
        codes = [record.row["code"] for record in device.rows("memos")]
        assert len(codes) == len(set(codes)) == 201
        assert "Traceback" not in daemon.log()


def fill(disk: Path, leave: int) -> Path:
    """Fill a disk but for some bytes."""
    ballast = disk / "ballast"
    ballast.write_bytes(b"\0" * (shutil.disk_usage(disk).free - leave))
    return ballast


def until(ask: Callable[[], bool]) -> None:
    """Ask again and again for what the daemon finds out within a second or two."""
    ends = time.monotonic() + 20
    while not ask():
        assert time.monotonic() < ends, "it did not come"


def health(device: Device) -> tuple[int, Any]:
    answer = device._linked().send("GET", "/healthz")
    return answer.status_code, answer.json()


def metrics(daemon: DaemonProcess) -> str:
    (place,) = re.findall(r"metrics +address='?([0-9.:]+)", daemon.log())[-1:]
    with urllib.request.urlopen(f"http://{place}/metrics") as answer:
        return answer.read().decode()


@pytest.mark.slow
def test_below_the_reserve_devices_wait_and_everything_else_goes_on(reserved_disk, tmp_path):
    with DaemonProcess(reserved_disk, RESERVED) as daemon:
        daemon.command("user", "add", "anna", "--role", "agent")
        phone, tablet = Device(tmp_path / "phone.db"), Device(tmp_path / "tablet.db")
        phone.enroll(daemon.invite("anna"), name="phone")
        tablet.enroll(daemon.invite("anna"), name="tablet")
        phone.create("memos", {"code": "before", "text": "x"})
        phone.sync()
        assert health(phone) == (200, {"status": "ok"})

        ballast = fill(reserved_disk, 10_000_000)
        until(lambda: "warnings" in health(phone)[1])
        assert health(phone)[0] == 200, "documents are taken while only files wait"
        phone.attach_blob(b"a photo" * 1000)
        with pytest.raises(DeviceProblem) as waits:
            phone.upload_blobs()
        assert (waits.value.status, waits.value.retry_after) == (507, 60.0)
        phone.create("memos", {"code": "files-wait", "text": "x"})
        phone.push()

        ballast.unlink()
        ballast = fill(reserved_disk, 5_000_000)
        until(lambda: health(phone)[0] == 503)
        phone.create("memos", {"code": "documents-wait", "text": "x"})
        with pytest.raises(DeviceProblem) as waits:
            phone.push()
        assert (waits.value.status, waits.value.retry_after) == (507, 60.0)
        assert "MB are kept back (sync.disk_reserve_mb)" in str(waits.value)

        tablet.pull()
        assert {record.row["code"] for record in tablet.rows("memos")} == {"before", "files-wait"}
        assert next(phone.live()) == tablet.head
        assert "pushes wait: the disk has" in daemon.command("status")
        assert daemon.ask("status")["disk"]["reserve_bytes"] == 8_000_000
        until(lambda: 'fieldbox_disk_low{waits="pushes"} 1.0' in metrics(daemon))
        devices = {one["name"]: one["id"] for one in daemon.ask("device", "list")}
        daemon.command("device", "revoke", devices["tablet"])
        daemon.command("user", "add", "boris", "--role", "agent")

        ballast.unlink()
        until(lambda: health(phone) == (200, {"status": "ok"}))
        report = phone.sync()
        assert (report.equal, phone.waiting()) == (True, 0)
        assert {record.row["code"] for record in phone.rows("memos")} == {
            "before",
            "files-wait",
            "documents-wait",
        }
        assert "Traceback" not in daemon.log()


@pytest.mark.slow
def test_a_long_push_ends_before_the_disk_is_full(reserved_disk, tmp_path):
    with DaemonProcess(reserved_disk, RESERVED) as daemon:
        daemon.command("user", "add", "anna", "--role", "agent")
        phone = Device(tmp_path / "phone.db")
        phone.enroll(daemon.invite("anna"), name="phone")
        ballast = fill(reserved_disk, 12_000_000)
        for number in range(30_000):
            phone.create("memos", {"code": f"n-{number}", "text": "y" * 900})
        with pytest.raises((DeviceProblem, LinkDown)):
            phone.push(max_lines=10_000)
        assert 0 < phone.waiting() < 30_000
        assert shutil.disk_usage(reserved_disk).free > 2_000_000
        ballast.unlink()
