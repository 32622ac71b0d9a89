"""A device whose refused documents are kept up to the bound waits; everybody else goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.link import DeviceProblem, LinkDown

CONFIG = """
[sync]
kept_mb_per_device = 1
[collections.memos]
fields = { code = "text!" }
key = ["code"]
write = ["*"]
"""


@pytest.mark.slow
def test_a_broken_device_waits_for_a_technician_and_the_others_do_not(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path, CONFIG) as daemon:
        daemon.command("user", "add", "anna", "--role", "agent")
        broken, sound = Device(tmp_path / "broken.db"), Device(tmp_path / "sound.db")
        broken.enroll(daemon.invite("anna"), name="broken")
        sound.enroll(daemon.invite("anna"), name="sound")
        for _ in range(30):
            broken.create("memos", {"nonsense": "x" * 50_000})
        with pytest.raises((DeviceProblem, LinkDown)):
            broken.push()
        waiting = broken.waiting()
        assert 5 < waiting < 15, "most were answered before the bound"
        with pytest.raises(DeviceProblem) as told:
            broken.push()
        assert (told.value.status, told.value.code) == (507, "kept_full")
        assert told.value.retry_after == 900.0
        assert broken.waiting() == waiting

        second = Device(tmp_path / "second.db")
        second.enroll(daemon.invite("anna"), name="second")
        for _ in range(20):
            second.create("memos", {"nonsense": "x" * 50_000})
        second.push()
        second.create("memos", {"code": "before"})
        second.create("memos", {"nonsense": "x" * 50_000})
        second.create("memos", {"code": "after"})
        with pytest.raises(LinkDown):
            second.push()
        assert second.waiting() == 2, "what came before it is answered, though the push was cut"

        sound.create("memos", {"code": "fine"})
        sound.create("memos", {"nonsense": 1})
        assert sound.sync().equal
        assert sound.waiting() == 0

        told_by = daemon.command("status")
        assert "device broken of anna: 1.0 MB of at most 1.0 MB" in told_by
        full = daemon.ask("status")["kept"]["full"][0]
        assert full["name"] == "broken"
        numbers = [
            str(one["number"])
            for one in daemon.ask("mutation", "list", "--device", full["device"], "--limit", "50")
        ]
        daemon.command("mutation", "settle", *numbers, "--note", "an app that is broken")
        broken.push()
        assert broken.waiting() == 0
        assert "Traceback" not in daemon.log()
