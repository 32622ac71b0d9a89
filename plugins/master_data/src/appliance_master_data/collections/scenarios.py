"""What is done in a visit, and the reasons people tick in place of typing."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF
from appliance_master_data.collections.shapes import UNIT

STEP_KINDS = (
    *("arrive", "photo", "stock_check", "facings", "price_audit", "order", "sale", "return"),
    *("payment", "survey", "equipment_check", "event_report", "task", "presentation", "depart"),
)
"""Kinds of steps that the house knows; a plugin adds ``plugin:NAME``."""

VISIT_SCENARIOS = Collection(
    name="visit_scenarios",
    title="Steps of a visit for a role, each mandatory or not.",
    bucket=("org:{org_id}:role:{role}", "role:{role}"),
    read=STAFF,
    fields=(
        Field(name="name", type="text", required=True, max_length=300, search=True),
        Field(name="role", type="text", required=True, max_length=64, doc="Whose visits they are."),
        UNIT,
        Field(name="version", type="int", required=True, minimum=1, doc="Grows with each change."),
        Field(name="order_fixed", type="bool", doc="Steps are done in this order."),
        Field(
            name="steps",
            type="list",
            required=True,
            max_length=200,
            items=Field(
                name="step",
                type="object",
                fields=(
                    Field(name="step_id", type="text", required=True, max_length=64),
                    Field(
                        name="kind",
                        type="text",
                        required=True,
                        max_length=64,
                        doc=f"{', '.join(STEP_KINDS)}, or plugin:NAME.",
                    ),
                    Field(name="title", type="i18n"),
                    Field(name="mandatory", type="bool", required=True),
                    Field(name="ref_id", type="id", doc="The survey or other record it is about."),
                    Field(
                        name="condition",
                        type="object",
                        fields=(
                            Field(name="segment", type="text", max_length=80, doc="Of the outlet."),
                            Field(
                                name="weekday", type="int", minimum=1, maximum=7, doc="1 is Monday."
                            ),
                            Field(name="first_visit", type="bool", doc="Nobody was there before."),
                            Field(name="debt", type="bool", doc="The customer owes something."),
                        ),
                        doc="The step applies where all of these hold; absent: always.",
                    ),
                    Field(
                        name="min_count",
                        type="int",
                        minimum=1,
                        maximum=200,
                        doc="Documents that it takes, such as photos; absent: none.",
                    ),
                ),
            ),
        ),
    ),
)

REASON_CODES = Collection(
    name="reason_codes",
    title="Reasons and standard comments to pick from.",
    key=("code",),
    fields=(
        Field(name="code", type="text", max_length=80, index=True),
        Field(
            name="kind",
            type="text",
            required=True,
            values=(
                *("no_visit", "no_order", "return", "cancel"),
                *("discrepancy", "write_off", "comment"),
            ),
        ),
        Field(name="text", type="i18n", required=True, search=True),
        Field(name="needs_photo", type="bool"),
        Field(name="needs_text", type="bool"),
        Field(name="sort", type="int"),
        Field(name="active", type="bool", doc="Absent: true."),
    ),
)
