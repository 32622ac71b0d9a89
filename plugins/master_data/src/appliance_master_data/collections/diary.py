"""What people note for themselves and their team, and where they were."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

MOST_POINTS = 1_000
"""Positions in one batch: a working day at one a minute, twice over."""

NOTES = Collection(
    name="notes",
    title="Notes of people, for themselves or for those who see the outlet.",
    direction="both",
    kind="request",
    deletable=True,
    bucket=("own:{private_to}", "outlet:{outlet_id}", "user:{user_id}"),
    read=STAFF,
    write=STAFF,
    fields=(
        Field(name="text", type="text", required=True, max_length=10_000, search=True),
        Field(name="at", type="timestamp", required=True, doc="By the device's clock."),
        Field(name="user_id", type="ref", of="users", required=True, doc="Whose note it is."),
        Field(name="outlet_id", type="ref", of="outlets", index=True),
        Field(
            name="private",
            type="bool",
            required=True,
            doc="Only who wrote it sees it; else all who see the outlet, or his leaders.",
        ),
        Field(
            name="private_to",
            type="ref",
            of="users",
            doc="Whose private note it is; the appliance sets it.",
        ),
    ),
)

GPS_POINTS = Collection(
    name="gps_points",
    title="Where a person was, as a batch of positions.",
    direction="up",
    conflict="append_only",
    kind="fact",
    bucket=("user:{user_id}",),
    read=STAFF,
    write=STAFF,
    fields=(
        Field(name="user_id", type="ref", of="users", required=True, index=True),
        Field(
            name="points",
            type="list",
            required=True,
            max_length=MOST_POINTS,
            items=Field(
                name="point",
                type="object",
                fields=(
                    Field(name="t", type="timestamp", required=True, doc="The device's clock."),
                    Field(
                        name="lat_e7",
                        type="int",
                        required=True,
                        minimum=-900_000_000,
                        maximum=900_000_000,
                    ),
                    Field(
                        name="lon_e7",
                        type="int",
                        required=True,
                        minimum=-1_800_000_000,
                        maximum=1_800_000_000,
                    ),
                    Field(name="acc", type="int", minimum=0, doc="Metres."),
                    Field(name="speed", type="int", minimum=0, doc="Kilometres an hour."),
                    Field(name="batt", type="int", minimum=0, maximum=100, doc="Percent."),
                    Field(name="mock", type="bool", doc="Made up by another app."),
                ),
            ),
        ),
        Field(
            name="first_at",
            type="timestamp",
            index=True,
            doc="Of the earliest point; the appliance sets it.",
        ),
        Field(name="last_at", type="timestamp", doc="Of the latest; the appliance sets it."),
    ),
)
