"""The print shop: one worker for each printer of the configuration, over the spool of the box.

It needs no event loop: the daemon has one for as long as it runs, a command one for its own job.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

import structlog

from appliance.api.documents import Document, as_copy
from appliance.api.values import uuid7
from appliance.config.declared import Printer
from appliance.hardware.file_transport import FileTransport
from appliance.hardware.print_desk import NoPrinter, Payload, Unprintable
from appliance.hardware.print_worker import PrintWorker
from appliance.hardware.printers import profile_of, transport_of
from appliance.hardware.transport import Transport
from appliance.printing.calibration import calibration_page, is_calibration
from appliance.printing.escpos import TooLong, prepare, render
from appliance.printing.job import Answer, Job, JobRefused
from appliance.printing.layout import lay_out
from appliance.printing.link import Link, Patience
from appliance.printing.printer_state import PrinterState
from appliance.printing.profile import Profile, ProfileError, Profiles
from appliance.printing.raster import png
from appliance.printing.status import StopReason
from appliance.printing.text import plain_text
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.spool import Spool, SpoolReader
from appliance.store.spool_desk import SpoolDesk
from appliance.store.transaction import WriteTransaction

T = TypeVar("T")
_SUFFIXES = {"picture": ".png", "text": ".txt", "bytes": ".bin"}
Blobs = Callable[[Document], Mapping[str, bytes]]
"""The pictures that a document names, by their SHA-256."""


class PrinterHere(NamedTuple):
    """A printer that jobs can be given to.

    Attributes:
        name: in the configuration.
        title: what it is.
        columns: characters across its paper.
        state: how it stands.
    """

    name: str
    title: str
    columns: int
    state: PrinterState


class PrintShop:
    """The printers of one box, and the jobs at them. Any thread may call it."""

    def __init__(
        self,
        box: Box,
        *,
        blobs: Blobs,
        told: Callable[[str, PrinterState], None] = lambda _name, _state: None,
        ended: Callable[[Job], None] = lambda _job: None,
    ) -> None:
        """Prepare; `start` begins to print. What changes jobs alone needs no start.

        Args:
            box: whose spool and configuration.
            blobs: finds pictures; blocks.
            told: hears how a printer stands, on that printer's thread.
            ended: hears of each job that is finished or asks, on that printer's thread.
        """
        self._box = box
        self._blobs = blobs
        self._told = told
        self._log = structlog.get_logger("appliance.hardware")
        settings = box.settings
        self._desk = _ToldDesk(
            SpoolDesk(
                box.store,
                box.plugins.registry,
                box.now_ms,
                age_h=settings.printing.job_age_h,
            ),
            ended,
        )
        self._workers: dict[str, PrintWorker] = {}
        self._profiles: dict[str, Profile] = {}
        self._off: dict[str, str] = {}
        self._paused: frozenset[StopReason] = frozenset()
        for name, printer in settings.printers.items():
            self._add(name, printer)

    def start(self) -> None:
        """Ask about the jobs that were being sent when the box stopped, and begin to print.

        Blocks.

        Raises:
            StoreError: the store cannot be used.
        """
        for job in self._box.store.write(lambda tx: self._spool(tx).recover()):
            self._log.warning("print_job_unknown", job=job.number, printer=job.printer)
            if job.printer in self._workers:
                self._workers[job.printer].found_cut(job)
        for worker in self._workers.values():
            worker.start()
        if any(printer.transport != "file" for printer in self._box.settings.printers.values()):
            prepare()

    def _add(self, name: str, printer: Printer) -> None:
        try:
            profile = profile_of(printer, self._box.settings.printing.profiles)
        except ProfileError as error:
            self._off[name] = str(error)
            self._log.warning("printer_off", printer=name, reason=str(error))
            return
        self._profiles[name] = profile
        transport = transport_of(printer)
        if isinstance(transport, FileTransport):
            transport.suffix = _SUFFIXES[printer.format]
        self._workers[name] = PrintWorker(
            name,
            transport,
            _link(printer, profile),
            self._desk,
            make=lambda job, document: self._make(printer, profile, transport, job, document),
            tell=self._told,
            now_ms=self._box.now_ms,
            keeps_open=printer.transport != "tcp",
            patience=Patience(stall=self._box.settings.printing.stall_s),
        )

    def stop(self) -> None:
        """End the workers: a job at a printer is given a moment. Blocks."""
        ending = [
            threading.Thread(target=worker.stop, name=f"end-{worker.name}")
            for worker in self._workers.values()
        ]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    # --- printers --------------------------------------------------------------------------------

    def printers(self) -> list[PrinterHere]:
        """Return the printers that jobs can be given to, in the order of the configuration."""
        return [
            PrinterHere(
                name,
                self._profiles[name].title,
                self._profiles[name].columns,
                worker.state,
            )
            for name, worker in self._workers.items()
        ]

    def profile(self, name: str) -> Profile:
        """Return what a printer that can be used can do."""
        return self._profiles[name]

    def off(self) -> Mapping[str, str]:
        """Return the printers that cannot be used, each with why."""
        return dict(self._off)

    def chosen(self, name: str | None, *, login: str = "", device: str = "") -> str:
        """Return the printer that a job goes to.

        Args:
            name: that was asked for; None for the one of the device, else of the user, else the
                first of the configuration.
            login: of who asks.
            device: the id of who asks.

        Raises:
            NoPrinter: there is none of that name, or none that can be used.
        """
        if name is not None:
            if name in self._workers:
                return name
            if name in self._off:
                raise NoPrinter(f"the printer {name} cannot be used: {self._off[name]}")
            there = ", ".join(self._workers) or "none"
            raise NoPrinter(f"there is no printer {name!r}; there are {there}")
        printers = self._box.settings.printers
        for wanted in (
            next((n for n, p in printers.items() if device and device in p.devices), None),
            next((n for n, p in printers.items() if login and login in p.users), None),
            next(iter(self._workers), None),
        ):
            if wanted is not None:
                return self.chosen(wanted)
        raise NoPrinter("the configuration names no printer that can be used")

    def borrow(self, name: str, call: Callable[[Transport], T], seconds: float) -> T:
        """Have something done with a printer's transport between two jobs. Blocks.

        Raises:
            NoPrinter: there is none of that name that can be used.
            PrinterFault: see `PrintWorker.borrow`.
        """
        return self._workers[self.chosen(name)].borrow(call, seconds)

    def pause(self, reasons: frozenset[StopReason]) -> None:
        """Begin no job at any printer while there are such reasons."""
        if reasons != self._paused:
            self._paused = reasons
            for worker in self._workers.values():
                worker.pause(reasons)

    def plugged(self, name: str) -> None:
        """A printer was plugged in, or went away: look at it now."""
        worker = self._workers.get(name)
        if worker is not None:
            worker.wake()

    # --- jobs ------------------------------------------------------------------------------------

    def add(self, tx: WriteTransaction, job: Job, document: Document) -> Job:
        """Add a job inside a transaction; `wake` its printer once that is committed.

        Raises:
            JobRefused: see `Spool.add`.
        """
        return self._spool(tx).add(job, document)

    def wake(self, printer: str) -> None:
        """Look at the queue of a printer now."""
        worker = self._workers.get(printer)
        if worker is not None:
            worker.wake()

    def change(self, job_id: str, act: Callable[[Job, int], Job]) -> Job:
        """Change a job for a person, and look at its printer's queue. Blocks.

        Raises:
            JobRefused: its state forbids it.
        """
        job = self._desk.change(job_id, act)
        self.wake(job.printer)
        return job

    def cancel(self, job_id: str) -> Job:
        """Give a job up. Blocks. One that is being sent stops within a moment.

        Raises:
            JobRefused: it is finished, or there is none of that id.
        """

        def act(job: Job, now_ms: int) -> Job:
            if job.state in ("processing", "stopped"):
                worker = self._workers.get(job.printer)
                if worker is not None and worker.cancel(job.id):
                    return job
            return job.canceled(now_ms)

        return self.change(job_id, act)

    def answer(self, job_id: str, answer: Answer, new_id: str) -> Job:
        """Take what a person says of a job of unknown outcome. Blocks.

        Returns:
            The job, finished; for ``again`` the copy that takes its place.

        Raises:
            JobRefused: its outcome is not unknown.
        """

        def take(tx: WriteTransaction) -> Job:
            spool = self._spool(tx)
            job = spool.get(job_id)
            if job is None:
                raise JobRefused(f"there is no job {job_id} any more")
            if answer == "printed":
                return spool.change(job.on_paper(tx.now_ms))
            if job.state == "aborted" and job.reason == "job-reprinted":
                return spool.copy(job, new_id)  # asked for twice
            return spool.copy(spool.change(job.not_on_paper(tx.now_ms)), new_id)

        job = self._box.store.write(take)
        self.wake(job.printer)
        return job

    def reprint(self, job_id: str, new_id: str) -> Job:
        """Print a copy of a finished job, marked as such. Blocks.

        Raises:
            JobRefused: it is not finished, or there is none of that id.
        """

        def copy(tx: WriteTransaction) -> Job:
            spool = self._spool(tx)
            job = spool.get(job_id)
            if job is None:
                raise JobRefused(f"there is no job {job_id} any more")
            return spool.copy(job, new_id)

        job = self._box.store.write(copy)
        self.wake(job.printer)
        return job

    def job(self, job_id: str) -> Job | None:
        """Return a job by its id. Blocks."""

        def get(connection: Connection) -> Job | None:
            return SpoolReader(connection).get(job_id)

        return self._box.store.fetch(get)

    def new_id(self) -> str:
        """Make an id for a job."""
        return str(uuid7(self._box.now_ms()))

    # --- inside ----------------------------------------------------------------------------------

    def _spool(self, tx: WriteTransaction) -> Spool:
        return Spool(tx, self._box.plugins.registry)

    def _make(
        self,
        printer: Printer,
        profile: Profile,
        transport: Transport,
        job: Job,
        document: Document,
    ) -> Payload:
        marked = as_copy(document, job.copy)
        try:
            if is_calibration(job):
                return self._calibration(printer, profile, transport, job, marked)
            sheet = lay_out(marked, profile.columns, self._blobs(marked))
            if isinstance(transport, FileTransport) and printer.format != "bytes":
                transport.title = job.title
                if printer.format == "text":
                    return Payload(plain_text(sheet).encode(), 0.0)
                return Payload(png(sheet), 0.0)
            rendered = render(sheet, profile)
        except (TooLong, ValueError) as error:
            raise Unprintable(str(error)) from error
        if isinstance(transport, FileTransport):
            transport.title = job.title
            return Payload(rendered.data, 0.0)  # nothing moves in a folder
        return Payload(rendered.data, profile.seconds(rendered.dots_high))

    def _calibration(
        self,
        printer: Printer,
        profile: Profile,
        transport: Transport,
        job: Job,
        top: Document,
    ) -> Payload:
        if isinstance(transport, FileTransport):
            if printer.format != "bytes":
                raise Unprintable(f"{job.printer} is a folder of {printer.format} files")
            transport.title = job.title
        others = Profiles(self._box.settings.printing.profiles).usable()
        page = calibration_page(top, profile, others)
        still = isinstance(transport, FileTransport)
        return Payload(page.data, 0.0 if still else profile.seconds(page.dots_high))


class _ToldDesk:
    """The spool as workers use it; tells of jobs that ended or ask."""

    def __init__(self, desk: SpoolDesk, ended: Callable[[Job], None]) -> None:
        self._desk = desk
        self._ended = ended

    def next(self, printer: str) -> tuple[Job, Document] | None:
        return self._desk.next(printer)

    def change(self, job_id: str, act: Callable[[Job, int], Job]) -> Job:
        job = self._desk.change(job_id, act)
        if job.final or job.asks:
            self._ended(job)
        return job


def _link(printer: Printer, profile: Profile) -> Link:
    """What a printer can say; a folder says nothing whatever the profile."""
    if printer.transport == "file":
        return Link()
    return Link(
        answers=profile.answers,
        reports=profile.reports,
        confirms=profile.confirms,
        clears=profile.clears,
    )
