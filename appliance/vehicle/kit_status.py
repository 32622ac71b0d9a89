"""The collection ``kit_status``: how the kit of a box stands, as devices see it.

One record for each thing: the power policy, battery, charger, position, and each printer.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec

from appliance.api.collections import Collection
from appliance.api.fields import Field
from appliance.api.mutations import Row
from appliance.api.permissions import STAFF
from appliance.vehicle.fix import Fix
from appliance.vehicle.power import Power
from appliance.vehicle.reading import Reading

Kind = Literal["power", "battery", "charger", "position", "printer"]

KitState = Literal[
    "unknown",
    "good",
    "low",
    "stopping",
    "reading",
    "silent",
    "absent",
    "fix",
    "searching",
    "inaccurate",
    "idle",
    "stopped",
]
"""Of ``power``: ``unknown``, ``good``, ``low`` (printing is held), ``stopping`` (the box will soon
stop). Of a battery and a charger: ``reading``; ``silent``: it says nothing; ``absent``: its line
cannot be opened. Of ``position`` also ``fix``, ``searching`` (no satellites yet) and
``inaccurate`` (fixes that are not believed). Of a printer ``idle``, also while it prints, and
``stopped``: a job that comes waits, and `reasons` say for what."""

MAX_DETAIL = 500
MAX_REASONS = 20

_AN_ID = uuid.UUID("2f0c5b4e-6f0e-5d3a-9a53-1d6a2f5f0a7b")
"""Names the ids of records; a thing keeps its id for ever."""

KIT_STATUS = Collection(
    name="kit_status",
    title="How the kit of the box stands: power, battery, charger, position, printers.",
    bucket=("all",),
    key=("name",),
    read=STAFF,
    fields=(
        Field(
            name="name",
            type="text",
            required=True,
            max_length=80,
            doc="`power`, `battery`, `charger`, `position` or `printer:NAME`.",
        ),
        Field(name="kind", type="text", required=True, values=get_args(Kind)),
        Field(name="state", type="text", required=True, values=get_args(KitState)),
        Field(
            name="reasons",
            type="list",
            required=True,
            max_length=MAX_REASONS,
            items=Field(name="reason", type="text", max_length=40),
            doc="Why, for programs: of a printer those of IPP, such as `power-low`.",
        ),
        Field(name="detail", type="text", max_length=MAX_DETAIL, doc="The same in words."),
        Field(name="voltage_mv", type="int", doc="Millivolts of the battery."),
        Field(name="current_ma", type="int", doc="Milliamperes into the battery; < 0 out of it."),
        Field(name="power_w", type="int", doc="Watts of the battery, or of a charger's panels."),
        Field(name="soc_permille", type="int", doc="How full the battery is, 0 to 1000."),
        Field(name="temperature_c", type="int", doc="Degrees Celsius."),
        Field(name="minutes_left", type="int", doc="Until the battery is empty at this current."),
        Field(name="charge", type="text", max_length=20, doc="What the charger does."),
        Field(name="error", type="int", doc="The charger's number of what is wrong; 0: nothing."),
        Field(name="off_in_s", type="int", doc="Seconds from `at` to the stop of the box."),
        Field(name="lat_e7", type="int", doc="Degrees times 10^7, WGS 84."),
        Field(name="lon_e7", type="int", doc="Degrees times 10^7, WGS 84."),
        Field(name="acc_m", type="int", doc="Metres within which it is right 2 times of 3."),
        Field(name="speed_kmh", type="int", doc="Kilometres an hour."),
        Field(name="heading_deg", type="int", doc="0 to 359, clockwise from north."),
        Field(name="satellites", type="int"),
        Field(name="mock", type="bool", doc="The position is simulated."),
        Field(name="fix_at", type="timestamp", doc="Of the position, by the satellites."),
        Field(name="since", type="timestamp", required=True, doc="Since when it is in this state."),
        Field(name="at", type="timestamp", required=True, doc="Of these figures."),
    ),
)
"""Written by the appliance alone, when something changes that matters and otherwise seldom.

Customers do not get it: it says where the van is.
"""


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of the kit, as it is now.

    Attributes:
        name, kind, state, reasons, detail: as in the collection.
        figures: further fields of the collection by name.
    """

    name: str
    kind: Kind
    state: KitState
    reasons: tuple[str, ...] = ()
    detail: str = ""
    figures: Mapping[str, Any] = {}

    @property
    def record_id(self) -> str:
        """The id of its record."""
        return str(uuid.uuid5(_AN_ID, self.name))

    def row(self, since_ms: int, now_ms: int) -> Row:
        """Return its record; times in UTC milliseconds."""
        row: Row = {
            "name": self.name,
            "kind": self.kind,
            "state": self.state,
            "reasons": list(self.reasons[:MAX_REASONS]),
            **{name: value for name, value in self.figures.items() if value is not None},
            "since": since_ms,
            "at": now_ms,
        }
        if self.detail:
            row["detail"] = self.detail[:MAX_DETAIL]
        return row


def electric(reading: Reading | None) -> Mapping[str, Any]:
    """Return the figures of a battery or charger."""
    return {} if reading is None else msgspec.structs.asdict(reading)


def place(fix: Fix | None) -> Mapping[str, Any]:
    """Return the figures of a position."""
    if fix is None:
        return {}
    figures = msgspec.structs.asdict(fix)
    figures["fix_at"] = figures.pop("at_ms")
    return figures


def power_thing(power: Power, detail: str) -> Thing:
    """Return the power policy as a thing."""
    reasons = ("voltage-unknown",) if power.stale else ()
    if power.holds:
        reasons = ("power-low", *reasons)
    off_in = None if power.off_in_s is None else int(power.off_in_s)
    return Thing(
        name="power",
        kind="power",
        state=power.stage,
        reasons=reasons,
        detail=detail,
        figures={"voltage_mv": power.voltage_mv, "off_in_s": off_in},
    )
