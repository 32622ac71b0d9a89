"""The kit: how power, battery, charger, position and printers stand."""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.daemon.kit import ThingView
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Empty, Operation
from appliance.store.kit_records import stored_status

_NOT_FIGURES = frozenset({"name", "kind", "state", "reasons", "detail", "since", "at"})


class KitThing(msgspec.Struct, frozen=True, kw_only=True):
    """A thing of the kit.

    Attributes:
        name, kind, state, reasons, detail: as in the collection `kit_status`.
        figures: its other fields.
        since: when this state began, UTC milliseconds.
        at: of the figures, UTC milliseconds.
        heard, corrupt: messages of its line since the start of the daemon.
    """

    name: str
    kind: str
    state: str
    reasons: list[str]
    detail: str
    figures: dict[str, Any]
    since: int
    at: int
    heard: int = 0
    corrupt: int = 0


class KitView(msgspec.Struct, frozen=True, kw_only=True):
    """The kit.

    Attributes:
        configured: whether the configuration names any.
        live: the things are as they are now; else as they were when a daemon last ran.
        hold_below_v, resume_above_v, stop_below_v: thresholds of the configuration, volts; 0: none.
        power_off: whether the machine is switched off below the last.
    """

    configured: bool
    live: bool
    hold_below_v: float
    resume_above_v: float
    stop_below_v: float
    power_off: bool
    things: list[KitThing]


def status(desk: Desk, _params: Empty, _actor: str) -> KitView:
    """Return how the kit stands."""
    settings = desk.box.settings.kit
    kit = desk.serving.kit
    now_ms = desk.box.now_ms()
    if kit is not None:
        things = [_live(view, now_ms) for view in kit.views]
    else:
        things = [_stored(row) for _, row in desk.box.store.fetch(stored_status)]
    return KitView(
        configured=settings.there,
        live=kit is not None,
        hold_below_v=settings.power.hold_below_v,
        resume_above_v=settings.power.resume_above_v,
        stop_below_v=settings.power.stop_below_v,
        power_off=settings.power.power_off,
        things=things,
    )


def _live(view: ThingView, now_ms: int) -> KitThing:
    thing = view.thing
    return KitThing(
        name=thing.name,
        kind=thing.kind,
        state=thing.state,
        reasons=list(thing.reasons),
        detail=thing.detail,
        figures={name: value for name, value in thing.figures.items() if value is not None},
        since=view.since,
        at=now_ms,
        heard=view.heard,
        corrupt=view.corrupt,
    )


def _stored(row: dict[str, Any]) -> KitThing:
    return KitThing(
        name=row["name"],
        kind=row["kind"],
        state=row["state"],
        reasons=row["reasons"],
        detail=row.get("detail") or "",
        figures={name: value for name, value in row.items() if name not in _NOT_FIGURES},
        since=row["since"],
        at=row["at"],
    )


OPERATIONS = (Operation("kit.status", Empty, "read", status),)
