"""Who buys: parties (who pays) and outlets (where the goods go)."""

from __future__ import annotations

from appliance.api import Collection, Field
from appliance_master_data.collections.shapes import PAYMENT_FORMS, SEGMENTS
from appliance_master_data.collections.taxes import TAX_STATUSES

PARTIES = Collection(
    name="parties",
    title="Customers and contractors: companies, people, sole traders.",
    bucket=("party:{id}",),
    key=("tax_id", "tax_id2"),
    fields=(
        Field(
            name="group_id",
            type="ref",
            of="parties",
            index=True,
            doc="The holding it belongs to.",
        ),
        Field(name="kind", type="text", required=True, values=("company", "person", "sole_trader")),
        Field(name="name", type="text", required=True, max_length=300, search=True),
        Field(name="legal_name", type="text", required=True, max_length=500, search=True),
        Field(name="tax_id", type="text", max_length=40, index=True, search=True),
        Field(name="tax_id2", type="text", max_length=40, doc="KPP, or the VAT id."),
        Field(name="registration_no", type="text", max_length=40),
        Field(name="gln", type="text", max_length=13),
        Field(
            name="addresses",
            type="list",
            max_length=50,
            items=Field(
                name="address",
                type="object",
                fields=(
                    Field(name="kind", type="text", max_length=40),
                    Field(name="text", type="text", required=True),
                ),
            ),
        ),
        Field(
            name="bank_accounts",
            type="list",
            max_length=50,
            items=Field(
                name="bank_account",
                type="object",
                fields=(
                    Field(name="bank", type="text", max_length=300),
                    Field(name="bic", type="text", max_length=40),
                    Field(name="account", type="text", required=True, max_length=40),
                    Field(name="currency", type="text", max_length=3),
                ),
            ),
        ),
        Field(name="price_list_id", type="ref", of="price_lists"),
        Field(name="payment_terms_days", type="int", minimum=0),
        PAYMENT_FORMS,
        Field(name="credit_limit_minor", type="money", minimum=0),
        Field(name="tax_status", type="text", values=TAX_STATUSES, doc="tax_rules go by it."),
        Field(name="portal_access", type="bool", doc="Its contacts may order for themselves."),
        SEGMENTS,
        Field(name="active", type="bool", required=True),
        Field(name="prospect", type="bool", doc="Found in the field, not yet in accounting."),
    ),
)

OUTLETS = Collection(
    name="outlets",
    title="Points of sale and delivery addresses of parties.",
    bucket=("outlet:{id}",),
    key=("party_id", "code"),
    fields=(
        Field(name="party_id", type="ref", of="parties", required=True, index=True),
        Field(name="payer_party_id", type="ref", of="parties", doc="Absent: party_id pays."),
        Field(name="code", type="text", max_length=80, index=True, search=True),
        Field(name="name", type="text", required=True, max_length=300, search=True),
        Field(name="address", type="text", required=True, search=True),
        Field(name="gln", type="text", max_length=13),
        Field(name="geo", type="geo"),
        Field(name="geofence_m", type="int", minimum=0, doc="Metres; absent: 150."),
        Field(name="delivery_info", type="text"),
        Field(name="vehicle_max_kg", type="int", minimum=0),
        Field(name="pass_rules", type="text"),
        Field(
            name="time_windows",
            type="list",
            max_length=50,
            items=Field(
                name="time_window",
                type="object",
                fields=(
                    Field(name="dow", type="int", required=True, minimum=1, maximum=7),
                    Field(name="from", type="text", required=True, max_length=5, doc="HH:MM"),
                    Field(name="to", type="text", required=True, max_length=5, doc="HH:MM"),
                ),
            ),
        ),
        Field(name="channel", type="text", max_length=80),
        SEGMENTS,
        Field(name="price_list_id", type="ref", of="price_lists", doc="Goes before the party's."),
        Field(name="warehouse_id", type="ref", of="warehouses", doc="Where its goods ship from."),
        Field(
            name="max_manual_discount_bp",
            type="basis_points",
            maximum=10_000,
            doc="Most that anybody gives here by hand; absent: as much as the person may.",
        ),
        Field(name="tax_profile", type="text", max_length=40, doc="tax_rules go by it."),
        Field(name="portal_visible", type="bool", doc="Its contacts see it; absent: true."),
        Field(name="sales_area_m2", type="int", minimum=0),
        Field(name="photo_id", type="ref", of="attachments"),
        Field(name="active", type="bool", required=True),
    ),
)
