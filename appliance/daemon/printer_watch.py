"""The daemon's printers: their folders at the start, and who is plugged in while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from appliance.config.declared import Printer
from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_printer import FilePrinter
from appliance.hardware.hotplug import Hotplug
from appliance.http.workers import Workers


class PrinterWatch:
    """Logs which printers cannot print, come and go."""

    def __init__(self, printers: Mapping[str, Printer], reactor: Any, workers: Workers) -> None:
        self._printers = printers
        self._log = structlog.get_logger("appliance.daemon")
        self._hotplug = Hotplug(printers, reactor, workers.run, self._moved)

    def start(self) -> None:
        """Make folders, and begin to watch cables."""
        for name, printer in self._printers.items():
            if printer.transport == "file":
                try:
                    FilePrinter(printer.folder).prepare()
                except PrinterFault as fault:  # printing says so too, and all else goes on
                    self._log.warning("printer_off", printer=name, reason=str(fault))
        self._hotplug.start()

    def stop(self) -> None:
        """End it."""
        self._hotplug.stop()

    def _moved(self, name: str, there: bool) -> None:
        self._log.info("printer_plugged_in" if there else "printer_unplugged", printer=name)
