"""The printers that the configuration names: their transports, and what they can do."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from appliance.config.declared import Printer
from appliance.hardware.file_transport import FileTransport
from appliance.hardware.serial_port import SerialTransport
from appliance.hardware.tcp import TcpTransport
from appliance.hardware.transport import Clock, Transport
from appliance.hardware.usb_devices import SYS, usb_devices
from appliance.printing.profile import CELL, GENERIC, Profile, Profiles

SERIAL_BY_ID = Path("/dev/serial/by-id")
"""Where udev names serial cables by what they are."""


def transport_of(printer: Printer, clock: Clock = time.monotonic) -> Transport:
    """Make the transport of a printer, closed. It is for one thread alone."""
    if printer.transport == "usb":
        # pyusb takes 40 ms to import, and most boxes have no printer on USB.
        from appliance.hardware.usb import UsbTransport

        return UsbTransport(printer.usb, clock=clock)
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


def profile_of(printer: Printer, folder: Path | None) -> Profile:
    """Return what a printer of the configuration can do.

    Args:
        printer: of the configuration.
        folder: of a technician's profiles, or None.

    Raises:
        ProfileError: its profile is wrong, or there is none of that name.
    """
    profiles = Profiles(folder)
    name = printer.profile
    if name is None and printer.usb is not None:
        name = profiles.of_usb(printer.usb.vendor, printer.usb.product)
    profile = profiles.get(name or GENERIC)
    if not printer.columns:
        return profile
    dots = max(profile.dots, printer.columns * CELL)
    return msgspec.structs.replace(profile, columns=printer.columns, dots=dots)
