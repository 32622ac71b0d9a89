"""People to talk to at a party, some of whom order for themselves."""

from __future__ import annotations

from appliance.api import Collection, Field

CONTACTS = Collection(
    name="contacts",
    title="People at a party; with access to the portal they order themselves.",
    bucket=("party:{party_id}",),
    key=("phone_e164",),
    fields=(
        Field(name="code", type="text", max_length=80, doc="What accounting calls it."),
        Field(name="party_id", type="ref", of="parties", required=True, index=True),
        Field(
            name="outlet_ids",
            type="list",
            max_length=1_000,
            items=Field(name="outlet_id", type="ref", of="outlets"),
            doc="The party's outlets that the person looks after; absent or empty: all.",
        ),
        Field(name="name", type="text", required=True, max_length=200, search=True),
        Field(name="position", type="text", max_length=200),
        Field(
            name="phone_e164",
            type="text",
            max_length=16,
            index=True,
            search=True,
            doc="With +, digits only; no other contact with portal_access has it.",
        ),
        Field(name="email", type="text", max_length=254),
        Field(
            name="portal_access",
            type="bool",
            doc="The user of the role client who has this phone, or its digits as his login, gets"
            " the outlets.",
        ),
        Field(name="birthday", type="date"),
    ),
)
