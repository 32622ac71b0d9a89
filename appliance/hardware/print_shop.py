"""The print shop: one worker for each printer, over the spool of the box.

It needs no event loop: the daemon has one for as long as it runs, a command one for its own job.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple, TypeVar

import msgspec
import structlog

from appliance.api.documents import Document
from appliance.api.values import uuid7
from appliance.hardware.job_payload import Blobs
from appliance.hardware.print_desk import NoPrinter
from appliance.hardware.printer_search import PrinterSearch
from appliance.hardware.stations import Stations
from appliance.hardware.transport import Transport
from appliance.hardware.usb_devices import UsbDevice, usb_devices
from appliance.printing.battery import Charge
from appliance.printing.job import Answer, Job, JobRefused
from appliance.printing.printer_state import PrinterState
from appliance.printing.status import StopReason
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.spool import Spool, SpoolReader
from appliance.store.spool_desk import SpoolDesk
from appliance.store.transaction import WriteTransaction

T = TypeVar("T")


class PrinterHere(NamedTuple):
    """A printer that jobs can be given to.

    Attributes:
        name: in the configuration, or that the box gave it.
        title: what it is.
        columns: characters across its paper.
        state: how it stands.
        charge: of its own battery, as far as it tells.
    """

    name: str
    title: str
    columns: int
    state: PrinterState
    charge: Charge | None = None


class PrintShop:
    """The printers of one box, and the jobs at them. Any thread may call it.

    Attributes:
        stations: the printers.
        search: finds those that are plugged in.
    """

    def __init__(
        self,
        box: Box,
        *,
        blobs: Blobs,
        told: Callable[[str, PrinterState], None] = lambda _name, _state: None,
        charged: Callable[[str, Charge | None], None] = lambda _name, _charge: None,
        ended: Callable[[Job], None] = lambda _job: None,
        moved: Callable[[], None] = lambda: None,
        forgotten: Callable[[str], None] = lambda _name: None,
        devices: Callable[[], list[UsbDevice]] = usb_devices,
    ) -> None:
        """Prepare; `start` begins to print. What changes jobs alone needs no start.

        Args:
            box: whose spool and configuration.
            blobs: finds pictures; blocks.
            told: hears how a printer stands, on that printer's thread.
            charged: hears what a printer says of its own battery, on that printer's thread.
            ended: hears of each job that is finished or asks, on that printer's thread.
            moved: told, on a printer's thread, that another model stands in a printer's place:
                the search should look.
            forgotten: told the name of a printer that is none any more, on any thread.
            devices: returns what is plugged into USB.

        Raises:
            StoreError: the store cannot be used.
        """
        self._box = box
        self._log = structlog.get_logger("appliance.hardware")
        self._desk = _ToldDesk(
            SpoolDesk(
                box.store,
                box.plugins.registry,
                box.now_ms,
                age_h=box.settings.printing.job_age_h,
            ),
            ended,
        )
        self.stations = Stations(
            box.settings,
            self._desk,
            blobs=blobs,
            told=told,
            charged=charged,
            now_ms=box.now_ms,
            moved=moved,
        )
        self.search = PrinterSearch(box, self.stations, devices, forgotten)

    def start(self) -> None:
        """Ask about the jobs that were being sent when the box stopped, and begin to print.

        Blocks.

        Raises:
            StoreError: the store cannot be used.
        """
        for job in self._box.store.write(lambda tx: self._spool(tx).recover()):
            self._log.warning("print_job_unknown", job=job.number, printer=job.printer)
        for job in self._box.store.fetch(lambda db: SpoolReader(db).asking()):
            self.stations.found_cut(job)
        self.stations.begin()

    def stop(self) -> None:
        """End the workers: a job at a printer is given a moment. Blocks."""
        self.stations.end()

    # --- printers --------------------------------------------------------------------------------

    def printers(self) -> list[PrinterHere]:
        """Return the printers that jobs can be given to: those of the configuration in its order,
        then those that were found."""
        return [
            PrinterHere(
                name,
                one.profile.title,
                one.profile.columns,
                one.worker.state,
                one.worker.charge,
            )
            for name, one in self.stations.all.items()
        ]

    def chosen(
        self,
        name: str | None,
        *,
        login: str = "",
        device: str = "",
        vans: Collection[str] = (),
    ) -> str:
        """Return the printer that a job goes to.

        Args:
            name: that was asked for; None for the usual one, see `Stations.usual`.
            login: of who asks.
            device: the id of who asks.
            vans: what the van of who asks is called.

        Raises:
            NoPrinter: there is none of that name, or none that can be used.
        """
        if name is None:
            return self.stations.usual(login=login, device=device, vans=vans)
        self.stations.named(name)
        return name

    def borrow(self, name: str, call: Callable[[Transport], T], seconds: float) -> T:
        """Have something done with a printer's transport between two jobs. Blocks.

        Raises:
            NoPrinter: there is none of that name that can be used.
            PrinterFault: see `PrintWorker.borrow`.
        """
        return self.stations.named(name).worker.borrow(call, seconds)

    def pause(self, reasons: frozenset[StopReason]) -> None:
        """Begin no job at any printer while there are such reasons."""
        self.stations.pause(reasons)

    # --- jobs ------------------------------------------------------------------------------------

    def add(self, tx: WriteTransaction, job: Job, document: Document) -> Job:
        """Add a job inside a transaction; `wake` its printer once that is committed.

        Raises:
            JobRefused: see `Spool.add`.
        """
        return self._spool(tx).add(job, document)

    def wake(self, printer: str) -> None:
        """Look at a printer and its queue now."""
        station = self.stations.all.get(printer)
        if station is not None:
            station.worker.wake()

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
                station = self.stations.all.get(job.printer)
                if station is not None and station.worker.cancel(job.id):
                    return job
            return job.canceled(now_ms)

        return self.change(job_id, act)

    def answer(self, job_id: str, answer: Answer, new_id: str) -> Job:
        """Take what a person says of a job of unknown outcome. Blocks.

        Returns:
            The job, finished; for ``again`` the copy that takes its place.

        Raises:
            JobRefused: its outcome is not unknown; asked for ``again`` twice under one id, the copy
                is the same.
        """

        def take(tx: WriteTransaction) -> Job:
            spool = self._spool(tx)
            job = spool.get(job_id)
            if job is None:
                raise JobRefused(f"there is no job {job_id} any more")
            if answer == "printed":
                return spool.change(job.on_paper(tx.now_ms))
            if job.reason == "job-reprinted" and spool.get(new_id) is not None:
                return self._copied(spool, job, new_id)  # asked for twice
            return self._copied(spool, spool.change(job.not_on_paper(tx.now_ms)), new_id)

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
            return self._copied(spool, job, new_id)

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

    def _copied(self, spool: Spool, job: Job, new_id: str) -> Job:
        """Copy a job; one of a printer that is none any more goes to the usual one."""
        copy, stations = spool.copy(job, new_id), self.stations
        if copy.final or copy.printer in stations.all or copy.printer in stations.off:
            return copy
        try:
            usual = stations.usual(device=copy.device)
        except NoPrinter as error:
            raise JobRefused(str(error)) from error
        return spool.change(msgspec.structs.replace(copy, printer=usual))

    def _spool(self, tx: WriteTransaction) -> Spool:
        return Spool(tx, self._box.plugins.registry)


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
