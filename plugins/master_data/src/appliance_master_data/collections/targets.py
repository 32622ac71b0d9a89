"""What is to be reached: plans of people, routes, outlets and units."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

SUBJECT_KINDS = ("user", "route", "outlet", "org")

TARGETS = Collection(
    name="targets",
    title="Plans of a person, route, outlet or unit for a period, and how far they are.",
    bucket=("{subject_kind}:{subject_id}",),
    key=("period", "measure", "subject_kind", "subject_id"),
    read=STAFF,
    fields=(
        Field(
            name="period",
            type="text",
            required=True,
            max_length=10,
            index=True,
            doc="YYYY, YYYY-Qn, YYYY-MM or YYYY-MM-DD.",
        ),
        Field(
            name="measure",
            type="text",
            required=True,
            max_length=40,
            doc="amount (minor units), quantity (1/1 000 base units), weight_g, strike_bp (1/100 of"
            " a percent), or orders, lines, outlets, visits and others that are counted.",
        ),
        Field(name="subject_kind", type="text", required=True, values=SUBJECT_KINDS),
        Field(name="subject_id", type="id", required=True, index=True),
        Field(
            name="filter",
            type="object",
            fields=(
                Field(
                    name="kind", type="text", required=True, values=("brand", "group", "product")
                ),
                Field(name="id", type="text", required=True, max_length=200),
            ),
            doc="Only what is sold of this; absent: of everything.",
        ),
        Field(name="plan_value", type="int", required=True),
        Field(name="fact_value", type="int", doc="What is reached; absent: not known."),
        Field(name="fact_at", type="timestamp", doc="When the fact last changed."),
        Field(
            name="fact_missing",
            type="text",
            values=("measure", "filter", "currency", "period"),
            doc="Why the fact is not known: this measure, with this filter, is not worked out; the"
            " amounts are in several currencies and the plan names none; the period is none.",
        ),
        Field(name="currency", type="text", max_length=3, doc="ISO 4217, of an amount."),
    ),
)
