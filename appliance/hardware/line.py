"""A printer's line as its worker keeps it: open while it is wanted, put right after a break."""

from __future__ import annotations

from typing import Any

from appliance.hardware.fault import PrinterFault
from appliance.hardware.file_transport import FileTransport
from appliance.hardware.transport import Clock, Transport

OPEN_S = 3.0
"""Seconds that opening a transport may take."""

QUESTION = 10
"""Bytes of the longest question that is asked of a printer."""

MOST_CUT = 65_536
"""Bytes that a command which was cut may still want, at most."""

SLOWEST = 480
"""Bytes a second of the slowest line, 4800 baud."""


class PrinterLine:
    """One transport, on the thread that owns it.

    Attributes:
        transport: for use while it is open.
        is_open: whether it is.
    """

    def __init__(self, transport: Transport, clock: Clock, log: Any) -> None:
        self.transport = transport
        self.is_open = False
        self._clock = clock
        self._log = log
        self._cut = 0
        self._ended = 0

    @property
    def keeps(self) -> bool:
        """Whether what is behind it may keep a part of a job that broke off; a folder does not."""
        return not isinstance(self.transport, FileTransport)

    @property
    def wants_more(self) -> bool:
        """Whether the printer has yet to take the rest of what was cut; see `open`."""
        return self._cut > 0

    def open(self) -> None:
        """Open it where it is closed, and end what was cut as far as the printer takes that now.

        Raises:
            PrinterFault: it cannot be opened, or broke.
        """
        if not self.is_open:
            self.transport.open(self._clock() + OPEN_S)
            self.is_open = True
        if self._cut:
            self._end_command()

    def close(self) -> None:
        """Close it where it is open."""
        if self.is_open:
            self.is_open = False
            self._ended = 0
            try:
                self.transport.close()
            except PrinterFault as fault:
                self._log.info("printer_closed", reason=str(fault))

    def broke(self, size: int = 0) -> None:
        """Close it: it broke in the middle of a job of so many bytes, or of a question.

        How many of them arrived nobody knows: what a kernel accepted it may throw away.
        """
        self.close()
        if self.keeps:
            self._cut = max(self._cut, min(size + QUESTION, MOST_CUT))

    def _end_command(self) -> None:
        """Give the printer the rest of what was cut off, as NUL, which prints nothing.

        A printer whose power stayed on takes what comes next for the rest of a picture or of a
        question, and the beginning of the next job would be missing on the paper.

        Raises:
            PrinterFault: the line broke once more.
        """
        deadline = self._clock() + OPEN_S + self._cut / SLOWEST
        try:
            while self._ended < self._cut:
                left = bytes(self._cut - self._ended)
                self._ended += self.transport.write(left, min(deadline, self._clock() + OPEN_S))
            # What is still here would be lost where the line is closed, or breaks once more.
            self.transport.drain(self._clock() + OPEN_S)
        except PrinterFault as fault:
            self._ended += fault.accepted
            if fault.kind != "stalled":  # else it is asked why, and gets the rest later
                self.close()
                raise
        else:
            self._cut = self._ended = 0
