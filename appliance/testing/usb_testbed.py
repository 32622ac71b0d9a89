"""The sysfs tree and the device file of an emulated USB printer, as umockdev lays them out.

umockdev (Debian's package, 0.17) sends a program's look at ``/sys`` and ``/dev`` into a folder,
and its ioctls on a device file to a socket in that folder. `environment` is what the program must
be started with.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

PRELOAD = "libumockdev-preload.so.0"

BULK_OUT, BULK_IN = 0x01, 0x82
_VENDOR, _PRODUCT = 0x04B8, 0x0E15


def missing() -> str:
    """Say what this machine lacks to emulate USB; "" where it lacks nothing."""
    if ctypes.util.find_library("usb-1.0") is None:
        return "libusb is missing: apt-get install libusb-1.0-0"
    try:
        ctypes.CDLL("libumockdev.so.0")
    except OSError:
        return "umockdev is missing: apt-get install umockdev"
    return ""


def environment(root: Path) -> dict[str, str]:
    """Return the environment of a program that sees the folder's devices and no others."""
    return {**os.environ, "LD_PRELOAD": PRELOAD, "UMOCKDEV_DIR": str(root)}


class UsbTestbed:
    """One socket for a printer in a folder. Those of one folder differ in their port's last digit.

    Attributes:
        root: the folder; its path must be short, as it leads to sockets.
        mode: who may open the device file of a printer that is plugged in from now on.
        texts: what the kernel shows otherwise than usual of a device that is plugged in from now
            on, by the names of its files: ``{"idVendor": "0416", "product": "POS-58"}``.
        socket: where the ioctls of the printer that is plugged in now come to.
    """

    def __init__(
        self, root: Path, port: str = "1-1", serial: str = "J7K2", protocol: int = 2
    ) -> None:
        self.root = root
        self.mode = 0o660
        self.texts: dict[str, str] = {}
        self._port = port
        self._serial = serial
        self._protocol = protocol
        self._plugged = 0
        (root / "sys/bus/usb/devices").mkdir(parents=True, exist_ok=True)
        (root / "dev/.node").mkdir(parents=True, exist_ok=True)
        self.socket = Path()

    @property
    def _device(self) -> Path:
        return self.root / "sys/devices/usb1" / self._port

    @property
    def _node(self) -> str:
        return f"bus/usb/{self._bus:03d}/{self._number:03d}"

    @property
    def _number(self) -> int:
        """The device's number now; those of two sockets never meet."""
        return 2 + 40 * int(self._port[-1]) + self._plugged % 40

    @property
    def _bus(self) -> int:
        return int(self._port.split("-")[0])

    def plug(self, driver: str, listen: Callable[[Path], None] = Path.touch) -> None:
        """Make what the kernel shows of a new device; its number is a new one each time.

        Args:
            driver: the kernel's driver that takes it, or "".
            listen: makes the socket before anything shows the device: where a program finds none,
                libumockdev ends that program.
        """
        self._plugged += 1
        self.socket = self.root / "ioctl/dev" / self._node
        self.socket.parent.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        listen(self.socket)
        device = self._device
        interface = device / f"{self._port}:1.0"
        interface.mkdir(parents=True)
        usb = self.root / "sys/bus/usb"
        for name, text in {
            "idVendor": f"{_VENDOR:04x}",
            "idProduct": f"{_PRODUCT:04x}",
            "serial": self._serial,
            "manufacturer": "EPSON",
            "product": "TM-P80",
            "busnum": str(self._bus),
            "devnum": str(self._number),
            "speed": "480",
            "bConfigurationValue": "1",
            "uevent": f"MAJOR=189\nMINOR={self._number - 1}\nDEVNAME={self._node}\n"
            f"DEVTYPE=usb_device\nDRIVER=usb\nBUSNUM={self._bus:03d}\n"
            f"DEVNUM={self._number:03d}",
            f"{interface.name}/bInterfaceClass": "07",
            f"{interface.name}/bInterfaceNumber": "00",
            f"{interface.name}/bInterfaceProtocol": f"{self._protocol:02x}",
            f"{interface.name}/uevent": "DEVTYPE=usb_interface\nINTERFACE=7/1/2",
            **self.texts,
        }.items():
            (device / name).write_text(f"{text}\n")
        (device / "descriptors").write_bytes(descriptors(self._protocol))
        for folder in (device, interface):
            (folder / "subsystem").symlink_to(os.path.relpath(usb, folder))
            link = usb / "devices" / folder.name
            link.symlink_to(os.path.relpath(folder, link.parent))
        self.set_driver(driver)
        node = self.root / "dev" / self._node
        node.parent.mkdir(parents=True, exist_ok=True)
        node.touch()
        node.chmod(self.mode)
        major_minor = self.root / "dev/.node" / self._node.replace("/", "_")
        major_minor.symlink_to(f"189:{self._number - 1}")

    def announce(self) -> None:
        """Tell the programs that listen to the kernel that something was plugged in or out.

        umockdev gives them a socket in its folder in place of the kernel's. One without a name that
        the kernel makes up is what they take for the kernel.
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.bind("")
            for listener in self.root.glob("event*"):
                with contextlib.suppress(ConnectionRefusedError):  # of a program that has ended
                    line.sendto(b"add@/devices/usb1\0SUBSYSTEM=usb\0", str(listener))

    def set_driver(self, driver: str) -> None:
        """Show which driver of the kernel has the interface; "" is none."""
        link = self._device / f"{self._port}:1.0/driver"
        link.unlink(missing_ok=True)
        if driver:
            target = self.root / "sys/bus/usb/drivers" / driver
            target.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(target, link.parent))

    def unplug(self) -> None:
        """Take it all away but the socket, which a program may be about to open still."""
        for name in (self._port, f"{self._port}:1.0"):
            (self.root / "sys/bus/usb/devices" / name).unlink()
        shutil.rmtree(self._device)
        (self.root / "dev" / self._node).unlink()
        (self.root / "dev/.node" / self._node.replace("/", "_")).unlink()


def descriptors(protocol: int = 2) -> bytes:
    """Return the descriptors of a receipt printer: one interface, a bulk endpoint each way.

    USB 2.0, section 9.6; USB Printing Class 1.1, section 5. Protocol 1 has no way in.
    """
    endpoints = [BULK_OUT, BULK_IN] if protocol == 2 else [BULK_OUT]
    device = bytes((18, 1, 0, 2, 0, 0, 0, 64)) + b"".join(
        number.to_bytes(2, "little") for number in (_VENDOR, _PRODUCT, 0x0100)
    )
    interface = bytes((9, 4, 0, 0, len(endpoints), 7, 1, protocol, 0))
    below = interface + b"".join(bytes((7, 5, end, 2, 0, 2, 0)) for end in endpoints)
    total = (9 + len(below)).to_bytes(2, "little")
    return device + bytes((1, 2, 3, 1)) + bytes((9, 2)) + total + bytes((1, 1, 0, 0xC0, 50)) + below
