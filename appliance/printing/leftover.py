"""What a job that broke off leaves in its printer, and how the next one is kept from it.

A printer that keeps its power while its cable is pulled, or while somebody gives a job up, keeps
all that it had taken: lines that it prints as soon as it can, and a question that it will answer,
which the next job would take for the answer to its own. (A command that was cut is ended by
`appliance.hardware.line`, before anything is asked.)
"""

from __future__ import annotations

from collections.abc import Generator

from appliance.printing.attempt_steps import (
    Answered,
    Ask,
    Fill,
    Heard,
    Listen,
    NotBegun,
    Step,
    Took,
    of,
)
from appliance.printing.link import ANSWER_S, PAPER, PATIENCE_S, Link, Patience
from appliance.printing.status import CLEARED, Block, Said, Transmitted

GAP = 4
"""Empty lines between what is left on the paper and the next document."""

_CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: drop what is in the receive buffer and the print buffer."""


class Leftover:
    """What earlier jobs may have left.

    Attributes:
        there: anything at all.
        asked: questions (GS r) that may still be answered, at most.
        seconds: what printing it takes.
    """

    def __init__(self) -> None:
        self.there = False
        self.asked = 0
        self.seconds = 0.0

    def by(self, seconds: float, sent: int) -> None:
        """A job broke off whose printing takes so many seconds, after so many bytes, if any."""
        if sent:
            self.there = True
            self.seconds = seconds

    def begun(self) -> None:
        """The next job begins: nothing is left that could harm it."""
        self.there = False


def _cleared(said: Said) -> bool:
    return isinstance(said, Block) and said.identifier == CLEARED


def clear(link: Link, leftover: Leftover) -> Generator[Step, Answered, NotBegun | None]:
    """Have the printer drop what it holds, where it can; also while it has no paper.

    Returns:
        Why the next job must wait; None where it need not.
    """
    if not link.clears:
        return None
    heard = yield Ask(_CLEAR, ANSWER_S, _cleared)
    assert isinstance(heard, Heard)
    if heard.gone:
        return NotBegun(frozenset({"connecting-to-device"}), heard.gone)
    if any(map(_cleared, heard.said)):
        leftover.asked = 0
    return None


def hear_out(
    link: Link, leftover: Leftover, patience: Patience
) -> Generator[Step, Answered, NotBegun | None]:
    """Wait until the printer has answered what an earlier job asked, and part the documents.

    A question that stands behind it all is answered last. A printer that was switched off has
    forgotten the others, so after the time that all of it takes no further answer is waited for.

    Returns:
        Why the next job must wait; None where it need not.
    """
    if leftover.asked and link.confirms == "processed":
        leftover.asked += 1
        heard = yield Ask(PAPER, ANSWER_S, of(Transmitted))
        waited = 0.0
        while True:
            assert isinstance(heard, Heard)
            leftover.asked -= sum(isinstance(said, Transmitted) for said in heard.said)
            if heard.gone:
                return NotBegun(frozenset({"connecting-to-device"}), heard.gone)
            waited += heard.seconds
            if leftover.asked <= 0 or waited >= leftover.seconds + patience.confirm:
                break
            heard = yield Listen(PATIENCE_S)
        leftover.asked = 0
    took = yield Fill(b"\n" * GAP, PATIENCE_S)
    assert isinstance(took, Took)
    if took.gone:
        return NotBegun(frozenset({"connecting-to-device"}), took.gone)
    return None
