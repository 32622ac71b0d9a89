"""``POST /v1/push``: mutations come up line by line, and each answer follows its commit.

While one group of lines is committed the next ones gather. Reading stops when more wait than the
writer can take soon; writing answers never stops it, because a client may send everything before
it reads.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from appliance.http.body import BodyFlow
from appliance.http.deadline import Clock
from appliance.http.identity import device_of
from appliance.http.problem import Problem
from appliance.http.request import ApiRequest
from appliance.http.response import NDJSON, Response, problem_response
from appliance.http.route import Answer as RouteAnswer
from appliance.http.route import RequestBody, Route, RouteLimits
from appliance.http.store_calls import kept_full_problem, written
from appliance.http.stream import Chunk, ChunkStream
from appliance.store.box import Box
from appliance.store.errors import DeviceRevoked
from appliance.sync.intake_transaction import Answer

MAX_BODY = 256 * 1024 * 1024
GROUP_LINES = 64
GROUP_BYTES = 256 * 1024
"""Lines and bytes that one job of the writer takes, so that one device never holds it for long."""

GATHER_S = 0.02
"""How long the first lines of a body wait for those that follow, so that one commit and one answer
serve a small push, whose body comes in several pieces all the same."""

WAITING_BYTES = 1024 * 1024
"""Bytes of lines that may wait before reading stops."""

BLANK_BYTES = 64 * 1024
"""Bytes of empty lines that one request may hold."""

_MUTATION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["mid", "n", "collection", "id", "op"],
    "properties": {
        "mid": {"type": "string", "description": "UUIDv7 of the mutation."},
        "n": {"type": "integer", "description": "The device's running number, without gaps."},
        "collection": {"type": "string"},
        "id": {"type": "string", "description": "UUID of the record."},
        "op": {"enum": ["put", "del"]},
        "base": {"type": ["integer", "null"], "description": "seq of the edited version."},
        "row": {"type": "object"},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["mid", "outcome", "seq", "issues"],
    "properties": {
        "mid": {"type": ["string", "null"]},
        "outcome": {
            "enum": [
                "applied",
                "flagged",
                "held",
                "duplicate",
                "conflict",
                "rejected",
                "quarantined",
            ]
        },
        "seq": {"type": ["integer", "null"]},
        "issues": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "severity", "pointer", "text"],
                "properties": {
                    "code": {"type": "string"},
                    "severity": {"enum": ["reject", "hold", "flag", "warn"]},
                    "pointer": {"type": "string"},
                    "text": {"type": "string"},
                },
            },
        },
        "first": {"type": "string", "description": "Of a duplicate: the first outcome."},
        "row": {"type": "object", "description": "Where the stored row differs from the sent."},
    },
}


class _Push:
    """One push: takes the body, gives the answers."""

    def __init__(
        self,
        box: Box,
        request: ApiRequest,
        told: Callable[[list[Answer]], None],
        clock: Clock,
    ) -> None:
        self._box = box
        self._request = request
        self._told = told
        self._clock = clock
        self._gathering = False
        self._number = device_of(request).number
        self._flow: BodyFlow | None = None
        self._tail: list[bytes] = []
        self._tail_size = 0
        self._blank = 0
        self._lines: list[bytes] = []
        self._size = 0
        self._count = 0
        self._busy = False
        self._ended = False
        self._over = False
        self._answers: list[bytes] = []
        self._waiting: Deferred[Chunk] | None = None
        self._responded = False

    def start(self) -> None:
        """Let the body flow."""
        self._flow = self._request.stream_body(self)
        self._flow.resume()

    # --- the body's side -----------------------------------------------------------------------

    def data(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        if self._over:
            return
        head, *rest = chunk.split(b"\n")
        # Pieces are joined once: a line may come in single bytes.
        self._tail.append(head)
        self._tail_size += len(head)
        if rest:
            self._line(b"".join(self._tail))
            for line in rest[:-1]:
                self._line(line)
            self._tail, self._tail_size = [rest[-1]], len(rest[-1])
        if self._tail_size > self._box.settings.sync.max_mutation_bytes:
            self._fail(self._too_large())
            return
        if len(self._lines) >= GROUP_LINES or self._size >= GROUP_BYTES:
            self._go()
        elif self._lines and not self._gathering:
            self._gathering = True
            self._clock.callLater(GATHER_S, self._gathered)
        if self._size > WAITING_BYTES and self._flow is not None:
            self._flow.pause()

    def end(self) -> None:
        """The body is complete."""
        self._ended = True
        self._line(b"".join(self._tail))
        self._tail.clear()
        self._go()

    def lost(self, reason: Exception) -> None:
        """The rest will not come: whole lines that came are still committed."""
        self._ended = True
        self._tail.clear()
        if isinstance(reason, Problem):
            self._over = True
        self._go()

    def _gathered(self) -> None:
        self._gathering = False
        self._go()

    def _line(self, line: bytes) -> None:
        if self._over:
            return
        if not line.strip():
            # They make no mutation, so nothing else would bound them: compressed, a few bytes
            # are millions of empty lines.
            self._blank += len(line) + 1
            if self._blank > BLANK_BYTES:
                self._fail(Problem("body_too_large", "The body is mostly empty lines.", close=True))
            return
        sync = self._box.settings.sync
        self._count += 1
        if len(line) > sync.max_mutation_bytes:
            self._fail(self._too_large())
        elif self._count > sync.max_mutations:
            self._fail(
                Problem(
                    "body_too_large",
                    f"More than {sync.max_mutations} mutations in one request.",
                    close=True,
                )
            )
        else:
            self._lines.append(line)
            self._size += len(line)

    def _too_large(self) -> Problem:
        limit = self._box.settings.sync.max_mutation_bytes
        return Problem("body_too_large", f"A mutation has more than {limit} bytes.", close=True)

    # --- the writer's side ---------------------------------------------------------------------

    def _go(self) -> None:
        """Give the writer the next group, or end the answer."""
        if self._busy:
            return
        if not self._lines:
            if self._ended:
                self._finish()
            return
        group: list[bytes] = []
        size = 0
        while self._lines and len(group) < GROUP_LINES and (not group or size < GROUP_BYTES):
            line = self._lines[len(group)]
            group.append(line)
            size += len(line)
            if len(group) == len(self._lines):
                break
        del self._lines[: len(group)]
        self._size -= size
        self._busy = True
        written(
            self._box.store, lambda tx: self._box.receive(tx, self._number, group)
        ).addCallbacks(self._committed, self._refused, callbackArgs=(len(group),)).addErrback(
            self._broken
        )
        if self._flow is not None and self._size <= WAITING_BYTES and not self._ended:
            self._flow.resume()

    def _committed(self, answers: list[Answer], sent: int) -> None:
        self._busy = False
        self._told(answers)
        self._answers.extend(answer.line() for answer in answers)
        if len(answers) < sent:
            self._lines.clear()
            self._fail(kept_full_problem())
            return
        self._go()
        if not self._responded and (self._lines or self._busy or not self._ended):
            self._respond_streaming()
        self._deliver()

    def _refused(self, failure: Failure) -> None:
        self._busy = False
        self._lines.clear()
        error = failure.value
        if isinstance(error, DeviceRevoked):
            self._fail(Problem("credential_revoked", "This device was revoked.", close=True))
        elif isinstance(error, Problem):
            self._fail(error)
        else:
            structlog.get_logger(__name__).error("push_failed", exc_info=error)
            self._fail(Problem("internal", "The box failed; send the rest again.", close=True))

    def _broken(self, failure: Failure) -> None:
        """Cut a push that we cannot answer, so that the device does not wait for it."""
        structlog.get_logger(__name__).error("push_broken", exc_info=failure.value)
        self._over = self._ended = True
        self._request.abort()

    # --- the answer's side ---------------------------------------------------------------------

    def _respond_streaming(self) -> None:
        self._responded = True
        encoding = self._request.encoding()
        headers = {} if encoding == "identity" else {"Content-Encoding": encoding}
        self._request.respond(
            Response(
                body=ChunkStream(self._produce, encoding=encoding),
                media_type=NDJSON,
                headers=headers,
            )
        )

    def _produce(self) -> Chunk | Deferred[Chunk]:
        if self._answers:
            text = b"".join(self._answers)
            self._answers.clear()
            return text
        if self._ended and not self._lines and not self._busy and not self._over:
            return None
        self._waiting = Deferred()
        return self._waiting

    def _deliver(self) -> None:
        if self._waiting is None:
            return
        waiting, self._waiting = self._waiting, None
        found = self._produce()
        if isinstance(found, Deferred):
            self._waiting = waiting
        else:
            waiting.callback(found)

    def _finish(self) -> None:
        if self._over:
            return
        if not self._responded:
            self._responded = True
            text = b"".join(self._answers)
            self._answers.clear()
            self._request.respond(Response(body=text, media_type=NDJSON, compress=True))
        else:
            self._deliver()

    def _fail(self, problem: Problem) -> None:
        """End early: as an answer where none has begun, else by cutting the connection."""
        if self._over:
            return
        self._over = True
        self._ended = True
        if self._responded or self._answers:
            # What was answered must reach the device; the cut tells it that the rest did not.
            if not self._responded:
                self._respond_streaming()
            self._deliver()
            self._request.cut_short()
            return
        self._responded = True
        self._request.respond(problem_response(problem, self._request.request_id))


class PushHandlers:
    """The handler of pushes.

    Args:
        box: where they go.
        told: told of every group of answers, for metrics.
        clock: the reactor.
    """

    def __init__(self, box: Box, told: Callable[[list[Answer]], None], clock: Clock) -> None:
        self._box = box
        self._told = told
        self._clock = clock

    def push(self, request: ApiRequest) -> None:
        """Take mutations."""
        _Push(self._box, request, self._told, self._clock).start()


def push_routes(box: Box, told: Callable[[list[Answer]], None], clock: Clock) -> tuple[Route, ...]:
    """Make the routes; arguments as of `PushHandlers`."""
    return (
        Route(
            method="POST",
            path="/v1/push",
            handler=PushHandlers(box, told, clock).push,
            summary="Push mutations",
            description=(
                "One mutation a line; one answer a line, in the same order, each sent after the "
                "commit that holds its effect. Send again whatever has no answer."
            ),
            request_body=RequestBody(media={NDJSON: _MUTATION}),
            responses={200: RouteAnswer(description="The answers.", media={NDJSON: _ANSWER})},
            problems=(
                "body_too_large",
                "bad_encoding",
                "storage_full",
                "kept_full",
                "storage_unavailable",
            ),
            limits=RouteLimits(
                max_body=MAX_BODY,
                streaming=True,
                encodings=("identity", "gzip", "zstd"),
                takes="documents",
            ),
            tags=("sync",),
        ),
    )
