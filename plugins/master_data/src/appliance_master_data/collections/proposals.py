"""What people in the field propose to change about outlets, or a new outlet they found."""

from __future__ import annotations

import msgspec

from appliance.api import Collection, Field
from appliance.api.permissions import STAFF
from appliance_master_data.collections.contacts import CONTACTS
from appliance_master_data.collections.customers import OUTLETS, PARTIES
from appliance_master_data.collections.roles import OFFICE
from appliance_master_data.collections.shapes import ISSUES

STATES = ("pending", "approved", "rejected")

PATCHED = (
    *("name", "address", "gln", "geo", "geofence_m", "delivery_info", "vehicle_max_kg"),
    *("pass_rules", "time_windows", "channel", "segments", "sales_area_m2", "photo_id"),
)
"""Fields of an outlet that a person who stands before it can know. Who pays, the price list and
the warehouse are the office's to say."""

PROPOSED_PARTY = (
    *("kind", "name", "legal_name", "tax_id", "tax_id2", "registration_no", "gln"),
    *("addresses", "tax_status", "segments"),
)
PROPOSED_CONTACT = ("name", "position", "phone_e164", "email")

SERVER_FIELDS = frozenset(
    {"result_outlet_id", "result_party_id", "decided_by", "decided_at", "issues"}
)
"""Fields that the appliance sets; what a device sends in them is not looked at."""


def _of(
    collection: Collection, names: tuple[str, ...], required: tuple[str, ...] = ()
) -> tuple[Field, ...]:
    """Return fields of a collection as parts of a proposal, each with its own type and bounds."""
    fields = {field.name: field for field in collection.fields}
    return tuple(
        msgspec.structs.replace(fields[name], required=name in required, index=False, search=False)
        for name in names
    )


OUTLET_CHANGES = Collection(
    name="outlet_changes",
    title="Proposed changes of outlets, and new outlets found in the field.",
    direction="both",
    kind="request",
    bucket=("user:{user_id}",),
    read=STAFF,
    write=("agent", "driver", "merchandiser", "supervisor", *OFFICE),
    fields=(
        Field(name="state", type="text", required=True, values=STATES, index=True),
        Field(
            name="user_id",
            type="ref",
            of="users",
            required=True,
            doc="Whose proposal it is: who sent it first.",
        ),
        Field(name="created_at", type="timestamp", required=True, doc="By the device's clock."),
        Field(name="outlet_id", type="ref", of="outlets", doc="Absent: a new outlet."),
        Field(
            name="patch",
            type="object",
            fields=_of(OUTLETS, PATCHED),
            doc="The fields that change, null to clear one; a new outlet needs name and address.",
        ),
        Field(name="party_id", type="ref", of="parties", doc="Of a new outlet: whose it is."),
        Field(
            name="party",
            type="object",
            fields=_of(PARTIES, PROPOSED_PARTY, required=("name",)),
            doc="Of a new outlet in place of party_id: a party that is not known yet.",
        ),
        Field(
            name="contact",
            type="object",
            fields=_of(CONTACTS, PROPOSED_CONTACT, required=("name",)),
            doc="Somebody to talk to there, added with the outlet.",
        ),
        Field(
            name="route_id",
            type="ref",
            of="routes",
            doc="Of a new outlet: the route it goes on.",
        ),
        Field(
            name="photos",
            type="list",
            max_length=50,
            items=Field(name="photo_id", type="ref", of="attachments"),
        ),
        Field(name="comment", type="text"),
        Field(name="reason", type="text", doc="Why it is rejected; a rejection needs it."),
        Field(
            name="result_outlet_id",
            type="ref",
            of="outlets",
            doc="The outlet that was made or changed; the appliance sets it.",
        ),
        Field(
            name="result_party_id",
            type="ref",
            of="parties",
            doc="The party of a new outlet; the appliance sets it.",
        ),
        Field(name="decided_by", type="ref", of="users", doc="Who decided; the appliance sets it."),
        Field(name="decided_at", type="timestamp", doc="When; the appliance sets it."),
        ISSUES,
    ),
)
