"""How bytes reach a printer: what every transport does alike.

A transport blocks, so each printer has a thread of its own that alone uses it; the daemon's event
loop never does. Every wait has a deadline on a monotonic clock, and `interrupt` from any other
thread ends it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from appliance.hardware.fault import PrinterFault

Clock = Callable[[], float]
"""Seconds on a monotonic clock; deadlines are on the same."""


class Transport(Protocol):
    """One printer's line.

    `open`, then any of the others, then `close`; after `close` it may be opened again, which is
    how a printer that was replugged is found again. Every method raises `PrinterFault` and
    nothing else on what the outside does.
    """

    @property
    def identity(self) -> str:
        """Which printer this is; the same after a restart and after replugging.

        ``usb:04b8:0e15:J7K2``, ``serial:/dev/serial/by-id/...``, ``tcp:192.0.2.7:9100``,
        ``file:/var/lib/fieldbox/paper``.
        """
        ...

    def open(self, deadline: float) -> None:
        """Reach the printer and keep others from it.

        Raises:
            PrinterFault: it is ``absent``, ``busy``, ``forbidden`` or ``refused``.
        """
        ...

    def write(self, data: bytes, deadline: float) -> int:
        """Give bytes to the printer: as many as it takes at once, waiting for the first.

        Returns:
            How many were accepted, from 1 to ``len(data)``; 0 for no data. What "accepted" means
            is told by each transport, and `unsent` says how many of them are still here.

        Raises:
            PrinterFault: ``stalled`` where it takes none until the deadline; ``gone``, whose
                `accepted` bytes were taken before.
        """
        ...

    def read(self, most: int, deadline: float) -> bytes:
        """Return what the printer says, 1 to `most` bytes; none where it says nothing in time."""
        ...

    def flush_input(self) -> None:
        """Throw away what the printer said and nobody read: a late answer to an old question."""
        ...

    def unsent(self) -> int:
        """Return how many accepted bytes are known to be still in this machine."""
        ...

    def drain(self, deadline: float) -> None:
        """Wait until what was accepted has left this machine.

        Raises:
            PrinterFault: ``stalled`` where some has not by the deadline; ``gone``.
        """
        ...

    def close(self) -> None:
        """Let go of the printer, at once: what has not left this machine is thrown away.

        So that nothing comes out of a printer after its job was given up. Call `drain` first
        where it must come out. Closing what is closed does nothing.
        """
        ...

    def interrupt(self) -> None:
        """End the waits of this transport now and for good, from any thread.

        From here on `open`, `write`, `read` and `drain` raise `PrinterFault` ``interrupted``.
        """
        ...


def send(transport: Transport, data: bytes, deadline: float) -> None:
    """Give all of `data` to an open transport.

    Raises:
        PrinterFault: with `accepted` counted over all of `data`.
    """
    sent = 0
    while sent < len(data):
        try:
            sent += transport.write(data[sent:], deadline)
        except PrinterFault as fault:
            fault.accepted += sent
            raise
