"""`/v1/uploads`: photos, signatures and images come in, resumable after tus 1.0.

What is allowed and answered is decided by `appliance.sync.uploads`, what is durable by
`appliance.store.uploads`; here requests meet both. Everything that touches the disk runs in a
worker thread. A body flows from the socket to the disk in pieces (`upload_sink`).

Quirks that clients rely on:
- A HEAD, PATCH or DELETE ends the PATCH before it, which is answered with 423 if it still lives.
- A PATCH that is cut keeps what came, so that a link that breaks every minute still gets there; a
  chunk with a checksum is kept whole or not at all.
- A POST that carries bytes and is cut leaves nothing: its client never learnt the address.
- The answer that finishes an upload names the blob: `Fieldbox-Blob: <sha256>`. So does HEAD.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import structlog
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from appliance.http.problem import Problem
from appliance.http.request import ApiRequest
from appliance.http.response import Response, problem_response
from appliance.http.upload_sink import BodyBroken, ChunkSink
from appliance.http.workers import Workers
from appliance.store.disk import DiskError, DiskFull
from appliance.store.upload_writer import Writer
from appliance.store.uploads import UploadStore
from appliance.sync.holders import Holder
from appliance.sync.upload_answers import (
    Answer,
    answer_chunk,
    answer_created,
    answer_options,
    answer_removed,
    answer_report,
)
from appliance.sync.upload_headers import (
    TUS_VERSION,
    RawHeaders,
    UploadRefused,
    check_version,
    read_chunk,
    read_creation,
)
from appliance.sync.uploads import (
    Creation,
    Limits,
    Upload,
    Verb,
    decide_chunk,
    decide_creation,
    decide_step,
    missing,
)

PATH = "/v1/uploads"
RETRY_SECONDS = 60
"""`Retry-After` of an answer that the disk is to blame for."""

_READ = (
    "Tus-Resumable",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Offset",
    "Upload-Metadata",
    "Upload-Checksum",
    "Upload-Concat",
    "Content-Type",
    "Content-Length",
    "Transfer-Encoding",
)


class UploadHandlers:
    """The handlers of the upload routes.

    Args:
        store: recovered before the first request.
        workers: threads for the disk.
        clock: the time, UTC milliseconds; the same as the store's.
    """

    def __init__(self, store: UploadStore, workers: Workers, clock: Callable[[], int]) -> None:
        self._store = store
        self._workers = workers
        self._clock = clock
        self._limits = Limits(store.max_bytes)

    def options(self, _request: ApiRequest) -> Response:
        """OPTIONS: what this server can do."""
        return _response(answer_options(self._limits))

    def create(self, request: ApiRequest) -> Deferred[Response]:
        """POST: a new upload, perhaps with its first bytes."""
        owner = _owner(request)
        with _refusals():
            creation = decide_creation(read_creation(_raw(request)), self._limits)
        chunk = creation.chunk
        if chunk is None:
            empty = self._workers.run(lambda: self._create_empty(owner, creation))
            return empty.addCallbacks(lambda upload: _created(upload, False), _failed)

        def begin(lost: Callable[[], None]) -> Writer:
            holder, _upload = self._store.create(owner, creation, lost)
            return self._store.append(holder, chunk, keep=False)

        filled = ChunkSink(self._workers, begin).run(request)
        return filled.addCallbacks(lambda upload: _created(upload, True), _failed)

    def append(self, request: ApiRequest) -> Deferred[Response]:
        """PATCH: the next chunk."""
        owner, upload_id = self._admitted(Verb.PATCH, request)
        with _refusals():
            headers = read_chunk(_raw(request))

        def begin(lost: Callable[[], None]) -> Writer:
            holder, upload = self._take(Verb.PATCH, upload_id, owner, lost)
            try:
                chunk = decide_chunk(headers, upload, self._limits)
            except UploadRefused:
                self._store.release(holder)
                raise
            return self._store.append(holder, chunk)

        appended = ChunkSink(self._workers, begin).run(request)
        return appended.addCallbacks(lambda upload: _response(answer_chunk(upload)), _failed)

    def report(self, request: ApiRequest) -> Deferred[Response]:
        """HEAD: how far an upload has come."""
        owner, upload_id = self._admitted(Verb.HEAD, request)

        def look() -> Upload:
            holder, upload = self._take(Verb.HEAD, upload_id, owner, _nobody)
            self._store.release(holder)
            return upload

        looked = self._workers.run(look)
        return looked.addCallbacks(lambda upload: _response(answer_report(upload)), _failed)

    def remove(self, request: ApiRequest) -> Deferred[Response]:
        """DELETE: end an upload for good."""
        owner, upload_id = self._admitted(Verb.DELETE, request)

        def remove() -> None:
            holder, _upload = self._take(Verb.DELETE, upload_id, owner, _nobody)
            self._store.remove(holder)

        removed = self._workers.run(remove)
        return removed.addCallbacks(lambda _: _response(answer_removed()), _failed)

    def _admitted(self, verb: Verb, request: ApiRequest) -> tuple[str, str]:
        """Refuse what can be refused without the disk, so before another request loses its hold."""
        owner, upload_id = _owner(request), request.params["upload_id"]
        with _refusals():
            check_version(_raw(request))
            decide_step(verb, self._store.find(upload_id), owner, self._clock())
        return owner, upload_id

    # In a worker thread

    def _create_empty(self, owner: str, creation: Creation) -> Upload:
        holder, upload = self._store.create(owner, creation, _nobody)
        self._store.release(holder)
        return upload

    def _take(
        self, verb: Verb, upload_id: str, owner: str, lost: Callable[[], None]
    ) -> tuple[Holder, Upload]:
        taken = self._store.take(upload_id, lost)
        if taken is None:
            raise missing()
        holder, upload = taken
        try:
            # Once more: it may have been finished, removed or expired meanwhile.
            return holder, decide_step(verb, upload, owner, self._clock())
        except UploadRefused:
            self._store.release(holder)
            raise


def _nobody() -> None:
    """What is told when a request loses an upload that it holds for a moment only."""


def _owner(request: ApiRequest) -> str:
    if request.identity is None:
        raise Problem("unauthenticated", "Uploads belong to a device.")
    return request.identity.subject


def _raw(request: ApiRequest) -> RawHeaders:
    return {name.lower(): values for name in _READ if (values := request.headers.get_all(name))}


def _response(answer: Answer) -> Response:
    return Response(status=answer.status, headers=dict(answer.headers))


def _created(upload: Upload, with_chunk: bool) -> Response:
    return _response(answer_created(upload, f"{PATH}/{upload.id}", with_chunk=with_chunk))


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except UploadRefused as refused:
        raise upload_problem(refused) from None


def _failed(failure: Failure) -> Response:
    """What a chunk or a piece of work failed with, as the problem to answer."""
    error = failure.value
    if isinstance(error, BodyBroken):
        # Dropped by the server: it has answered already, or the client is gone.
        return problem_response(Problem("body_incomplete", "The body broke off."))
    if isinstance(error, UploadRefused):
        raise upload_problem(error) from None
    if isinstance(error, DiskError):
        structlog.get_logger(__name__).error("upload_disk", error=str(error))
        raise disk_problem(error) from None
    raise error or RuntimeError("a failure without its error")


def upload_problem(refused: UploadRefused) -> Problem:
    """The problem of a refused upload request; every answer of tus names its version."""
    headers = {"Tus-Resumable": TUS_VERSION, **dict(refused.headers)}
    return Problem(refused.code, refused.detail, headers=headers)


def disk_problem(error: DiskError) -> Problem:
    """The problem of a disk that does not take uploads; 5xx, so that clients keep the upload."""
    headers = {"Tus-Resumable": TUS_VERSION, "Retry-After": str(RETRY_SECONDS)}
    if isinstance(error, DiskFull):
        return Problem("storage_full", "Nothing that was acknowledged is lost.", headers=headers)
    return Problem("storage_unavailable", "Nothing that was acknowledged is lost.", headers=headers)
