"""What a party owes, and what an outlet has bought."""

from __future__ import annotations

from appliance.api import Collection, Field

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
