"""The press: does the steps of an attempt on a printer's transport, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from appliance.hardware.fault import PrinterFault
from appliance.hardware.transport import Clock, Transport, send
from appliance.printing.attempt_steps import (
    Answered,
    Ask,
    Begin,
    Drain,
    Drained,
    Fill,
    Heard,
    Listen,
    Measure,
    Measured,
    Send,
    Step,
    Stopped,
    Told,
    Took,
    Wanted,
)
from appliance.printing.status import FLOW, Ear, RealTime, Said, StopReason

T = TypeVar("T")
MOST_READ = 4_096
"""Bytes of one read; a printer says a few."""

SETTLE_S = 0.05
"""Seconds of silence after bytes that have no end of their own."""


class Press:
    """Runs attempts on one open transport; on the thread that owns it.

    Attributes:
        sent: bytes of jobs that were accepted.
    """

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        *,
        begin: Callable[[], None],
        stopped: Callable[[frozenset[StopReason]], None],
        canceled: Callable[[], bool],
    ) -> None:
        """Take a transport.

        Args:
            transport: open.
            clock: the transport's.
            begin: writes down that the first byte is about to go; returns once that is durable,
                and raises where it cannot be: then nothing is sent.
            stopped: told why the printer stands still, and with no reason that it goes on.
            canceled: whether a person gave the job up.
        """
        self._transport = transport
        self._clock = clock
        self._begin = begin
        self._stopped = stopped
        self._canceled = canceled
        self._ear = Ear()
        self.sent = 0

    def run(self, steps: Generator[Step, Answered, T]) -> T:
        """Do step after step, and return the ending."""
        try:
            step = next(steps)
            while True:
                step = steps.send(self._do(step))
        except StopIteration as end:
            ending: T = end.value
            return ending

    def _do(self, step: Step) -> Answered:
        if isinstance(step, Send):
            took = self._send(step)
            self.sent += took.size
            return took
        if isinstance(step, Fill):
            return self._send(step)
        if isinstance(step, Ask):
            return self._ask(step)
        if isinstance(step, Listen):
            return self._listen(step.seconds)
        if isinstance(step, Measure):
            return self._measure(step)
        if isinstance(step, Drain):
            return self._drain(step)
        if isinstance(step, Begin):
            if not self._canceled():
                self._begin()
        elif isinstance(step, Stopped):
            self._stopped(step.reasons)
        return Told(self._canceled())

    def _send(self, step: Send | Fill) -> Took:
        began = self._clock()
        gone = ""
        try:
            size = self._transport.write(step.data, began + step.seconds)
        except PrinterFault as fault:
            size = fault.accepted
            gone = "" if fault.kind == "stalled" else str(fault)
        said: list[Said] = []
        if not gone:
            said, gone = self._hear(self._clock())
        return Took(size, said, self._clock() - began, gone, self._canceled())

    def _ask(self, step: Ask) -> Heard:
        began = self._clock()
        garbage = self._ear.garbage
        before: list[Said] = []
        try:
            if step.fresh:
                self._transport.flush_input()
                self._ear.forget()
                garbage = self._ear.garbage
            else:
                heard, gone = self._hear(began, _nothing)
                before = [one for one in heard if not isinstance(one, RealTime)]
                if gone:
                    return Heard(before, 0, self._clock() - began, gone, self._canceled())
            send(self._transport, step.command, began + step.seconds)
        except PrinterFault as fault:
            gone = "" if fault.kind == "stalled" else str(fault)
            return Heard(before, 0, self._clock() - began, gone, self._canceled())
        said, gone = self._hear(began + step.seconds, step.wants)
        garbage = self._ear.garbage - garbage
        return Heard(before + said, garbage, self._clock() - began, gone, self._canceled())

    def _measure(self, step: Measure) -> Measured:
        deadline = self._clock() + step.seconds
        data = b""
        try:
            self._transport.flush_input()
            self._ear.forget()
            send(self._transport, step.command, deadline)
            while len(data) <= step.size:
                # Once it is whole it is waited for what would show that it is something else.
                ends = deadline if len(data) < step.size else self._clock() + SETTLE_S
                said = self._transport.read(MOST_READ, ends)
                if not said:
                    break
                data += said.translate(None, FLOW)
        except PrinterFault as fault:
            return Measured(data, "" if fault.kind == "stalled" else str(fault))
        return Measured(data)

    def _listen(self, seconds: float) -> Heard:
        began = self._clock()
        garbage = self._ear.garbage
        said, gone = self._hear(began + seconds)
        garbage = self._ear.garbage - garbage
        return Heard(said, garbage, self._clock() - began, gone, self._canceled())

    def _hear(self, deadline: float, wants: Wanted = bool) -> tuple[list[Said], str]:
        """Read until the printer has said what is wanted, anything if nothing is named."""
        heard: list[Said] = []
        try:
            while not any(map(wants, heard)):
                data = self._transport.read(MOST_READ, deadline)
                if not data:
                    break
                heard += self._ear.hear(data)
                if self._clock() >= deadline:
                    break
        except PrinterFault as fault:
            return heard, "" if fault.kind == "stalled" else str(fault)
        return heard, ""

    def _drain(self, step: Drain) -> Drained:
        began = self._clock()
        empty, gone = True, ""
        try:
            self._transport.drain(began + step.seconds)
        except PrinterFault as fault:
            empty = False
            gone = "" if fault.kind == "stalled" else str(fault)
        return Drained(empty, self._clock() - began, gone, self._canceled())


def _nothing(_said: Said) -> bool:
    return False
