"""Which USB printers are plugged in, by sysfs alone: nothing is opened, nobody is disturbed.

See Documentation/ABI/stable/sysfs-bus-usb of Linux. What a device says of itself is hostile: it is
cut and made printable.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from appliance.config.usb_name import UsbName

SYS = Path("/sys")
PRINTER_CLASS = "07"
"""bInterfaceClass of printers (USB Printing Class 1.1)."""

_OF_PAGES = ("pcl", "pjl", "postscript", "pdf", "urf", "pwg", "xps", "escpr", "escpl", "bj")
"""How the names of languages of pages begin."""

_LONGEST = 126
"""Characters of a USB string descriptor, at most."""


class UsbDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A USB device that is a printer, or that the configuration takes for one.

    Attributes:
        name: the shortest that stays the same when it is plugged in elsewhere: with its serial
            number where it has one, else with its port.
        model: what maker and model call themselves; may be empty.
        bus, number: where it is now; they change with each plugging in.
        interface: the number of its printer interface; None where it declares none.
        driver: the kernel's driver that holds that interface, such as ``usblp``, or "".
        says: what the printer told that driver of itself (IEEE 1284.4), such as
            ``MFG:EPSON;CMD:ESC/POS;MDL:TM-P80;``; "" where nobody asked it.
    """

    name: UsbName
    port: str
    model: str
    bus: int
    number: int
    interface: int | None
    driver: str
    says: str = ""

    @property
    def node(self) -> Path:
        """The device file."""
        return Path(f"/dev/bus/usb/{self.bus:03d}/{self.number:03d}")

    @property
    def identity(self) -> str:
        """As `Transport.identity`."""
        return f"usb:{self.name}"

    @property
    def prints_pages(self) -> bool:
        """Whether it says that it takes pages, as office printers do, and no ESC/POS."""
        languages = [
            "".join(filter(str.isalnum, language)).lower()
            for key, _, value in (field.partition(":") for field in self.says.split(";"))
            if key.strip().upper() in ("CMD", "COMMAND SET")
            for language in value.split(",")
        ]
        receipts = any("escpos" in language for language in languages)
        return not receipts and any(language.startswith(_OF_PAGES) for language in languages)

    def is_meant_by(self, wanted: UsbName | None) -> bool:
        """Whether a name means this device; None means any that declares to be a printer."""
        if wanted is None:
            return self.interface is not None
        return (
            (wanted.vendor, wanted.product) == (self.name.vendor, self.name.product)
            and wanted.serial in ("", self.name.serial)
            and wanted.port in ("", self.port)
        )


def usb_devices(sys: Path = SYS) -> list[UsbDevice]:
    """Return the USB devices that are plugged in, printers or not, by their ports."""
    try:
        folders = sorted((sys / "bus/usb/devices").iterdir())
    except OSError:  # no USB at all
        return []
    found = [_device(folder) for folder in folders if ":" not in folder.name]
    return [device for device in found if device is not None]


def usb_printers(sys: Path = SYS) -> list[UsbDevice]:
    """Return those that declare to be printers."""
    return [device for device in usb_devices(sys) if device.is_meant_by(None)]


def _device(folder: Path) -> UsbDevice | None:
    try:
        vendor, product = _text(folder / "idVendor"), _text(folder / "idProduct")
        bus, number = int(_text(folder / "busnum")), int(_text(folder / "devnum"))
        serial = _text(folder / "serial")
        name = UsbName(vendor, product, serial, "" if serial else folder.name)
        if not _can_be_written(name):
            name = UsbName(vendor, product, "", folder.name)
            UsbName.parse(str(name))
    except ValueError:  # a root hub, or one that was unplugged while we looked
        return None
    interface = _interface(folder)
    return UsbDevice(
        name=name,
        port=folder.name,
        model=" ".join(filter(None, (_text(folder / "manufacturer"), _text(folder / "product")))),
        bus=bus,
        number=number,
        interface=None if interface is None else int(_text(interface / "bInterfaceNumber"), 16),
        driver="" if interface is None else _driver(interface),
        says="" if interface is None else _text(interface / "ieee1284_id", 8 * _LONGEST),
    )


def _can_be_written(name: UsbName) -> bool:
    """Whether the configuration can name it so: a serial number may hold any characters."""
    try:
        return UsbName.parse(str(name)) == name
    except ValueError:
        return False


def _interface(folder: Path) -> Path | None:
    """The device's printer interface; one that answers (protocol 2) before one that does not."""
    try:
        printers = [
            below
            for below in sorted(folder.glob(f"{folder.name}:*"))
            if _text(below / "bInterfaceClass") == PRINTER_CLASS
            and _text(below / "bInterfaceNumber")
        ]
    except OSError:
        return None
    printers.sort(key=lambda below: _text(below / "bInterfaceProtocol") != "02")
    return next(iter(printers), None)


def _driver(interface: Path) -> str:
    try:
        return (interface / "driver").readlink().name
    except OSError:
        return ""


def _text(file: Path, longest: int = _LONGEST) -> str:
    """What stands in a file of sysfs, on one line; "" where there is none."""
    try:
        raw = file.read_bytes()[: 4 * longest]
    except OSError:
        return ""
    text = raw.decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text).strip()[:longest]
