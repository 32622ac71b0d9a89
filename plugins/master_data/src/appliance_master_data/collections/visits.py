"""Visits of outlets: planned, made, or not made and why."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF
from appliance_master_data.collections.roles import FIELD, LEADERS
from appliance_master_data.collections.shapes import ISSUES

STATES = ("planned", "in_progress", "completed", "completed_incomplete", "not_visited", "moved")

SERVER_FIELDS = frozenset({"slot", "issues", "received_at"})
"""Fields that the appliance sets; what a device sends in them is not looked at."""

VISITS = Collection(
    name="visits",
    title="Visits of outlets, with what was done in them.",
    direction="both",
    kind="fact",
    bucket=("outlet:{outlet_id}",),
    read=STAFF,
    write=tuple(dict.fromkeys((*FIELD, *LEADERS))),
    fields=(
        Field(name="state", type="text", required=True, values=STATES),
        Field(name="outlet_id", type="ref", of="outlets", required=True, index=True),
        Field(name="user_id", type="ref", of="users", required=True, doc="Who visits."),
        Field(name="route_id", type="ref", of="routes"),
        Field(name="planned", type="bool", doc="It was planned before it began."),
        Field(name="plan_date", type="date", index=True),
        Field(name="scenario_id", type="ref", of="visit_scenarios"),
        Field(name="scenario_version", type="int", minimum=1, doc="What the device went by."),
        Field(name="arrived_at", type="timestamp", index=True, doc="By the device's clock."),
        Field(name="left_at", type="timestamp"),
        Field(
            name="tz_offset_min",
            type="int",
            minimum=-840,
            maximum=840,
            doc="Minutes that the device's local time is ahead of UTC; absent: 0.",
        ),
        Field(name="geo_in", type="geo", doc="Where it began."),
        Field(name="geo_out", type="geo", doc="Where it ended."),
        Field(name="mock", type="bool", doc="The device's position was made up by another app."),
        Field(
            name="steps",
            type="list",
            max_length=200,
            items=Field(
                name="step",
                type="object",
                fields=(
                    Field(name="step_id", type="text", required=True, max_length=64),
                    Field(
                        name="state",
                        type="text",
                        required=True,
                        values=("done", "skipped", "not_applicable"),
                    ),
                    Field(name="at", type="timestamp"),
                    Field(
                        name="doc_ids",
                        type="list",
                        max_length=200,
                        items=Field(name="doc_id", type="id"),
                        doc="Documents and photos made in it.",
                    ),
                    Field(name="reason_id", type="ref", of="reason_codes"),
                ),
            ),
        ),
        Field(
            name="no_visit_reason_id",
            type="ref",
            of="reason_codes",
            doc="Why it was not made, or not all of it.",
        ),
        Field(name="moved_to", type="date", doc="The new day of a visit that was moved."),
        Field(name="comment", type="text"),
        Field(
            name="slot",
            type="text",
            max_length=60,
            index=True,
            doc="Who is in the outlet and when, for finding overlaps; the appliance sets it.",
        ),
        Field(name="received_at", type="timestamp", doc="The appliance sets it."),
        ISSUES,
    ),
)
