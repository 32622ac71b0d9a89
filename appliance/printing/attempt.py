"""One attempt to print a job: what is asked of the printer, what is sent, and how it ended.

The attempt decides and does nothing: it is a generator that yields one `Step` after another and is
sent back what came of each. Whoever runs it owns the wire, and may be a thread, a test or a
simulation. It keeps one promise: `Begin` comes before the first byte of the job, so that whoever
runs it can write that down, and every byte that the printer accepted is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple

import msgspec

from appliance.printing.attempt_steps import (
    Answered,
    Ask,
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
from appliance.printing.job import Confirmed
from appliance.printing.status import (
    PROCESS_ID,
    WARNINGS,
    Automatic,
    Block,
    RealTime,
    Said,
    StopReason,
    Transmitted,
    automatic_reasons,
    error_reasons,
    offline,
    offline_reasons,
    paper_reasons,
)

ANSWER_S = 2.0
"""Seconds a printer has for an answer to DLE EOT, which it gives at once and from any state."""

PATIENCE_S = 2.0
"""Seconds of one step of waiting; between two of them a cancellation is noticed."""

_REAL_TIME = {n: bytes((0x10, 0x04, n)) for n in (1, 2, 3, 4)}
AUTOMATIC_ON = b"\x1da\x0e"
"""GS a: report changes of online state, errors and the paper sensors."""

_PAPER = b"\x1dr\x01"
_CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: drop what is in the receive buffer and the print buffer."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What a printer can say, of its profile.

    Attributes:
        answers: it answers DLE EOT.
        reports: it reports changes by itself after GS a.
        confirms: how it confirms the end of a job.
        clears: it drops what it has buffered on DLE DC4 8.
    """

    answers: bool = False
    reports: bool = False
    confirms: Confirmed = "sent"
    clears: bool = False


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long is waited, in seconds.

    Attributes:
        stall: for a printer that takes no more bytes and does not say why.
        confirm: for the confirmation of a job, after what printing it takes.
    """

    stall: float = 300.0
    confirm: float = 30.0


class Look(NamedTuple):
    """How a printer is: why it does not print, and what it warns of; ``why`` in words."""

    reasons: frozenset[StopReason]
    why: str = ""

    @property
    def stops(self) -> bool:
        """Whether it would not print now."""
        return bool(self.reasons - WARNINGS)


def look(link: Link) -> Generator[Step, Answered, Look]:
    """Ask how a printer is, before a job and in between.

    Args:
        link: what it can say; of one that says nothing nothing is found.
    """
    if not link.answers:
        return Look(frozenset())
    found: set[StopReason] = set()
    for n in (1, 2, 4, 3):
        if n == 3 and "other-error" not in found:
            continue
        answer = yield from _real_time(n)
        if isinstance(answer, Look):
            return answer
        if n == 1 and offline(answer):
            found.add("offline")
        elif n == 2:
            found |= offline_reasons(answer)
        elif n == 4:
            found |= paper_reasons(answer)
        elif n == 3 and error_reasons(answer):
            found = (found - {"other-error"}) | error_reasons(answer)
    if found - WARNINGS - {"offline"}:
        found.discard("offline")  # it follows from the other
    return Look(frozenset(found))


def _real_time(n: int) -> Generator[Step, Answered, int | Look]:
    heard = yield Ask(_REAL_TIME[n], ANSWER_S, RealTime)
    assert isinstance(heard, Heard)
    if heard.gone:
        return Look(frozenset({"connecting-to-device"}), heard.gone)
    for said in heard.said:
        if isinstance(said, RealTime):
            return said.byte
    if heard.garbage or any(not isinstance(said, Automatic) for said in heard.said):
        return Look(
            frozenset({"garbled"}),
            "what the printer answers is no ESC/POS status: look at its baud rate and profile",
        )
    return Look(
        frozenset({"timed-out"}),
        "the printer does not answer: is it on, and is its cable in both ends?",
    )


def _prepare(link: Link, leftover: bool) -> Generator[Step, Answered, NotBegun | None]:
    """Have the printer drop what is left of an earlier job, and report changes by itself."""
    commands: list[tuple[bytes, type[Said]]] = []
    if leftover and link.clears:
        commands.append((_CLEAR, Block))
    if link.reports:
        commands.append((AUTOMATIC_ON, Automatic))
    for command, wants in commands:
        heard = yield Ask(command, ANSWER_S, wants)
        assert isinstance(heard, Heard)
        if heard.gone:
            return NotBegun(frozenset({"connecting-to-device"}), heard.gone)
    return None


def attempt(
    payload: bytes,
    link: Link,
    *,
    number: int,
    seconds: float,
    patience: Patience,
    chunk: int,
    leftover: bool = False,
) -> Attempt:
    """Print one job.

    Args:
        payload: the bytes of the job.
        link: what the printer can say.
        number: of the job; it becomes the process id that the printer confirms.
        seconds: what printing the job takes, estimated.
        patience: how long is waited.
        chunk: bytes of one `Send`, at most.
        leftover: an earlier job ended in the middle, and the printer may hold a part of it.
    """
    found = yield from look(link)
    if found.stops:
        return NotBegun(found.reasons, found.why)
    unready = yield from _prepare(link, leftover)
    if unready is not None:
        return unready
    told = yield Begin()
    assert isinstance(told, Told)
    if told.canceled:
        return Dropped(0)
    ending = yield from _send(payload, link, patience, chunk)
    if ending is not None:
        return ending
    if link.confirms == "printed":
        return (yield from _printed(len(payload), link, number, seconds + patience.confirm))
    if link.confirms == "processed":
        return (yield from _processed(len(payload), link, seconds + patience.confirm))
    return (yield from _left(len(payload), patience, seconds))


def _send(
    payload: bytes, link: Link, patience: Patience, chunk: int
) -> Generator[Step, Answered, Ending | None]:
    """Send a job; None where every byte was accepted."""
    sent = 0
    still = 0.0
    reasons: frozenset[StopReason] = frozenset()
    told: frozenset[StopReason] = frozenset()
    while sent < len(payload):
        took = yield Send(payload[sent : sent + chunk], PATIENCE_S)
        assert isinstance(took, Took)
        sent += took.size
        reasons = _newest(took.said, reasons)
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
    return None


def _left(sent: int, patience: Patience, seconds: float) -> Attempt:
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
            return (yield from _stood(sent, seconds))
        waited += drained.seconds
    return Broken(sent, "the printer took no more bytes, and not all have left the appliance")


def _stood(sent: int, seconds: float) -> Attempt:
    """See whether the line stands while the printer empties its buffer."""
    while seconds > 0:
        heard = yield Listen(min(seconds, PATIENCE_S))
        assert isinstance(heard, Heard)
        if heard.gone:
            return Broken(sent, heard.gone)
        if heard.canceled:
            return Dropped(sent)
        seconds -= heard.seconds
    return Done("sent")


def _newest(said: list[Said], before: frozenset[StopReason]) -> frozenset[StopReason]:
    """Return the reasons of the newest automatic report; those from before where none came."""
    for one in reversed(said):
        if isinstance(one, Automatic):
            return automatic_reasons(one.data) - WARNINGS
    return before


def process_id(number: int) -> bytes:
    """Return the four printable bytes by which a job is told from those before it."""
    digits = bytearray()
    for _ in range(4):
        number, digit = divmod(number, 95)
        digits.insert(0, 32 + digit)
    return bytes(digits)


Confirms = Callable[[Said], bool]
"""Whether what a printer said confirms the job at hand."""


def _printed(sent: int, link: Link, number: int, seconds: float) -> Attempt:
    """Wait until the printer says that the job is on paper (GS ( H, function 48)."""
    wanted = process_id(number)

    def confirms(one: Said) -> bool:
        return isinstance(one, Block) and one == (PROCESS_ID, wanted)

    command = b"\x1d(H\x06\x0000" + wanted
    return (yield from _confirm(sent, link, command, confirms, "printed", seconds))


def _processed(sent: int, link: Link, seconds: float) -> Attempt:
    """Wait until the printer has come to a question that stands behind the job (GS r 1)."""

    def confirms(one: Said) -> bool:
        return isinstance(one, Transmitted)

    return (yield from _confirm(sent, link, _PAPER, confirms, "processed", seconds))


def _confirm(
    sent: int, link: Link, command: bytes, confirms: Confirms, how: Confirmed, seconds: float
) -> Attempt:
    """Send the question that stands behind the job, and wait for its answer.

    While the printer says why it has stopped, the time stands still.
    """
    left = command
    waited = 0.0
    told: frozenset[StopReason] = frozenset()
    while waited < seconds:
        step = yield Send(left, PATIENCE_S) if left else Listen(PATIENCE_S)
        assert isinstance(step, Took | Heard)
        said = list(step.said)
        spent = step.seconds
        if isinstance(step, Took):
            left = left[step.size :]
        reasons = _newest(said, frozenset())
        if not (step.gone or step.canceled or said or left) and link.answers:
            state = yield from _state(said)
            reasons, spent = state.reasons, spent + state.seconds
            step = step._replace(gone=state.gone)
        if any(map(confirms, said)):
            return Done(how)
        if step.gone:
            return Broken(sent, step.gone)
        if step.canceled:
            return Dropped(sent)
        if reasons != told:
            told = reasons
            yield Stopped(told)
        if not reasons:
            waited += spent
    return Broken(sent, "the printer accepted all of the job and did not confirm it")


class _State(NamedTuple):
    reasons: frozenset[StopReason]
    seconds: float
    gone: str


def _state(said: list[Said]) -> Generator[Step, Answered, _State]:
    """Ask how the printer is while an answer to something else is awaited.

    Args:
        said: gets all that the printer says meanwhile.

    Returns:
        Why it has stopped, nothing where it has not or does not say; how long that took; why the
        link is broken, or "".
    """
    found: set[StopReason] = set()
    spent = 0.0
    for n, meaning in ((2, offline_reasons), (4, paper_reasons)):
        heard = yield Ask(_REAL_TIME[n], ANSWER_S, RealTime, fresh=False)
        assert isinstance(heard, Heard)
        said += heard.said
        spent += heard.seconds
        if heard.gone:
            return _State(frozenset(), spent, heard.gone)
        for one in heard.said:
            if isinstance(one, RealTime):
                found |= meaning(one.byte)
    return _State(frozenset(found) - WARNINGS, spent, "")
