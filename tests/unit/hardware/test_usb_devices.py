from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.config.usb_name import UsbName
from appliance.hardware.usb_devices import usb_devices, usb_printers
from appliance.testing.usb_testbed import UsbTestbed


def test_a_printer_is_told_with_what_stays_and_what_it_calls_itself(tmp_path: Path) -> None:
    UsbTestbed(tmp_path).plug("usblp")
    (device,) = usb_printers(tmp_path / "sys")
    assert device.identity == "usb:04b8:0e15:J7K2"
    assert (device.model, device.port, device.driver) == ("EPSON TM-P80", "1-1", "usblp")
    assert device.node == Path("/dev/bus/usb/001/043")


def test_without_a_serial_number_the_socket_is_its_name(tmp_path: Path) -> None:
    UsbTestbed(tmp_path, port="1-2", serial="").plug("")
    (device,) = usb_printers(tmp_path / "sys")
    assert (str(device.name), device.driver) == ("04b8:0e15@1-2", "")


def test_what_is_no_printer_is_one_only_by_name(tmp_path: Path) -> None:
    UsbTestbed(tmp_path).plug("")
    interface = tmp_path / "sys/bus/usb/devices/1-1:1.0/bInterfaceClass"
    interface.write_text("ff\n")
    assert usb_printers(tmp_path / "sys") == []
    (device,) = usb_devices(tmp_path / "sys")
    assert device.is_meant_by(UsbName.parse("04b8:0e15"))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("04B8:0E15", True),
        ("04b8:0e15:J7K2", True),
        ("04b8:0e15:J7K2@1-1", True),
        ("04b8:0e15@1-1", True),
        ("04b8:0e15:j7k2", False),
        ("04b8:0e15@1-1.1", False),
        ("04b8:0e16", False),
    ],
)
def test_who_is_meant_by_a_name(tmp_path: Path, name: str, meant: bool) -> None:
    UsbTestbed(tmp_path).plug("")
    (device,) = usb_devices(tmp_path / "sys")
    assert device.is_meant_by(UsbName.parse(name)) is meant


@pytest.mark.parametrize("text", ["", "04b8", "04b8:0e1", "04b8:0e15:", "04b8:0e15@x", "usb:1:2"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="no USB printer"):
        UsbName.parse(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["serial", "manufacturer", "product", "idVendor", "busnum"]),
    st.binary(max_size=700),
)
def test_whatever_a_device_calls_itself_its_name_can_be_configured(
    tmp_path: Path, key: str, value: bytes
) -> None:
    testbed = UsbTestbed(tmp_path)
    testbed.plug("")
    testbed.socket.touch()
    (tmp_path / "sys/bus/usb/devices/1-1" / key).write_bytes(value)
    for device in usb_devices(tmp_path / "sys"):
        assert str(device.name).isprintable()
        assert device.model.isprintable()
        assert device.is_meant_by(UsbName.parse(str(device.name)))
    testbed.unplug()


@pytest.mark.parametrize(
    ("says", "pages"),
    [
        ("MFG:Hewlett-Packard;CMD:PJL,PCL,POSTSCRIPT;MDL:HP LaserJet;CLS:PRINTER;", True),
        ("MFG:Canon;COMMAND SET:BJRaster3,NCCe,IVEC;CLS:PRINTER;", True),
        ("MFG:EPSON;CMD:ESCPL2,BDC,D4;MDL:Stylus;", True),
        ("MFG:Brother; CMD: URF ,PWGRaster;", True),
        ("MFG:EPSON;CMD:ESC/POS;MDL:TM-P80;CLS:PRINTER;", False),
        ("MFG:X;CMD:PJL,ESC/POS;", False),
        ("MFG:PCL;MDL:PDF;", False),
        (";;:;CMD;CMD:", False),
        ("", False),
    ],
)
def test_a_printer_of_pages_says_so(tmp_path: Path, says: str, pages: bool) -> None:
    testbed = UsbTestbed(tmp_path)
    testbed.texts = {"1-1:1.0/ieee1284_id": says} if says else {}
    testbed.plug("usblp")
    (device,) = usb_printers(tmp_path / "sys")
    assert (device.says, device.prints_pages) == (says, pages)


def test_without_usb_there_is_none(tmp_path: Path) -> None:
    assert usb_devices(tmp_path) == []
