"""Printing for devices: ``/v1/printers`` and ``/v1/print/jobs``.

A device names a document by its kind and the record it shows; the box makes it, so that what is
printed is what is stored. The id of a job is the device's: asked for twice, it is printed once.
What becomes of a job comes down as its record in the collection ``print_jobs``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from appliance.api.documents import Document
from appliance.api.errors import PluginError
from appliance.hardware.print_desk import NoPrinter
from appliance.hardware.print_shop import PrintShop
from appliance.http.identity import DeviceIdentity, device_of
from appliance.http.print_schemas import COPY, JOB, PRINTERS, REQUEST, VERDICT
from appliance.http.problem import FieldError, Problem
from appliance.http.request import ApiRequest
from appliance.http.response import JSON, Response, json_response
from appliance.http.route import Answer, Parameter, RequestBody, Route, RouteLimits
from appliance.http.store_calls import side_read, written
from appliance.http.workers import Workers
from appliance.printing.collection import PRINT_JOBS, record_of
from appliance.printing.job import MAX_PRIORITY, MIN_PRIORITY, USUAL_PRIORITY, Job, JobRefused
from appliance.printing.job import Answer as Verdict
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.documents import DocumentMaker, DocumentRefused
from appliance.store.spool import SpoolReader
from appliance.store.transaction import WriteTransaction
from appliance.store.vans import van_of
from appliance.store.visibility import record_is_visible
from appliance.sync.codec import is_uuid

MAX_BODY = 4_096
_ID = Parameter(
    name="id",
    description="The job's id.",
    schema={"type": "string", "format": "uuid"},
    pattern=r"[0-9a-f-]{36}",
)


class PrintRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document to print; see `REQUEST`."""

    id: Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    record_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    printer: Annotated[str, msgspec.Meta(min_length=1, max_length=63)] | None = None
    language: Annotated[str, msgspec.Meta(max_length=35)] = ""
    priority: Annotated[int, msgspec.Meta(ge=MIN_PRIORITY, le=MAX_PRIORITY)] = USUAL_PRIORITY


class CopyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The id of the copy that a job is printed as once more."""

    id: Annotated[str, msgspec.Meta(min_length=36, max_length=36)]


class VerdictRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of a job of unknown outcome; `id` is that of the copy for ``again``."""

    answer: Verdict
    id: Annotated[str, msgspec.Meta(min_length=36, max_length=36)] | None = None


class PrintHandlers:
    """Takes jobs from devices and tells of them."""

    def __init__(
        self, box: Box, shop: PrintShop, documents: DocumentMaker, workers: Workers
    ) -> None:
        self._box = box
        self._shop = shop
        self._documents = documents
        self._workers = workers

    def printers(self, request: ApiRequest) -> Response:
        """List the printers, and say which one this device's jobs go to."""
        identity = device_of(request)
        self._may(identity)
        try:
            usual = self._chosen(identity, None)
        except Problem:
            usual = ""
        return json_response(
            {
                "printers": [
                    {
                        "name": one.name,
                        "title": one.title,
                        "columns": one.columns,
                        "usual": one.name == usual,
                        "state": one.state.standing,
                        "reasons": sorted(one.state.reasons),
                        "detail": one.state.why,
                    }
                    for one in self._shop.printers()
                ]
            }
        )

    def add(self, request: ApiRequest) -> Deferred[Response]:
        """Take a job."""
        identity = device_of(request)
        self._may(identity)
        wanted = request.json(PrintRequest)
        _check_id(wanted.id, "/id")
        user = identity.enrolled.user

        def make(connection: Connection) -> Document:
            collection = self._documents.kind(wanted.kind).collection
            if not record_is_visible(
                connection,
                collection,
                wanted.record_id,
                identity.number,
                identity.rights.readable,
            ):
                raise DocumentRefused(
                    "not_found", f"{collection} has no record {wanted.record_id} that you may see"
                )
            language = wanted.language or user.language or ""
            return self._documents.made(connection, wanted.kind, wanted.record_id, language)

        def store(document: Document, printer: str) -> Deferred[Response]:
            job = Job(
                id=wanted.id,
                number=0,
                printer=printer,
                title=document.title,
                created_at=0,
                kind=wanted.kind,
                collection=self._documents.kind(wanted.kind).collection,
                record=wanted.record_id,
                language=document.language,
                device=identity.subject,
                user=user.id,
                priority=wanted.priority,
            )

            def add(tx: WriteTransaction) -> Job:
                self._box.reserve.check(tx.db)
                return self._shop.add(tx, job, document)

            return written(self._box.store, add).addCallback(self._taken)

        def begin(earlier: Job | None) -> Any:
            # A device that did not hear the answer asks again; the record may have changed since,
            # and the printer be gone.
            if earlier is not None:
                self._check_mine(identity, earlier)
                return self._told(earlier)
            printer = self._chosen(identity, wanted.printer)
            return side_read(self._box.store, make).addCallback(store, printer)

        return (
            side_read(self._box.store, lambda db: SpoolReader(db).get(wanted.id))
            .addCallback(begin)
            .addErrback(_failed)
        )

    def get(self, request: ApiRequest) -> Deferred[Response]:
        """Tell of a job."""
        identity = device_of(request)
        return self._job(request, identity).addCallback(lambda job: self._told(job))

    def cancel(self, request: ApiRequest) -> Deferred[Response]:
        """Give a job up."""
        return self._act(request, lambda job: self._shop.cancel(job.id))

    def copy(self, request: ApiRequest) -> Deferred[Response]:
        """Print a finished job once more, marked as a copy."""
        wanted = request.json(CopyRequest)
        _check_id(wanted.id, "/id")
        return self._act(request, lambda job: self._shop.reprint(job.id, wanted.id))

    def answer(self, request: ApiRequest) -> Deferred[Response]:
        """Take what the person in front of the printer says."""
        wanted = request.json(VerdictRequest)
        if wanted.answer == "again":
            if wanted.id is None:
                fault = FieldError("/id", "required", "The copy needs an id.")
                raise Problem("content_invalid", "The body is incomplete.", errors=[fault])
            _check_id(wanted.id, "/id")
        copy = wanted.id or ""
        return self._act(request, lambda job: self._shop.answer(job.id, wanted.answer, copy))

    # --- inside ----------------------------------------------------------------------------------

    def _may(self, identity: DeviceIdentity) -> None:
        if PRINT_JOBS.name not in identity.rights.writable:
            raise Problem("forbidden", f"The right to write {PRINT_JOBS.name} is needed.")

    def _chosen(self, identity: DeviceIdentity, name: str | None) -> str:
        vans: frozenset[str] = frozenset()
        if name is None and self._shop.stations.know_vans:
            vans = self._box.store.read(lambda db: van_of(db, identity.number))
        try:
            return self._shop.chosen(
                name, login=identity.enrolled.user.login, device=identity.subject, vans=vans
            )
        except NoPrinter as error:
            raise Problem("not_found", f"{error}.") from None

    def _check_mine(self, identity: DeviceIdentity, job: Job) -> None:
        if job.user != identity.enrolled.user.id:
            raise Problem("conflict", "This id is that of somebody else's job.")

    def _job(self, request: ApiRequest, identity: DeviceIdentity) -> Deferred[Job]:
        job_id = request.params["id"]

        def mine(job: Job | None) -> Job:
            if job is None or job.user != identity.enrolled.user.id:
                raise Problem("not_found", "You have no job of this id.")
            return job

        return side_read(self._box.store, lambda db: SpoolReader(db).get(job_id)).addCallback(mine)

    def _act(self, request: ApiRequest, act: Callable[[Job], Job]) -> Deferred[Response]:
        identity = device_of(request)
        self._may(identity)
        return (
            self._job(request, identity)
            .addCallback(lambda job: self._workers.run(lambda: act(job)))
            .addCallback(lambda job: self._told(job))
            .addErrback(_failed)
        )

    def _taken(self, job: Job) -> Response:
        self._shop.wake(job.printer)
        return self._told(job, status=201)

    def _told(self, job: Job, status: int = 200) -> Response:
        return json_response({"id": job.id, **record_of(job)}, status=status)


def _check_id(value: str, pointer: str) -> None:
    if not is_uuid(value):
        fault = FieldError(pointer, "wrong_form", "It is no UUID in lower case.")
        raise Problem("content_invalid", "The id is wrong.", errors=[fault])


def _failed(failure: Failure) -> Response:
    error = failure.value
    if isinstance(error, JobRefused):
        raise Problem("conflict", f"{error}.")
    if isinstance(error, DocumentRefused):
        raise Problem("internal" if error.code == "unavailable" else "not_found", f"{error}.")
    if isinstance(error, PluginError):
        raise Problem("internal", "A plugin failed at the document; its failure is recorded.")
    raise error  # type: ignore[misc]


def print_routes(
    box: Box, shop: PrintShop, documents: DocumentMaker, workers: Workers
) -> tuple[Route, ...]:
    """Make the routes; arguments as of `PrintHandlers`."""
    handlers = PrintHandlers(box, shop, documents, workers)
    job = Answer(description="The job.", media={JSON: JOB})
    refused = ("forbidden", "not_found", "conflict", "bad_json", "content_invalid")

    def posts(path: str, handler: Any, summary: str, schema: Any, text: str) -> Route:
        return Route(
            method="POST",
            path=path,
            handler=handler,
            summary=summary,
            description=text,
            parameters=(_ID,) if "{id}" in path else (),
            request_body=RequestBody(media={JSON: schema}) if schema is not None else None,
            responses={200: job} if "{id}" in path else {200: job, 201: job},
            problems=(*refused, "storage_full", "storage_unavailable"),
            limits=RouteLimits(max_body=MAX_BODY if schema is not None else 0, takes="documents"),
            tags=("printing",),
        )

    return (
        Route(
            method="GET",
            path="/v1/printers",
            handler=handlers.printers,
            summary="The printers of the box",
            description="`usual` marks the one that this device's jobs go to by themselves.",
            responses={200: Answer(description="The printers.", media={JSON: PRINTERS})},
            problems=("forbidden",),
            tags=("printing",),
        ),
        posts(
            "/v1/print/jobs",
            handlers.add,
            "Print a document",
            REQUEST,
            "The box makes the document from the record as it is stored. Sent again with the same "
            "id it is the same job: 200 in place of 201. What becomes of it comes down in the "
            "collection `print_jobs`.",
        ),
        Route(
            method="GET",
            path="/v1/print/jobs/{id}",
            handler=handlers.get,
            summary="A print job",
            description="As its record in `print_jobs`, with the id.",
            parameters=(_ID,),
            responses={200: job},
            problems=("not_found",),
            tags=("printing",),
        ),
        posts(
            "/v1/print/jobs/{id}/cancel",
            handlers.cancel,
            "Give a print job up",
            None,
            "One that is being sent stops within moments: what is on paper stays there, and the "
            "answer may still say `processing`.",
        ),
        posts(
            "/v1/print/jobs/{id}/copy",
            handlers.copy,
            "Print a copy of a finished job",
            COPY,
            "It carries a copy mark in the document's language. The answer is the copy.",
        ),
        posts(
            "/v1/print/jobs/{id}/answer",
            handlers.answer,
            "Say what is on the paper",
            VERDICT,
            "For a job that `asks`: nobody knows whether it is on paper. `printed` ends it; "
            "`again` prints a copy in its place, which is the answer.",
        ),
    )
