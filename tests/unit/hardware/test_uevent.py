from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hardware.uevent import LARGEST, Uevent, parse_uevent

ADDED = (
    b"add@/devices/pci0000:00/usb1/1-1\0ACTION=add\0DEVPATH=/devices/pci0000:00/usb1/1-1\0"
    b"SUBSYSTEM=usb\0MAJOR=189\0MINOR=42\0DEVNAME=bus/usb/001/043\0DEVTYPE=usb_device\0"
    b"PRODUCT=4b8/e15/100\0SEQNUM=2981\0"
)


def test_a_printer_that_is_plugged_in() -> None:
    event = parse_uevent(ADDED)
    assert event == Uevent(
        action="add",
        path="/devices/pci0000:00/usb1/1-1",
        subsystem="usb",
        device="bus/usb/001/043",
    )
    assert event.is_plugging


@pytest.mark.parametrize(
    ("message", "plugging"),
    [
        (b"remove@/devices/x\0SUBSYSTEM=tty\0", True),
        (b"change@/devices/x\0SUBSYSTEM=usb\0", False),
        (b"add@/devices/x\0SUBSYSTEM=net\0", False),
        (b"add@/devices/x\0", False),
    ],
)
def test_what_is_a_plugging(message: bytes, plugging: bool) -> None:
    event = parse_uevent(message)
    assert event is not None
    assert event.is_plugging is plugging


@pytest.mark.parametrize(
    "message",
    [
        b"",
        ADDED[:-1],
        b"libudev\0\xfe\xed\xca\xfe\0",
        b"explode@/devices/x\0",
        b"add@devices\0",
        b"add/devices\0",
        b"add@/x\0SUBSYSTEM\0",
        b"add@/x\0=usb\0",
        b"add@/x\0SUBSYSTEM=usb\0SUBSYSTEM=tty\0",
        b"add@/x\0ACTION=remove\0",
        b"add@/x\0DEVPATH=/y\0",
        b"add@/x\0A=\xff\0",
        b"add@/x\0" + b"".join(b"K%d=v\0" % number for number in range(65)),
        b"add@/x\0A=" + b"x" * LARGEST + b"\0",
    ],
)
def test_what_the_kernel_would_not_say_is_not_taken(message: bytes) -> None:
    assert parse_uevent(message) is None


@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda tail: ADDED[:-9] + tail))
def test_no_message_breaks_it(message: bytes) -> None:
    event = parse_uevent(message)
    assert event is None or event.path.startswith("/")
