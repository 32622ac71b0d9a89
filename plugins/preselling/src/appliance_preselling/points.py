"""Points that an order earns by promotions and spends from bonus accounts.

Points are earned by what was delivered, so they are added once the order is shipped. Points that
are spent pay for goods that are promised, so they are taken once it is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable

from appliance.api import Context, Row
from appliance.api.pricing import PriceBook, PricedDocument
from appliance_preselling.ledger import COUNTED, Ledger, Place, fit, sum_id
from appliance_preselling.order_view import OrderView
from appliance_preselling.point_fields import EARNED, SPENT

DELIVERED = frozenset({"shipped", "completed"})
"""States in which an order has earned its points."""

_ACCOUNT = "SELECT id, program FROM bonus_accounts WHERE party_id = ? ORDER BY id"
_BALANCES = """
SELECT program, total(balance) FROM bonus_accounts WHERE party_id = ? GROUP BY program
"""


class PointParts(dict[str, Row]):
    """What an order earns and spends, by kind and programme; what rules keep in the view."""


def earned(view: OrderView, book: PriceBook, priced: PricedDocument) -> PointParts:
    """Return the points that promotions give for an order, by programme."""
    found = PointParts()
    for one in priced.points:
        ranked = book.promotion_by_id.get(one.promotion_id)
        if ranked is not None and one.points:
            program = ranked.promotion.program or ranked.promotion.code
            _put(found, view, EARNED, program, one.points)
    return found


def spent(view: OrderView) -> PointParts:
    """Return the points that an order is paid with, by programme."""
    found = PointParts()
    for one in view.row.get("points_spent") or ():
        _put(found, view, SPENT, one["program"], -one["points"])
    return found


def balances(view: OrderView) -> dict[str, int]:
    """Return the points of an order's party by programme, those aside that it spends itself."""
    rows = view.context.select(_BALANCES, (view.row["party_id"],))
    found = {program: int(balance) for program, balance in rows}
    if view.stored is not None and view.stored["state"] in COUNTED:
        for _, own in LEDGER.of_order(view.id, view.context).values():
            if own["counts"] and own["party_id"] == view.row["party_id"]:
                found[own["program"]] = found.get(own["program"], 0) - own["points"]
    return found


def _put(found: PointParts, view: OrderView, kind: str, program: str, points: int) -> None:
    entry = f"{kind}/{program}"
    before = found.get(entry, {}).get("points", 0)
    found[entry] = {
        "party_id": view.row["party_id"],
        "kind": kind,
        "program": program,
        "points": fit(before + points),
    }


def _places(part: Row, context: Context) -> Iterable[Place]:
    """Yield the account of a part: the one that is there, whoever made it, or a new one."""
    party_id, program = part["party_id"], part["program"]
    begins = {"party_id": party_id, "program": program, "balance": 0, "as_of": 0}
    known = (name for name, of in context.select(_ACCOUNT, (party_id,)) if of == program)
    yield Place(next(known, sum_id(party_id, program)), begins)


def _counts(part: Row, state: str) -> bool:
    return state in (DELIVERED if part["kind"] == EARNED else COUNTED)


LEDGER = Ledger(
    parts="order_points",
    about="entry",
    sums="bonus_accounts",
    adds={"points": "balance"},
    places=_places,
    counts=_counts,
    moment="as_of",
)
"""What orders earned and spent."""
