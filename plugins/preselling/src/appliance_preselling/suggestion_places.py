"""Whose outlets suggestions are made for: what assortments and product lines know them by."""

from __future__ import annotations

import json
from collections.abc import Iterable

from appliance.api import Context
from appliance.api.pricing import Subject

_PLACES = """
SELECT place.id, place.body -> '$.segments', party.body -> '$.segments'
FROM json_each(:outlets) AS wanted CROSS JOIN outlets AS place ON place.id = wanted.value
LEFT JOIN parties AS party ON party.id = place.party_id
"""

# As of an order that the owner of the route makes: his own unit, else the route's.
_SELLERS = """
SELECT DISTINCT stop.outlet_id, coalesce(owner.org_id, routes.org_id)
FROM json_each(:outlets) AS wanted
CROSS JOIN route_outlets AS stop ON stop.outlet_id = wanted.value
CROSS JOIN routes ON routes.id = stop.route_id
LEFT JOIN users AS owner ON owner.id = routes.owner_user_id
WHERE routes.active IS NOT 0 AND routes.kind IS NOT 'delivery'
    AND routes.owner_user_id IS NOT NULL
"""


def subjects(outlets: Iterable[str], context: Context) -> dict[str, list[Subject]]:
    """Return each outlet's subjects: one for each unit that sells to it, mostly one."""
    asked = {"outlets": json.dumps(list(outlets))}
    above: dict[str, str | None] = dict(context.select("SELECT id, parent_id FROM org_units"))
    roots = [unit for unit, parent in above.items() if parent is None]
    company = roots[0] if len(roots) == 1 else None
    sellers: dict[str, set[str | None]] = {}
    for outlet, unit in context.select(_SELLERS, asked):
        sellers.setdefault(outlet, set()).add(company if unit is None else unit)
    return {
        outlet: [
            Subject(
                outlet_id=outlet,
                segments=(*json.loads(own or "[]"), *json.loads(of_party or "[]")),
                org_ids=_chain(unit, above),
            )
            for unit in sorted(sellers.get(outlet, {company}), key=str)
        ]
        for outlet, own, of_party in context.select(_PLACES, asked)
    }


def _chain(unit: str | None, above: dict[str, str | None]) -> tuple[str, ...]:
    """Return a unit and those above it."""
    found: list[str] = []
    while unit is not None and unit in above and unit not in found:
        found.append(unit)
        unit = above[unit]
    return tuple(found)
