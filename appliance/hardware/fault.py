"""Why a printer cannot take bytes now: a closed set, each with what to do about it."""

from __future__ import annotations

from typing import Literal

FaultKind = Literal["absent", "busy", "forbidden", "gone", "stalled", "refused", "interrupted"]
"""What is the matter.

``absent``: nothing answers to what the configuration names.
``busy``: another program, or another computer, holds the printer.
``forbidden``: the daemon's user may not open it.
``gone``: it was there, and went away while it was open.
``stalled``: it took no byte until the deadline.
``refused``: what is there is no printer as configured, or fails by itself (a full disk).
``interrupted``: the daemon is stopping; nothing is wrong with the printer.
"""


class PrinterFault(Exception):
    """The printer cannot go on now; the text says what a technician has to do.

    Attributes:
        kind: see `FaultKind`.
        accepted: bytes of the call that raised which were taken before it. They may be on paper,
            or may not: only where this and all counts before it are 0 is it certain that
            nothing was printed.
    """

    def __init__(self, kind: FaultKind, text: str, accepted: int = 0) -> None:
        super().__init__(text)
        self.kind: FaultKind = kind
        self.accepted = accepted
