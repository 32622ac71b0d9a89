"""What a customer who orders for himself works with: the outlets that he looks after."""

from __future__ import annotations

from appliance.api import Context, User
from appliance_master_data.grants.work import Way, Work

# A contact is known by its phone: the user's login is its digits, or his record says it.
_GUESTS = """
WITH
    phones(phone) AS (
        SELECT '+' || :login UNION SELECT phone_e164 FROM users WHERE id = :user_id
    ),
    guests(party_id, outlet_ids) AS MATERIALIZED (
        SELECT contact.party_id, contact.body -> '$.outlet_ids'
        FROM phones CROSS JOIN contacts AS contact ON contact.phone_e164 = +phones.phone
        CROSS JOIN parties ON parties.id = contact.party_id
        WHERE contact.portal_access AND parties.portal_access AND parties.active IS NOT 0
    ),
    places(id) AS MATERIALIZED (
        SELECT DISTINCT place.id
        FROM guests CROSS JOIN outlets AS place ON place.party_id = +guests.party_id
        WHERE place.portal_visible IS NOT 0 AND place.active IS NOT 0
            AND (coalesce(json_array_length(guests.outlet_ids), 0) = 0
                OR place.id IN (SELECT value FROM json_each(guests.outlet_ids)))
    )
SELECT 'party', party_id, NULL, NULL, NULL, NULL FROM guests
UNION ALL
SELECT 'stop', places.id, way.id, way.org_id, way.warehouse_id, way.price_list_id
FROM places LEFT JOIN route_outlets AS stop ON stop.outlet_id = +places.id
LEFT JOIN routes AS way ON way.id = stop.route_id AND way.active IS NOT 0
"""


def add(user: User, work: Work, context: Context) -> tuple[list[str], dict[str, Way]]:
    """Add the outlets of a customer's contacts to what he works with.

    Returns:
        The parties of the contacts, and the routes that the outlets are on: he does not see these,
        their price lists and warehouses serve outlets without ones of their own.
    """
    parties: list[str] = []
    behind: dict[str, Way] = {}
    values = {"login": user.login, "user_id": user.id}
    for kind, record_id, way_id, *way in context.select(_GUESTS, values):
        if kind == "party":
            parties.append(record_id)
            continue
        work.stops.append((record_id, way_id))
        if way_id is not None:
            behind[way_id] = Way(*way)
    return parties, behind
