"""The desk of a print worker: where its jobs come from, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from appliance.api.documents import Document
from appliance.hardware.fault import FaultKind, PrinterFault
from appliance.printing.attempt_steps import Broken, Done, Dropped, Ending
from appliance.printing.job import Job
from appliance.printing.status import StopReason

_REASON_OF: dict[FaultKind, StopReason] = {
    "absent": "connecting-to-device",
    "gone": "connecting-to-device",
    "busy": "device-busy",
    "forbidden": "permission-denied",
    "stalled": "timed-out",
    "refused": "other-error",
    "interrupted": "paused",
}


class Payload(NamedTuple):
    """A job as its printer takes it: the bytes, and the seconds that printing them takes."""

    data: bytes
    seconds: float


class Unprintable(Exception):
    """A document cannot be put on this printer's paper; the text says why."""


class NoPrinter(Exception):
    """There is no such printer, or none at all; the text says which there are."""


class JobDesk(Protocol):
    """The spool as a worker uses it. Every call blocks until what it says is on the disk.

    Raises:
        StoreError: it cannot be stored; nothing has changed then.
    """

    def next(self, printer: str) -> tuple[Job, Document] | None:
        """Return the job that is next, and what it prints; jobs that are too old end here."""
        ...

    def change(self, job_id: str, act: Callable[[Job, int], Job]) -> Job:
        """Change a job as it is now, with the time; `JobRefused` where that cannot be."""
        ...


def ended(job: Job, ending: Ending, now_ms: int) -> Job:
    """Return a job that was begun as its attempt left it."""
    if isinstance(ending, Done):
        return job.finished(ending.confirmed, now_ms)
    if isinstance(ending, Broken):
        return job.broken(ending.sent, ending.why, now_ms)
    if isinstance(ending, Dropped):
        return job.canceled(now_ms, sent=ending.sent)
    return job.broken(0, ending.why, now_ms)


def told(ending: Ending) -> dict[str, Any]:
    """Return an ending as members of a log line."""
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in ending._asdict().items()
    }


def reasons_of(fault: PrinterFault) -> frozenset[StopReason]:
    """Return why a printer does not print whose transport failed so."""
    return frozenset({_REASON_OF[fault.kind]})
