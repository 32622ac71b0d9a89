"""Messages of Linux about devices that come and go, read strictly.

The kernel's own, as lib/kobject_uevent.c writes them to NETLINK_KOBJECT_UEVENT: a line
``ACTION@DEVPATH``, then ``KEY=VALUE`` lines, each ended by a zero byte. Those of udev begin with
``libudev`` and are another format.
"""

from __future__ import annotations

import msgspec

LARGEST = 8_192
"""Bytes of a message; the kernel's are at most 2048 and a device path."""

_MOST_KEYS = 64
_ACTIONS = frozenset({"add", "remove", "change", "move", "online", "offline", "bind", "unbind"})
_PLUGGING = frozenset({"add", "remove", "bind", "unbind"})
_SUBSYSTEMS = frozenset({"usb", "usb-serial", "tty", "usbmisc"})


class Uevent(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened to a device.

    Attributes:
        action: ``add``, ``remove`` and others of the kernel's.
        path: of the device, below ``/sys``.
        subsystem: ``usb``, ``tty``; "" where it says none.
        device: the name of its device file below ``/dev``, or "".
    """

    action: str
    path: str
    subsystem: str
    device: str

    @property
    def is_plugging(self) -> bool:
        """Whether a printer may have come or gone by it."""
        return self.action in _PLUGGING and self.subsystem in _SUBSYSTEMS


def parse_uevent(message: bytes) -> Uevent | None:
    """Read a message; None for one that is not the kernel's, or not whole."""
    if not 0 < len(message) <= LARGEST or not message.endswith(b"\0"):
        return None
    try:
        head, *lines = message[:-1].decode("utf-8").split("\0")
    except UnicodeDecodeError:
        return None
    action, at, path = head.partition("@")
    if action not in _ACTIONS or not at or not path.startswith("/") or len(lines) > _MOST_KEYS:
        return None
    values: dict[str, str] = {}
    for line in lines:
        key, sign, value = line.partition("=")
        if not sign or not key or key in values:
            return None
        values[key] = value
    if values.get("ACTION", action) != action or values.get("DEVPATH", path) != path:
        return None
    return Uevent(
        action=action,
        path=path,
        subsystem=values.get("SUBSYSTEM", ""),
        device=values.get("DEVNAME", ""),
    )
