"""What a printer can say, and how long one waits for it."""

from __future__ import annotations

import msgspec

from appliance.printing.job import Confirmed
from appliance.printing.profile import Profile

ANSWER_S = 2.0
"""Seconds a printer has for an answer to DLE EOT, which it gives at once and from any state."""

PATIENCE_S = 2.0
"""Seconds of one step of waiting; between two of them a cancellation is noticed."""

REAL_TIME = {n: bytes((0x10, 0x04, n)) for n in (1, 2, 3, 4)}
"""DLE EOT 1 to 4."""

PAPER = b"\x1dr\x01"
"""GS r 1."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What a printer can say, of its profile.

    Attributes:
        answers: it answers DLE EOT.
        reports: it reports changes by itself after GS a, which stands in the bytes of each job.
        confirms: how it confirms the end of a job.
        clears: it drops what it has buffered on DLE DC4 8.
    """

    answers: bool = False
    reports: bool = False
    confirms: Confirmed = "sent"
    clears: bool = False


def link_of(profile: Profile) -> Link:
    """Return what a printer of a profile can say."""
    return Link(
        answers=profile.answers,
        reports=profile.reports,
        confirms=profile.confirms,
        clears=profile.clears,
    )


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long is waited, in seconds.

    Attributes:
        stall: for a printer that takes no more bytes and does not say why.
        confirm: for the confirmation of a job, after what printing it takes.
    """

    stall: float = 300.0
    confirm: float = 30.0
