"""Which buckets a device may see: its user's routes, and all that hangs on them.

routes of the user -> their outlets -> parties, price lists with their parents, warehouses.
A supervisor also sees the routes of the people who name him their supervisor, a manager the
routes, people and warehouses of his unit and those below it, the office everything.
"""

from __future__ import annotations

from typing import Any

from appliance.api import Context, Device

GRANT_SOURCES = (
    "org_units",
    "users",
    "routes",
    "route_outlets",
    "outlets",
    "parties",
    "price_lists",
    "warehouses",
)
"""Collections whose changes may change the answer of `buckets`."""

SEES_EVERYTHING = frozenset({"admin", "hq", "accounting"})
RUNS_A_BRANCH = frozenset({"manager"})
LEADS_A_TEAM = frozenset({"supervisor", "manager"})
COUNTS_GOODS = frozenset({"checker"})

_EVERYTHING = """
SELECT 'org:' || id FROM org_units
UNION ALL SELECT 'user:' || id FROM users
UNION ALL SELECT 'route:' || id FROM routes
UNION ALL SELECT 'outlet:' || id FROM outlets
UNION ALL SELECT 'party:' || id FROM parties
UNION ALL SELECT 'price_list:' || id FROM price_lists
UNION ALL SELECT 'warehouse:' || id FROM warehouses
"""

# CROSS JOIN keeps SQLite to this order: from the few (the user's routes) to their own, by index.
# The + takes the affinity of `id` off the comparison; a column without affinity, as the view of a
# JSON field may have it, would lose its index to it.
_OWN = """
WITH RECURSIVE
    above(id) AS (
        SELECT id FROM org_units WHERE id = :org_id
        UNION
        SELECT unit.parent_id FROM above JOIN org_units AS unit ON unit.id = above.id
        WHERE unit.parent_id IS NOT NULL
    ),
    branch(id) AS (
        SELECT id FROM org_units WHERE id = :org_id AND :runs_branch
        UNION
        SELECT unit.id FROM branch JOIN org_units AS unit ON unit.parent_id = +branch.id
    ),
    people(id) AS MATERIALIZED (
        SELECT :user_id
        UNION SELECT id FROM users WHERE :leads_team AND supervisor_id = :user_id
        UNION SELECT users.id FROM branch CROSS JOIN users ON users.org_id = +branch.id
    ),
    ways(id, warehouse_id) AS MATERIALIZED (
        SELECT way.id, way.warehouse_id
        FROM people CROSS JOIN routes AS way ON way.owner_user_id = +people.id
        WHERE way.active IS NOT 0
        UNION
        SELECT way.id, way.warehouse_id
        FROM branch CROSS JOIN routes AS way ON way.org_id = +branch.id
        WHERE way.active IS NOT 0
    ),
    stops(id) AS MATERIALIZED (
        SELECT DISTINCT stop.outlet_id
        FROM ways CROSS JOIN route_outlets AS stop ON stop.route_id = +ways.id
    ),
    places(id, party_id, payer_party_id, price_list_id, warehouse_id) AS MATERIALIZED (
        SELECT place.id, place.party_id, place.payer_party_id, place.price_list_id,
            place.warehouse_id
        FROM stops CROSS JOIN outlets AS place ON place.id = stops.id
    ),
    lists(id) AS (
        SELECT coalesce(
            price_list_id, (SELECT price_list_id FROM parties WHERE parties.id = party_id)
        ) FROM places
        UNION SELECT id FROM price_lists WHERE code = :default_list
        UNION SELECT list.parent_id FROM lists JOIN price_lists AS list ON list.id = lists.id
    )
SELECT 'org:' || id FROM above
UNION ALL SELECT 'org:' || id FROM branch
UNION ALL SELECT 'user:' || id FROM people
UNION ALL SELECT 'route:' || id FROM ways
UNION ALL SELECT 'outlet:' || id FROM places
UNION ALL SELECT DISTINCT 'party:' || party_id FROM places
UNION ALL SELECT DISTINCT 'party:' || payer_party_id FROM places WHERE payer_party_id IS NOT NULL
UNION ALL SELECT 'price_list:' || id FROM lists WHERE id IS NOT NULL
UNION ALL SELECT DISTINCT 'warehouse:' || warehouse_id FROM ways WHERE warehouse_id IS NOT NULL
UNION ALL SELECT DISTINCT 'warehouse:' || warehouse_id FROM places WHERE warehouse_id IS NOT NULL
UNION ALL SELECT 'warehouse:' || house.id
    FROM branch CROSS JOIN warehouses AS house ON house.org_id = +branch.id
UNION ALL SELECT 'warehouse:' || id FROM warehouses
    WHERE :counts_goods AND org_id = :org_id
"""


def buckets(device: Device, context: Context) -> list[str]:
    """Name the buckets that a device's user may see, ``all`` first."""
    user = device.user
    roles = frozenset(user.roles)
    own = f"own:{user.id}"
    rows: list[tuple[Any, ...]]
    if roles & SEES_EVERYTHING:
        rows = context.select(_EVERYTHING)
        seen = [bucket for (bucket,) in rows]
        # The mirror of the user may not be stored yet.
        return list(dict.fromkeys(("all", f"user:{user.id}", own, *seen)))
    rows = context.select(
        _OWN,
        {
            "user_id": user.id,
            "org_id": user.org_id,
            "runs_branch": int(bool(roles & RUNS_A_BRANCH)),
            "leads_team": int(bool(roles & LEADS_A_TEAM)),
            "counts_goods": int(bool(roles & COUNTS_GOODS)),
            "default_list": context.settings["default_price_list"],
        },
    )
    return ["all", own, *dict.fromkeys(bucket for (bucket,) in rows)]
