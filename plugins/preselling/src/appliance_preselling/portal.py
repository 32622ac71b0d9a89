"""Self-service: which outlets a customer may order for.

A customer logs in as a user of the role ``client`` and of no role of the house. He is a contact of
a party: one with his phone, or with his login as its digits. Both the contact and the party have
access to the portal, and the outlet is one of the party's that the portal shows, and of those the
contact looks after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from appliance.api import Context, Row
from appliance.api.permissions import STAFF
from appliance_preselling.findings import Finding, issue

CUSTOMER = "client"
"""The role of a customer who orders for himself."""

# By index from the few (a person's phones) to the outlet; the + keeps SQLite to that order.
_OPEN = """
WITH phones(phone) AS (
    SELECT '+' || login FROM users WHERE id = :user
    UNION SELECT phone_e164 FROM users WHERE id = :user
)
SELECT 1
FROM phones CROSS JOIN contacts AS contact ON contact.phone_e164 = +phones.phone
CROSS JOIN parties ON parties.id = contact.party_id
CROSS JOIN outlets AS place ON place.id = :outlet
WHERE place.party_id = parties.id AND contact.portal_access AND parties.portal_access
    AND parties.active IS NOT 0 AND place.active IS NOT 0 AND place.portal_visible IS NOT 0
    AND (coalesce(json_array_length(contact.body, '$.outlet_ids'), 0) = 0
        OR place.id IN (SELECT value FROM json_each(contact.body, '$.outlet_ids')))
LIMIT 1
"""


def is_customer(roles: Sequence[str]) -> bool:
    """Tell whether somebody is a customer and nobody of the house."""
    return CUSTOMER in roles and not any(role in STAFF for role in roles)


def is_open(user_id: str, outlet_id: str, context: Context) -> bool:
    """Tell whether an outlet is open to a customer's orders."""
    return bool(context.select(_OPEN, {"user": user_id, "outlet": outlet_id}))


def check(user_id: str, row: Row, context: Context) -> Iterable[Finding]:
    """Yield what a customer may not order: for others, or on somebody else's account."""
    if not is_open(user_id, row["outlet_id"], context):
        yield issue("portal_denied", "/outlet_id")
        return
    outlet = context.get("outlets", row["outlet_id"]) or {}
    party = outlet.get("party_id")
    if row["party_id"] != party:
        yield issue("party_wrong", "/party_id")
    if row["payer_party_id"] != (outlet.get("payer_party_id") or party):
        yield issue("party_wrong:payer", "/payer_party_id")
