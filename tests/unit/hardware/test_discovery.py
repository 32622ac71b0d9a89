from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.config.declared import Printer
from appliance.config.forms import NAME
from appliance.config.usb_name import UsbName
from appliance.hardware.discovery import identity_of, matched, name_for, nobodys, taken_over
from appliance.hardware.usb_devices import UsbDevice, usb_printers
from appliance.store.found_printers import FoundPrinter
from appliance.testing.usb_testbed import UsbTestbed


def device(port: str = "1-1", serial: str = "J7K2", model: str = "POS-58") -> UsbDevice:
    name = UsbName("0416", "5011", serial, "" if serial else port)
    return UsbDevice(name=name, port=port, model=model, bus=1, number=4, interface=0, driver="")


def known(name: str, usb: str, port: str = "1-1") -> FoundPrinter:
    return FoundPrinter(name=name, usb=UsbName.parse(usb), model="", port=port, first_seen=0)


@pytest.mark.parametrize(
    ("profile", "model", "name"),
    [
        ("epson-tm-p80", "whatever", "epson_tm_p80"),
        ("generic", "Zjiang POS-58 (USB)", "zjiang_pos_58_usb"),
        ("generic", "58 mm", "printer_58_mm"),
        ("generic", "Принтер", "printer"),
        ("generic", "", "printer"),
        ("generic", "../../etc/passwd\x00\x1b[31m", "etc_passwd_31m"),
        ("generic", "x" * 126, "x" * 40),
        ("58mm", "", "printer_58mm"),
    ],
)
def test_a_name_is_made_of_the_profile_else_of_what_the_printer_calls_itself(
    profile: str, model: str, name: str
) -> None:
    assert name_for(device(model=model), profile, ()) == NAME.parse(name)
    taken = {name, f"{name}_2"}
    assert name_for(device(model=model), profile, taken) == f"{name}_3"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["serial", "manufacturer", "product"]),
    st.binary(max_size=700)
    | st.text("aA\u00df\u0130\u0660 _-\x1b\u202e\ufb01", max_size=126).map(str.encode),
)
def test_whatever_a_printer_calls_itself_its_name_can_be_configured(
    tmp_path: Path, key: str, value: bytes
) -> None:
    testbed = UsbTestbed(tmp_path)
    testbed.plug("")
    testbed.socket.touch()
    (tmp_path / "sys/bus/usb/devices/1-1" / key).write_bytes(value)
    found = usb_printers(tmp_path / "sys")
    testbed.unplug()
    (one,) = found
    assert NAME.parse(name_for(one, "generic", {"printer", "epson"}))


def test_two_of_one_serial_number_are_told_apart_by_their_sockets() -> None:
    first, second = device("1-1"), device("1-2")
    one = known("one", str(identity_of(first, [])), "1-1")
    other = known("two", str(identity_of(second, [one])), "1-2")
    assert (str(one.usb), str(other.usb)) == ("0416:5011:J7K2", "0416:5011@1-2")
    both = [other, one]
    assert matched([second, first], both) == {"one": first, "two": second}
    assert matched([second], both) == {"two": second}
    assert matched([first], both) == {"one": first}
    assert matched([second, first], [one]) == {"one": first}
    assert matched([second], [one]) == {"one": second}  # as if it had been plugged in elsewhere


def test_a_printer_that_the_configuration_means_is_not_found() -> None:
    here = [device("1-1"), device("1-2", serial="OTHER"), device("1-3", serial="")]
    assert nobodys(here, {"paper": Printer()}) == here
    wanted = Printer(transport="usb", usb=UsbName.parse("0416:5011:J7K2"))
    assert nobodys(here, {"van": wanted}) == here[1:]
    assert nobodys(here, {"van": Printer(transport="usb")}) == []


@pytest.mark.parametrize(
    ("usb", "port", "wanted", "name"),
    [
        ("0416:5011:J7K2", "1-1", "0416:5011", "van"),
        ("0416:5011:J7K2", "1-1", "0416:5011:J7K2", "van"),
        ("0416:5011:J7K2", "1-1", "0416:5011@1-1", "van"),
        ("0416:5011:J7K2", "1-1", "0416:5011@1-2", None),
        ("0416:5011@1-2", "1-2", "0416:5011@1-2", "van"),
        ("0416:5011:J7K2", "1-1", "0416:5011:OTHER", None),
        ("0416:5011:J7K2", "1-1", "04b8:0e15", None),
        ("0416:5011:J7K2", "1-1", None, "van"),
    ],
)
def test_who_takes_over_from_a_found_printer(
    usb: str, port: str, wanted: str | None, name: str | None
) -> None:
    printer = Printer(transport="usb", usb=wanted and UsbName.parse(wanted))
    assert taken_over(known("xprinter", usb, port), {"paper": Printer(), "van": printer}) == name
