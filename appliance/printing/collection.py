"""The collection ``print_jobs``: how devices see their print jobs."""

from __future__ import annotations

from typing import get_args

from appliance.api.collections import Collection
from appliance.api.fields import Field
from appliance.api.mutations import Row
from appliance.api.permissions import STAFF
from appliance.printing.job import Confirmed, Job, Reason, State

MAX_TITLE = 300
MAX_DETAIL = 1_000
"""Characters of a title and of a reason in words; longer ones are cut."""

PRINT_JOBS = Collection(
    name="print_jobs",
    title="Documents on their way to a printer, and what became of them.",
    bucket=("user:{user_id}", "print:office"),
    key=("number",),
    write=STAFF,
    fields=(
        Field(name="number", type="int", required=True, doc="What people call the job by."),
        Field(name="printer", type="text", required=True, max_length=63),
        Field(name="title", type="text", required=True, max_length=MAX_TITLE),
        Field(name="kind", type="text", max_length=100, doc="Of document, as `order_copy`."),
        Field(name="collection", type="text", max_length=63, doc="Of the record it shows."),
        Field(name="record_id", type="text", max_length=64, doc="The record it shows."),
        Field(name="language", type="text", required=True, max_length=8),
        Field(name="copy", type="int", required=True, doc="0: the original; n: copy number n."),
        Field(name="copy_of", type="id", doc="The job that this one is a copy of."),
        Field(name="device_id", type="text", max_length=64, doc="Whose device asked for it."),
        Field(name="user_id", type="text", max_length=64, doc="Who asked for it."),
        Field(name="priority", type="int", required=True, doc="1 to 100; the larger comes first."),
        Field(name="state", type="text", required=True, values=get_args(State)),
        Field(name="reason", type="text", required=True, values=get_args(Reason)),
        Field(
            name="detail",
            type="text",
            max_length=MAX_DETAIL,
            doc="The reason in words.",
        ),
        Field(
            name="asks",
            type="bool",
            required=True,
            doc="Nobody knows whether it is on paper: a person must look and say so.",
        ),
        Field(
            name="confirmed",
            type="text",
            required=True,
            values=get_args(Confirmed),
            doc="How it is known that a completed job is on paper.",
        ),
        Field(name="sent", type="int", required=True, doc="Bytes that the printer accepted."),
        Field(name="total", type="int", required=True, doc="Bytes of the job; 0: not known yet."),
        Field(name="created_at", type="timestamp", required=True),
        Field(name="changed_at", type="timestamp", required=True),
    ),
)
"""A job of a person goes down to that person's devices; one of a technician to nobody's.

The right to write this collection is that to have documents printed, and nothing else: nothing is
pushed into it.
"""


def record_of(job: Job) -> Row:
    """Return a job as a record of the collection."""
    row: Row = {
        "number": job.number,
        "printer": job.printer,
        "title": job.title[:MAX_TITLE],
        "language": job.language,
        "copy": job.copy,
        "priority": job.priority,
        "state": job.state,
        "reason": job.reason,
        "asks": job.asks,
        "confirmed": job.confirmed,
        "sent": job.sent,
        "total": job.total,
        "created_at": job.created_at,
        "changed_at": job.changed_at,
    }
    given = {
        "kind": job.kind,
        "collection": job.collection,
        "record_id": job.record,
        "copy_of": job.copy_of,
        "device_id": job.device,
        "user_id": job.user,
        "detail": job.detail[:MAX_DETAIL],
    }
    row.update({name: value for name, value in given.items() if value})
    return row
