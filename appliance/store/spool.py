"""The spool in the store: print jobs with their documents, durable before anything moves.

Each change of a job is stored together with its record in the collection ``print_jobs``, so what
a device sees of a job is what holds.
"""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.api.documents import Document
from appliance.api.mutations import Write
from appliance.printing.collection import PRINT_JOBS, record_of
from appliance.printing.job import SENDING, Job, JobRefused
from appliance.store.connection import Connection
from appliance.store.transaction import WriteTransaction
from appliance.sync.registry import Registry
from appliance.sync.writes import store_write

MAX_OPEN = 1_000
"""Jobs of one printer that are not finished; further ones are refused."""

MAX_DOCUMENT = 4 * 1024 * 1024
"""Bytes of one document as JSON, pictures included."""

_OPEN = "state NOT IN ('canceled', 'aborted', 'completed')"
_JOB = msgspec.json.Decoder(Job)
_DOCUMENT = msgspec.json.Decoder(Document)
_ENCODER = msgspec.json.Encoder()


class SpoolReader:
    """Looks jobs up, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def get(self, job_id: str) -> Job | None:
        """Return a job by its id."""
        return self._one("id = ?", (job_id,))

    def numbered(self, number: int) -> Job | None:
        """Return a job by its number."""
        return self._one("number = ?", (number,))

    def open(self, printer: str) -> list[Job]:
        """Return the jobs of a printer that are not finished, the oldest first."""
        return self._all(f"WHERE printer = ? AND {_OPEN} ORDER BY number", (printer,))

    def asking(self) -> list[Job]:
        """Return the jobs of all printers of which a person must say what is on the paper."""
        return [job for job in self._all("WHERE state = 'held'", ()) if job.asks]

    def newest(self, limit: int, *, printer: str | None = None, only_open: bool) -> list[Job]:
        """Return jobs, the newest first.

        Args:
            limit: how many at most.
            printer: of one printer; None for all.
            only_open: leave out the finished ones.
        """
        where = [_OPEN] if only_open else []
        values: list[Any] = []
        if printer is not None:
            where.append("printer = ?")
            values.append(printer)
        told = f"WHERE {' AND '.join(where)}" if where else ""
        return self._all(f"{told} ORDER BY number DESC LIMIT ?", (*values, limit))

    def document(self, job_id: str) -> Document:
        """Return what a job prints.

        Raises:
            KeyError: there is no such job.
        """
        found = self._db.row("SELECT document FROM box_print_jobs WHERE id = ?", (job_id,))
        if found is None:
            raise KeyError(job_id)
        return _DOCUMENT.decode(found[0])

    def copies(self, original: str) -> int:
        """Return the number of the newest copy of a job, 0 where there is none."""
        jobs = self._all("WHERE original = ? AND id <> ?", (original, original))
        return max((job.copy for job in jobs), default=0)

    def _one(self, where: str, values: tuple[Any, ...]) -> Job | None:
        found = self._all(f"WHERE {where}", values)
        return found[0] if found else None

    def _all(self, rest: str, values: tuple[Any, ...]) -> list[Job]:
        rows = self._db.rows(f"SELECT body FROM box_print_jobs {rest}", values)
        return [_JOB.decode(body) for (body,) in rows]


class Spool(SpoolReader):
    """Adds and changes jobs, inside a transaction of the writer."""

    def __init__(self, tx: WriteTransaction, registry: Registry) -> None:
        super().__init__(tx.db)
        self._tx = tx
        self._registry = registry

    def add(self, job: Job, document: Document) -> Job:
        """Add a job and return it with its number; one that was added before comes back as it is.

        Args:
            job: new; its number and times are set here.
            document: what it prints.

        Raises:
            JobRefused: another job has its id, the document is too large, or too many jobs wait.
        """
        earlier = self.get(job.id)
        if earlier is not None:
            if _asked_for(earlier) == _asked_for(job):
                return earlier
            raise JobRefused(f"the id {job.id} is that of job {earlier.number}, which is another")
        text = _ENCODER.encode(document)
        if len(text) > MAX_DOCUMENT:
            raise JobRefused(
                f"the document has {len(text)} bytes with its pictures; {MAX_DOCUMENT} at most"
            )
        found = self._tx.db.row(
            f"SELECT count(*) FROM box_print_jobs WHERE printer = ? AND {_OPEN}", (job.printer,)
        )
        if found is not None and found[0] >= MAX_OPEN:
            raise JobRefused(
                f"{MAX_OPEN} jobs wait for the printer {job.printer}; see to it, or cancel some"
            )
        self._tx.db.rows(
            "INSERT INTO box_print_jobs (id, printer, state, changed_at, original, body, document)"
            " VALUES (?, ?, ?, ?, ?, x'', ?)",
            (job.id, job.printer, job.state, self._tx.now_ms, job.copy_of or job.id, text),
        )
        numbered = msgspec.structs.replace(
            job,
            number=self._tx.db.raw.last_insert_rowid(),
            created_at=self._tx.now_ms,
            changed_at=self._tx.now_ms,
            waits_from=self._tx.now_ms,
        )
        self.change(numbered)
        return numbered

    def change(self, job: Job) -> Job:
        """Store a job as it is now, and tell devices."""
        self._tx.db.rows(
            "UPDATE box_print_jobs SET printer = ?, state = ?, changed_at = ?, body = ?"
            " WHERE id = ?",
            (job.printer, job.state, job.changed_at, _ENCODER.encode(job), job.id),
        )
        write = Write(collection=PRINT_JOBS.name, op="put", id=job.id, row=record_of(job))
        store_write(self._tx, self._registry, write)
        return job

    def copy(self, job: Job, new_id: str) -> Job:
        """Add a copy of a finished job, which carries the next copy mark, and return it.

        Asked for twice under one id it is added once.

        Raises:
            JobRefused: the job is still on its way, or another has that id.
        """
        earlier = self.get(new_id)
        original = job.copy_of or job.id
        if earlier is not None:
            if earlier.copy_of == original:
                return earlier
            raise JobRefused(f"the id {new_id} is that of job {earlier.number}, which is another")
        mark = self.copies(original) + 1
        copied = job.copied(new_id, 0, mark, self._tx.now_ms)
        return self.add(copied, self.document(job.id))

    def move(self, printer: str, other: str) -> list[Job]:
        """Give the unfinished jobs of a printer to another one, or to its new name; return them."""
        return [
            self.change(msgspec.structs.replace(job, printer=other)) for job in self.open(printer)
        ]

    def recover(self) -> list[Job]:
        """Ask of every job that was being sent when the daemon died; return those jobs."""
        marks = ", ".join("?" for _ in SENDING)
        broken = self._all(f"WHERE state IN ({marks}) AND {_OPEN}", tuple(sorted(SENDING)))
        return [self.change(job.found_at_start(self._tx.now_ms)) for job in broken]

    def forget(self, before_ms: int, most: int) -> int:
        """Forget finished jobs that nothing happened to since a time; return how many.

        Args:
            before_ms: UTC milliseconds.
            most: how many at most.
        """
        rows = self._tx.db.rows(
            "SELECT id FROM box_print_jobs WHERE state IN ('canceled', 'aborted', 'completed')"
            " AND changed_at < ? ORDER BY changed_at LIMIT ?",
            (before_ms, most),
        )
        for (job_id,) in rows:
            self._tx.db.rows("DELETE FROM box_print_jobs WHERE id = ?", (job_id,))
            self._tx.delete(PRINT_JOBS.name, job_id)
        return len(rows)


def _asked_for(job: Job) -> tuple[Any, ...]:
    """What makes two requests the same."""
    return job.kind, job.collection, job.record, job.language, job.copy_of, job.device, job.user
