"""A receipt printer that runs in a thread: what is common to every line it may hang on."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Self

from appliance.testing.receipt_printer import Faults, ReceiptPrinter


class RunningPrinter(ABC):
    """A printer in a thread of its own, from `start` to `close`; also a context manager.

    Every method may be called from any thread.
    """

    def __init__(
        self, faults: Faults | None = None, told: Callable[[str], None] = lambda _text: None
    ) -> None:
        """`told` hears in plain words what happens."""
        self._printer = ReceiptPrinter(faults)
        self._told = told
        self._changed = threading.Condition()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._ended = False
        self._line_up = False
        self._thread = threading.Thread(target=self._run, name="virtual printer", daemon=True)

    @property
    def printed(self) -> bytes:
        """What came out on paper so far."""
        with self._changed:
            return bytes(self._printer.printed)

    @property
    def dropped(self) -> bytes:
        """What it had taken and will never print."""
        with self._changed:
            return bytes(self._printer.dropped)

    @property
    def plugged(self) -> bool:
        """Whether its line is there."""
        with self._changed:
            return self._printer.plugged

    def start(self) -> Self:
        """Plug it in."""
        self._plug()
        self._line_up = True
        self._thread.start()
        return self

    def close(self) -> None:
        """End it."""
        self._ended = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        if self._line_up:
            self._unplug()
        os.close(self._wake)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def set_faults(self, faults: Faults) -> None:
        """Exchange what goes wrong."""
        self.do(lambda printer: setattr(printer, "faults", faults))

    def new_paper(self) -> None:
        """Put in a new roll and close the cover."""
        self.do(ReceiptPrinter.new_paper)

    def open_cover(self) -> None:
        """Open the cover."""
        self.do(ReceiptPrinter.open_cover)

    def say(self, data: bytes) -> None:
        """Send something that nobody asked for, such as XOFF."""
        self.do(lambda printer: printer.say(data))

    def unplug(self) -> None:
        """Pull the cable. The line is broken when this returns."""
        self.do(ReceiptPrinter.unplug)
        self.wait_for(lambda _printer: not self._line_up)

    def power_off(self) -> None:
        """Take the power. The line is broken when this returns."""
        self.do(ReceiptPrinter.power_off)
        self.wait_for(lambda _printer: not self._line_up)

    def replug(self) -> None:
        """Plug it in again. The line is there when this returns."""
        self.do(ReceiptPrinter.replug)
        self.wait_for(lambda _printer: self._line_up)

    def wait_for(self, true: Callable[[ReceiptPrinter], bool], seconds: float = 30.0) -> None:
        """Wait until something is true of the printer.

        Raises:
            TimeoutError: it was not within so many seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: true(self._printer), seconds):
                raise TimeoutError(f"not within {seconds} s: {len(self._printer.printed)} printed")

    def wait_printed(self, data: bytes, seconds: float = 30.0) -> None:
        """Wait until `data` is all on paper. Raises `TimeoutError`."""
        self.wait_for(lambda printer: printer.printed.endswith(data), seconds)

    def do(self, change: Callable[[ReceiptPrinter], None]) -> None:
        """Have something changed in the printer, between two of its own turns."""
        with self._changed:
            change(self._printer)
            self._changed.notify_all()
        os.eventfd_write(self._wake, 1)

    @abstractmethod
    def _plug(self) -> None:
        """Make the line."""

    @abstractmethod
    def _unplug(self) -> None:
        """Break the line."""

    @abstractmethod
    def _run(self) -> None:
        """Serve until `_ended`; `_wake` is readable when something changed."""

    def _follow_plug(self) -> None:
        """Break or make the line where the printer says so. The lock is held."""
        if self._line_up and not self._printer.plugged:
            self._unplug()
            self._line_up = False
            self._told("the line is gone")
        elif not self._line_up and self._printer.plugged:
            self._plug()
            self._line_up = True
            self._told("the line is there again")
        self._changed.notify_all()

    def _tell(self, printed: int, offline: bool) -> None:
        """Tell what has changed since so much was printed. The lock is held."""
        printer = self._printer
        if len(printer.printed) > printed:
            self._told(f"printed {len(printer.printed)} bytes")
        if printer.offline and not offline:
            self._told("the cover is open" if printer.cover_open else "the paper is out")
