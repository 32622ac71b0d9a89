"""``POST /v1/verify``: what to do when sums differ. Never a wipe: only what differs is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from twisted.internet.defer import Deferred

from appliance.http.identity import device_of
from appliance.http.problem import FieldError, Problem
from appliance.http.request import ApiRequest
from appliance.http.response import JSON, NDJSON, Response
from appliance.http.route import Answer, RequestBody, Route, RouteLimits
from appliance.http.store_calls import read
from appliance.http.stream import Chunk, ChunkStream
from appliance.store import verify
from appliance.store.box import Box
from appliance.sync import cursor as cursors

MAX_BODY = 64 * 1024

_Range = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{2}$")]
_Sum = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,20}$")]
_REQUEST = {
    "type": "object",
    "additionalProperties": False,
    "required": ["cursor", "collection", "ranges"],
    "properties": {
        "cursor": {"type": "string"},
        "collection": {"type": "string"},
        "ranges": {
            "type": "object",
            "description": "By two hex digits: rows and sum. An absent range is empty.",
            "additionalProperties": {
                "type": "array",
                "prefixItems": [{"type": "integer"}, {"type": "string"}],
                "minItems": 2,
                "maxItems": 2,
            },
        },
    },
}
_LINE = {"type": "object", "oneOf": [{"required": ["range"]}, {"required": ["put"]}]}


class _Verify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cursor: str
    collection: str
    ranges: dict[_Range, tuple[int, _Sum]]


class VerifyHandlers:
    """The handler of comparisons."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._asking: set[int] = set()

    def verify(self, request: ApiRequest) -> Deferred[Response]:
        """Stream the ranges that differ."""
        identity = device_of(request)
        asked = request.json(_Verify)
        try:
            cursors.decode(asked.cursor, key=self._box.store.cursor_key, device=identity.subject)
        except cursors.CursorDamaged as error:
            raise Problem("bad_cursor", f"{str(error).capitalize()}.") from None
        if asked.collection not in identity.rights.readable:
            detail = f"{asked.collection} is not read by this device."
            raise Problem(
                "unknown_collection",
                detail,
                errors=[FieldError("/collection", "collection_unknown", detail)],
            )
        ranges = {part: (rows, int(total)) for part, (rows, total) in asked.ranges.items()}
        number = identity.number
        if number in self._asking:
            # It costs a look at every record of the collection that the device may see.
            raise Problem(
                "too_many_requests",
                "A comparison of this device is under way; await its end.",
                headers={"Retry-After": "2"},
            )
        encoding = request.encoding()
        headers = {} if encoding == "identity" else {"Content-Encoding": encoding}

        def answer(found: list[tuple[str, list[int]]]) -> Response:
            parts = _parts(found)

            def produce() -> Chunk | Deferred[Chunk]:
                part = next(parts, None)
                if part is None or isinstance(part, bytes):
                    return part
                return read(
                    self._box.store, lambda db: verify.lines(db, number, asked.collection, part)
                ).addCallback(str.encode)

            return Response(
                body=ChunkStream(produce, encoding=encoding), media_type=NDJSON, headers=headers
            )

        self._asking.add(number)
        found = read(
            self._box.store, lambda db: verify.differing(db, number, asked.collection, ranges)
        )
        found.addBoth(self._compared, number)
        return found.addCallback(answer)

    def _compared(self, result: Any, number: int) -> Any:
        self._asking.discard(number)
        return result


def _parts(found: list[tuple[str, list[int]]]) -> Iterator[bytes | list[int]]:
    for part, numbers in found:
        yield b'{"range":"%s"}\n' % part.encode()
        yield from verify.pages(numbers)


def verify_routes(box: Box) -> tuple[Route, ...]:
    """Make the routes."""
    return (
        Route(
            method="POST",
            path="/v1/verify",
            handler=VerifyHandlers(box).verify,
            summary="Compare a collection range by range",
            description=(
                "Streams a `range` line and all `put` lines of each range that differs; rows of "
                "that range that are not listed are deleted by the device. The rows are as they "
                "stand now, perhaps newer than the cursor."
            ),
            request_body=RequestBody(media={JSON: _REQUEST}),
            responses={200: Answer(description="What differs.", media={NDJSON: _LINE})},
            problems=("bad_json", "bad_cursor", "unknown_collection"),
            limits=RouteLimits(max_body=MAX_BODY),
            tags=("sync",),
        ),
    )
