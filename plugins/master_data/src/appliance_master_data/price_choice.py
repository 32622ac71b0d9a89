"""Which price list an outlet buys from.

The first that is found of: the outlet's own, its contract's, its party's, its route's, and that of
its branch or the unit above. A contract goes before the party only for an order that names it, so
an outlet may buy from the lists of all its contracts and, without one, from what comes after.
"""

from __future__ import annotations

from collections.abc import Iterable


def usable(
    outlet: str | None,
    contracts: Iterable[str],
    party: str | None,
    route: str | None,
    unit: str | None,
) -> set[str]:
    """Return the ids of the lists that an outlet may buy from.

    Args:
        outlet: its own list.
        contracts: of contracts in force with its party or payer.
        party: of its party.
        route: of the route it is on.
        unit: of the route's org unit, or the nearest above that has one.
    """
    if outlet is not None:
        return {outlet}
    otherwise = next((one for one in (party, route, unit) if one is not None), None)
    return {*contracts} if otherwise is None else {*contracts, otherwise}
