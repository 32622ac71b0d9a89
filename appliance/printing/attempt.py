"""One attempt to print a job: what is asked of the printer, what is sent, and how it ended.

The attempt decides and does nothing: it is a generator that yields one `Step` after another and is
sent back what came of each. Whoever runs it owns the wire, and may be a thread, a test or a
simulation. It keeps one promise: `Begin` comes before the first byte of the job, so that whoever
runs it can write that down, and every byte that the printer accepted is counted.
"""

from __future__ import annotations

from collections.abc import Generator

from appliance.printing.attempt_steps import (
    Answered,
    Attempt,
    Begin,
    Broken,
    Done,
    Drain,
    Drained,
    Dropped,
    Ending,
    Heard,
    Listen,
    NotBegun,
    Send,
    Step,
    Stopped,
    Told,
    Took,
)
from appliance.printing.confirmation import newest, printed, processed
from appliance.printing.leftover import Leftover, clear, hear_out
from appliance.printing.link import PATIENCE_S, Link, Patience
from appliance.printing.look import look
from appliance.printing.status import StopReason


def attempt(
    payload: bytes,
    link: Link,
    *,
    number: int,
    seconds: float,
    patience: Patience,
    chunk: int = 4_096,
    leftover: Leftover | None = None,
    cut: bool = False,
) -> Attempt:
    """Print one job.

    Args:
        payload: the bytes of the job.
        link: what the printer can say.
        number: of the job; it becomes the process id that the printer confirms.
        seconds: what printing the job takes, estimated.
        patience: how long is waited.
        chunk: bytes of one `Send`, at most.
        leftover: what earlier jobs left in the printer; it is seen to before this one begins.
        cut: the printer did not take yet what ends a command of an earlier job: it would take the
            beginning of this one for that, so this one waits.
    """
    leftover = leftover or Leftover()
    unready = (yield from clear(link, leftover)) if leftover.there else None
    if unready is not None:
        return unready
    found = yield from look(link)
    if found.stops:
        return NotBegun(found.reasons, found.why)
    if cut:
        return NotBegun(frozenset({"timed-out"}), "it does not take the end of an earlier job yet")
    unready = (yield from hear_out(link, leftover, patience)) if leftover.there else None
    if unready is not None:
        return unready
    told = yield Begin()
    assert isinstance(told, Told)
    if told.canceled:
        return Dropped(0)
    leftover.begun()
    said = yield from _send(payload, patience, chunk)
    if not isinstance(said, frozenset):
        return said
    size, wait = len(payload), seconds + patience.confirm
    if link.confirms == "printed":
        return (yield from printed(size, link, number, wait, said))
    if link.confirms == "processed":
        return (yield from processed(size, link, leftover, wait, said))
    return (yield from _left(size, patience, seconds, said))


def _send(
    payload: bytes, patience: Patience, chunk: int
) -> Generator[Step, Answered, Ending | frozenset[StopReason]]:
    """Send a job; where every byte was accepted, return why the printer has stopped meanwhile."""
    sent = 0
    still = 0.0
    reasons: frozenset[StopReason] = frozenset()
    told: frozenset[StopReason] = frozenset()
    while sent < len(payload):
        took = yield Send(payload[sent : sent + chunk], PATIENCE_S)
        assert isinstance(took, Took)
        sent += took.size
        reasons = newest(took.said, reasons)
        if took.gone:
            return Broken(sent, took.gone)
        if took.canceled:
            return Dropped(sent)
        if took.size:
            still = 0.0
            now: frozenset[StopReason] = frozenset()
        else:
            still += took.seconds
            if not reasons and still >= patience.stall:
                why = f"the printer took no more bytes for {still:.0f} s and did not say why"
                return Broken(sent, why)
            now = reasons or frozenset({"timed-out"})
        if now != told:
            told = now
            yield Stopped(told)
    return reasons


def _left(sent: int, patience: Patience, seconds: float, reasons: frozenset[StopReason]) -> Attempt:
    """Wait until every byte has left this machine, and for as long as printing them takes.

    Of a printer that says nothing the line tells at least whether it went meanwhile.
    """
    waited = 0.0
    while waited < patience.stall:
        drained = yield Drain(PATIENCE_S)
        assert isinstance(drained, Drained)
        if drained.gone:
            return Broken(sent, drained.gone)
        if drained.canceled:
            return Dropped(sent)
        if drained.empty:
            return (yield from _stood(sent, seconds, reasons))
        waited += drained.seconds
    return Broken(sent, "the printer took no more bytes, and not all have left the appliance")


def _stood(sent: int, seconds: float, reasons: frozenset[StopReason]) -> Attempt:
    """See whether the line stands while the printer empties its buffer.

    While the printer says why it has stopped, the time stands still.
    """
    if reasons:
        yield Stopped(reasons)
    while seconds > 0 or reasons:
        heard = yield Listen(min(seconds, PATIENCE_S) if seconds > 0 else PATIENCE_S)
        assert isinstance(heard, Heard)
        if heard.gone:
            return Broken(sent, heard.gone)
        if heard.canceled:
            return Dropped(sent)
        now = newest(heard.said, reasons)
        if now != reasons:
            reasons = now
            yield Stopped(reasons)
        if not reasons:
            seconds -= heard.seconds
    return Done("sent")
