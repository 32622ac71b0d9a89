"""Scheduled work of a plugin."""

from __future__ import annotations

import msgspec


class ScheduledJob(msgspec.Struct, frozen=True, kw_only=True):
    """Work that is done again and again.

    Attributes:
        name: unique in the plugin; `run_job` gets it.
        every_s: seconds from the end of one run to the start of the next, 10 or more.
        doc: one sentence for people.
    """

    name: str
    every_s: int
    doc: str
