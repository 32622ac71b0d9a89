"""Hot-plug: learns within a moment which printers come and go.

The kernel's messages (a netlink socket) only say when to look; what is there is always found by
looking. Where the socket cannot be had, looking again and again does alone.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Any

import structlog
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from appliance.hardware.presence import APART_S, Presence
from appliance.hardware.uevent import LARGEST, parse_uevent

NETLINK_KOBJECT_UEVENT = 15
"""The netlink family, of <linux/netlink.h>."""

_KERNEL_GROUP = 1
_BURST = 64
"""Messages read in one turn of the event loop."""

POLL_S = 5.0
SLOW_POLL_S = 30.0
"""Seconds from one look to the next: without the kernel's messages, and with them, as one of them
may be lost."""

AGAIN_S = 1.2 * APART_S
"""Seconds to the next look while a printer is missed."""

SETTLE_S = 0.3
"""Seconds from a message to a look: udev gives a new device its name and group after it."""

Told = Callable[[str, bool], None]
"""Hears on the reactor's thread that a printer, by its name, came or is gone."""


@implementer(IReadDescriptor)
class Hotplug:
    """Watches the printers whose cables can be seen: those on USB and on serial ports."""

    def __init__(
        self,
        look: Callable[[], set[str]],
        reactor: Any,
        run: Callable[[Callable[[], set[str]]], Deferred[set[str]]],
        told: Told,
        *,
        connect: Callable[[], socket.socket] | None = None,
    ) -> None:
        """Prepare; `start` begins.

        Args:
            look: returns the names of the printers that are plugged in; blocks.
            reactor: twisted's.
            run: runs a function that blocks outside of the reactor's thread.
            told: see `Told`.
            connect: opens the kernel's socket. Raises `OSError`.
        """
        self._seen = look
        self._reactor = reactor
        self._run = run
        self._told = told
        self._connect = connect or kernel_messages
        self._log = structlog.get_logger("appliance.hardware")
        self._socket: socket.socket | None = None
        self._presence = Presence()
        self._next: Any = None
        self._looking = False
        self._again = False
        self._stopped = False

    @property
    def there(self) -> frozenset[str]:
        """The names of those that are plugged in."""
        return frozenset(self._presence.there)

    def start(self) -> None:
        """Begin to watch."""
        try:
            self._socket = self._connect()
        except OSError as error:
            self._log.info("hotplug_by_polling", reason=error.strerror or str(error))
        else:
            self._reactor.addReader(self)
        self._look()

    def stop(self) -> None:
        """End it."""
        self._stopped = True
        if self._next is not None and self._next.active():
            self._next.cancel()
        self._hang_up()

    def look_soon(self) -> None:
        """Look in a moment: something was noticed in another way."""
        self._due(SETTLE_S)

    def fileno(self) -> int:
        """For the reactor."""
        return -1 if self._socket is None else self._socket.fileno()

    def logPrefix(self) -> str:
        """For the reactor."""
        return "hotplug"

    def connectionLost(self, reason: Failure) -> None:
        """For the reactor: the socket failed; polling goes on."""
        self._hang_up()

    def doRead(self) -> None:
        """Read what the kernel says."""
        if self._socket is None:
            return
        for _ in range(_BURST):
            try:
                message, sender = self._socket.recvfrom(LARGEST)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    self._hang_up()
                self._due(SETTLE_S)  # messages were lost: look
                return
            # Any program may send to the socket; only the kernel has the number 0.
            event = parse_uevent(message) if sender and sender[0] == 0 else None
            if event is not None and event.is_plugging:
                self._due(SETTLE_S)

    def _hang_up(self) -> None:
        line, self._socket = self._socket, None
        if line is not None:
            self._reactor.removeReader(self)
            line.close()

    def _due(self, seconds: float) -> None:
        """Look in so many seconds, where no look is due earlier."""
        if self._stopped:
            return
        if self._next is not None and self._next.active():
            if self._next.getTime() <= self._reactor.seconds() + seconds:
                return
            self._next.cancel()
        self._next = self._reactor.callLater(seconds, self._look)

    def _look(self) -> None:
        if self._looking:
            self._again = True
            return
        self._looking = True
        self._again = False
        self._run(self._seen).addCallback(self._saw).addErrback(self._failed)

    def _saw(self, found: set[str]) -> None:
        self._looking = False
        if self._stopped:
            return
        came, gone = self._presence.look(found, self._reactor.seconds())
        for name in sorted(came):
            self._told(name, True)
        for name in sorted(gone):
            self._told(name, False)
        if self._again:
            self._due(SETTLE_S)
        elif self._presence.in_doubt:
            self._due(AGAIN_S)
        else:
            self._due(POLL_S if self._socket is None else SLOW_POLL_S)

    def _failed(self, failure: Failure) -> None:
        self._looking = False
        self._log.error("hotplug_look_failed", exc_info=failure.value)
        self._due(POLL_S)


def kernel_messages() -> socket.socket:
    """Open the socket on which the kernel tells of devices.

    Raises:
        OSError: it cannot be had here.
    """
    line = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_KOBJECT_UEVENT)
    try:
        line.setblocking(False)
        line.bind((0, _KERNEL_GROUP))
    except BaseException:
        line.close()
        raise
    return line
