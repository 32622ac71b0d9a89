"""The spool as the workers of printers use it: each call is on the disk when it returns."""

from __future__ import annotations

from collections.abc import Callable

from appliance.api.documents import Document
from appliance.printing.job import Job, JobRefused
from appliance.printing.queue import next_job, outdated
from appliance.store.connection import Connection
from appliance.store.spool import Spool, SpoolReader
from appliance.store.store import Store
from appliance.store.transaction import WriteTransaction
from appliance.sync.registry import Registry


class SpoolDesk:
    """Gives jobs out and takes back what came of them. Blocks; not for the reactor's thread."""

    def __init__(
        self, store: Store, registry: Registry, now_ms: Callable[[], int], *, age_h: float
    ) -> None:
        """Take the store.

        Args:
            store: of the box.
            registry: its collections.
            now_ms: the clock, UTC milliseconds.
            age_h: hours that a job may wait; 0 for no limit.
        """
        self._store = store
        self._registry = registry
        self._now_ms = now_ms
        self._age_h = age_h

    def next(self, printer: str) -> tuple[Job, Document] | None:
        """Return the job of a printer that is next, and what it prints.

        Jobs that have waited too long end here.

        Raises:
            StoreError: the store cannot be used now.
        """
        jobs = self._store.fetch(lambda db: SpoolReader(db).open(printer))
        for old in outdated(jobs, self._age_h, self._now_ms()):
            jobs.remove(old)
            self._age_out(old)
        job = next_job(jobs)
        if job is None:
            return None

        def document(connection: Connection) -> Document:
            return SpoolReader(connection).document(job.id)

        return job, self._store.fetch(document)

    def _age_out(self, job: Job) -> None:
        try:
            self.change(job.id, lambda now, ms: now.aged_out(ms))
        except JobRefused:  # a person was faster
            return

    def change(self, job_id: str, act: Callable[[Job, int], Job]) -> Job:
        """Change a job as it is now.

        Args:
            job_id: its id.
            act: takes the job and the time, UTC milliseconds; returns the job as it shall be.

        Raises:
            JobRefused: the job's state forbids it, or there is no such job any more.
            StoreError: it cannot be stored; whether it was is in doubt.
        """

        def store(tx: WriteTransaction) -> Job:
            spool = Spool(tx, self._registry)
            job = spool.get(job_id)
            if job is None:
                raise JobRefused(f"there is no job {job_id} any more")
            return spool.change(act(job, tx.now_ms))

        return self._store.write(store)
