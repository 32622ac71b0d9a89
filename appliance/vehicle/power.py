"""The power policy: when the voltage of a van's battery holds printing, and stops the box.

Two thresholds and a time for each way keep it from flapping: a printer's own pull makes the voltage
sag, and it rises again as soon as printing is held. A voltage that is not known changes nothing at
first and never stops the box.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Stage = Literal["unknown", "good", "low", "stopping"]
"""``unknown``: nobody says what the voltage is; nothing is held. ``good``. ``low``: printing is
held. ``stopping``: as low, and the box is about to stop."""


class PowerRules(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds, millivolts, and times, seconds.

    Attributes:
        hold_below_mv: below it printing is held; 0 for never.
        resume_above_mv: from it on printing goes on; not less than `hold_below_mv`.
        stop_below_mv: below it the box stops; 0 for never; not more than `hold_below_mv`.
        hold_after_s, resume_after_s, stop_after_s: for which the voltage must be there.
        notice_s: from telling devices to stopping.
        stale_s: after which a voltage is not known any more.
        forget_s: of a voltage that is not known, after which the stage is not, either.
    """

    hold_below_mv: int = 0
    resume_above_mv: int = 0
    stop_below_mv: int = 0
    hold_after_s: float = 10.0
    resume_after_s: float = 30.0
    stop_after_s: float = 60.0
    notice_s: float = 30.0
    stale_s: float = 15.0
    forget_s: float = 600.0


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """How power stands.

    Attributes:
        stage: see `Stage`.
        voltage_mv: the last that is known; None where none is.
        stale: the voltage is not known now, and the stage is that of the last one known.
        off_in_s: seconds to the stop; None where none is due.
    """

    stage: Stage = "unknown"
    voltage_mv: int | None = None
    stale: bool = True
    off_in_s: float | None = None

    @property
    def holds(self) -> bool:
        """Whether printing is held."""
        return self.stage in ("low", "stopping")


class PowerPolicy:
    """Follows one voltage."""

    def __init__(self, rules: PowerRules) -> None:
        self._rules = rules
        self._stage: Stage = "unknown"
        self._voltage: int | None = None
        self._at: float | None = None
        self._since: dict[str, float] = {}
        self._notice: float | None = None

    def take(self, voltage_mv: int, now: float) -> None:
        """Take a voltage, millivolts, at a time, seconds on a monotonic clock."""
        if self._at is None or now - self._at > self._rules.stale_s:
            self._unknown()
        self._voltage, self._at = voltage_mv, now
        self._mark("hold", voltage_mv < self._rules.hold_below_mv, now)
        self._mark("resume", voltage_mv >= self._rules.resume_above_mv, now)
        self._mark("stop", voltage_mv < self._rules.stop_below_mv, now)
        self._mark("stay", voltage_mv >= self._rules.stop_below_mv, now)
        self._move(now)

    def look(self, now: float) -> Power:
        """Return how power stands now."""
        stale = self._at is None or now - self._at > self._rules.stale_s
        if stale:
            self._unknown()
            if self._at is None or now - self._at > self._rules.forget_s:
                self._stage = "unknown"
        off_in = None
        if self._notice is not None and self._at is not None:
            off_in = max(0.0, self._notice + self._rules.notice_s - self._at)
        return Power(
            stage=self._stage,
            voltage_mv=None if self._stage == "unknown" and stale else self._voltage,
            stale=stale,
            off_in_s=off_in,
        )

    def _unknown(self) -> None:
        """What a threshold asks for must be seen without a gap, from reading to reading."""
        self._since.clear()
        self._notice = None

    def _mark(self, name: str, holds: bool, now: float) -> None:
        if holds:
            self._since.setdefault(name, now)
        else:
            self._since.pop(name, None)

    def _for(self, name: str, seconds: float, now: float) -> bool:
        since = self._since.get(name)
        return since is not None and now - since >= seconds

    def _move(self, now: float) -> None:
        rules = self._rules
        if self._for("stop", rules.stop_after_s, now):
            self._stage = "stopping"
            if self._notice is None:
                self._notice = now
        else:
            self._notice = None
            if self._stage == "stopping":
                if self._for("stay", rules.resume_after_s, now):
                    self._stage = "low"
            elif self._for("hold", rules.hold_after_s, now):
                self._stage = "low"
        if self._stage in ("low", "stopping"):
            if self._for("resume", rules.resume_after_s, now):
                self._stage, self._notice = "good", None
        elif self._stage == "unknown" and "hold" not in self._since:
            self._stage = "good"
