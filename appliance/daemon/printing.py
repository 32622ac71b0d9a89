"""The daemon's printers: what makes documents, what prints them, and who is plugged in."""

from __future__ import annotations

from typing import Any

import structlog
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from appliance.daemon.metrics import Metrics
from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_printer import FilePrinter
from appliance.hardware.hotplug import Hotplug
from appliance.hardware.print_shop import PrintShop
from appliance.http.workers import Workers
from appliance.printing.battery import Charge, figures_of
from appliance.printing.job import Job
from appliance.printing.printer_state import PrinterState
from appliance.store.box import Box
from appliance.store.documents import DocumentMaker
from appliance.vehicle.kit_status import Thing


class Printing:
    """Prints while the daemon runs, and logs how printers stand, come and go.

    Attributes:
        documents: makes documents.
        shop: prints them.
    """

    def __init__(self, box: Box, reactor: Any, workers: Workers, metrics: Metrics) -> None:
        """Prepare; `start` begins.

        Args:
            box: whose jobs and printers.
            reactor: twisted's.
            workers: threads for what blocks.
            metrics: that jobs and printers are counted in.
        """
        self._box = box
        self._workers = workers
        self._metrics = metrics
        self._log = structlog.get_logger("appliance.daemon")
        self.documents = DocumentMaker(box)
        self.shop = PrintShop(
            box,
            blobs=self.documents.blobs,
            told=lambda name, state: reactor.callFromThread(self._stands, name, state),
            charged=lambda name, charge: reactor.callFromThread(self._charges, name, charge),
            ended=lambda job: reactor.callFromThread(self._ended, job),
            forgotten=lambda name: reactor.callFromThread(self._forgotten, name),
            moved=lambda: reactor.callFromThread(self._hotplug.look_soon),
        )
        self._hotplug = Hotplug(self.shop.search.look, reactor, workers.run, self._plugged)

    def start(self) -> None:
        """Make folders, begin to print and to watch cables."""
        for name, printer in self._box.settings.printers.items():
            if printer.transport == "file":
                try:
                    FilePrinter(printer.folder).prepare()
                except PrinterFault as fault:  # printing says so too, and all else goes on
                    self._log.warning("printer_off", printer=name, reason=str(fault))
        self._workers.run(self.shop.start).addErrback(self._not_printing)
        if self.shop.search.searches:
            self._hotplug.start()

    def stop(self) -> Deferred[None]:
        """End it: a job at a printer is given a moment."""
        self._hotplug.stop()
        return self._workers.run(self.shop.stop)

    def hold(self, held: bool) -> None:
        """Begin no job while the voltage is low, or go on."""
        self.shop.pause(frozenset({"power-low"}) if held else frozenset())

    def things(self) -> list[Thing]:
        """Return how printers stand, as things of the kit: jobs tell who is printing."""
        return [
            Thing(
                name=f"printer:{printer.name}",
                kind="printer",
                state="stopped" if printer.state.standing == "stopped" else "idle",
                reasons=tuple(sorted(printer.state.reasons)),
                detail=printer.state.why,
                figures={} if printer.charge is None else figures_of(printer.charge),
            )
            for printer in self.shop.printers()
        ]

    def _plugged(self, name: str, there: bool) -> None:
        self._log.info("printer_plugged_in" if there else "printer_unplugged", printer=name)
        self.shop.wake(name)

    def _not_printing(self, failure: Failure) -> None:
        self._log.error("printing_off", exc_info=failure.value)

    def _stands(self, name: str, state: PrinterState) -> None:
        stopped = state.standing == "stopped"
        self._metrics.printer_stopped.labels(name).set(stopped)
        say = self._log.warning if stopped else self._log.info
        say("printer", printer=name, state=state.standing, reasons=sorted(state.reasons))

    def _forgotten(self, name: str) -> None:
        self._metrics.printer_stopped.remove(name)
        self._metrics.forget_battery(name)

    def _charges(self, name: str, charge: Charge | None) -> None:
        self._metrics.show_battery(name, charge)

    def _ended(self, job: Job) -> None:
        self._metrics.print_jobs.labels(job.printer, job.state).inc()
