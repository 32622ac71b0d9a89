"""The company: its units and the people who work in them."""

from __future__ import annotations

from appliance.api import Collection, Field

ORG_UNITS = Collection(
    name="org_units",
    title="The company, its regions and branches.",
    bucket=("org:{id}",),
    key=("code",),
    fields=(
        Field(name="parent_id", type="ref", of="org_units", index=True),
        Field(name="code", type="text", required=True, max_length=40, index=True, search=True),
        Field(name="name", type="i18n", required=True, search=True),
        Field(name="kind", type="text", required=True, values=("company", "region", "branch")),
        Field(name="legal_party_id", type="ref", of="parties", required=True),
        Field(name="country", type="text", required=True, max_length=2, doc="ISO 3166-1 alpha-2."),
        Field(name="currency", type="text", required=True, max_length=3, doc="ISO 4217."),
        Field(name="timezone", type="text", required=True, max_length=64, doc="IANA name."),
        Field(name="language", type="text", required=True, max_length=35, doc="BCP 47 tag."),
        Field(name="tax_rounding", type="text", required=True, values=("per_line", "per_category")),
        Field(
            name="cash_round_minor",
            type="money",
            required=True,
            minimum=1,
            doc="The smallest amount paid in cash; 1 rounds nothing.",
        ),
        Field(
            name="working_days",
            type="list",
            max_length=7,
            items=Field(name="day", type="int", minimum=1, maximum=7),
            doc="1 is Monday, as in ISO 8601.",
        ),
        Field(
            name="price_list_id",
            type="ref",
            of="price_lists",
            doc="Of outlets that have none by themselves, a contract, their party or route.",
        ),
        Field(name="active", type="bool", required=True),
    ),
)

USERS = Collection(
    name="users",
    title="People with a login, as the devices of their team see them.",
    bucket=("user:{id}",),
    key=("login",),
    fields=(
        Field(name="login", type="text", required=True, max_length=100, index=True, search=True),
        Field(
            name="phone_e164",
            type="text",
            max_length=16,
            index=True,
            doc="With +, digits only; no other user has it.",
        ),
        Field(name="name", type="text", required=True, max_length=200, search=True),
        Field(
            name="roles",
            type="list",
            required=True,
            max_length=32,
            items=Field(name="role", type="text", max_length=64),
        ),
        Field(
            name="org_id",
            type="ref",
            of="org_units",
            index=True,
            doc="Absent: of the whole company.",
        ),
        Field(
            name="supervisor_id",
            type="ref",
            of="users",
            index=True,
            doc="Who leads him, and with him those whom he leads himself.",
        ),
        Field(name="language", type="text", max_length=35, doc="BCP 47 tag."),
        Field(name="locked", type="bool"),
        Field(
            name="portal_login",
            type="text",
            values=("given", "withdrawn"),
            doc="The appliance made this user of a contact with access to the portal; withdrawn:"
            " and locked him when the access went.",
        ),
        Field(
            name="limits",
            type="object",
            fields=(
                Field(name="max_manual_discount_bp", type="basis_points", maximum=10_000),
                Field(name="max_order_minor", type="money", minimum=0),
                Field(name="cash_limit_minor", type="money", minimum=0),
            ),
        ),
    ),
)
