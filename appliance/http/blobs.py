"""`GET /v1/blobs/{sha256}`: photos and images go out, in whole or in part.

A blob never changes, so its name is its strong entity tag and a copy may be kept for ever. Whether
a device may have it is asked each time: a blob is readable through a row that names it and that
the device may see. One that may not be read is answered like one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from appliance.http.problem import Problem
from appliance.http.ranges import Part, names_tag, select_part
from appliance.http.request import ApiRequest, Identity
from appliance.http.response import Response
from appliance.http.route import Answer, Parameter, Route
from appliance.http.stream import ChunkStream, Outlet
from appliance.http.workers import Workers
from appliance.store.blobs import BlobFile, BlobMissing, BlobStore
from appliance.store.disk import DiskError

MayRead = Callable[[Identity, str], "bool | Deferred[bool]"]
"""Whether this device may read the blob of this SHA-256."""

MEDIA_TYPE = "application/octet-stream"
"""Of every blob: what a device sent is never offered to a browser as anything it would run."""

PAGE_BYTES = 256 * 1024

_MISSING = "There is no blob of this name, or no row you may see names it."
_CACHE = "private, max-age=31536000, immutable"


class BlobDownload:
    """The bytes of one part of a blob as an `AnswerBody`, read page by page in worker threads.

    Attributes:
        length: bytes of the part.
    """

    def __init__(self, blob: BlobFile, part: Part, workers: Workers) -> None:
        self.length: int | None = part.size
        self._blob = blob
        self._workers = workers
        self._offset = part.offset
        self._end = part.offset + part.size
        self._stream = ChunkStream(self._page, closed=self._close)

    def start(self, outlet: Outlet) -> None:
        """See `AnswerBody`."""
        self._stream.start(outlet)

    def pause(self) -> None:
        """See `AnswerBody`."""
        self._stream.pause()

    def resume(self) -> None:
        """See `AnswerBody`."""
        self._stream.resume()

    def lost(self) -> None:
        """See `AnswerBody`."""
        self._stream.lost()

    def _page(self) -> Deferred[bytes | None] | None:
        size = min(PAGE_BYTES, self._end - self._offset)
        if size == 0:
            return None
        return self._workers.run(lambda: self._read(size))

    def _read(self, size: int) -> bytes | None:
        data = self._blob.read_at(size, self._offset)
        if not data:
            # The connection is cut then: the client must not take what it has for the whole.
            raise DiskError(f"a blob ends at {self._offset} bytes, before its size")
        self._offset += len(data)
        return data

    def _close(self, _complete: bool) -> None:
        self._workers.run(self._blob.close).addErrback(_log_close)


class BlobHandlers:
    """The handler of the blob route.

    Args:
        blobs: where they are.
        workers: threads for the disk.
        may_read: see `MayRead`.
    """

    def __init__(self, blobs: BlobStore, workers: Workers, may_read: MayRead) -> None:
        self._blobs = blobs
        self._workers = workers
        self._may_read = may_read

    def download(self, request: ApiRequest) -> Deferred[Response]:
        """GET and HEAD: a blob or a part of it."""
        identity = request.identity
        if identity is None:
            raise Problem("unauthenticated", "Blobs are for devices.")
        sha256 = request.params["sha256"]
        may = self._may_read(identity, sha256)
        allowed = may if isinstance(may, Deferred) else succeed(may)
        opened = allowed.addCallback(self._open, sha256)
        return opened.addCallbacks(lambda blob: self._answer(request, sha256, blob), _failed)

    def _open(self, allowed: bool, sha256: str) -> Deferred[BlobFile]:
        if not allowed:
            raise Problem("not_found", _MISSING)
        return self._workers.run(lambda: self._blobs.open(sha256))

    def _answer(self, request: ApiRequest, sha256: str, blob: BlobFile) -> Response:
        etag = f'"{sha256}"'
        headers = {"ETag": etag, "Cache-Control": _CACHE, "Accept-Ranges": "bytes"}
        whole = Part(0, blob.size, False)
        try:
            if names_tag(request.headers.get_list("If-None-Match"), etag):
                BlobDownload(blob, whole, self._workers).lost()
                return Response(status=304, headers=headers)
            # Range is defined for GET alone (RFC 9110, 14.2).
            wanted = request.header("Range") if request.method == "GET" else None
            part = select_part(wanted, request.header("If-Range"), etag, blob.size)
        except Problem:
            BlobDownload(blob, whole, self._workers).lost()
            raise
        if part.partial:
            headers["Content-Range"] = part.content_range(blob.size)
        return Response(
            status=206 if part.partial else 200,
            body=BlobDownload(blob, part, self._workers),
            media_type=MEDIA_TYPE,
            headers=headers,
        )


def blob_routes(blobs: BlobStore, workers: Workers, may_read: MayRead) -> tuple[Route, ...]:
    """Make the routes; arguments as of `BlobHandlers`."""
    headers = {"ETag": "The blob's name in quotes.", "Accept-Ranges": "bytes"}
    media = {MEDIA_TYPE: {"type": "string", "format": "binary"}}
    return (
        Route(
            method="GET",
            path="/v1/blobs/{sha256}",
            handler=BlobHandlers(blobs, workers, may_read).download,
            summary="Download a blob",
            description=(
                "A blob can be read by a device that may see a row naming it; any other is 404."
                " Range (one part) and If-Range resume a download that broke off."
            ),
            parameters=(
                Parameter(
                    name="sha256",
                    description="SHA-256 of the content, lower-case hexadecimal.",
                    pattern="[0-9a-f]{64}",
                ),
            ),
            responses={
                200: Answer(description="The content.", media=media, headers=headers),
                206: Answer(
                    description="A part of it.",
                    media=media,
                    headers={"Content-Range": "Which part of how many bytes.", **headers},
                ),
                304: Answer(description="The client's copy is good.", headers=headers),
            },
            problems=("not_found", "range_not_satisfiable", "storage_unavailable"),
            tags=("blobs",),
        ),
    )


def _failed(failure: Failure) -> Response:
    error = failure.value
    if isinstance(error, BlobMissing):
        raise Problem("not_found", _MISSING) from None
    if isinstance(error, DiskError):
        structlog.get_logger(__name__).error("blob_disk", error=str(error))
        raise Problem("storage_unavailable", "The blob cannot be read now.") from None
    raise error or RuntimeError("a failure without its error")


def _log_close(failure: Failure) -> None:
    structlog.get_logger(__name__).error("blob_close", exc_info=failure.value)
