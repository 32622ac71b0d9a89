"""The clock: what time the box goes by, and a person's word that the system's clock is right."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Empty, Operation
from appliance.enrollment.clock import HOUR_MS, TRUST_MS, ClockState
from appliance.store.audit import AuditBook
from appliance.store.box import Box
from appliance.store.clock_book import ClockBook
from appliance.store.transaction import WriteTransaction


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """The time of the box; all times are UTC milliseconds.

    Attributes:
        now: what the box goes by.
        system: what the system's clock shows.
        known: a time that is known to have been reached; None where none is.
        state: see `appliance.enrollment.clock`.
        synchronised: the kernel says that a time source keeps the system's clock right.
        watched_ms: how long a clock that is ahead has been watched; 0 where none is.
        advice: what a person is told; "" where all is well.
    """

    now: int
    system: int
    known: int | None
    state: Literal["right", "ahead", "behind", "unset"]
    synchronised: bool
    watched_ms: int
    advice: str


def view(box: Box) -> ClockView:
    """Return the time of a box."""
    clock = box.clock
    seen, system = clock.seen, clock.system_now_ms
    return ClockView(
        now=clock.now_ms(),
        system=system,
        known=seen.floor_ms or None,
        state=clock.state.value,
        synchronised=box.synchronised(),
        watched_ms=seen.watched_ms,
        advice=_advice(clock.state, system - seen.floor_ms, TRUST_MS - seen.watched_ms),
    )


def _advice(state: ClockState, ahead_ms: int, left_ms: int) -> str:
    match state:
        case ClockState.BEHIND:
            return (
                f"the system's clock stands {_span(-ahead_ms)} before what the box has seen, so the"
                " time runs on from there: set it (timedatectl set-time), or connect a time"
                " source; if it is right and the box was wrong, `fieldbox clock reset`"
            )
        case ClockState.AHEAD:
            return (
                f"the system's clock stands {_span(ahead_ms)} ahead of the time that is known to"
                " have passed, and no time source confirms it: if it is right, `fieldbox clock"
                " reset`, else set it (timedatectl set-time). Left alone it is believed after"
                f" {_span(left_ms)} more"
            )
        case ClockState.UNSET:
            return "the system's clock was never set: set it (timedatectl set-time)"
        case ClockState.RIGHT:
            return ""


def _span(milliseconds: int) -> str:
    hours = milliseconds // HOUR_MS
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"


def show(desk: Desk, _params: Empty, _actor: str) -> ClockView:
    """Return the time of the box, after a look at the system's clock."""
    desk.box.clock.look(desk.box.synchronised())
    return view(desk.box)


def reset(desk: Desk, _params: Empty, actor: str) -> ClockView:
    """Believe the system's clock, because a person says that it is right.

    Raises:
        ClockNotSet: it cannot be.
    """
    box = desk.box
    before = view(box)
    seen = box.clock.reset()

    def job(tx: WriteTransaction) -> None:
        ClockBook(tx.db).write(seen)
        detail = {"before": before.now, "known": before.known, "state": before.state}
        AuditBook(tx.db).add(tx.now_ms, actor, "clock.reset", str(seen.floor_ms), detail)

    box.store.write(job)
    return view(box)


OPERATIONS = (
    Operation("clock.show", Empty, "read", show),
    Operation("clock.reset", Empty, "write", reset),
)
