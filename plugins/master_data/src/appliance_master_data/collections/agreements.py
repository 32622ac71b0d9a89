"""What was agreed with a party: contracts, and licences to buy regulated goods."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_master_data.collections.shapes import PAYMENT_FORMS, validity

CONTRACT_STATES = ("planned", "active", "suspended", "ended")
"""``planned`` and ``ended`` follow from the days; see `appliance_master_data.turn_of_day`."""

CONTRACTS = Collection(
    name="contracts",
    title="Contracts with parties: terms of payment, limits and price list.",
    bucket=("party:{party_id}",),
    key=("party_id", "number"),
    fields=(
        Field(name="party_id", type="ref", of="parties", required=True, index=True),
        Field(name="number", type="text", required=True, max_length=80, search=True),
        Field(name="date", type="date", required=True, doc="The first day."),
        Field(name="valid_to", type="date", doc="The last day; absent: for ever."),
        Field(name="currency", type="text", required=True, max_length=3, doc="ISO 4217."),
        Field(name="payment_terms_days", type="int", minimum=0),
        PAYMENT_FORMS,
        Field(name="credit_limit_minor", type="money", minimum=0, doc="Goes before the party's."),
        Field(
            name="overdue_block_days",
            type="int",
            minimum=0,
            doc="Days over due from which debt stops new orders.",
        ),
        Field(
            name="overdue_block_minor",
            type="money",
            minimum=0,
            doc="Overdue debt up to which orders go on.",
        ),
        Field(
            name="price_list_id",
            type="ref",
            of="price_lists",
            doc="Goes before the party's while the contract is in force.",
        ),
        Field(
            name="state",
            type="text",
            values=CONTRACT_STATES,
            index=True,
            doc="Absent: by the days, as the appliance sets it.",
        ),
    ),
)

LICENCES = Collection(
    name="licences",
    title="Licences of parties and outlets to buy regulated goods.",
    bucket=("outlet:{outlet_id}", "party:{party_id}"),
    key=("party_id", "outlet_id", "regulation", "number"),
    fields=(
        Field(name="party_id", type="ref", of="parties", required=True, index=True),
        Field(
            name="outlet_id",
            type="ref",
            of="outlets",
            index=True,
            doc="Absent: for all outlets of the party.",
        ),
        Field(
            name="regulation",
            type="text",
            required=True,
            max_length=40,
            doc="As of products: alcohol, beer, tobacco, pharma or another code.",
        ),
        Field(name="number", type="text", required=True, max_length=80, search=True),
        Field(name="issuer", type="text", max_length=300),
        *validity(required=("valid_from", "valid_to")),
        Field(name="scan_id", type="ref", of="attachments"),
    ),
)
