"""``GET /v1/segments/{sha256}``: immutable files of put lines, stored compressed."""

from __future__ import annotations

from appliance.http.file_body import serve_file
from appliance.http.identity import device_of
from appliance.http.problem import Problem
from appliance.http.request import ApiRequest
from appliance.http.response import NDJSON, Response
from appliance.http.route import Answer, Parameter, Route
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.pages import PullReader
from appliance.store.segments import places


class SegmentHandlers:
    """Serves a segment to devices that may see the bucket it was cut from."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def segment(self, request: ApiRequest) -> Response:
        """Serve the file, or a range of its compressed bytes."""
        identity = device_of(request)
        sha256 = request.params["sha256"]

        def allowed(connection: Connection) -> bool:
            reader = PullReader(connection, frozenset())
            granted = set(reader.granted(identity.number, reader.head()))
            return any(
                bucket in granted and collection in identity.rights.readable
                for bucket, collection in places(connection, sha256)
            )

        if not self._box.store.read(allowed):
            raise Problem("not_found", "There is no such segment for this device; pull again.")
        try:
            file = self._box.segments.path(sha256).open("rb")
        except FileNotFoundError:
            raise Problem("not_found", "This segment was replaced; pull again.") from None
        return serve_file(
            request,
            file,
            etag=sha256,
            media_type=NDJSON,
            headers={
                "Content-Encoding": "zstd",
                "Cache-Control": "private, max-age=31536000, immutable",
            },
        )


def segment_routes(box: Box) -> tuple[Route, ...]:
    """Make the routes."""
    return (
        Route(
            method="GET",
            path="/v1/segments/{sha256}",
            handler=SegmentHandlers(box).segment,
            summary="Download a segment",
            description=(
                "zstd-compressed `put` lines, always with `Content-Encoding: zstd`. The SHA-256 "
                "is that of the compressed bytes; so are ranges."
            ),
            parameters=(
                Parameter(
                    name="sha256",
                    description="As the pull line names it.",
                    pattern="[0-9a-f]{64}",
                ),
            ),
            responses={
                200: Answer(description="The file.", media={NDJSON: {"type": "string"}}),
                206: Answer(description="A range of it.", media={NDJSON: {"type": "string"}}),
            },
            problems=("range_not_satisfiable",),
            tags=("sync",),
        ),
    )
