"""What makes a price lower for somebody: discounts, promotions, points."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_master_data.collections.shapes import (
    AUDIENCE,
    OBJECT_KINDS,
    UNIT,
    chosen_goods,
    validity,
)

PROMOTION_KINDS = (
    "line_percent",
    "line_amount",
    "fixed_price",
    "free_goods_inclusive",
    "free_goods_exclusive",
    "bundle_percent",
    "basket_percent",
    "basket_amount",
    "points",
)

CUSTOMER_DISCOUNTS = Collection(
    name="customer_discounts",
    title="Discounts and prices agreed with an outlet, a party, a holding or a segment.",
    history=True,
    bucket=("{subject_kind}:{subject_id}",),
    fields=(
        Field(
            name="subject_kind",
            type="text",
            required=True,
            values=("outlet", "party", "group", "segment"),
            index=True,
            doc="The most specific subject wins, in this order; group is parties.group_id.",
        ),
        Field(
            name="subject_id",
            type="text",
            required=True,
            max_length=80,
            index=True,
            doc="An id of the kind, or a segment's name.",
        ),
        Field(name="object_kind", type="text", required=True, values=OBJECT_KINDS),
        Field(
            name="object_id",
            type="text",
            max_length=200,
            index=True,
            doc="An id of the kind, or a brand's name; absent with all.",
        ),
        Field(name="percent_bp", type="basis_points", maximum=10_000),
        Field(name="price", type="price", minimum=0, doc="In place of percent_bp: this price."),
        *validity(required=("valid_from",)),
    ),
)

PROMOTIONS = Collection(
    name="promotions",
    title="Promotions: what lowers a price or adds goods, for whom and for how long.",
    history=True,
    bucket=("org:{org_id}", "all"),
    key=("code",),
    fields=(
        Field(name="code", type="text", required=True, max_length=80, index=True, search=True),
        Field(name="name", type="i18n", required=True, search=True),
        Field(name="kind", type="text", required=True, values=PROMOTION_KINDS),
        UNIT,
        AUDIENCE,
        chosen_goods("Absent: on all products."),
        Field(
            name="tiers",
            type="list",
            required=True,
            max_length=50,
            items=Field(
                name="tier",
                type="object",
                fields=(
                    Field(
                        name="from",
                        type="int",
                        required=True,
                        minimum=0,
                        doc="The quantity in 1/1 000, of a basket the amount in minor units.",
                    ),
                    Field(
                        name="value",
                        type="int",
                        minimum=0,
                        doc="By kind: basis points, a price, minor units or points.",
                    ),
                    Field(name="gift_product_id", type="ref", of="products"),
                    Field(name="gift_qty", type="quantity", minimum=0),
                ),
            ),
        ),
        Field(
            name="tier_mode",
            type="text",
            required=True,
            values=("whole", "marginal", "repeat"),
            doc="The tier that is reached counts for all, each slice has its own, or for every N.",
        ),
        Field(name="stacking", type="text", required=True, values=("exclusive", "stackable")),
        Field(name="priority", type="int", required=True, doc="The highest goes first."),
        Field(name="budget_minor", type="money", minimum=0),
        Field(name="max_per_outlet", type="int", minimum=0),
        *validity(required=("valid_from", "valid_to")),
        Field(name="needs_proof", type="bool", doc="A photo is to be taken."),
        Field(
            name="program",
            type="text",
            max_length=80,
            doc="Of points: the programme of bonus_accounts they are of; absent: named as code.",
        ),
    ),
)

PROMOTION_USES = Collection(
    name="promotion_uses",
    title="What orders had of promotions with a budget or a limit, in all and by outlet.",
    bucket=("outlet:{outlet_id}", "org:{org_id}", "all"),
    key=("promotion_id", "outlet_id"),
    fields=(
        Field(name="promotion_id", type="ref", of="promotions", required=True, index=True),
        Field(
            name="outlet_id",
            type="ref",
            of="outlets",
            doc="Of this outlet alone; absent: of everybody.",
        ),
        Field(name="org_id", type="ref", of="org_units", doc="The promotion's, of everybody."),
        Field(
            name="spent_minor",
            type="money",
            required=True,
            doc="Of promotions.budget_minor, where it is of everybody.",
        ),
        Field(
            name="used",
            type="int",
            required=True,
            doc="Of promotions.max_per_outlet, where it is of an outlet.",
        ),
    ),
)

BONUS_ACCOUNTS = Collection(
    name="bonus_accounts",
    title="Points that a party has gathered in a bonus programme.",
    bucket=("party:{party_id}",),
    key=("party_id", "program"),
    fields=(
        Field(name="party_id", type="ref", of="parties", required=True, index=True),
        Field(name="program", type="text", required=True, max_length=80),
        Field(name="balance", type="int", required=True, doc="Points."),
        Field(name="as_of", type="timestamp", required=True),
    ),
)
