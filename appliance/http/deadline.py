"""Deadlines: one timer a connection, cheap to move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """A call to come: twisted's IDelayedCall."""

    def cancel(self) -> None:
        """Do not make the call."""


class Clock(Protocol):
    """What tells the time and makes calls later: twisted's reactor (IReactorTime) or its fake."""

    def seconds(self) -> float:
        """Seconds since the epoch."""

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> Timer:  # noqa: A002
        """Call in `delay` seconds."""


class Deadline:
    """A moment by which something must have happened.

    Moving it later costs an assignment: the timer under way finds out when it fires. A connection
    moves its deadline several times a request, a timer for each would cost more than the request.

    Args:
        clock: the reactor.
        passed: called when the deadline passes; it is clear then.
    """

    __slots__ = ("_at", "_call", "_clock", "_due", "_passed")

    def __init__(self, clock: Clock, passed: Callable[[], None]) -> None:
        self._clock = clock
        self._passed = passed
        self._at: float | None = None
        self._call: Timer | None = None
        self._due = 0.0

    def set(self, seconds: float) -> None:
        """Move the deadline to `seconds` from now."""
        at = self._at = self._clock.seconds() + seconds
        if self._call is None:
            self._schedule(at)
        elif self._due > at:
            self._call.cancel()
            self._schedule(at)

    def clear(self) -> None:
        """Have no deadline until the next `set`."""
        self._at = None

    def stop(self) -> None:
        """Clear it and release the timer."""
        self._at = None
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _schedule(self, at: float) -> None:
        self._due = at
        self._call = self._clock.callLater(max(0.0, at - self._clock.seconds()), self._fired)

    def _fired(self) -> None:
        self._call = None
        if self._at is None:
            return
        if self._at > self._due:
            self._schedule(self._at)
            return
        self._at = None
        self._passed()
