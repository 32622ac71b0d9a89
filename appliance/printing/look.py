"""A look at a printer: how it is, asked by DLE EOT."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from appliance.printing.attempt_steps import Answered, Ask, Heard, Listen, Step, of
from appliance.printing.link import ANSWER_S, REAL_TIME, Link
from appliance.printing.status import (
    WARNINGS,
    Automatic,
    Block,
    RealTime,
    Said,
    StopReason,
    error_reasons,
    offline,
    offline_reasons,
    paper_reasons,
)

QUIET_S = 0.3
"""Seconds without a word after which nothing more comes of what was asked before."""

_MOST_HEARD = 20


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
    heard = yield Ask(REAL_TIME[n], ANSWER_S, of(RealTime))
    assert isinstance(heard, Heard)
    if heard.gone:
        return Look(frozenset({"connecting-to-device"}), heard.gone)
    for said in heard.said:
        if isinstance(said, RealTime):
            return said.byte
    # What it says by itself answers nothing, and is no garbage either.
    if heard.garbage or any(not isinstance(said, Automatic | Block) for said in heard.said):
        return Look(
            frozenset({"garbled"}),
            "what the printer answers is no ESC/POS status: look at its baud rate and profile",
        )
    return Look(
        frozenset({"timed-out"}),
        "the printer does not answer: is it on, and is its cable in both ends?",
    )


class State(NamedTuple):
    """Why a printer has stopped, nothing where it has not or does not say; how long asking took in
    seconds; why the link is broken, or ""."""

    reasons: frozenset[StopReason]
    seconds: float
    gone: str


def state(said: list[Said]) -> Generator[Step, Answered, State]:
    """Ask how a printer is while an answer to something else is awaited.

    Args:
        said: gets all that the printer says meanwhile.
    """
    found: set[StopReason] = set()
    spent = 0.0
    for n, meaning in ((2, offline_reasons), (4, paper_reasons)):
        heard = yield Ask(REAL_TIME[n], ANSWER_S, of(RealTime), fresh=False)
        assert isinstance(heard, Heard)
        said += heard.said
        spent += heard.seconds
        if heard.gone:
            return State(frozenset(), spent, heard.gone)
        for one in heard.said:
            if isinstance(one, RealTime):
                found |= meaning(one.byte)
    return State(frozenset(found) - WARNINGS, spent, "")


def quiet() -> Generator[Step, Answered, str]:
    """Wait until the printer says nothing more; return why the link is broken, or ""."""
    for _ in range(_MOST_HEARD):
        heard = yield Listen(QUIET_S)
        assert isinstance(heard, Heard)
        if heard.gone or not (heard.said or heard.garbage):
            return heard.gone
    return ""
