"""What orders had of promotions: asked before an order is priced, kept when it goes on.

Sums are kept in `promotion_uses`, one for a promotion and one for each outlet that may have so
much of it, and what each order added to them in `order_promotions`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec

from appliance.api import Context, Row
from appliance.api.pricing import (
    GIFT_KINDS,
    Check,
    PriceBook,
    PromotionUse,
    SentDocument,
    Terms,
    check_document,
)
from appliance_preselling.ledger import COUNTED, Ledger, Place, fit, sum_id
from appliance_preselling.order_view import OrderView

_SUMS = """
SELECT promotion_id, outlet_id, spent_minor, used FROM promotion_uses
WHERE id IN (SELECT value FROM json_each(?))
"""
_PHOTO = "SELECT 1 FROM attachments WHERE ref_id = ? AND +kind IS NOT 'signature' LIMIT 1"


class TakenOf(dict[str, Row]):
    """What an order takes, by the ids of promotions; what the rule of prices keeps in the view."""


def limited(view: OrderView, terms: Terms, book: PriceBook) -> Terms:
    """Return the terms of an order with what other orders had of promotions, and with its photos.

    Args:
        view: the order.
        terms: of it.
        book: where its promotions are.
    """
    day = terms.pricing_date
    counted = [one.id for one in book.limited if one.valid_from <= day <= one.valid_to]
    proven = [one.id for one in book.proven if one.valid_from <= day <= one.valid_to]
    if counted:
        terms = msgspec.structs.replace(terms, uses=_uses(view, counted))
    if proven and view.context.select(_PHOTO, (view.id,)):
        terms = msgspec.structs.replace(terms, proofs=tuple(proven))
    return terms


def taken(check: Check, book: PriceBook, terms: Terms, sent: SentDocument) -> TakenOf:
    """Return what an order takes of limited promotions, whatever is left of them.

    Args:
        check: of the order.
        book, terms, sent: what was checked.
    """
    if any(one.code == "promo_budget" for one in check.issues):
        # Gifts were capped. If somebody approves the order, it takes what it would without a limit.
        check = check_document(book, msgspec.structs.replace(terms, uses=()), sent)
    by_id = {one.id: one for one in book.limited}
    found = TakenOf()
    for use in check.priced.uses:
        promotion = by_id.get(use.promotion_id)
        if promotion is not None and (use.spent_minor or use.outlet_used):
            found[promotion.id] = {
                "spent_minor": fit(use.spent_minor),
                "used": fit(use.outlet_used),
                "per_outlet": promotion.max_per_outlet is not None,
            }
    return found


def as_known(check: Check, book: PriceBook, terms: Terms, sent: SentDocument) -> Terms | None:
    """Return terms in which as much is left of gifts as an order takes of them.

    A device knows the sums of its last pull. Where others gave gifts back since, it gave fewer than
    there are now, and that is no wrong calculation.

    Args:
        check: of the order by the sums of now.
        book, terms, sent: what was checked.

    Returns:
        None where the order takes no fewer gifts than are due.
    """
    given: dict[str, int] = {}
    for line in sent.lines:
        unit = book.units.get(line.uom_id)
        if line.gift_of_promo_id is not None and unit is not None:
            quantity = -(-line.qty * unit.num // unit.den)
            given[line.gift_of_promo_id] = given.get(line.gift_of_promo_id, 0) + quantity
    due = {one.promotion_id: one for one in check.priced.uses}
    changed = False
    uses = []
    for use in terms.uses:
        promotion = book.promotion_by_id[use.promotion_id].promotion
        now = due.get(promotion.id)
        took = given.get(promotion.id, 0)
        if now is not None and promotion.kind in GIFT_KINDS and took < now.outlet_used:
            changed = True
            if promotion.max_per_outlet is not None:
                used = max(use.outlet_used, promotion.max_per_outlet - took)
                use = msgspec.structs.replace(use, outlet_used=used)
            elif promotion.budget_minor is not None:
                worth = 1 - (-now.spent_minor * took // now.outlet_used) if took else 0
                spent = max(use.spent_minor, promotion.budget_minor - worth)
                use = msgspec.structs.replace(use, spent_minor=spent)
        uses.append(use)
    return msgspec.structs.replace(terms, uses=tuple(uses)) if changed else None


def _places(part: Row, context: Context) -> Iterable[Place]:
    """Yield the sums of a promotion: of everybody, and of the outlet where it has a limit."""
    promotion_id, outlet_id = part["promotion_id"], part["outlet_id"]
    begins: Row = {"promotion_id": promotion_id, "spent_minor": 0, "used": 0}
    promotion = context.get("promotions", promotion_id) or {}
    org_id = promotion.get("org_id")
    whole = begins if org_id is None else {**begins, "org_id": org_id}
    yield Place(sum_id(promotion_id, None), whole)
    if part["per_outlet"]:
        yield Place(sum_id(promotion_id, outlet_id), {**begins, "outlet_id": outlet_id})


LEDGER = Ledger(
    parts="order_promotions",
    about="promotion_id",
    sums="promotion_uses",
    adds={"spent_minor": "spent_minor", "used": "used"},
    places=_places,
)
"""What orders had of promotions."""


def _uses(view: OrderView, promotions: list[str]) -> tuple[PromotionUse, ...]:
    """Return what orders before this one had of promotions."""
    outlet = view.row["outlet_id"]
    names = [sum_id(one, place) for one in promotions for place in (None, outlet)]
    spent: dict[str, int] = {}
    used: dict[str, int] = {}
    for promotion_id, outlet_id, spent_minor, count in view.context.select(
        _SUMS, (json.dumps(names),)
    ):
        if outlet_id is None:
            spent[promotion_id] = spent_minor
        else:
            used[promotion_id] = count
    if view.stored is not None and view.stored["state"] in COUNTED:
        for name, (_, own) in LEDGER.of_order(view.id, view.context).items():
            if own["counts"]:  # its own revision before this one takes nothing from it
                spent[name] = spent.get(name, 0) - own["spent_minor"]
                used[name] = used.get(name, 0) - own["used"]
    return tuple(
        PromotionUse(
            promotion_id=one,
            spent_minor=max(0, spent.get(one, 0)),
            outlet_used=max(0, used.get(one, 0)),
        )
        for one in promotions
    )
