"""A disk that is full: nothing is lost, devices are told to come back, and it goes on after."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.link import DeviceProblem, LinkDown

CONFIG = """
[blobs]
disk_reserve_mb = 0

[collections.notes]
fields = { code = "text!", text = "text" }
key = ["code"]
write = ["*"]
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_refuses_for_now_and_loses_nothing(small_disk, tmp_path):
    with DaemonProcess(small_disk, CONFIG) as daemon:
        daemon.command("user", "add", "anna", "--role", "agent")
        device = Device(tmp_path / "phone.db")
        device.enroll(daemon.invite("anna"), name="phone")
        device.create("notes", {"code": "before", "text": "x"})
        device.sync()
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * 4096):
                pass
        for number in range(200):
            device.create("notes", {"code": f"full-{number}", "text": "y" * 900})
        with pytest.raises((DeviceProblem, LinkDown)) as refused:
            device.push()
        if isinstance(refused.value, DeviceProblem):
            assert refused.value.status == 503
        assert device.waiting() > 0
        ballast.unlink()
        report = device.sync()
        assert device.waiting() == 0
        assert report.equal
        codes = [record.row["code"] for record in device.rows("notes")]
        assert len(codes) == len(set(codes)) == 201
        assert "Traceback" not in daemon.log()
