"""Streamed answers: bodies that are made only as fast as the client takes them.

A body is started with an outlet. It writes until it is paused, goes on when it is resumed, and
either finishes or is lost with its connection. That a client makes progress at all is watched by
the channel, which aborts the connection of one that does not (`ConnectionLimits.stall_s`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from appliance.http.encoding import ContentEncoding, encoder

PAGE = 64 * 1024
"""After this many bytes in one turn a body lets the reactor see to other connections."""


class Outlet(Protocol):
    """Where the body of one answer goes."""

    def write(self, data: bytes) -> None:
        """Send bytes; ignored once the connection is gone."""

    def finish(self) -> None:
        """The body is complete."""

    def abort(self) -> None:
        """Cut the connection, so that the client knows the body is incomplete."""

    def later(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` in `seconds`; the returned callable cancels that, harmlessly when late."""


class AnswerBody(Protocol):
    """A body that is made piece by piece.

    Either `start` is called once, or (for HEAD, or where the client is already gone) only `lost`.
    After `Outlet.finish` or `lost` nothing more is called.
    """

    @property
    def length(self) -> int | None:
        """Bytes the body will have, or None where that is not known: then it is sent chunked."""

    def start(self, outlet: Outlet) -> None:
        """Begin to write; `pause` may be called from inside `Outlet.write`."""

    def pause(self) -> None:
        """The client does not take more for now."""

    def resume(self) -> None:
        """The client takes more."""

    def lost(self) -> None:
        """The body is not wanted any more; release what it holds."""


Chunk = bytes | None


class ChunkStream:
    """A body of pages that a callable produces one at a time.

    Args:
        produce: gives the next page, or None at the end, or a Deferred of either. It is not
            called again before the page it gave was written and the client takes more. When it
            fails the connection is aborted: a chunked body without its last chunk is known to be
            incomplete.
        encoding: the content encoding; every page is flushed, so it can be decoded on arrival.
            Put the same value into the header ``Content-Encoding``.
        closed: called once at the end, with True when the whole body was handed to the wire and
            with False when it was not.
    """

    length = None

    def __init__(
        self,
        produce: Callable[[], Chunk | Deferred[Chunk]],
        *,
        encoding: ContentEncoding = "identity",
        closed: Callable[[bool], None] | None = None,
    ) -> None:
        self._produce = produce
        self._encoder = encoder(encoding)
        self._closed = closed
        self._outlet: Outlet | None = None
        self._paused = False
        self._waiting = False  # a page is being made or a turn of the reactor awaited
        self._over = False

    def start(self, outlet: Outlet) -> None:
        """Begin to produce."""
        self._outlet = outlet
        self._run()

    def pause(self) -> None:
        """Produce nothing more; a page under way is still written."""
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        self._paused = False
        self._run()

    def lost(self) -> None:
        """Stop for good."""
        self._end(False)

    def _run(self) -> None:
        written = 0
        while not (self._paused or self._waiting or self._over) and self._outlet is not None:
            if written >= PAGE:
                self._waiting = True
                self._outlet.later(0, self._turn)
                return
            # Held while producing, so that a producer that resumes us does not recurse.
            self._waiting = True
            try:
                page = self._produce()
            except Exception:
                self._broken(Failure())  # type: ignore[no-untyped-call]
                return
            if isinstance(page, Deferred):
                page.addCallbacks(self._later, self._broken)
                return
            self._waiting = False
            written += self._write(page)

    def _turn(self) -> None:
        self._waiting = False
        self._run()

    def _later(self, page: Chunk) -> None:
        self._waiting = False
        if not self._over:
            self._write(page)
            self._run()

    def _write(self, page: Chunk) -> int:
        outlet = self._outlet
        if outlet is None or self._over:
            return 0
        if page is None:
            tail = self._encoder.finish()
            if tail:
                outlet.write(tail)
            self._end(True)
            outlet.finish()
            return 0
        data = self._encoder.compress(page) + self._encoder.flush()
        if data:
            outlet.write(data)
        return len(data) or 1

    def _broken(self, reason: Failure) -> None:
        self._waiting = False
        if self._over:
            return
        structlog.get_logger(__name__).error("answer_broken", exc_info=reason.value)
        self._end(False)
        if self._outlet is not None:
            self._outlet.abort()

    def _end(self, complete: bool) -> None:
        if self._over:
            return
        self._over = True
        if self._closed is not None:
            self._closed(complete)
