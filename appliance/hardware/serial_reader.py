"""A reader of a serial line that only talks: opened, read, and opened again when it was replugged.

A receiver of positions or a battery monitor says what it has to say by itself. Each has a thread of
its own, so that no cable holds up anything else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from appliance.hardware.fault import PrinterFault
from appliance.hardware.transport import Clock, Transport

CHUNK = 4_096
"""Bytes taken at once."""

GATHER_S = 0.05
"""Seconds between two reads: a line gives few bytes at a time, and waking for each costs. It also
bounds what a line that floods can make the box do."""

LISTEN_S = 5.0
"""Seconds that one read waits."""

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 15.0
"""Seconds from a line that cannot be opened to the next try; doubled each time."""


_log = structlog.get_logger("appliance.hardware")


class SerialReader:
    """Reads one line in a thread, from `start` to `stop`."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        take: Callable[[bytes], None],
        stands: Callable[[PrinterFault | None], None],
        *,
        clock: Clock = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            name: of the thread.
            transport: the line; this reader's alone.
            take: gets what the line says, on the reader's thread.
            stands: hears that the line is open (None), or why it is not, on the reader's thread.
            clock: that deadlines are on.
        """
        self._transport = transport
        self._take = take
        self._stands = stands
        self._clock = clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"kit {name}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End it; returns when the thread has ended."""
        self._stopped.set()
        self._transport.interrupt()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stopped.is_set():
            try:
                self._transport.open(self._clock() + LISTEN_S)
                wait = FIRST_WAIT_S
                self._stands(None)
                self._listen()
            except PrinterFault as fault:
                if fault.kind == "interrupted":
                    break
                self._stands(fault)
            except Exception as error:  # a mistake of ours must not end the listening for good
                _log.error("kit_reader_failed", thread=self._thread.name, exc_info=error)
            finally:
                self._transport.close()
            self._stopped.wait(wait)
            wait = min(LONGEST_WAIT_S, wait * 2)

    def _listen(self) -> None:
        while not self._stopped.is_set():
            if data := self._transport.read(CHUNK, self._clock() + LISTEN_S):
                self._take(data)
                self._stopped.wait(GATHER_S)
