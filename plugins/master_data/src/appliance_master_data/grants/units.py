"""The org units above somebody's work, and what they bring with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from appliance.api import Context

DEEPEST = 32
"""Levels of units; a loop in the data ends here."""

_ABOVE = f"""
WITH RECURSIVE above(start, id, depth) AS (
    SELECT value, value, 0 FROM json_each(?)
    UNION
    SELECT above.start, unit.parent_id, above.depth + 1
    FROM above CROSS JOIN org_units AS unit ON unit.id = above.id
    WHERE unit.parent_id IS NOT NULL AND above.depth < {DEEPEST}
)
SELECT above.start, unit.id, unit.price_list_id, unit.legal_party_id
FROM above CROSS JOIN org_units AS unit ON unit.id = above.id
ORDER BY above.start, above.depth
"""


class Units(NamedTuple):
    """Org units, as seen from somebody's own and from those of his routes.

    Attributes:
        own: his unit and those above it, from the nearest on.
        sellers: the legal parties of these.
        lists: the nearest price list, by unit.
        home: his unit.
    """

    own: list[str]
    sellers: list[str]
    lists: dict[str, str]
    home: str | None

    def price_list(self, unit: str | None) -> str | None:
        """Return the price list of a unit, or of his own where there is none."""
        return self.lists.get(unit or self.home or "")


def above(home: str | None, others: Iterable[str | None], context: Context) -> Units:
    """Return what is above a unit, and the price lists of further ones."""
    starts = {home, *others} - {None}
    units = Units([], [], {}, home)
    for start, unit, price_list, seller in context.select(_ABOVE, (json.dumps(list(starts)),)):
        if price_list is not None:
            units.lists.setdefault(start, price_list)
        if start == home:
            units.own.append(unit)
            if seller is not None:
                units.sellers.append(seller)
    return units
