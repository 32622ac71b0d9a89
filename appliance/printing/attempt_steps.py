"""Steps of an attempt to print: what is to be done, what came of it, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple

from appliance.printing.job import Confirmed
from appliance.printing.status import Said, StopReason

# --- what is asked of whoever runs it -----------------------------------------------------------

Wanted = Callable[[Said], bool]
"""Whether a thing that a printer said is what is waited for."""


def of(*kinds: type[Said]) -> Wanted:
    """Want anything of some kinds."""
    return lambda said: isinstance(said, kinds)


class Ask(NamedTuple):
    """Send a command that is answered at once, and wait for the answer; see `Heard`.

    Attributes:
        command: to send.
        seconds: to wait, at most.
        wants: what answers it; what else the printer says meanwhile is heard too.
        fresh: drop what came in before, which may be a late answer to something else. Otherwise it
            is heard, but for late answers to DLE EOT.
    """

    command: bytes
    seconds: float
    wants: Wanted
    fresh: bool = True


class Begin(NamedTuple):
    """The next step sends the first byte of the job: write that down; answered by `Told`."""


class Send(NamedTuple):
    """Send bytes of the job; answered by `Took`."""

    data: bytes
    seconds: float


class Fill(NamedTuple):
    """Send bytes that belong to no job, before one begins; answered by `Took`."""

    data: bytes
    seconds: float


class Measure(NamedTuple):
    """Send a command that is answered by bytes without a form of their own; answered by `Measured`.

    Attributes:
        command: to send.
        size: bytes of its answer.
        seconds: to wait, at most.
    """

    command: bytes
    size: int
    seconds: float


class Drain(NamedTuple):
    """Wait until what was accepted has left this machine; answered by `Drained`."""

    seconds: float


class Listen(NamedTuple):
    """Wait for what the printer says without asking; see `Heard`."""

    seconds: float


class Stopped(NamedTuple):
    """The printer has stopped in the middle of a job, or goes on where there is no reason;
    answered by `Told`."""

    reasons: frozenset[StopReason]


Step = Ask | Begin | Send | Fill | Measure | Drain | Listen | Stopped
"""What is to be done next."""


class Heard(NamedTuple):
    """What the printer said, and what became of the link.

    Attributes:
        said: in order.
        garbage: bytes that are nothing a printer says.
        seconds: how long that took.
        gone: why the link is broken, or empty.
        canceled: a person gave the job up.
    """

    said: list[Said]
    garbage: int = 0
    seconds: float = 0.0
    gone: str = ""
    canceled: bool = False


class Measured(NamedTuple):
    """What came, which is no answer where it has not the size of one.

    Attributes:
        data: all that the printer said, without XON and XOFF.
        gone: why the link is broken, or empty.
    """

    data: bytes
    gone: str = ""


class Took(NamedTuple):
    """How many bytes were accepted, and what else happened.

    Attributes:
        size: 0 to all of them.
        said: in order, what the printer said meanwhile.
        seconds: how long that took.
        gone: why the link is broken, or empty; what was accepted before is counted.
        canceled: a person gave the job up.
    """

    size: int
    said: list[Said]
    seconds: float = 0.0
    gone: str = ""
    canceled: bool = False


class Drained(NamedTuple):
    """Whether all has left this machine, how long was waited, and what else happened.

    Attributes:
        empty: all has left.
        seconds: how long that took.
        gone: why the link is broken, or empty.
        canceled: a person gave the job up.
    """

    empty: bool
    seconds: float = 0.0
    gone: str = ""
    canceled: bool = False


class Told(NamedTuple):
    """It was written down; ``canceled``: a person gave the job up meanwhile."""

    canceled: bool = False


Answered = Heard | Measured | Took | Drained | Told
"""What came of a step."""


# --- how it ends --------------------------------------------------------------------------------


class NotBegun(NamedTuple):
    """Not one byte of the job was sent: it waits for the printer, which does not print because of
    the reasons; ``why`` in words where the reasons do not say it."""

    reasons: frozenset[StopReason]
    why: str = ""


class Done(NamedTuple):
    """The job is on paper, as far as ``confirmed`` says."""

    confirmed: Confirmed


class Broken(NamedTuple):
    """The link broke after so many accepted bytes of the job; 0 only where that is certain."""

    sent: int
    why: str


class Dropped(NamedTuple):
    """A person gave the job up after so many accepted bytes."""

    sent: int


Ending = NotBegun | Done | Broken | Dropped
"""How an attempt ended."""

Attempt = Generator[Step, Answered, Ending]
"""Yields steps, is sent what came of them, returns the ending."""
