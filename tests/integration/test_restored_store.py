"""A store put back from a copy: with a new epoch, devices compare all they hold with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device

NOTES = """
[collections.memos]
fields = { code = "text!" }
key = ["code"]
write = ["*"]
"""


@pytest.mark.slow
def test_after_a_restore_a_new_epoch_brings_devices_and_store_together(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path, NOTES)
    daemon.start()
    daemon.command("user", "add", "anna", "--role", "agent")
    device = Device(tmp_path / "phone.db")
    device.enroll(daemon.invite("anna"), name="phone")
    device.create("memos", {"code": "before"})
    device.sync()
    daemon.stop()
    shutil.copytree(tmp_path / "state", tmp_path / "copy")
    device.use_address(daemon.start())
    device.create("memos", {"code": "after"})
    device.sync()
    device.create("memos", {"code": "unsent"})
    daemon.stop()
    shutil.rmtree(tmp_path / "state")
    shutil.copytree(tmp_path / "copy", tmp_path / "state")

    assert len(daemon.ask("epoch", "renew")["epoch"]) == 16
    device.use_address(daemon.start())
    report = device.pull()
    assert report.reset == "epoch"
    device.repeat()
    assert device.sync().equal
    codes = sorted(record.row["code"] for record in device.rows("memos"))
    assert codes == ["after", "before", "unsent"]
    daemon.stop()
