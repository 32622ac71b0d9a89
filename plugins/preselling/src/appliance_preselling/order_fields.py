"""The collection `orders`: what an order and its lines hold.

Amounts follow one arithmetic. A line: ``gross_amount`` = quantity x list price, ``line_amount`` =
quantity x net price, then ``doc_discount`` is its share of the order's discount; ``total`` is what
the customer pays for it, tax included. The order: see `appliance_preselling.totals`.
"""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_preselling.settings import MOST_LINES
from appliance_preselling.states import STATES

WRITERS = ("agent", "driver", "client", "supervisor", "manager", "accounting")
"""Roles that may send orders; what each may do to one is in `appliance_preselling.states`."""

SERVER_FIELDS = frozenset(
    {
        *("received_at", "state_at", "issues", "approved_by", "approved_at", "approved_revision"),
        "server_number",
    }
)
"""Fields that the appliance sets; what a device sends in them is not looked at."""

_DISCOUNTS = Field(
    name="discounts",
    type="list",
    max_length=20,
    items=Field(
        name="discount",
        type="object",
        fields=(
            Field(name="kind", type="text", required=True, max_length=40),
            Field(name="ref_id", type="id", doc="The discount or promotion."),
            Field(name="bp", type="basis_points", maximum=10_000),
            Field(name="amount", type="money"),
        ),
    ),
)

LINE_FIELDS = (
    Field(name="line_no", type="int", required=True, minimum=1, doc="Unique in the order."),
    Field(name="product_id", type="ref", of="products", required=True),
    Field(name="uom_id", type="ref", of="product_uoms", required=True),
    Field(name="qty", type="quantity", required=True, doc="More than 0."),
    Field(name="list_price", type="price", required=True, minimum=0),
    _DISCOUNTS,
    Field(name="net_price", type="price", required=True, minimum=0),
    Field(name="gross_amount", type="money", required=True, doc="Before discounts."),
    Field(name="line_amount", type="money", required=True, doc="After the line's discounts."),
    Field(name="doc_discount", type="money", doc="Its share of the order's discount."),
    Field(name="tax_category", type="text", required=True, max_length=40),
    Field(name="rate_bp", type="basis_points", required=True),
    Field(name="tax_amount", type="money", required=True),
    Field(name="total", type="money", required=True, doc="With tax."),
    Field(name="gift_of_promo_id", type="id", doc="The promotion that it is a gift of."),
    Field(name="gift_of_line_no", type="int", minimum=1, doc="The line that it is given for."),
    Field(name="suggested_qty", type="quantity"),
    Field(name="outlet_stock", type="quantity", doc="Counted in the outlet."),
    Field(name="facings", type="int", minimum=0),
    Field(name="batch", type="text", max_length=80),
    Field(name="comment", type="text"),
    Field(name="status", type="text", values=("open", "changed", "cut", "shipped")),
    Field(name="shipped_qty", type="quantity", minimum=0),
    Field(name="reason_id", type="id"),
)

_TOTALS = Field(
    name="totals",
    type="object",
    fields=(
        Field(name="net", type="money", doc="Without tax."),
        Field(name="discount", type="money"),
        Field(
            name="tax",
            type="list",
            max_length=20,
            items=Field(
                name="tax",
                type="object",
                fields=(
                    Field(name="tax_category", type="text", required=True, max_length=40),
                    Field(name="rate_bp", type="basis_points", required=True),
                    Field(name="taxable", type="money"),
                    Field(name="tax_amount", type="money", required=True),
                ),
            ),
        ),
        Field(name="gross", type="money", doc="Before discounts."),
        Field(name="rounding", type="money", doc="Payable less the sum of the lines' totals."),
        Field(name="payable", type="money"),
        Field(name="weight_g", type="int"),
        Field(name="volume_cm3", type="int"),
    ),
)

_ISSUES = Field(
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
            Field(name="text", type="text", doc="Not given: the customer sees the order too."),
        ),
    ),
    doc="Why the order is held, or was when it was approved; the appliance sets it.",
)

ORDERS = Collection(
    name="orders",
    title="Orders of outlets, delivered later.",
    direction="both",
    conflict="server_wins",
    kind="request",
    bucket=("outlet:{outlet_id}",),
    key=("number",),
    write=WRITERS,
    fields=(
        Field(name="state", type="text", required=True, values=STATES, index=True),
        Field(
            name="revision",
            type="int",
            required=True,
            minimum=1,
            doc="1 for a new order, then the revision the device saw; the appliance counts up.",
        ),
        Field(name="parent_revision", type="int", minimum=1),
        Field(name="number", type="text", max_length=40),
        Field(name="user_id", type="ref", of="users", required=True, doc="Who made the order."),
        Field(name="org_id", type="ref", of="org_units", doc="Absent: the sender's."),
        Field(
            name="created_at",
            type="timestamp",
            required=True,
            index=True,
            doc="By the device's clock.",
        ),
        Field(
            name="tz_offset_min",
            type="int",
            required=True,
            minimum=-840,
            maximum=840,
            doc="Minutes that the device's local time is ahead of UTC.",
        ),
        Field(name="geo", type="geo", doc="Where it was made."),
        Field(name="visit_id", type="id"),
        Field(
            name="order_kind",
            type="text",
            required=True,
            values=("sale", "sample", "free_ad", "return_request"),
        ),
        Field(name="outlet_id", type="ref", of="outlets", required=True, index=True),
        Field(name="party_id", type="ref", of="parties", required=True),
        Field(name="payer_party_id", type="ref", of="parties", required=True, index=True),
        Field(name="contract_id", type="id"),
        Field(name="price_list_id", type="ref", of="price_lists", required=True),
        Field(
            name="pricing_rev",
            type="int",
            minimum=0,
            doc="The head of the checkpoint whose masters the prices were worked out from.",
        ),
        Field(name="currency", type="text", required=True, max_length=3, doc="ISO 4217."),
        Field(name="tax_included", type="bool", required=True),
        Field(name="warehouse_id", type="ref", of="warehouses", required=True),
        Field(name="delivery", type="text", required=True, values=("address", "pickup")),
        Field(name="requested_date", type="date", required=True),
        Field(
            name="time_window",
            type="object",
            fields=(
                Field(name="from", type="text", required=True, max_length=5, doc="HH:MM"),
                Field(name="to", type="text", required=True, max_length=5, doc="HH:MM"),
            ),
        ),
        Field(
            name="payment_form",
            type="text",
            required=True,
            values=("cash", "bank", "card", "consignment"),
        ),
        Field(name="payment_terms_days", type="int", minimum=0),
        Field(name="comment", type="text", doc="The customer sees it, as all of the order."),
        Field(
            name="state_comment",
            type="text",
            doc="Why the order is in its state; it goes with the state.",
        ),
        Field(
            name="source_order_id",
            type="ref",
            of="orders",
            index=True,
            doc="Of a return request: the order that the goods came with.",
        ),
        Field(name="client_confirm_required", type="bool"),
        Field(
            name="promo_ids", type="list", max_length=100, items=Field(name="promo_id", type="id")
        ),
        Field(
            name="points_spent",
            type="list",
            max_length=10,
            items=Field(
                name="points",
                type="object",
                fields=(
                    Field(name="program", type="text", required=True, max_length=80),
                    Field(name="points", type="int", required=True, minimum=1),
                ),
            ),
            doc="Points that it is paid with, beside money; totals do not know of them.",
        ),
        Field(name="source", type="text", values=("device", "client", "console", "acc")),
        _TOTALS,
        Field(
            name="lines",
            type="list",
            required=True,
            max_length=MOST_LINES,
            items=Field(name="line", type="object", fields=LINE_FIELDS),
        ),
        Field(name="received_at", type="timestamp", doc="When the appliance got this revision."),
        Field(
            name="server_number",
            type="text",
            max_length=80,
            index=True,
            search=True,
            doc="The number that accounting gave it.",
        ),
        Field(name="state_at", type="timestamp", doc="When the state last changed."),
        _ISSUES,
        Field(name="approved_by", type="ref", of="users"),
        Field(name="approved_at", type="timestamp"),
        Field(
            name="approved_revision",
            type="int",
            minimum=1,
            doc="The revision that was approved; another one is judged anew.",
        ),
    ),
)
