"""How a printer stands: what it does, why it stands still, and when it counts as gone."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.printing.status import WARNINGS, StopReason

Standing = Literal["idle", "processing", "stopped"]
"""``idle``: it would print. ``processing``: it prints. ``stopped``: it prints nothing until its
reasons are gone (RFC 8011, 5.4.11)."""


class PrinterState(msgspec.Struct, frozen=True, kw_only=True):
    """How one printer stands.

    Attributes:
        standing: see `Standing`.
        reasons: why it is stopped, and what it warns of.
        why: the same in words, where there is more to say; empty otherwise.
        job: the number of the job at it, 0 for none.
        since_ms: since when, UTC milliseconds.
    """

    standing: Standing = "idle"
    reasons: frozenset[StopReason] = frozenset()
    why: str = ""
    job: int = 0
    since_ms: int = 0

    @classmethod
    def of(
        cls, reasons: frozenset[StopReason], now_ms: int, *, why: str = "", job: int = 0
    ) -> PrinterState:
        """Return the state that follows from reasons and from the job at the printer."""
        standing: Standing = "idle"
        if reasons - WARNINGS:
            standing = "stopped"
        elif job:
            standing = "processing"
        return cls(standing=standing, reasons=reasons, why=why, job=job, since_ms=now_ms)

    def followed_by(self, later: PrinterState) -> PrinterState:
        """Return a later state, or this one where it says the same."""
        same = msgspec.structs.replace(later, since_ms=self.since_ms) == self
        return self if same else later
