"""The machine's clocks, and whether its kernel says that the time is right."""

from __future__ import annotations

import ctypes
import time
from typing import ClassVar

_STA_UNSYNC = 0x40
"""Of the status in struct timex: nobody keeps the clock right (adjtimex(2))."""

_TIME_ERROR = 5


class _Timex(ctypes.Structure):
    """The beginning of struct timex (sys/timex.h), with room for the rest of it."""

    _fields_: ClassVar = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    ]


def system_now_ms() -> int:
    """Return the system's time, UTC milliseconds."""
    return time.time_ns() // 1_000_000


def counter_ms() -> int:
    """Return milliseconds of a clock that only runs forward, also while the machine sleeps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def kernel_synchronised() -> bool:
    """Tell whether the kernel says that a time source keeps the clock right (adjtimex(2)).

    Every NTP client tells the kernel so, and setting the clock by hand makes it forget. False too
    where the kernel may not be asked: `systemd/fieldbox.service` lets the daemon ask.
    """
    told = _Timex()
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(told))
    except (OSError, AttributeError):
        return False
    return 0 <= state < _TIME_ERROR and not told.status & _STA_UNSYNC
