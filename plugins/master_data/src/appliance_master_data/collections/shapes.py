"""Fields that several collections hold in the same shape."""

from __future__ import annotations

from appliance.api import Field

SEGMENTS = Field(
    name="segments",
    type="list",
    max_length=100,
    items=Field(name="segment", type="text", max_length=80),
    doc="Groups that discounts, promotions and messages are made for.",
)

PAYMENT_FORMS = Field(
    name="payment_forms",
    type="list",
    max_length=4,
    items=Field(name="payment_form", type="text", values=("cash", "bank", "card", "consignment")),
)

ISSUES = Field(
    name="issues",
    type="list",
    max_length=100,
    items=Field(
        name="issue",
        type="object",
        fields=(
            Field(name="code", type="text", required=True, max_length=64),
            Field(name="severity", type="text", required=True, max_length=16),
            Field(name="pointer", type="text"),
            Field(name="text", type="text", required=True),
        ),
    ),
    doc="What is wrong with it; the appliance sets it.",
)

OBJECT_KINDS = ("product", "group", "brand", "all")
"""What a discount or promotion may be on: a product or group by its id, a brand by its name."""

UNIT = Field(
    name="org_id",
    type="ref",
    of="org_units",
    doc="Whose devices get it, with those of the units below; absent: everybody's.",
)

ROLE = Field(
    name="role",
    type="text",
    max_length=64,
    doc="The role whose devices get it; absent: all roles.",
)

FOR_WHOM = ("org:{org_id}:role:{role}", "org:{org_id}", "role:{role}", "all")
"""Buckets of what is meant for a unit, a role, both or everybody."""

AUDIENCE = Field(
    name="audience",
    type="object",
    fields=(
        Field(
            name="orgs",
            type="list",
            max_length=1_000,
            items=Field(name="org_id", type="ref", of="org_units"),
        ),
        SEGMENTS,
        Field(
            name="outlets",
            type="list",
            items=Field(name="outlet_id", type="ref", of="outlets"),
        ),
        Field(
            name="exclude",
            type="list",
            items=Field(name="outlet_id", type="ref", of="outlets"),
            doc="Outlets that it is not for.",
        ),
    ),
    doc="Outlets that it is for: of any of these units, segments or ids; absent: all.",
)


def chosen_goods(doc: str) -> Field:
    """Return the field ``products``: goods that are meant, and goods that are not.

    Args:
        doc: what its absence means.
    """
    chosen = Field(
        name="chosen",
        type="object",
        fields=(
            Field(name="kind", type="text", required=True, values=OBJECT_KINDS),
            Field(
                name="id", type="text", max_length=200, doc="As object_id of customer_discounts."
            ),
        ),
    )
    return Field(
        name="products",
        type="object",
        fields=(
            Field(name="include", type="list", max_length=5_000, items=chosen),
            Field(name="exclude", type="list", max_length=5_000, items=chosen),
        ),
        doc=doc,
    )


def validity(*, required: tuple[str, ...] = ()) -> tuple[Field, Field]:
    """Return the first and the last day on which a record holds.

    Args:
        required: those of ``valid_from`` and ``valid_to`` that a record must have.
    """
    return (
        Field(
            name="valid_from",
            type="date",
            required="valid_from" in required,
            doc="The first day.",
        ),
        Field(
            name="valid_to",
            type="date",
            required="valid_to" in required,
            doc="The last day" + ("." if "valid_to" in required else "; absent: for ever."),
        ),
    )
