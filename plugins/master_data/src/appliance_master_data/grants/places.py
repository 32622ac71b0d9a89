"""What hangs on outlets: parties, holdings, segments, price lists and warehouses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from appliance.api import Context
from appliance_master_data.grants.units import Units
from appliance_master_data.grants.work import Way, Work
from appliance_master_data.price_choice import usable

# json_each comes first in each join: what is looked up by id is no more than what was asked for.
_OUTLETS = """
SELECT place.id, place.party_id, place.payer_party_id, place.price_list_id, place.warehouse_id,
    place.body -> '$.segments', party.price_list_id, party.group_id, party.body -> '$.segments'
FROM json_each(?) AS wanted CROSS JOIN outlets AS place ON place.id = wanted.value
LEFT JOIN parties AS party ON party.id = place.party_id
"""

_CONTRACTS = """
SELECT contract.party_id, contract.price_list_id
FROM json_each(:parties) AS wanted CROSS JOIN contracts AS contract
    ON contract.party_id = wanted.value
WHERE contract.price_list_id IS NOT NULL
    AND coalesce(contract.state, 'active') IN ('active', 'planned')
    AND contract.date <= :today AND coalesce(contract.valid_to, :today) >= :today
"""

_LISTS = """
WITH RECURSIVE lists(id) AS (
    SELECT value FROM json_each(:lists)
    UNION SELECT id FROM price_lists WHERE code = :default_list
    UNION
    SELECT list.parent_id FROM lists CROSS JOIN price_lists AS list ON list.id = lists.id
    WHERE list.parent_id IS NOT NULL
)
SELECT id FROM lists
"""


def buckets(
    work: Work, behind: Mapping[str, Way], units: Units, context: Context, today: str
) -> list[str]:
    """Return the buckets that hang on the outlets of somebody's work.

    Args:
        work: with the outlets, each with its route.
        behind: routes that he does not see himself, by id.
        units: price lists of org units.
        context: the store.
        today: the day, for contracts.
    """
    wanted = array({outlet for outlet, _way in work.stops})
    outlets = {row[0]: row for row in context.select(_OUTLETS, (wanted,))}
    parties: set[str] = set()
    for _id, party, payer, *_rest in outlets.values():
        parties.add(party)
        parties.add(payer or party)
    contracts: dict[str, tuple[str, ...]] = {}
    for party, agreed in context.select(_CONTRACTS, {"parties": array(parties), "today": today}):
        contracts[party] = (*contracts.get(party, ()), agreed)

    # Outlets differ in little: what they may buy from is asked once for each difference.
    routes = {
        way_id: (way.price_list_id, units.price_list(way.org_id), way.warehouse_id)
        for way_id, way in (*behind.items(), *work.ways.items())
    }
    no_route = (None, units.price_list(None), None)
    offers: set[tuple[Any, ...]] = set()
    houses = {way.warehouse_id for way in work.ways.values()}
    groups: set[str | None] = set()
    segments: set[str | None] = set()
    for outlet, way_id in work.stops:
        row = outlets.get(outlet)
        if row is None:
            continue
        _id, party, payer, own, house, named, of_party, group, also_named = row
        of_route, of_unit, from_route = routes.get(way_id or "", no_route)
        agreed = contracts.get(party, ())
        if payer is not None:
            agreed += contracts.get(payer, ())
        offers.add((own, agreed, of_party, of_route, of_unit))
        houses.add(from_route if house is None else house)
        groups.add(group)
        segments.add(named)
        segments.add(also_named)
    lists = {one for offer in offers for one in usable(*offer)}
    default = context.settings["default_price_list"]
    reached = context.select(_LISTS, {"lists": array(lists), "default_list": default})
    return [
        *(f"outlet:{outlet}" for outlet in outlets),
        *(f"party:{party}" for party in parties),
        *(f"group:{group}" for group in groups if group is not None),
        *(f"segment:{name}" for text in segments if text for name in json.loads(text)),
        *(f"price_list:{price_list}" for (price_list,) in reached),
        *(f"warehouse:{house}" for house in houses if house is not None),
    ]


def array(values: Iterable[Any]) -> str:
    """Return values as the JSON array that a query looks things up by."""
    return json.dumps(list(values))
