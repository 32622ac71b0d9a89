"""Discovery: which plugged-in USB printer is which of those that the box found, and what a new one
is called.

What a device says of itself is hostile. A name is made of the profile that its ids belong to; only
where they belong to none, of the letters and digits of what it calls itself.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence

from appliance.config.declared import Printer
from appliance.config.usb_name import UsbName
from appliance.hardware.usb_devices import UsbDevice
from appliance.printing.profile import GENERIC
from appliance.store.found_printers import FoundPrinter

_LONGEST = 40
"""Characters of a name, without the number that tells it from others."""

_PLAIN = "printer"


def nobodys(devices: Iterable[UsbDevice], printers: Mapping[str, Printer]) -> list[UsbDevice]:
    """Return the USB printers that no printer of the configuration means."""
    wanted = [printer.usb for printer in printers.values() if printer.transport == "usb"]
    return [
        device
        for device in devices
        if device.interface is not None and not any(map(device.is_meant_by, wanted))
    ]


def matched(devices: Sequence[UsbDevice], known: Iterable[FoundPrinter]) -> dict[str, UsbDevice]:
    """Return which device each known printer is, by the printer's name; each device is one alone.

    Where several have one serial number, the one in the socket that was seen last is the known one.

    Args:
        devices: that no printer of the configuration means.
        known: that the box found.
    """
    left = list(devices)
    found: dict[str, UsbDevice] = {}
    # Those that are known by their socket come first: others could be meant more widely.
    for printer in sorted(known, key=lambda one: not one.usb.port):
        meant = [device for device in left if device.is_meant_by(printer.usb)]
        if meant:
            device = next((one for one in meant if one.port == printer.port), meant[0])
            left.remove(device)
            found[printer.name] = device
    return found


def identity_of(device: UsbDevice, known: Iterable[FoundPrinter]) -> UsbName:
    """Return what a new device is known by from now on: its socket, where another one has its
    serial number."""
    taken = {printer.usb for printer in known}
    if device.name not in taken:
        return device.name
    return UsbName(device.name.vendor, device.name.product, "", device.port)


def name_for(device: UsbDevice, profile: str, taken: Container[str]) -> str:
    """Return a name for a new printer that the configuration could give.

    Args:
        device: the printer.
        profile: the name of its profile; `GENERIC` where nobody knows its ids.
        taken: names that others have.
    """
    said = device.model if profile == GENERIC else profile
    plain = re.sub("[^a-z0-9]+", "_", said.lower()).strip("_")[:_LONGEST].rstrip("_")
    if not plain:
        plain = _PLAIN
    elif not plain[0].isalpha():
        plain = f"{_PLAIN}_{plain}"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name


def taken_over(printer: FoundPrinter, printers: Mapping[str, Printer]) -> str | None:
    """Return the printer of the configuration that means a found one, None where none does."""
    for name, configured in printers.items():
        if configured.transport != "usb":
            continue
        wanted = configured.usb
        if wanted is None or (
            (wanted.vendor, wanted.product) == (printer.usb.vendor, printer.usb.product)
            and wanted.serial in ("", printer.usb.serial)
            and wanted.port in ("", printer.usb.port or printer.port)
        ):
            return name
    return None
