"""The paper of a virtual printer as files: each slip becomes a picture in a folder."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_printer import FilePrinter
from appliance.testing.receipt_printer import ReceiptPrinter
from appliance.testing.running_printer import RunningPrinter

if TYPE_CHECKING:
    from appliance.testing.paper_roll import Slip
    from appliance.testing.virtual_paper import VirtualPaper

IDLE_S = 1.0
"""Seconds without printing after which a slip that was not cut is torn off."""

_SENSORS = ("paper_out_at", "cover_open_at", "unplug_printed_at")


class SlipFile(NamedTuple):
    """A slip that came out.

    Attributes:
        file: its picture; None where the folder refused it.
        title: its first line of large letters.
        whole: False where the paper ended in it, and for the rest of it.
        trouble: why there is no file, or what on it is not as it was meant; or "".
    """

    file: Path | None
    title: str
    whole: bool
    trouble: str = ""


class SlipFolder:
    """Follows a printer, from `start` to `close`.

    Attributes:
        folder: gets ``000001-TITLE.png`` and on.
        count: slips so far.
    """

    def __init__(
        self, printer: RunningPrinter, folder: Path, told: Callable[[SlipFile], None]
    ) -> None:
        """Prepare; `told` hears of each slip, on the thread."""
        self.folder = folder
        self.count = 0
        self._printer = printer
        self._told = told
        self._ended = False
        self._taken = b""
        self._offline = False
        self._restarted = False
        self._begun = ""
        self._thread = threading.Thread(target=self._run, name="slips", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Put what is on paper into files, and end."""
        self._ended = True
        self._printer.do(lambda _printer: None)
        self._thread.join()

    def restart(self) -> None:
        """Hear that the printer is switched off and on, before it prints again."""
        self._restarted = True

    def _run(self) -> None:
        paper: VirtualPaper | None = None
        while True:
            ended = self._ended
            with contextlib.suppress(TimeoutError):
                self._printer.wait_for(
                    lambda printer: self._ended or bool(printer.printed or printer.dropped), IDLE_S
                )
            self._printer.do(self._take)
            if paper is None:
                if not self._taken:
                    if ended:
                        return
                    continue
                # Here, as Pillow takes a while to import and a printer must be there at once.
                from appliance.testing.virtual_paper import VirtualPaper

                paper = VirtualPaper()
            restarted, self._restarted = self._restarted, False
            if restarted:
                paper.restart()
            if self._taken:
                paper.feed(self._taken)
            else:
                paper.tear()
            for slip in paper.slips:
                self._keep(slip, paper.strange)
            paper.slips.clear()
            if restarted:
                self._begun = ""
            if ended:
                return

    def _keep(self, slip: Slip, strange: Counter[str]) -> None:
        self.count += 1
        trouble = ", ".join(sorted(strange))
        strange.clear()
        whole = slip.ended == "cut" and not self._begun
        title = f"{self._begun}-rest" if self._begun else slip.title or "slip"
        file = None
        try:
            file = FilePrinter(self.folder).write(title, slip.png(), ".png")
        except PrinterFault as fault:
            trouble = str(fault)
        # The head stands in the middle: what comes next goes on with this slip.
        goes_on = slip.ended != "cut" and self._offline
        self._begun = title.removesuffix("-rest") if goes_on else ""
        self._told(SlipFile(file, title, whole, trouble))

    def _take(self, printer: ReceiptPrinter) -> None:
        """Take what was printed; the printer counts anew from there."""
        self._taken = bytes(printer.printed)
        self._offline = printer.offline
        printer.printed.clear()
        printer.heads.clear()
        # It was told to forget its buffer, or lost it with its power.
        self._restarted |= bool(printer.dropped)
        printer.dropped.clear()
        later = {name: getattr(printer.faults, name) for name in _SENSORS}
        printer.faults = replace(
            printer.faults,
            **{name: at - len(self._taken) for name, at in later.items() if at is not None},
        )
