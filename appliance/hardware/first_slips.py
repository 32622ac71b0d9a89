"""The first status slip of each printer: printed once in the life of the box, without being asked.

That a printer has its slip is stored together with the job, so that whatever ends the daemon, there
is one slip, neither two nor none. It comes after every job of a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog

from appliance.api.documents import Document
from appliance.api.values import uuid7
from appliance.hardware.stations import Station, Stations
from appliance.printing.job import MIN_PRIORITY, USUAL_PRIORITY, Job, JobRefused
from appliance.printing.status_slip import Facts, status_slip
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.found_printers import FoundPrinterReader, FoundPrinters
from appliance.store.spool import Spool
from appliance.store.transaction import WriteTransaction


def slip_of(
    box: Box, name: str, station: Station, state: str, priority: int = USUAL_PRIORITY
) -> tuple[Job, Document]:
    """Make the status slip of a printer, as a job without a number.

    Args:
        box: whose printer it is.
        name: of the printer.
        station: the printer.
        state: how it stands, in words.
        priority: of the job.
    """
    moment = datetime.fromtimestamp(box.now_ms() // 1000, UTC).astimezone()
    slip = status_slip(
        Facts(
            box=box.settings.name,
            box_id=box.store.appliance_id,
            printer=name,
            where=station.transport.identity,
            profile=station.profile.title,
            columns=station.profile.columns,
            state=state,
            time=moment.isoformat(" "),
        )
    )
    job = Job(
        id=str(uuid7(box.now_ms())),
        number=0,
        printer=name,
        title=slip.title,
        created_at=0,
        language=slip.language,
        priority=priority,
    )
    return job, slip


class FirstSlips:
    """Gives each printer its first slip."""

    def __init__(self, box: Box, stations: Stations) -> None:
        self._box = box
        self._stations = stations
        self._log = structlog.get_logger("appliance.hardware")
        self._had: frozenset[str] | None = None

    def offer(self, there: Mapping[str, str]) -> None:
        """Queue the slips of printers that are plugged in for the first time. Blocks.

        Args:
            there: the identities of the printers that are plugged in, by their names.

        Raises:
            StoreError: the store cannot be used now; nothing is queued and nothing is marked.
        """
        if not self._box.settings.printing.status_slip:
            return
        if self._had is None:
            self._had = self._marked()
        for name, identity in there.items():
            station = self._stations.all.get(name)
            if station is not None and identity not in self._had:
                self._give(name, station, identity)

    def forgotten(self) -> None:
        """Look anew which printers had theirs."""
        self._had = None

    def _marked(self) -> frozenset[str]:
        def read(connection: Connection) -> frozenset[str]:
            return FoundPrinterReader(connection).slips()

        return self._box.store.fetch(read)

    def _give(self, name: str, station: Station, identity: str) -> None:
        job, slip = slip_of(self._box, name, station, "plugged in", MIN_PRIORITY)

        def give(tx: WriteTransaction) -> Job | None:
            if not FoundPrinters(tx.db).mark_slip(identity, tx.now_ms):
                return None
            return Spool(tx, self._box.plugins.registry).add(job, slip)

        try:
            given = self._box.store.write(give)
        except JobRefused as refused:  # too many jobs wait: another time
            self._log.info("status_slip_refused", printer=name, reason=str(refused))
            return
        self._had = (self._had or frozenset()) | {identity}
        if given is None:
            self._log.info("status_slip_not_due", printer=name, where=identity)
            return
        self._log.info("status_slip", printer=name, where=identity, job=given.number)
        station.worker.wake()
