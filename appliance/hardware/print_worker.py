"""The worker of one printer: a thread that alone has its transport and prints its queue.

It takes the next job from the spool, runs one attempt, and writes down what came of it. In between
it looks at the printer now and then, so that what stops it is known before somebody prints.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from appliance.api.documents import Document
from appliance.hardware.fault import PrinterFault
from appliance.hardware.line import PrinterLine
from appliance.hardware.loan import Loans
from appliance.hardware.presence import MISSES
from appliance.hardware.press import Press
from appliance.hardware.print_desk import JobDesk, Payload, Unprintable, ended, reasons_of, told
from appliance.hardware.transport import Clock, Transport
from appliance.printing.attempt import attempt
from appliance.printing.attempt_steps import Broken, Dropped, Ending, NotBegun
from appliance.printing.battery import BatteryWatch, Charge, Gauge, LineGone
from appliance.printing.job import Job, JobRefused
from appliance.printing.leftover import Leftover
from appliance.printing.link import Link, Patience
from appliance.printing.look import Look, look
from appliance.printing.printer_state import PrinterState
from appliance.printing.status import StopReason
from appliance.store.errors import StoreError

T = TypeVar("T")
LOOK_S = 5.0
"""Seconds between two looks at a printer that has nothing to do."""

RETRY_S = 1.0
"""Seconds until a printer that would not print is looked at again while a job waits."""

GRACE_S = 4.0
"""Seconds that a job at the printer is given to end when the appliance stops."""

_POWER_LOW: frozenset[StopReason] = frozenset({"power-low"})


class PrintWorker:
    """Prints the queue of one printer.

    Attributes:
        name: of the printer.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        link: Link,
        desk: JobDesk,
        *,
        make: Callable[[Job, Document], Payload],
        tell: Callable[[str, PrinterState], None],
        charged: Callable[[str, Charge | None], None] = lambda _name, _charge: None,
        gauge: Gauge | None = None,
        now_ms: Callable[[], int],
        keeps_open: bool = True,
        patience: Patience | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        """Prepare; `start` begins.

        Args:
            name: of the printer.
            transport: how its bytes get there; used by this worker's thread alone.
            link: what the printer can say.
            desk: the spool.
            make: makes the bytes of a job; raises `Unprintable`.
            tell: told of each new state of the printer, on this worker's thread.
            charged: told what the printer says of its own battery, on this worker's thread.
            gauge: how that is asked for.
            now_ms: the box's clock, UTC milliseconds.
            keeps_open: keep the transport open between jobs; others may want it otherwise.
            patience: how long is waited for the printer.
            clock: the transport's.
        """
        self.name = name
        self._link = link
        self._desk = desk
        self._make = make
        self._tell = tell
        self._now_ms = now_ms
        self._keeps_open = keeps_open
        self._patience = patience or Patience()
        self._clock = clock
        self._gate = threading.Condition()
        self._woken = False
        self._stopping = False
        self._canceled: set[str] = set()
        self._paused: frozenset[StopReason] = frozenset()
        self._state = PrinterState(since_ms=now_ms())
        self._current: Job | None = None
        self._missed = 0
        self._leftover = Leftover()
        self._battery = BatteryWatch(gauge or Gauge())
        self._charged = charged
        self._owed: tuple[Job, Ending] | None = None
        self._loans = Loans()
        self._log = structlog.get_logger("appliance.hardware").bind(printer=name)
        self._line = PrinterLine(transport, clock, self._log)
        self._thread = threading.Thread(target=self._run, name=f"printer-{name}", daemon=True)

    # --- from other threads ----------------------------------------------------------------------

    @property
    def state(self) -> PrinterState:
        """How the printer stands."""
        return self._state

    @property
    def charge(self) -> Charge | None:
        """How full the printer's own battery is; None where that is not known."""
        return self._battery.charge

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the queue, and at the printer, now."""
        with self._gate:
            self._woken = True
            self._gate.notify()

    def found_cut(self, job: Job) -> None:
        """Before `start`: a job was being sent when its line broke or the box stopped."""
        self._line.broke(job.total)
        self._leftover.by(0.0, job.total)
        self._leftover.asked = 1

    def cancel(self, job_id: str) -> bool:
        """Stop the job where it is, if it is at the printer; return whether it is."""
        with self._gate:
            here = self._current is not None and self._current.id == job_id
            if here:
                self._canceled.add(job_id)
        return here

    def pause(self, reasons: frozenset[StopReason]) -> None:
        """Begin no job while there are such reasons; one that is at the printer goes on."""
        with self._gate:
            self._paused = reasons
        self.wake()

    def borrow(self, call: Callable[[Transport], T], seconds: float) -> T:
        """Have the worker's thread use the open transport between two jobs. Blocks.

        Args:
            call: takes the transport; raises `PrinterFault`.
            seconds: to wait for the printer, at most.

        Raises:
            PrinterFault: the transport cannot be opened, or what `call` raised; ``busy`` where a
                job takes longer.
        """
        loan = self._loans.add(call)
        self.wake()
        if not loan.over.wait(seconds):
            loan.withdrawn = True
            job = self._current
            what = f"job {job.number} is being printed" if job else "it is being looked at"
            raise PrinterFault("busy", f"the printer {self.name} is not free: {what}")
        if loan.error is not None:
            raise loan.error
        result: T = loan.result
        return result

    def stop(self) -> None:
        """End the thread: the job at the printer is given a moment to end. Blocks."""
        with self._gate:
            self._stopping = True
            self._gate.notify()
        if self._thread.ident is None:
            return
        self._thread.join(GRACE_S)
        if self._thread.is_alive():
            self._line.transport.interrupt()
            self._thread.join()

    # --- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        pause = 0.0
        while self._wait(pause):
            try:
                pause = self._turn()
            except Exception:  # a printer that fails must not take its queue with it
                self._log.exception("printer_turn_failed")
                pause = LOOK_S
        self._line.close()

    def _wait(self, seconds: float) -> bool:
        """Wait until there may be something to do; False once the worker stops."""
        with self._gate:
            if not self._woken and not self._stopping and seconds > 0:
                self._gate.wait(seconds)
            self._woken = False
            return not self._stopping

    def _turn(self) -> float:
        """Print one job or look at the printer; return the seconds until the next turn."""
        self._settle()
        self._loans.serve(self._line)
        found = self._desk.next(self.name)
        if self._paused:
            self._stands(self._paused)
            if found is not None:
                self._delayed(found[0], self._paused)
            return LOOK_S
        # A printer that may not answer is asked while nothing waits for it.
        if self._battery.due(self._clock()) and not (found and self.charge is None):
            self._measure()
        if found is None:
            return self._idle()
        if self._battery.low:
            self._stands(_POWER_LOW, why=self._battery.why)
            self._delayed(found[0], _POWER_LOW)
            if not self._keeps_open:
                self._line.close()
            return RETRY_S
        job, document = found
        try:
            payload = self._make(job, document)
        except Unprintable as error:
            self._log.warning("job_unprintable", job=job.number, reason=(why := str(error)))
            self._desk.change(job.id, lambda now, ms: now.unprintable(why, ms))
            return 0.0
        return self._print(job, payload)

    def _idle(self) -> float:
        try:
            self._line.open()
            seen = self._press(lambda: None, lambda: False).run(look(self._link))
        except PrinterFault as fault:
            seen = Look(reasons_of(fault), str(fault))
        if self._battery.low:
            seen = Look(seen.reasons | _POWER_LOW, seen.why or self._battery.why)
        self._saw(seen.reasons, seen.why)
        if not self._keeps_open:
            self._line.close()
        return LOOK_S

    def _measure(self) -> None:
        """Ask for the printer's own battery, where the printer is ready."""
        before = self._battery.charge
        run = self._press(lambda: None, lambda: False).run
        try:
            self._line.open()
            seen = run(look(self._link))
            if seen.stops:
                self._battery.put_off(self._clock())
            else:
                self._battery.took(run(self._battery.ask()), self._clock())
            gone = "connecting-to-device" in seen.reasons
        except (PrinterFault, LineGone):
            gone = True
            self._battery.put_off(self._clock())
        if gone:
            self._line.broke()
        if self._battery.charge != before:
            self._charged(self.name, self._battery.charge)

    def _print(self, job: Job, payload: Payload) -> float:
        def begin() -> None:
            # Where this raises, the job may count as begun all the same: the commit is in doubt.
            self._owed = job, Broken(0, "the store could not write that the job begins")
            self._desk.change(job.id, lambda now, ms: now.begun(len(payload.data), ms))
            self._owed = job, Broken(1, "the appliance failed while it sent the job; see its log")
            self._stands(frozenset(), job=job.number)

        with self._gate:
            self._current = job
        try:
            ending = self._attempt(job, payload, begin)
        finally:
            with self._gate:
                self._current = None
                given_up = job.id in self._canceled
                self._canceled.discard(job.id)
        in_vain = isinstance(ending, Broken) and not ending.sent
        ending = Dropped(0) if in_vain and given_up else ending
        if self._owed is not None:
            self._owed = job, ending
            self._settle()
        if isinstance(ending, NotBegun):
            self._saw(ending.reasons, ending.why, wanted=True)
            self._delayed(job, ending.reasons)
            return RETRY_S
        self._stands(frozenset())
        return LOOK_S if in_vain else 0.0  # each attempt is written to the disk, twice

    def _delayed(self, job: Job, reasons: frozenset[StopReason]) -> None:
        """Say of the next job what it waits for, so that who sent it need not ask the printer."""
        why = ", ".join(sorted(reasons))
        if job.detail == why:
            return
        try:
            self._desk.change(job.id, lambda now, ms: now.delayed(why, ms))
        except (JobRefused, StoreError) as error:  # a person was faster, or it is said later
            self._log.info("job_delay_not_told", job=job.number, reason=str(error))

    def _attempt(self, job: Job, payload: Payload, begin: Callable[[], None]) -> Ending:
        try:
            self._line.open()
        except PrinterFault as fault:
            return NotBegun(reasons_of(fault), str(fault))
        press = self._press(begin, lambda: job.id in self._canceled, job)
        steps = attempt(
            payload.data,
            self._link,
            number=job.number,
            seconds=payload.seconds,
            patience=self._patience,
            leftover=self._leftover if self._line.keeps else None,
            cut=self._line.wants_more,
        )
        try:
            ending = press.run(steps)
        except JobRefused as refused:  # a person was faster
            self._log.info("job_not_begun", job=job.number, reason=str(refused))
            self._owed = None
            return Dropped(0)
        except Exception:  # whatever it was: the printer may have got a part
            self._leftover.by(payload.seconds, press.sent)
            self._line.broke(len(payload.data))
            raise
        if isinstance(ending, Broken | Dropped):
            self._leftover.by(payload.seconds, press.sent)
            self._line.broke(len(payload.data))
        elif isinstance(ending, NotBegun) and ending.reasons & {"connecting-to-device", "garbled"}:
            self._line.close()
        return ending

    def _press(
        self, begin: Callable[[], None], canceled: Callable[[], bool], job: Job | None = None
    ) -> Press:
        def stopped(reasons: frozenset[StopReason]) -> None:
            if job is None:
                return
            why = ", ".join(sorted(reasons))
            try:
                self._desk.change(
                    job.id,
                    lambda now, ms: now.waiting(why, ms) if reasons else now.going_on(ms),
                )
            except (JobRefused, StoreError) as error:  # it is printed all the same
                self._log.warning("job_stop_not_stored", job=job.number, reason=str(error))
            self._stands(reasons, job=job.number)

        return Press(
            self._line.transport, self._clock, begin=begin, stopped=stopped, canceled=canceled
        )

    def _settle(self) -> None:
        """Write down what came of the last job; until that succeeds nothing else is done.

        Where it never does, the next start of the box finds the job as being sent, and asks.

        Raises:
            StoreError: it cannot be stored now.
        """
        if self._owed is None:
            return
        job, ending = self._owed
        try:
            self._desk.change(job.id, lambda now, ms: ended(now, ending, ms))
        except JobRefused as refused:
            self._log.info("job_not_settled", job=job.number, reason=str(refused))
        self._owed = None
        self._log.info("job_ended", job=job.number, ending=type(ending).__name__, **told(ending))

    # --- the state -------------------------------------------------------------------------------

    def _saw(self, reasons: frozenset[StopReason], why: str, *, wanted: bool = False) -> None:
        """Take what a look found; a printer that is missed once is not gone yet."""
        if "connecting-to-device" in reasons:
            self._line.broke()
        if reasons & {"connecting-to-device", "timed-out"}:
            self._missed += 1
            if self._missed < MISSES and not wanted:
                return
        else:
            self._missed = 0
        self._stands(reasons, why=why)

    def _stands(self, reasons: frozenset[StopReason], *, why: str = "", job: int = 0) -> None:
        state = self._state.followed_by(PrinterState.of(reasons, self._now_ms(), why=why, job=job))
        if state is not self._state:
            self._state = state
            self._tell(self.name, state)
