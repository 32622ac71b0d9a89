"""Which printer a device's documents go to: that of the device, its van, its user, the box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.testing.daemon_process import CONFIG as BOX
from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device

CONFIG = """
[plugins]
enabled = ["master_data"]
[printers.office]
[printers.person]
users = ["grigory", "boris", "vera"]
[printers.van_7]
vans = ["V 01-07"]
[printers.van_8]
vans = ["V 01-08"]
"""


class Company:
    """A box of a company with a van for Grigory and one for Boris; Vera leads both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.box = DaemonProcess(folder, BOX + CONFIG)
        self.box.start()
        self.devices: dict[str, Device] = {}
        for login, role in (("grigory", "driver"), ("boris", "driver"), ("vera", "supervisor")):
            device = self.devices[login] = Device(folder / f"{login}.db")
            device.enroll(self.box.invite(login, role), name=login)
        self.given("warehouses", "code,name,kind", "V0107,Van,van", "V0108,Van,van", "W,House,main")

    def given(self, kind: str, *lines: str) -> None:
        file = self.folder / f"{kind}.csv"
        file.write_text("\n".join((*lines, "")))
        self.box.command("import", kind, str(file), "--profile", "csv")

    def usual(self, login: str) -> str:
        device = self.devices[login]
        device.sync()
        (name,) = (one["name"] for one in device.printers() if one["usual"])
        return str(name)

    def close(self) -> None:
        for device in self.devices.values():
            device.close()
        self.box.stop()


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    made = Company(tmp_path)
    yield made
    made.close()


@pytest.mark.slow
def test_the_device_goes_before_its_van_and_the_van_before_the_user(company: Company) -> None:
    header = "code,name,kind,owner,warehouse"
    company.given("routes", header, "R1,Shops,presale,grigory,W")
    assert company.usual("grigory") == "person"
    company.given("users", "login,supervisor", "grigory,vera", "boris,vera")
    company.given("routes", header, "R7,North,van,grigory,V0107", "R8,South,van,boris,V0108")
    assert {login: company.usual(login) for login in company.devices} == {
        "grigory": "van_7",
        "boris": "van_8",
        "vera": "person",
    }
    company.given("routes", header, "R7,North,van,boris,V0107", "R8,South,van,grigory,V0108")
    assert company.usual("grigory") == "van_8"
    subject = company.devices["boris"].identity.device_id
    company.box.stop()
    port = company.box.url.rpartition(":")[2]
    text = BOX.replace("127.0.0.1:0", f"127.0.0.1:{port}") + CONFIG
    company.box.config.write_text(f'{text}[printers.own]\ndevices = ["{subject}"]\n')
    company.box.start()
    assert company.usual("boris") == "own"
    assert company.usual("grigory") == "van_8"
