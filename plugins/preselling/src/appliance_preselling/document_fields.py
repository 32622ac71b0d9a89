"""The collection `order_documents`: quotations, invoices and notes that belong to orders."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_preselling.states import STATES

KINDS = ("quotation", "payment_invoice", "delivery_note", "tax_invoice", "receipt")
"""Kinds of documents."""

DOCUMENTS = Collection(
    name="order_documents",
    title="Papers of orders, made by accounting.",
    # Without `visible_outlet_id` a document lies in a bucket that no device is ever granted.
    bucket=("outlet:{visible_outlet_id}", "hidden_order:{order_id}"),
    key=("order_id", "kind", "number"),
    fields=(
        Field(name="order_id", type="ref", of="orders", required=True, index=True),
        Field(name="kind", type="text", required=True, values=KINDS),
        Field(name="number", type="text", max_length=80),
        Field(name="date", type="date"),
        Field(name="sha256", type="blob", required=True, doc="The file itself."),
        Field(name="mime", type="text", required=True, max_length=100),
        Field(name="size", type="int", minimum=0, doc="Bytes."),
        Field(
            name="visible_from_state",
            type="text",
            values=STATES,
            doc="No device gets it before its order reached this state; absent: at once.",
        ),
        Field(
            name="visible_outlet_id",
            type="ref",
            of="outlets",
            index=True,
            doc="The order's outlet, once devices get the document; the appliance sets it.",
        ),
    ),
)
