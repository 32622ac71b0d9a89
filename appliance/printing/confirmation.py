"""The end of a job: what a printer is asked behind its last byte, and when its answer counts.

``GS ( H`` function 48 is answered once all before it is on paper, with the job's own number.
``GS r 1`` is answered once the printer has come to it, by one byte that is like many others: like
three of the four bytes of a report of which the first was lost, and like the late answer to another
question. So it counts only alone, only where it says that there is paper, and only where ``DLE EOT
4``, asked right after it, says so too.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from appliance.printing.attempt_steps import (
    Answered,
    Ask,
    Attempt,
    Broken,
    Done,
    Dropped,
    Heard,
    Listen,
    Send,
    Step,
    Stopped,
    Took,
    Wanted,
    of,
)
from appliance.printing.job import Confirmed
from appliance.printing.leftover import Leftover
from appliance.printing.link import ANSWER_S, PAPER, PATIENCE_S, REAL_TIME, Link
from appliance.printing.look import QUIET_S, quiet, state
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
    paper_reasons,
    transmitted_reasons,
)


class _Question(NamedTuple):
    """What is asked, what answers it, and what that confirms."""

    command: bytes
    answers: Wanted
    confirms: Confirmed


def process_id(number: int) -> bytes:
    """Return the four printable bytes by which a job is told from those before it."""
    digits = bytearray()
    for _ in range(4):
        number, digit = divmod(number, 95)
        digits.insert(0, 32 + digit)
    return bytes(digits)


def newest(said: list[Said], before: frozenset[StopReason]) -> frozenset[StopReason]:
    """Return the reasons of the newest automatic report; those from before where none came."""
    for one in reversed(said):
        if isinstance(one, Automatic):
            return automatic_reasons(one.data) - WARNINGS
    return before


def printed(
    sent: int, link: Link, number: int, seconds: float, reasons: frozenset[StopReason]
) -> Attempt:
    """Wait until the printer says that the job is on paper (GS ( H, function 48).

    Args:
        sent: bytes of the job.
        link: what the printer can say.
        number: of the job.
        seconds: to wait, at most.
        reasons: why the printer has stopped, as it said while the job was sent.
    """
    wanted = Block(PROCESS_ID, process_id(number))
    command = b"\x1d(H\x06\x0000" + wanted.data
    question = _Question(command, lambda said: said == wanted, "printed")
    return (yield from _confirm(sent, link, question, Leftover(), seconds, reasons))


def processed(
    sent: int, link: Link, leftover: Leftover, seconds: float, reasons: frozenset[StopReason]
) -> Attempt:
    """Wait until the printer has come to a question that stands behind the job (GS r 1).

    Args:
        sent: bytes of the job.
        link: what the printer can say.
        leftover: gets how many questions it still owes an answer to, where the job ends otherwise.
        seconds: to wait, at most.
        reasons: why the printer has stopped, as it said while the job was sent.
    """
    question = _Question(PAPER, of(Transmitted), "processed")
    return (yield from _confirm(sent, link, question, leftover, seconds, reasons))


def _confirm(
    sent: int,
    link: Link,
    question: _Question,
    leftover: Leftover,
    seconds: float,
    reasons: frozenset[StopReason],
) -> Attempt:
    """Send the question that stands behind the job, and wait for its answer.

    While the printer says why it has stopped, the time stands still.
    """
    left = question.command
    waited = 0.0
    told: frozenset[StopReason] = frozenset()
    while waited < seconds:
        leftover.asked += left == question.command
        step = (yield Send(left, PATIENCE_S)) if left else (yield Listen(PATIENCE_S))
        assert isinstance(step, Took | Heard)
        said, spent, gone = list(step.said), step.seconds, step.gone
        if isinstance(step, Took):
            left = left[step.size :]
        reasons = newest(said, reasons)
        if link.answers and not (gone or step.canceled or said or left):
            now = yield from state(said)
            reasons, spent, gone = now.reasons, spent + now.seconds, now.gone
        answers = [one for one in said if question.answers(one)]
        if answers and question.confirms == "processed":
            doubt = yield from _doubt(answers, link)
            if doubt is None:
                leftover.asked = 0
                return Done("processed")
            reasons, spent, gone = doubt.reasons, spent + doubt.seconds, gone or doubt.gone
            left = question.command
        elif answers:
            return Done(question.confirms)
        if gone:
            return Broken(sent, gone)
        if step.canceled:
            return Dropped(sent)
        if reasons != told:
            told = reasons
            yield Stopped(told)
        if not reasons:
            waited += spent
    return Broken(sent, "the printer accepted all of the job and did not confirm it")


class _Doubt(NamedTuple):
    """Why an answer to GS r does not count: what has stopped the printer, where that is it."""

    reasons: frozenset[StopReason]
    seconds: float
    gone: str


def _doubt(answers: list[Said], link: Link) -> Generator[Step, Answered, _Doubt | None]:
    """Tell why an answer to GS r does not count, and wait until asking again makes sense; None
    where it counts."""
    ask = Ask(REAL_TIME[4], ANSWER_S, of(RealTime), fresh=False)
    heard = (yield ask) if link.answers else (yield Listen(QUIET_S))
    assert isinstance(heard, Heard)
    found: set[StopReason] = set()
    alone, answered = len(answers) == 1 and not heard.garbage, not link.answers
    for one in (*answers, *heard.said):
        if isinstance(one, Transmitted):
            found |= transmitted_reasons(one.byte)
        elif isinstance(one, RealTime):
            answered = True
            found |= paper_reasons(one.byte)
    alone = alone and not any(isinstance(one, Transmitted) for one in heard.said)
    reasons = frozenset(found) - WARNINGS
    if alone and answered and not reasons and not heard.gone:
        return None
    gone = heard.gone or (yield from quiet())
    # Of a mixture nothing is believed, neither that there is paper nor that there is none.
    return _Doubt(reasons if alone else frozenset(), heard.seconds + QUIET_S, gone)
