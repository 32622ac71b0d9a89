"""``POST /v1/pull``: the stream of what a device may see and does not have."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred

from appliance.http.encoding import ContentEncoding, Encoder, encode, encoder
from appliance.http.identity import DeviceIdentity, device_of
from appliance.http.problem import Problem
from appliance.http.request import ApiRequest
from appliance.http.response import JSON, NDJSON, Response
from appliance.http.route import Answer, RequestBody, Route, RouteLimits
from appliance.http.store_calls import read, written
from appliance.http.stream import Chunk, ChunkStream
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.page_cache import PageCache
from appliance.store.pages import PullReader
from appliance.sync.cursor import CursorDamaged
from appliance.sync.pull import Pull, PullRequest, Reader, Step
from appliance.sync.pull_transaction import Room, SharedLines

MAX_BODY = 64 * 1024
INLINE_SEQS = 8_192
"""A device that is at most so far behind gets its first page without a thread. A page is bounded,
and two threads that want the interpreter at once cost more than most pages take."""

FLUSH_BYTES = 64 * 1024
"""At most so many bytes of a page are compressed before they can be read on arrival."""

_LINE = {
    "type": "object",
    "description": "One line; see docs/device-protocol.md.",
    "oneOf": [
        {"required": [key]}
        for key in ("begin", "put", "del", "ack", "segment", "mark", "checkpoint")
    ],
}
_REQUEST = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "cursor": {"type": ["string", "null"]},
        "collections": {"type": ["array", "null"], "items": {"type": "string"}},
        "limit_bytes": {"type": ["integer", "null"]},
        "accept": {"type": "array", "items": {"enum": ["segments"]}},
    },
}


class _Stream:
    """One pull on its way to one device: steps of the plan, compressed where they are made."""

    def __init__(
        self,
        box: Box,
        cache: PageCache,
        identity: DeviceIdentity,
        pull: Pull,
        encoding: ContentEncoding,
    ) -> None:
        self._box = box
        self._cache = cache
        self._identity = identity
        self._pull = pull
        self._encoding = encoding
        self._encoder: Encoder = encoder(encoding)
        self._ready: Chunk | Deferred[Chunk] = b""
        self._finished = False

    def at_once(self) -> bytes | None:
        """Take the first step on this thread; return the answer where it is all of it."""
        self._ready = self._after(*self._box.store.read(self._take))
        return self._ready if self._finished and isinstance(self._ready, bytes) else None

    def produce(self) -> Chunk | Deferred[Chunk]:
        """Return the next bytes, or None at the end."""
        if self._ready:
            ready, self._ready = self._ready, b""
            return ready
        if self._finished:
            return None
        return read(self._box.store, self._take).addCallback(lambda got: self._after(*got))

    def _take(self, connection: Connection) -> tuple[Step, bytes]:
        """Take a step in a read transaction, and compress it on the same thread."""
        step = self._pull.step(
            PullReader(
                connection,
                self._box.sources,
                self._cache,
                numbers=self._box.store.numbers,
                device=self._identity.number,
            )
        )
        data = b""
        for part in step.parts:
            if self._encoding == "zstd" and isinstance(part, SharedLines):
                # A frame stands for itself, so it goes to every device as it is.
                data += self._encoder.flush() + self._frame(part)
                continue
            for start in range(0, len(part), FLUSH_BYTES):
                data += self._encoder.compress(part[start : start + FLUSH_BYTES])
                # Text shrinks to a fraction; only what does not is flushed in between.
                if len(data) > FLUSH_BYTES:
                    data += self._encoder.flush()
        data += self._encoder.flush()
        if step.done:
            data += self._encoder.finish()
        return step, data

    def _frame(self, lines: SharedLines) -> bytes:
        frame = lines.frames.get(self._encoding)
        if frame is None:
            frame = lines.frames[self._encoding] = encode(self._encoding, lines)
        return frame

    def _after(self, step: Step, data: bytes) -> Chunk | Deferred[Chunk]:
        if step.stale:
            number = self._identity.number
            again = written(
                self._box.store, lambda tx: self._box.refresh_grants(tx, number)
            ).addCallback(lambda _changed: self.produce())
            if not data:
                return again
            return again.addCallback(lambda more: data + (more or b""))
        self._finished = step.done
        return data


class PullHandlers:
    """The handler of pulls.

    Args:
        box: whose data it is.
        seen: told of every pull: the device's number, and the seq its cursor proves it holds
            (None for none).
    """

    def __init__(self, box: Box, seen: Callable[[int, int | None], None]) -> None:
        self._box = box
        self._seen = seen
        self._cache = PageCache()

    def pull(self, request: ApiRequest) -> Response:
        """Stream what the device lacks."""
        identity = device_of(request)
        asked = request.json(PullRequest)
        sync = self._box.settings.sync
        device = identity.enrolled.device
        try:
            pull = Pull(
                Reader(identity.number, device.id, identity.rights.readable),
                asked,
                epoch=self._box.store.epoch,
                key=self._box.store.cursor_key,
                page=Room(sync.page_rows, sync.page_bytes),
            )
        except CursorDamaged as error:
            raise Problem("bad_cursor", f"{str(error).capitalize()}.") from None
        self._seen(identity.number, pull.seq or None)
        encoding = request.encoding()
        headers = {"Vary": "Accept-Encoding"}
        if encoding != "identity":
            headers["Content-Encoding"] = encoding
        stream = _Stream(self._box, self._cache, identity, pull, encoding)
        whole = None
        if pull.seq and self._box.store.head - pull.seq <= INLINE_SEQS:
            whole = stream.at_once()
        body = ChunkStream(stream.produce) if whole is None else whole
        return Response(body=body, media_type=NDJSON, headers=headers)


def pull_routes(box: Box, seen: Callable[[int, int | None], None]) -> tuple[Route, ...]:
    """Make the routes; arguments as of `PullHandlers`."""
    return (
        Route(
            method="POST",
            path="/v1/pull",
            handler=PullHandlers(box, seen).pull,
            summary="Pull changes",
            description=(
                "Streams lines from the cursor to the head. Commit rows together with the cursor "
                "of the mark below them; show them at the checkpoint. A stream that ends without "
                "a checkpoint is taken up again from its last mark."
            ),
            request_body=RequestBody(media={JSON: _REQUEST}),
            responses={200: Answer(description="The stream.", media={NDJSON: _LINE})},
            problems=("bad_json", "bad_cursor"),
            limits=RouteLimits(max_body=MAX_BODY),
            tags=("sync",),
        ),
    )
