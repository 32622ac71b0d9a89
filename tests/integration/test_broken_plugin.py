"""A partner's plugin breaks between two starts of a real daemon: devices lose nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from partner_plugin import SOUND, PartnerPlugin

from appliance.testing.daemon_process import CommandFailed, DaemonProcess
from appliance.testing.device import Device

BROKEN = {
    "import": "raise RuntimeError('half an update')\n",
    "collections": SOUND.replace("    fields = (", "    1 // 0\n    fields = ("),
}


def products(device: Device) -> set[str]:
    return {record.row["product"] for record in device.rows("tastings")}


@pytest.mark.slow
def test_devices_keep_their_rows_while_a_plugin_is_broken(tmp_path: Path) -> None:
    plugin = PartnerPlugin(tmp_path / "site")
    box = DaemonProcess(tmp_path, environment=plugin.environment)
    box.start()
    device = Device(tmp_path / "anna.db")
    device.enroll(box.invite("anna", "agent"), name="Anna's phone")
    device.create("tastings", {"product": "tea", "place": "here"})
    assert device.sync().push.outcomes == {"applied": 1}
    for how, source in BROKEN.items():
        box.stop()
        plugin.install(source)
        device.use_address(box.start())
        assert {c["name"] for c in device.schema()["collections"]} >= {"tastings"}
        device.create("tastings", {"product": how, "place": "here"})
        report = device.sync()
        assert report.push.outcomes == {"quarantined": 1}
        assert report.equal
        assert "tea" in products(device)
        (acme,) = (one for one in box.ask("plugin", "list") if one["name"] == "acme")
        assert (acme["state"], acme["collections"]) == ("failed", ["tastings"])
        assert "devices keep its records (tastings)" in box.command("plugin", "list")
        assert "devices keep its records (tastings)" in box.command("status")
    box.stop()
    plugin.install()
    device.use_address(box.start())
    for waiting in box.ask("mutation", "list"):
        assert box.ask("mutation", "retry", str(waiting["number"]))["outcome"] == "applied"
    assert device.sync().equal
    assert products(device) == {"tea", *BROKEN}
    device.create("tastings", {"product": "poison", "place": "here"})
    assert device.sync().push.outcomes == {"rejected": 1}
    box.stop()
    device.close()


@pytest.mark.slow
def test_a_plugin_that_is_gone_is_forgotten_by_command_alone(tmp_path: Path) -> None:
    plugin = PartnerPlugin(tmp_path / "site")
    box = DaemonProcess(tmp_path, environment=plugin.environment)
    box.start()
    device = Device(tmp_path / "anna.db")
    device.enroll(box.invite("anna", "agent"), name="Anna's phone")
    device.create("tastings", {"product": "tea", "place": "here"})
    device.sync()
    with pytest.raises(CommandFailed, match=r"plugins\.disabled"):
        box.command("plugin", "forget", "acme")
    box.stop()
    plugin.uninstall()
    device.use_address(box.start())
    assert device.sync().equal
    assert products(device) == {"tea"}
    other = tmp_path / "other.toml"
    other.write_text(f'state_dir = "{tmp_path}/state"\n[roles.agent]\nread = ["tastings"]\n')
    assert "good" in box.command("config", "check", str(other))
    listed = box.command("plugin", "list")
    assert "not installed any more" in listed
    assert "fieldbox plugin forget acme" in listed
    assert "when the daemon starts next" in box.command("plugin", "forget", "acme")
    with pytest.raises(CommandFailed, match="forgotten already"):
        box.command("plugin", "forget", "acme")
    assert "plugin.forget" in box.command("audit", "list")
    with pytest.raises(CommandFailed, match='there is no collection "tastings"'):
        box.command("config", "check", str(other))
    device.sync()
    assert products(device) == {"tea"}
    box.stop()
    device.use_address(box.start())
    assert device.sync().equal
    assert products(device) == set()
    assert "acme" not in box.command("plugin", "list")
    box.stop()
    plugin.install()
    device.use_address(box.start())
    assert device.sync().equal
    assert products(device) == {"tea"}
    box.stop()
    device.close()
