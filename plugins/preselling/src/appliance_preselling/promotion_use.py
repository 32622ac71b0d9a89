"""What orders had of promotions: asked before an order is priced, kept when it goes on.

Sums are kept in `promotion_uses`, one for a promotion and one for each outlet that may have so
much of it, and what each order added to them in `order_promotions`. An order counts from when it is
accepted until it is cancelled, rejected or expired. Both are written in the transaction that
decides the order, and there is one writer, so two orders never get the same last of a budget.
"""

from __future__ import annotations

import json
import uuid
from typing import NamedTuple

import msgspec

from appliance.api import Context, Row, Write
from appliance.api.pricing import (
    GIFT_KINDS,
    Check,
    PriceBook,
    PromotionUse,
    SentDocument,
    Terms,
    check_document,
)
from appliance.api.values import MAX_INTEGER
from appliance_preselling.order_view import OrderView
from appliance_preselling.step import Step

COUNTED = frozenset(
    {
        "accepted",
        "awaiting_confirmation",
        "confirmed",
        "partially_shipped",
        "shipped",
        "completed",
    }
)
"""States of an order that counts."""

_NAMES = uuid.UUID("5d1c2c1e-6f0e-4f0a-9d0c-1b7f1f6b3a10")
"""What the ids of sums are derived from, so that one is found without looking for it."""

_SUMS = """
SELECT promotion_id, outlet_id, spent_minor, used FROM promotion_uses
WHERE id IN (SELECT value FROM json_each(?))
"""
_OF_ORDER = "SELECT id, body FROM order_promotions WHERE order_id = ?"
_PHOTO = "SELECT 1 FROM attachments WHERE ref_id = ? AND +kind IS NOT 'signature' LIMIT 1"


class Taken(NamedTuple):
    """What an order takes of one promotion.

    Attributes:
        spent_minor: of the budget, minor units.
        used: of the limit for one outlet, counted as `promotions.max_per_outlet` is.
        per_outlet: whether the promotion has such a limit.
    """

    spent_minor: int
    used: int
    per_outlet: bool


class TakenOf(dict[str, Taken]):
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
            per_outlet = promotion.max_per_outlet is not None
            found[promotion.id] = Taken(_fit(use.spent_minor), _fit(use.outlet_used), per_outlet)
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


class Sums:
    """The sums that the steps of one call change, each read once and written once."""

    def __init__(self, context: Context) -> None:
        """Begin with the sums as they are stored."""
        self._context = context
        self._rows: dict[str, Row] = {}

    def follow(self, step: Step, now: TakenOf | None) -> list[Write]:
        """Return what is kept of a step of an order, the sums aside.

        Args:
            step: what happens to the order.
            now: what its content takes; None where the content is the stored one.
        """
        before = _stored(step, self._context)
        counts = step.after["state"] in COUNTED
        writes: list[Write] = []
        if now is not None:
            for promotion_id, (record_id, row) in before.items():
                if promotion_id not in now:
                    self._add(row, -1)
                    writes.append(Write(collection="order_promotions", id=record_id, op="del"))
        names = before if now is None else now
        for promotion_id in names:
            record_id, stored = before.get(promotion_id, ("", None))
            row = {**(stored or {}), "counts": counts}
            if now is not None:
                amounts = now[promotion_id]
                row |= {
                    "order_id": step.order_id,
                    "promotion_id": promotion_id,
                    "outlet_id": step.after["outlet_id"],
                    "revision": step.after["revision"],
                    "spent_minor": amounts.spent_minor,
                    "used": amounts.used,
                    "per_outlet": amounts.per_outlet,
                }
            if stored is not None:
                if all(row[name] == stored.get(name) for name in row if name != "at"):
                    continue
                self._add(stored, -1)
            row["at"] = step.at
            self._add(row, 1)
            record_id = record_id or self._context.new_id()
            writes.append(Write(collection="order_promotions", id=record_id, row=row))
        return writes

    def writes(self) -> list[Write]:
        """Return the sums as they are after all steps."""
        return [
            Write(collection="promotion_uses", id=record_id, row=row)
            for record_id, row in self._rows.items()
        ]

    def _add(self, row: Row, sign: int) -> None:
        """Add what an order takes to the sums, or take it away, if it counts."""
        if not row["counts"]:
            return
        outlets: tuple[str | None, ...] = (None,)
        if row["per_outlet"]:
            outlets = (None, row["outlet_id"])
        for outlet_id in outlets:
            name = sum_id(row["promotion_id"], outlet_id)
            found = self._rows.get(name)
            if found is None:
                found = self._context.get("promotion_uses", name) or self._new(row, outlet_id)
                found = self._rows[name] = dict(found)
            for field in ("spent_minor", "used"):
                found[field] = _fit(found[field] + sign * row[field])

    def _new(self, row: Row, outlet_id: str | None) -> Row:
        found: Row = {"promotion_id": row["promotion_id"], "spent_minor": 0, "used": 0}
        if outlet_id is not None:
            found["outlet_id"] = outlet_id
        else:
            promotion = self._context.get("promotions", row["promotion_id"]) or {}
            if promotion.get("org_id") is not None:
                found["org_id"] = promotion["org_id"]
        return found


def sum_id(promotion_id: str, outlet_id: str | None) -> str:
    """Return the id of the record of `promotion_uses` of a promotion, or of an outlet in it."""
    return str(uuid.uuid5(_NAMES, f"{promotion_id}/{outlet_id or ''}"))


def _fit(amount: int) -> int:
    """Return an amount, or the greatest that a record holds."""
    return max(-MAX_INTEGER, min(MAX_INTEGER, amount))


def _stored(step: Step, context: Context) -> dict[str, tuple[str, Row]]:
    """Return what an order took so far: record and its id by promotion."""
    if step.before is None or step.source == "draft":
        return {}
    found: dict[str, tuple[str, Row]] = {}
    for record_id, body in context.select(_OF_ORDER, (step.order_id,)):
        row: Row = json.loads(body)
        found[row["promotion_id"]] = (record_id, row)
    return found


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
        for _, body in view.context.select(_OF_ORDER, (view.id,)):
            own = json.loads(body)
            if own["counts"]:  # its own revision before this one takes nothing from it
                name = own["promotion_id"]
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
