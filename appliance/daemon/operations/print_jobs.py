"""Print jobs: listed, held, released, canceled, printed once more, and asked about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.daemon.operations.printers import known
from appliance.hardware.print_desk import NoPrinter
from appliance.printing.job import Answer, Job, JobRefused
from appliance.store.documents import DocumentRefused
from appliance.store.spool import SpoolReader
from appliance.store.transaction import WriteTransaction

MOST = 1_000
WAIT_S = 10.0
"""Seconds that one wait for a job lasts at most; who wants to waits again."""

_LOOK_S = 0.1


class KindView(msgspec.Struct, frozen=True):
    """A kind of document that can be printed from records of a collection."""

    kind: str
    title: str
    collection: str
    owner: str


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A print job, as `appliance.printing.job.Job` without what only devices need."""

    number: int
    id: str
    printer: str
    title: str
    kind: str
    record: str
    copy: int
    priority: int
    state: str
    reason: str
    detail: str
    asks: bool
    confirmed: str
    sent: int
    total: int
    created_at: int
    changed_at: int
    user: str

    @classmethod
    def of(cls, job: Job) -> JobView:
        """Return the view of a job."""
        return cls(**{name: getattr(job, name) for name in cls.__struct_fields__})


class ListJobs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which jobs: of one printer or of all, the finished ones too or not."""

    printer: Annotated[str, msgspec.Meta(min_length=1, max_length=63)] | None = None
    finished: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 50


class OneJob(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job by its number."""

    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class AnswerJob(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job by its number, and what a person says of it."""

    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    answer: Answer


class WaitJob(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job to wait for, and how many seconds at most."""

    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    seconds: Annotated[float, msgspec.Meta(ge=0, le=WAIT_S)] = WAIT_S


class Waited(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was waited for.

    Attributes:
        job: as it stands.
        reasons: why its printer does not print, or soon will not.
        why: the same in words, where there is more to say.
    """

    job: JobView
    reasons: list[str]
    why: str


class PrintRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kind of document, the record, the printer (see `Stations.usual` where not given)."""

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    record: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    printer: Annotated[str, msgspec.Meta(min_length=1, max_length=63)] | None = None
    language: Annotated[str, msgspec.Meta(max_length=35)] = ""


def kinds(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every kind of document."""
    return Listing(rows=[KindView(*one[:4]) for one in desk.documents.kinds()])


def list_jobs(desk: Desk, params: ListJobs, _actor: str) -> Listing:
    """Return jobs, the newest first."""
    found = desk.box.store.fetch(
        lambda db: SpoolReader(db).newest(
            params.limit, printer=params.printer, only_open=not params.finished
        )
    )
    return Listing(rows=[JobView.of(job) for job in found])


def print_record(desk: Desk, params: PrintRecord, _actor: str) -> JobView:
    """Give a document to a printer's queue; it does not wait for the paper."""
    shop, documents = desk.shop, desk.documents
    if params.printer is not None:
        known(desk, params.printer)
    kinds = [one.kind for one in documents.kinds()]
    if params.kind not in kinds:
        raise unknown("document", params.kind, kinds)
    try:
        printer = shop.chosen(params.printer)
        here = documents.kind(params.kind)
        document = desk.box.store.fetch(
            lambda db: documents.made(db, params.kind, params.record, params.language)
        )
        job = Job(
            id=shop.new_id(),
            number=0,
            printer=printer,
            title=document.title,
            created_at=0,
            kind=params.kind,
            collection=here.collection,
            record=params.record,
            language=document.language,
        )

        def add(tx: WriteTransaction) -> Job:
            return shop.add(tx, job, document)

        added = desk.box.store.write(add)
    except NoPrinter as error:
        raise OperationRefused(str(error), "unknown_name") from error
    except DocumentRefused as error:
        raise OperationRefused(str(error), error.code) from error
    except JobRefused as error:
        raise OperationRefused(str(error), "conflict") from error
    desk.start_printing()
    shop.wake(printer)
    return JobView.of(added)


def wait(desk: Desk, params: WaitJob, _actor: str) -> Waited:
    """Wait until a job is finished or held, or some seconds; tell how it stands."""
    shop = desk.shop
    ends = time.monotonic() + params.seconds
    while True:
        job = _job(desk, params.number)
        if job.final or job.state == "held" or time.monotonic() >= ends:
            break
        desk.progress({"done": job.sent, "total": job.total})
        time.sleep(_LOOK_S)
    state = next((one.state for one in shop.printers() if one.name == job.printer), None)
    reasons: list[str] = [*sorted(state.reasons)] if state is not None else []
    return Waited(job=JobView.of(job), reasons=reasons, why=state.why if state else "")


def hold(desk: Desk, params: OneJob, _actor: str) -> JobView:
    """Keep a waiting job from its printer."""
    return _changed(desk, params.number, lambda job: desk.shop.change(job.id, Job.hold))


def release(desk: Desk, params: OneJob, _actor: str) -> JobView:
    """Let a held job go to its printer."""
    return _changed(desk, params.number, lambda job: desk.shop.change(job.id, Job.released))


def cancel(desk: Desk, params: OneJob, _actor: str) -> JobView:
    """Give a job up."""
    return _changed(desk, params.number, lambda job: desk.shop.cancel(job.id))


def reprint(desk: Desk, params: OneJob, _actor: str) -> JobView:
    """Print a copy of a finished job."""
    shop = desk.shop
    return _changed(desk, params.number, lambda job: shop.reprint(job.id, shop.new_id()))


def answer(desk: Desk, params: AnswerJob, _actor: str) -> JobView:
    """Take what a person says is on the paper."""
    shop = desk.shop
    return _changed(
        desk, params.number, lambda job: shop.answer(job.id, params.answer, shop.new_id())
    )


def _job(desk: Desk, number: int) -> Job:
    job = desk.box.store.fetch(lambda db: SpoolReader(db).numbered(number))
    if job is None:
        raise OperationRefused(
            f"there is no job {number}; `fieldbox printer jobs --all` lists them", "not_found"
        )
    return job


def _changed(desk: Desk, number: int, act: Callable[[Job], Job]) -> JobView:
    try:
        return JobView.of(act(_job(desk, number)))
    except JobRefused as refused:
        raise OperationRefused(str(refused), "conflict") from refused


OPERATIONS: tuple[Operation, ...] = (
    Operation("print.kinds", Empty, "read", kinds),
    Operation("print", PrintRecord, "write", print_record),
    Operation("print.jobs", ListJobs, "read", list_jobs),
    Operation("print.wait", WaitJob, "read", wait),
    Operation("print.hold", OneJob, "write", hold),
    Operation("print.release", OneJob, "write", release),
    Operation("print.cancel", OneJob, "write", cancel),
    Operation("print.reprint", OneJob, "write", reprint),
    Operation("print.answer", AnswerJob, "write", answer),
)
