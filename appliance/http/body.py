"""Request bodies on their way from the wire to whoever takes them.

A body is pushed into a sink in pieces of at most 64 KiB. The sink's owner may pause the flow at
any time, which stops reading from the socket: at most one read of the socket (64 KiB) waits here,
however large the body is. Nothing is ever written to a temporary file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from appliance.http.decoding import Decoder, IdentityDecoder
from appliance.http.problem import Problem


class BodySink(Protocol):
    """Takes a body. Exactly one of `end` and `lost` is called, once, and nothing after it."""

    def data(self, chunk: bytes) -> None:
        """A piece of the decoded body, 1 to 65,536 bytes."""

    def end(self) -> None:
        """The body is complete."""

    def lost(self, reason: Exception) -> None:
        """The rest will not come.

        Args:
            reason: a `Problem` (too large, broken, stalled), which the server answers by itself,
                or another exception where the connection is gone.
        """


class BodyFlow(Protocol):
    """The tap of a body. It is closed at first: nothing arrives before `resume`."""

    def pause(self) -> None:
        """Deliver nothing and read nothing more until `resume`; may be called twice."""

    def resume(self) -> None:
        """Deliver what waits, perhaps before this returns, and go on reading."""


class BodyLost(Exception):
    """The connection went away before the body was complete."""


class BodyFeed:
    """The body of one request: implements `BodyFlow` for the handler.

    Args:
        limit: bytes of body, counted on the wire and again once decoded.
        decoder: of the content encoding.
        set_reading: called with False to stop reading from the socket and with True to go on.
        failed: called at most once, after the sink's `lost`, with a Problem that the server
            should answer, or with what a sink raised.
    """

    def __init__(
        self,
        *,
        limit: int,
        decoder: Decoder,
        set_reading: Callable[[bool], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._limit = limit
        self._decoder = decoder
        self._set_reading = set_reading
        self._failed = failed
        self._sink: BodySink | None = None
        self._waiting: deque[bytes] = deque()
        self._pieces: Iterator[bytes] = iter(())
        self._paused = True
        self._reading = True
        self._complete = False
        self._closed = False
        self._draining = False
        self.received = 0
        self.decoded = 0

    @property
    def complete(self) -> bool:
        """Whether the wire has delivered the whole body."""
        return self._complete

    @property
    def paused(self) -> bool:
        """Whether the tap is closed."""
        return self._paused

    def attach(self, sink: BodySink) -> None:
        """Give the body to `sink`, once; it flows after `resume`."""
        if self._sink is not None:
            raise RuntimeError("the body of this request already has a sink")
        self._sink = sink

    # For the handler

    def pause(self) -> None:
        """See `BodyFlow.pause`."""
        self._paused = True
        self._read(False)

    def resume(self) -> None:
        """See `BodyFlow.resume`."""
        if self._sink is None:
            raise RuntimeError("a body cannot flow before it has a sink")
        self._paused = False
        self._drain()

    # For the wire

    def arrived(self, data: bytes) -> None:
        """The wire delivered bytes of the body."""
        if self._closed:
            return
        self.received += len(data)
        if self.received > self._limit:
            self.fail(_too_large(self._limit))
            return
        if data:
            self._waiting.append(data)
            self._drain()
        if self._paused:
            self._read(False)

    def ended(self) -> None:
        """The wire delivered the last byte."""
        self._complete = True
        self._drain()

    def fail(self, reason: Exception) -> None:
        """End the body early: the sink loses it and the server answers `reason`."""
        if self._closed:
            return
        self.close(reason)
        self._failed(reason)

    def close(self, reason: Exception) -> None:
        """End the body early without an answer; harmless once it has ended."""
        if self._closed:
            return
        self._closed = True
        self._waiting.clear()
        self._pieces = iter(())
        if self._sink is not None:
            self._sink.lost(reason)

    def _drain(self) -> None:
        # A sink may pause and resume from inside `data`; the outermost call does the work.
        if self._draining or self._sink is None:
            return
        self._draining = True
        try:
            while not self._paused and not self._closed and self._step(self._sink):
                pass
        except Exception as reason:
            if self._closed:
                # Raised by `end`, or after the sink had its answer: there is nothing to lose.
                self._failed(reason)
            else:
                self.fail(reason)
        finally:
            self._draining = False
        if not self._paused and not self._closed:
            self._read(True)

    def _step(self, sink: BodySink) -> bool:
        """Hand on one piece; False when nothing more can be done now."""
        piece = next(self._pieces, None)
        if piece is not None:
            self.decoded += len(piece)
            if self.decoded > self._limit:
                raise _too_large(self._limit)
            sink.data(piece)
            return True
        if self._waiting:
            self._pieces = self._decoder.decode(self._waiting.popleft())
            return True
        if self._complete:
            self._decoder.finish()
            self._closed = True
            sink.end()
        return False

    def _read(self, reading: bool) -> None:
        if self._reading != reading and not self._complete:
            self._reading = reading
            self._set_reading(reading)


class WholeBody:
    """A sink that keeps the body and gives it away at its end."""

    def __init__(self, complete: Callable[[bytes], None]) -> None:
        self._chunks: list[bytes] = []
        self._give = complete

    def data(self, chunk: bytes) -> None:
        """Keep a piece; the feed bounds the sum."""
        self._chunks.append(chunk)

    def end(self) -> None:
        """Give the body away."""
        chunks, self._chunks = self._chunks, []
        self._give(b"".join(chunks))

    def lost(self, reason: Exception) -> None:
        """Forget what came; the server answers."""
        self._chunks = []


def bytes_body(data: bytes) -> BodyFeed:
    """A body that has arrived whole; what a sink raises is raised by `resume`."""

    def failed(reason: Exception) -> None:
        raise reason

    feed = BodyFeed(
        limit=max(len(data), 1),
        decoder=IdentityDecoder(),
        set_reading=lambda _reading: None,
        failed=failed,
    )
    feed.arrived(data)
    feed.ended()
    return feed


def _too_large(limit: int) -> Problem:
    return Problem("body_too_large", f"The body is larger than {limit} bytes.", close=True)
