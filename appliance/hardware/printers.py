"""The printers that the configuration names: their transports, and what they can do."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from appliance.config.declared import Printer
from appliance.hardware.file_transport import FileTransport
from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.tcp import TcpTransport
from appliance.hardware.transport import Clock, Transport
from appliance.hardware.usb_devices import SYS, UsbDevice, usb_devices
from appliance.printing.profile import CELL, GENERIC, Profile, Profiles

if TYPE_CHECKING:
    from appliance.hardware.usb import Pick

SERIAL_BY_ID = Path("/dev/serial/by-id")
"""Where udev names serial cables by what they are."""


def transport_of(
    printer: Printer, clock: Clock = time.monotonic, *, pick: Pick | None = None
) -> Transport:
    """Make the transport of a printer, closed. It is for one thread alone.

    Args:
        printer: of the configuration, or as one of it would be.
        clock: that deadlines are on.
        pick: see `UsbTransport`.
    """
    if printer.transport == "usb":
        # pyusb takes 40 ms to import, and most boxes have no printer on USB.
        from appliance.hardware.usb import UsbTransport

        return UsbTransport(printer.usb, pick=pick, clock=clock)
    if printer.transport == "serial":
        assert printer.port is not None, "the configuration is checked"
        return SerialTransport(
            printer.port,
            baud=printer.baud,
            parity=printer.parity,
            flow=printer.flow,
            clock=clock,
        )
    if printer.transport == "tcp":
        assert printer.host is not None, "the configuration is checked"
        return TcpTransport(printer.host.host, printer.host.port, clock=clock)
    return FileTransport(printer.folder, clock=clock)


def is_plugged(printer: Printer, sys: Path = SYS) -> bool | None:
    """Whether a printer's cable is there, as the kernel shows it; nothing is opened.

    None where that cannot be seen: of a folder, and of a printer in the network.
    """
    if printer.transport == "usb":
        return any(device.is_meant_by(printer.usb) for device in usb_devices(sys))
    if printer.transport == "serial" and printer.port is not None:
        try:
            return printer.port.exists()
        except OSError:
            return False
    return None


def serial_cables(folder: Path = SERIAL_BY_ID) -> list[Path]:
    """Return the names of the serial cables that are plugged in."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def profile_name(
    printer: Printer, profiles: Profiles, devices: Iterable[UsbDevice] = ()
) -> str | None:
    """Return the name of a printer's profile.

    Args:
        printer: of the configuration.
        profiles: all.
        devices: that are plugged in; by the ids of the one that is meant its profile is known.

    Returns:
        None where it depends on what is plugged in, and nothing is that could be meant, or
        printers of several models are.
    """
    if printer.profile is not None:
        return printer.profile
    if printer.transport != "usb":
        return GENERIC
    if printer.usb is not None:
        return profiles.of_usb(printer.usb.vendor, printer.usb.product)
    meant = (device.name for device in devices if device.is_meant_by(None))
    found = {profiles.of_usb(name.vendor, name.product) for name in meant}
    return found.pop() if len(found) == 1 else None


def fitted(profile: Profile, printer: Printer) -> Profile:
    """Return a profile with the columns that the configuration says."""
    if not printer.columns:
        return profile
    dots = max(profile.dots, printer.columns * CELL)
    return msgspec.structs.replace(profile, columns=printer.columns, dots=dots)


def profile_of(printer: Printer, folder: Path | None, devices: Iterable[UsbDevice] = ()) -> Profile:
    """Return what a printer of the configuration can do.

    Args:
        printer: of the configuration.
        folder: of a technician's profiles, or None.
        devices: see `profile_name`.

    Raises:
        ProfileError: its profile is wrong, or there is none of that name.
    """
    profiles = Profiles(folder)
    name = profile_name(printer, profiles, devices) or GENERIC
    return fitted(profiles.get(name), printer)
