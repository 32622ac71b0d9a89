"""The ``usb`` transport: a printer's bulk endpoints, through libusb.

"Accepted" means: the printer has confirmed the packet, so it is in the printer's own buffer or on
paper; nothing stays here. The kernel's driver usblp is put aside while the printer is open.

pyusb finds and claims; the transfers call libusb themselves, because pyusb's write loses its
count where a transfer fails after some packets.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import usb.core
import usb.libloader
import usb.util
from usb.backend import libusb1

from appliance.config.usb_name import UsbName
from appliance.hardware.fault import PrinterFault
from appliance.hardware.holder import holder, refusal
from appliance.hardware.transport import Clock
from appliance.hardware.usb_devices import SYS, UsbDevice, usb_devices, usb_printers
from appliance.hardware.waiting import Waiting

_CHUNK = 16_384
"""Bytes of one transfer: one URB of Linux's usbfs."""
_ROOM = 4_096
"""Bytes asked for at a time; a multiple of every packet size, or libusb reports an overflow."""
_SLICE_S = 0.1
"""How long a transfer waits before it is looked whether the daemon stops."""
_DRAINED = 64
"""Reads after which `flush_input` gives up on a printer that talks without end."""

# enum libusb_error
_NO_DEVICE, _BUSY, _TIMEOUT, _PIPE = -4, -6, -7, -9
_EACCES, _EBUSY, _ENODEV, _ENOENT = 13, 16, 19, 2
_RULE = (
    "install systemd/60-fieldbox.rules as /usr/lib/udev/rules.d/60-fieldbox.rules, which gives "
    "printers to the group lp; then `udevadm control --reload && udevadm trigger`"
)

Pick = Callable[[list[UsbDevice]], list[UsbDevice]]
"""Takes all devices that are plugged in and returns those that could be meant; one may be opened.
Raises `PrinterFault` where it knows better why none is."""

_LOADING = threading.Lock()


class UsbTransport:
    """A printer on USB."""

    def __init__(
        self,
        wanted: UsbName | None = None,
        *,
        pick: Pick | None = None,
        sys: Path = SYS,
        clock: Clock = time.monotonic,
    ) -> None:
        """Name the printer; nothing is opened yet.

        Args:
            wanted: which one; None takes the only one that is plugged in.
            pick: chooses in place of the name; the name is what the printer is called by.
            sys: where sysfs is.
            clock: that deadlines are on.
        """
        self._wanted = wanted
        self._pick: Pick = pick or by_name(wanted)
        self._sys = sys
        self._waiting = Waiting(clock)
        self._line: _Line | None = None
        self._read: bytes = b""

    @property
    def identity(self) -> str:
        """``usb:04b8:0e15:J7K2``; ``usb:any`` where the configuration names none."""
        return f"usb:{'any' if self._wanted is None else self._wanted}"

    def open(self, deadline: float) -> None:
        """Find the printer and claim it. See `Transport.open`."""
        self.close()
        self._waiting.begin()
        try:
            self._line = _Line(self._found())
        except BaseException:
            self._waiting.end()
            raise

    def write(self, data: bytes, deadline: float) -> int:
        """Give bytes to the printer. See `Transport.write`."""
        line = self._open()
        while data:
            left = self._waiting.left(deadline)
            code, taken = line.give(data[:_CHUNK], min(left, _SLICE_S))
            if code not in (0, _TIMEOUT):
                raise self._failed(line, code, taken)
            if taken:
                return taken
            self._waiting.check()
            if left <= 0:
                raise PrinterFault(
                    "stalled",
                    f"the printer {line.device.name} takes no bytes; is it without paper, open "
                    "or switched off?",
                )
        return 0

    def read(self, most: int, deadline: float) -> bytes:
        """Read what the printer says. See `Transport.read`."""
        line = self._open()
        while not self._read:
            left = self._waiting.left(deadline)
            code, self._read = line.take(min(left, _SLICE_S))
            if code not in (0, _TIMEOUT):
                raise self._failed(line, code, 0)
            self._waiting.check()
            # Many printers answer "nothing" at once where others keep one waiting.
            if not self._read and not self._waiting.pause(deadline):
                return b""
        found, self._read = self._read[:most], self._read[most:]
        return found

    def flush_input(self) -> None:
        """Throw away what the printer said. See `Transport.flush_input`."""
        line = self._open()
        self._read = b""
        for _ in range(_DRAINED):
            code, said = line.take(0.0)
            if code not in (0, _TIMEOUT):
                raise self._failed(line, code, 0)
            if not said:
                return

    def unsent(self) -> int:
        """Always 0: what is accepted is in the printer."""
        self._open()
        return 0

    def drain(self, deadline: float) -> None:
        """Nothing is left to drain. See `Transport.drain`."""
        self._open()

    def close(self) -> None:
        """Let go of the printer, and give it back to the kernel. See `Transport.close`."""
        line, self._line = self._line, None
        self._read = b""
        if line is not None:
            line.close()
            self._waiting.end()

    def interrupt(self) -> None:
        """See `Transport.interrupt`; a transfer under way ends within a tenth of a second."""
        self._waiting.interrupt()

    def _open(self) -> _Line:
        self._waiting.check()
        if self._line is None:
            raise PrinterFault("gone", "the printer is closed")
        return self._line

    def _found(self) -> UsbDevice:
        found = self._pick(usb_devices(self._sys))
        if len(found) == 1:
            return found[0]
        if found:
            names = " or ".join(f'"{name}"' for name in _told_apart(found))
            text = f"{len(found)} printers could be meant; say which with `usb`: {names}"
        else:
            others = ", ".join(f"{d.name} {d.model}".strip() for d in usb_printers(self._sys))
            text = (
                f"no USB printer{'' if self._wanted is None else f' {self._wanted}'} is plugged "
                f"in and switched on{f'; there is {others}' if others else ''}"
            )
        raise PrinterFault("absent", text)

    def _failed(self, line: _Line, code: int, taken: int) -> PrinterFault:
        name = line.device.name
        if code == _PIPE:
            line.clear()
            return PrinterFault(
                "refused",
                f"the printer {name} refuses what it is sent; switch it off and on again",
                taken,
            )
        # While a cable is being pulled the first failure may be any other.
        return PrinterFault(
            "gone",
            f"the printer {name} is gone ({line.told(code)}); is it on, and its cable in?",
            taken,
        )


def by_name(wanted: UsbName | None) -> Pick:
    """Pick the devices that a name means; None means any that declares to be a printer."""

    def pick(devices: list[UsbDevice]) -> list[UsbDevice]:
        return [device for device in devices if device.is_meant_by(wanted)]

    return pick


def _library() -> Any:
    """Load libusb, once.

    As pyusb's `get_backend` does, but without the context that it makes and keeps.
    """
    with _LOADING:
        if libusb1._lib is None:
            try:
                library = libusb1._load_library()
            except usb.libloader.LibraryException as error:
                raise PrinterFault(
                    "refused", "libusb is missing: `apt-get install libusb-1.0-0`"
                ) from error
            libusb1._setup_prototypes(library)
            libusb1._lib = library
        return libusb1._lib


def _told_apart(devices: list[UsbDevice]) -> list[UsbName]:
    """Names of which each means one of the devices."""
    names = [device.name for device in devices]
    if len(set(names)) == len(names):
        return names
    # One maker gives all its printers the same serial number.
    return [UsbName(d.name.vendor, d.name.product, "", d.port) for d in devices]


class _Line:
    """A claimed printer.

    With a libusb context of its own: a context that lives on learns of plugging only through
    udev, which a container may not have, and keeps threads.
    """

    def __init__(self, device: UsbDevice) -> None:
        self.device = device
        self._detached: int | None = None
        self._usb: Any = None
        try:
            self._backend = libusb1._LibUSB(_library())
        except usb.core.USBError as error:
            raise PrinterFault("refused", f"libusb does not start: {error}") from error
        try:
            self._claim()
        except (usb.core.USBError, NotImplementedError, AssertionError) as error:
            self.close()
            raise self._unusable(error) from error
        except BaseException:
            self.close()
            raise

    def _claim(self) -> None:
        found = usb.core.find(
            backend=self._backend, bus=self.device.bus, address=self.device.number
        )
        if found is None:
            raise PrinterFault("absent", f"the printer {self.device.name} was just unplugged")
        self._usb = found
        interface, self._out, self._in = self._endpoints()
        if self._usb.is_kernel_driver_active(interface):
            self._usb.detach_kernel_driver(interface)
            self._detached = interface
        usb.util.claim_interface(self._usb, interface)
        self._handle = self._usb._ctx.managed_open().handle

    def _endpoints(self) -> tuple[int, int, int | None]:
        """The interface, and its bulk endpoints out and in."""
        for interface in self._usb.get_active_configuration():
            number = interface.bInterfaceNumber
            if interface.bAlternateSetting or self.device.interface not in (None, number):
                continue
            bulk = [
                endpoint.bEndpointAddress
                for endpoint in interface
                if usb.util.endpoint_type(endpoint.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK
            ]
            out = [address for address in bulk if address < 0x80]
            into = [address for address in bulk if address >= 0x80]
            if out:
                return number, out[0], into[0] if into else None
        raise PrinterFault("refused", f"the device {self.device.name} is no printer; see `usb`")

    def give(self, data: bytes, seconds: float) -> tuple[int, int]:
        """Send; the code of libusb, and how many bytes the printer confirmed, in any case."""
        return self._transfer(self._out, ctypes.create_string_buffer(data, len(data)), seconds)

    def take(self, seconds: float) -> tuple[int, bytes]:
        """Receive what is there; the code of libusb, and the bytes."""
        if self._in is None:  # it says nothing; the kernel says whether it is there
            return _TIMEOUT if self.device.node.exists() else _NO_DEVICE, b""
        room = ctypes.create_string_buffer(_ROOM)
        code, count = self._transfer(self._in, room, seconds)
        return code, room.raw[:count]

    def _transfer(
        self, endpoint: int, room: ctypes.Array[ctypes.c_char], seconds: float
    ) -> tuple[int, int]:
        count = ctypes.c_int(0)
        code = self._backend.lib.libusb_bulk_transfer(
            self._handle,
            endpoint,
            ctypes.cast(room, ctypes.POINTER(ctypes.c_ubyte)),
            len(room),
            ctypes.byref(count),
            max(1, int(seconds * 1000)),  # 0 would wait for ever
        )
        return code, count.value

    def clear(self) -> None:
        """Let a stalled endpoint go on."""
        try:
            self._usb.clear_halt(self._out)
        except (usb.core.USBError, NotImplementedError, AssertionError):
            return

    def told(self, code: int) -> str:
        """What libusb calls a code."""
        return str(libusb1._strerror(code))

    def close(self) -> None:
        """Release what was claimed, as far as it is still there."""
        device, self._usb = self._usb, None
        if device is not None:
            for step in (self._release, self._attach, self._dispose):
                try:
                    step(device)
                except (usb.core.USBError, NotImplementedError, AssertionError):
                    continue  # it was unplugged
        self._backend.finalize()

    def _release(self, device: Any) -> None:
        device._ctx.release_all_interfaces(device)

    def _attach(self, device: Any) -> None:
        if self._detached is not None:
            device.attach_kernel_driver(self._detached)

    def _dispose(self, device: Any) -> None:
        usb.util.dispose_resources(device)

    def _unusable(self, error: Exception) -> PrinterFault:
        number = getattr(error, "errno", None)
        name, node = self.device.name, self.device.node
        if number == _EACCES:
            return PrinterFault("forbidden", refusal(node, _RULE))
        if number == _EBUSY:
            return PrinterFault("busy", f"the printer {name} is in use by {holder(node)}")
        if number in (_ENODEV, _ENOENT):
            return PrinterFault("absent", f"the printer {name} was just unplugged")
        return PrinterFault("refused", f"the printer {name} cannot be opened: {error}")
