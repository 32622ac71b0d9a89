"""Mistakes that a simulated rep makes on purpose, and what the appliance must say to each.

A bend changes what the rep decides before the order is priced, so that the order is right in all
but one thing. A spoil changes the priced record. Each returns whether it could be done here: nobody
is over a limit that he does not have.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from appliance.testing.field_day.basket import Wanted
from appliance.testing.field_day.order_draft import OrderDraft

if TYPE_CHECKING:
    from appliance.testing.order_desk import OrderDesk

EXTRA_BP = 500
"""How much a discount is over the limit, basis points."""

TOO_MUCH_MINOR = 100
"""What is added to a line's amount, minor units."""

FAR_DEGREES_E7 = 200_000
"""How far off a visit begins that is too far away: about two kilometres to the north."""


class Mistake(NamedTuple):
    """One kind.

    Attributes:
        name: for people.
        code: of the issue that must be told.
        outcome: that the document must have.
        about: what the rep does.
    """

    name: str
    code: str
    outcome: str
    about: str


MISTAKES: Mapping[str, Mistake] = {
    one.name: one
    for one in (
        Mistake("credit limit", "credit_limit_exceeded", "held", "more than the payer may owe"),
        Mistake("own limit", "order_over_limit", "held", "more than the rep may sell at once"),
        Mistake(
            "customer limit", "customer_limit_exceeded", "held", "more than the period's limit"
        ),
        Mistake("discount", "discount_over_limit", "held", "a discount above the rep's limit"),
        Mistake("old debt", "overdue_debt", "held", "on credit to who has not paid for long"),
        Mistake("stock", "stock_short", "held", "more than the warehouse has"),
        Mistake("no licence", "licence_missing", "rejected", "goods that the customer may not buy"),
        Mistake("old licence", "licence_expired", "rejected", "delivery after the licence ended"),
        Mistake("wrong price", "calc_mismatch", "rejected", "an amount that is not the price"),
        Mistake("odd quantity", "multiple_violation", "rejected", "no multiple of the unit's"),
        Mistake("malformed", "schema_invalid", "rejected", "a quantity that is a word"),
        Mistake("old revision", "revision_stale", "rejected", "confirms what was changed since"),
        Mistake("far away", "visit_too_far", "flagged", "a visit two kilometres from the outlet"),
    )
}
"""Every kind by its name."""

AFTERWARDS = "old revision"
"""The kind that needs an order that is on the appliance."""

OF_VISITS = "far away"
"""The kind that is made in the visit itself."""

OF_ORDERS = tuple(name for name in MISTAKES if name not in (AFTERWARDS, OF_VISITS))
"""The kinds that are made in an order."""

Bend = Callable[[OrderDraft, "OrderDesk"], bool]
Spoil = Callable[[dict[str, Any]], bool]


def _on_credit(draft: OrderDraft, desk: OrderDesk) -> bool:
    contract = None if draft.contract is None else draft.contract.row
    forms = desk.foresight.forms(draft.payer_id, contract) or ("bank",)
    credit = [form for form in forms if form != "cash"]
    if credit:
        draft.form = credit[0]
    return bool(credit)


def _for_cash(draft: OrderDraft, desk: OrderDesk) -> bool:
    contract = None if draft.contract is None else draft.contract.row
    forms = desk.foresight.forms(draft.payer_id, contract)
    if not forms or "cash" in forms:
        draft.form = "cash"
    return True


def _over_credit(draft: OrderDraft, desk: OrderDesk) -> bool:
    contract = None if draft.contract is None else draft.contract.row
    if not _on_credit(draft, desk):
        return False
    room = desk.foresight.room(draft.payer_id, contract, desk.currency(draft) or "")
    return room is not None and desk.fill(draft, above=max(0, room))


def _over_own(draft: OrderDraft, desk: OrderDesk) -> bool:
    limit = desk.order_limit
    return limit is not None and _for_cash(draft, desk) and desk.fill(draft, above=limit)


def _over_period(draft: OrderDraft, desk: OrderDesk) -> bool:
    goods = desk.goods(draft)
    about = {
        "requested_date": draft.date,
        "party_id": draft.party_id,
        "outlet_id": draft.outlet.id,
    }
    for _, limit in desk.foresight.limits.of(about):
        most: int | None = limit.get("max_qty")
        for product, units in () if most is None else goods.items():
            assert most is not None
            if desk.foresight.limits.is_under(product, limit) and desk.may_sell(draft, product):
                uom = desk.basket.unit(product, units)
                qty = desk.basket.in_unit(uom, most + 1)
                draft.wanted = [Wanted(product, uom, qty)]
                return _for_cash(draft, desk)
        if limit.get("max_amount") is not None:
            return _for_cash(draft, desk) and desk.fill(draft, above=limit["max_amount"])
    return False


def _discount(draft: OrderDraft, desk: OrderDesk) -> bool:
    limit = desk.discount_limit
    if not draft.wanted or limit + EXTRA_BP > 10_000:
        return False
    draft.manual = {0: limit + EXTRA_BP}
    return True


def _old_debt(draft: OrderDraft, desk: OrderDesk) -> bool:
    contract = None if draft.contract is None else draft.contract.row
    currency = desk.currency(draft) or ""
    overdue = desk.foresight.is_overdue(draft.payer_id, contract, currency)
    return overdue and _on_credit(draft, desk)


def _stock(draft: OrderDraft, desk: OrderDesk) -> bool:
    for place, line in enumerate(draft.wanted):
        if desk.foresight.is_fresh(draft.warehouse_id, line.product_id):
            free = desk.foresight.free(draft.warehouse_id, line.product_id) or 0
            qty = desk.basket.in_unit(line.uom_id, max(0, free) + 1)
            draft.wanted[place] = line._replace(qty=qty)
            return True
    return False


def _no_licence(draft: OrderDraft, desk: OrderDesk) -> bool:
    for line, holds, end in desk.regulated(draft):
        if not holds and (end is None or end >= draft.date):
            draft.wanted = [*draft.wanted[:3], line]
            return True
    return False


def _old_licence(draft: OrderDraft, desk: OrderDesk) -> bool:
    found = [(line, end) for line, _, end in desk.regulated(draft) if end is not None]
    for line, end in sorted(found, key=lambda one: one[1] >= draft.date):
        if end >= draft.date:
            # Nobody's has ended yet: the goods shall come when it has.
            after = datetime.date.fromisoformat(end) + datetime.timedelta(1)
            date = desk.delivery(draft.outlet, after)
            if date is None:
                continue
            desk.move(draft, date)
        draft.wanted = [*draft.wanted[:3], line]
        return True
    return False


def _odd(draft: OrderDraft, desk: OrderDesk) -> bool:
    for product, units in desk.goods(draft).items():
        uom = desk.basket.unit(product, units)
        multiple = desk.basket.multiple(uom)
        if multiple > 1 and desk.has_multiple(uom) and desk.may_sell(draft, product):
            odd = Wanted(product, uom, multiple + multiple // 2)
            others = [one for one in draft.wanted if one.product_id != product]
            draft.wanted = [*others[:3], odd]
            return True
    return False


BENDS: Mapping[str, Bend] = {
    "credit limit": _over_credit,
    "own limit": _over_own,
    "customer limit": _over_period,
    "discount": _discount,
    "old debt": _old_debt,
    "stock": _stock,
    "no licence": _no_licence,
    "old licence": _old_licence,
    "odd quantity": _odd,
}
"""What is decided wrongly, by kind."""


def _wrong_price(row: dict[str, Any]) -> bool:
    bought = (one for one in row["lines"] if "gift_of_promo_id" not in one)
    line: dict[str, Any] = next(bought, {})
    # What the appliance does not know is not in the record.
    for record, names in (
        (line, ("gross_amount", "line_amount", "total")),
        (row.get("totals") or {}, ("gross", "net", "payable")),
    ):
        for name in names:
            if name in record:
                record[name] += TOO_MUCH_MINOR
    return "line_amount" in line


def _malformed(row: dict[str, Any]) -> bool:
    row["lines"][0]["qty"] = "many"
    return True


SPOILS: Mapping[str, Spoil] = {"wrong price": _wrong_price, "malformed": _malformed}
"""What is written wrongly, by kind."""
