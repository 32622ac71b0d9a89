"""What a party owes, and what an outlet has bought."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF

RECEIVABLES = Collection(
    name="receivables",
    title="Open items: what a party has not paid yet.",
    bucket=("party:{party_id}",),
    key=("party_id", "doc_type", "doc_number", "doc_date"),
    fields=(
        Field(name="party_id", type="ref", of="parties", required=True, index=True),
        Field(name="contract_id", type="ref", of="contracts"),
        Field(name="doc_type", type="text", required=True, max_length=40),
        Field(name="doc_number", type="text", required=True, max_length=80, search=True),
        Field(name="doc_date", type="date", required=True),
        Field(name="due_date", type="date", required=True),
        Field(name="amount", type="money", required=True, doc="Below 0: the party has credit."),
        Field(
            name="open_amount",
            type="money",
            required=True,
            doc="What is left of it; 0 once it is settled.",
        ),
        Field(name="currency", type="text", required=True, max_length=3, doc="ISO 4217."),
        Field(
            name="active",
            type="bool",
            doc="False: a full load no longer named it, so it is settled.",
        ),
    ),
)

SETTLEMENTS = Collection(
    name="settlements",
    title="Open items that were settled, each with the day and how late that was.",
    bucket=("archive:{party_id}",),
    read=STAFF,
    fields=(
        Field(name="receivable_id", type="id", index=True, doc="Absent: it is not kept here."),
        Field(name="party_id", type="ref", of="parties", required=True, index=True),
        Field(name="currency", type="text", required=True, max_length=3, doc="ISO 4217."),
        Field(name="due_date", type="date", required=True),
        Field(name="closed_on", type="date", required=True, doc="When the appliance heard of it."),
        Field(name="days_late", type="int", required=True, minimum=0),
    ),
)

PAYMENT_SUMMARIES = Collection(
    name="payment_summaries",
    title="How a party pays: what is open and overdue, and how late it settled what it owed.",
    bucket=("party:{party_id}",),
    read=STAFF,
    key=("party_id", "currency"),
    fields=(
        Field(name="party_id", type="ref", of="parties", required=True, index=True),
        Field(name="currency", type="text", required=True, max_length=3, doc="ISO 4217."),
        Field(name="open_amount", type="money", required=True),
        Field(name="overdue_amount", type="money", required=True),
        Field(name="oldest_overdue", type="date", doc="The earliest due date of what is overdue."),
        Field(
            name="next_due",
            type="date",
            index=True,
            doc="The earliest due date of what is not overdue; the day after, more is.",
        ),
        Field(name="closed_items", type="int", required=True, minimum=0),
        Field(name="late_items", type="int", required=True, minimum=0),
        Field(
            name="average_days_late",
            type="int",
            minimum=0,
            doc="Over all closed items, those in time with 0; absent: none was closed.",
        ),
        Field(name="worst_days_late", type="int", minimum=0),
        Field(name="last_closed", type="date"),
        Field(name="seen", type="int", doc="The newest change of receivables that it knows of."),
    ),
)

SALES_HISTORY = Collection(
    name="sales_history",
    title="What an outlet ordered and got of a product, month by month.",
    bucket=("outlet:{recent_outlet_id}", "archive:{outlet_id}"),
    key=("outlet_id", "product_id", "month"),
    fields=(
        Field(name="outlet_id", type="ref", of="outlets", required=True, index=True),
        Field(name="product_id", type="ref", of="products", required=True),
        Field(name="month", type="text", required=True, max_length=7, doc="YYYY-MM"),
        Field(name="ordered", type="quantity", doc="In the product's base unit."),
        Field(name="shipped", type="quantity", doc="In the product's base unit."),
        Field(name="returned", type="quantity", doc="In the product's base unit."),
        Field(name="amount", type="money", doc="Of what was shipped, less what came back."),
        Field(name="currency", type="text", max_length=3, doc="ISO 4217."),
        Field(name="last_date", type="date", doc="Of the newest delivery in the month."),
        Field(name="last_qty", type="quantity"),
        Field(name="last_price", type="price"),
        Field(
            name="recent_outlet_id",
            type="ref",
            of="outlets",
            doc="The outlet again while devices get the record; the appliance sets it.",
        ),
        Field(
            name="recent_month",
            type="text",
            max_length=7,
            index=True,
            doc="The month again while devices get the record; the appliance sets it.",
        ),
    ),
)
