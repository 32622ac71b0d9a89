"""The way of one chunk from a request's body to the disk.

The upload is taken and the chunk opened first, then the body flows, then its end is made durable.
At most one piece of work is with the worker threads at a time. What arrives meanwhile waits in
memory; at `HIGH_WATER` bytes reading from the socket stops until the disk has caught up. A piece
is written as soon as no other is being written, however small: on a link that breaks every few
seconds each byte that arrived counts as progress.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import structlog
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from appliance.http.body import BodyFlow
from appliance.http.request import ApiRequest
from appliance.http.workers import Workers
from appliance.store.upload_writer import Writer
from appliance.sync.upload_headers import UploadRefused
from appliance.sync.uploads import Upload, taken_over

T = TypeVar("T")

HIGH_WATER = 96 * 1024
"""Bytes on their way to the disk at which the body is paused. One more piece of 64 KiB may follow
and as much may wait in the body's feed: 224 KiB of one upload at most are in memory."""


class BodyBroken(Exception):
    """The body broke off; nobody waits for an answer."""


class _Body(Enum):
    """What is known of the body's end."""

    FLOWING = "flowing"
    COMPLETE = "complete"
    BROKEN = "broken"


class ChunkSink:
    """Takes the body of one PATCH, or of a POST that carries bytes.

    Args:
        workers: threads for the disk.
        begin: done in a worker thread; takes the upload and opens the chunk. What it is given
            is to be called, from any thread, when the upload is lost to a later request.
    """

    def __init__(self, workers: Workers, begin: Callable[[Callable[[], None]], Writer]) -> None:
        self._workers = workers
        self._begin = begin
        self._flow: BodyFlow | None = None
        self._writer: Writer | None = None
        self._busy = False
        self._over = False
        self._body = _Body.FLOWING
        self._pieces: list[bytes] = []
        self._held = 0  # bytes in `_pieces` and with the worker
        self._done: Deferred[Upload] = Deferred()

    def run(self, request: ApiRequest) -> Deferred[Upload]:
        """Begin; gives the upload once the chunk is durable.

        Fails with what the store raises, with `UploadRefused` (423) where a later request took
        the upload over, and with `BodyBroken` once a body that broke off is dealt with.
        """
        self._flow = request.stream_body(self)
        self._work(lambda: self._begin(self._tell_taken_over), self._begun)
        return self._done

    def data(self, chunk: bytes) -> None:
        """See `BodySink`."""
        if self._over:
            return
        self._pieces.append(chunk)
        self._held += len(chunk)
        if self._held >= HIGH_WATER and self._flow is not None:
            self._flow.pause()
        self._advance()

    def end(self) -> None:
        """See `BodySink`."""
        self._body = _Body.COMPLETE
        self._advance()

    def lost(self, reason: Exception) -> None:
        """See `BodySink`. What came before is still written."""
        self._body = _Body.BROKEN
        self._advance()

    def _tell_taken_over(self) -> None:
        self._workers.tell(lambda: self._fail(taken_over()))

    def _begun(self, writer: Writer) -> None:
        self._writer = writer
        self._go_on()

    def _written(self, size: int) -> None:
        self._held -= size
        self._go_on()

    def _go_on(self) -> None:
        if self._body is _Body.FLOWING and self._held < HIGH_WATER and self._flow is not None:
            self._flow.resume()

    def _advance(self) -> None:
        """Give the workers what is next, if they are free and there is anything."""
        writer = self._writer
        if self._busy or self._over or writer is None:
            return
        if self._pieces:
            data = b"".join(self._pieces)
            self._pieces.clear()
            self._work(lambda: writer.write(data), lambda _: self._written(len(data)))
        elif self._body is _Body.COMPLETE:
            self._work(writer.finish, self._succeed)
        elif self._body is _Body.BROKEN:
            self._work(writer.cut, lambda _: self._fail(BodyBroken()))

    def _succeed(self, upload: Upload) -> None:
        self._over = True
        self._done.callback(upload)

    def _fail(self, error: BaseException) -> None:
        """End early: for good, whatever the workers still bring."""
        told = not self._over and self._body is not _Body.BROKEN
        if not told and not isinstance(error, UploadRefused | BodyBroken):
            # The answer is given or nobody waits for it: the log is the only one left to tell.
            structlog.get_logger(__name__).error("upload_chunk_failed", exc_info=error)
        if self._over:
            return
        self._over = True
        self._pieces.clear()
        self._done.errback(error if told else BodyBroken())

    def _work(self, call: Callable[[], T], then: Callable[[T], None]) -> None:
        self._busy = True

        def worked(result: T) -> None:
            self._busy = False
            if not self._over:
                then(result)
                self._advance()

        def failed(failure: Failure) -> None:
            self._busy = False
            self._fail(failure.value or RuntimeError("a failure without its error"))

        self._workers.run(call).addCallback(worked).addErrback(failed)
