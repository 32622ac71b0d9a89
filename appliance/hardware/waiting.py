"""Waiting for a file descriptor until a deadline, and being woken from another thread.

With poll(2): select(2) fails on descriptors from 1024 on, of which a box with many devices has
thousands. (pyserial's own reads and writes use select.)
"""

from __future__ import annotations

import math
import os
import select
import threading

from appliance.hardware.fault import PrinterFault
from appliance.hardware.transport import Clock

BROKEN = select.POLLERR | select.POLLHUP | select.POLLNVAL
"""What poll reports of a line that is no more."""

_LONGEST_MS = 3_600_000
_MOMENT_S = 0.01


class Waiting:
    """The waits of one transport.

    Its own thread calls all but `interrupt`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wake: int | None = None
        self._interrupted = False

    def begin(self) -> None:
        """Start a session. Raises `PrinterFault` where it was interrupted before."""
        with self._lock:
            self._refuse()
            if self._wake is None:
                self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def end(self) -> None:
        """End a session."""
        with self._lock:
            if self._wake is not None:
                os.close(self._wake)
                self._wake = None

    def interrupt(self) -> None:
        """End the wait under way and refuse further ones. From any thread."""
        with self._lock:
            self._interrupted = True
            if self._wake is not None:
                os.eventfd_write(self._wake, 1)

    def check(self) -> None:
        """Raise `PrinterFault` where it was interrupted."""
        with self._lock:
            self._refuse()

    def left(self, deadline: float) -> float:
        """Return the seconds left, not below 0."""
        return max(0.0, deadline - self._clock())

    def pause(self, deadline: float) -> bool:
        """Wait a moment. Return False, at once, where the deadline is over."""
        if self.left(deadline) <= 0:
            return False
        self.until(None, 0, self.soon(deadline))
        return True

    def soon(self, deadline: float) -> float:
        """Return the time of a moment from now, the deadline at most."""
        return min(deadline, self._clock() + _MOMENT_S)

    def until(self, descriptor: int | None, events: int, deadline: float) -> int:
        """Wait until a descriptor is ready.

        Args:
            descriptor: None waits for the deadline alone.
            events: of poll.
            deadline: on the clock.

        Returns:
            The events that poll reports; 0 at the deadline.

        Raises:
            PrinterFault: interrupted.
        """
        poll = select.poll()
        if self._wake is not None:
            poll.register(self._wake, select.POLLIN)
        if descriptor is not None:
            poll.register(descriptor, events)
        while True:
            self.check()
            left = self.left(deadline)
            found = dict(poll.poll(min(_LONGEST_MS, math.ceil(left * 1000))))
            self.check()
            if descriptor is not None and descriptor in found:
                return found[descriptor]
            if self.left(deadline) <= 0:
                return 0

    def _refuse(self) -> None:
        if self._interrupted:
            raise PrinterFault("interrupted", "the daemon is stopping")
