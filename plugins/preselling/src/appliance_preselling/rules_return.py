"""Whether goods that are to come back were sold here, for how much and when, and why they come.

A return request names the order that the goods came with (``source_order_id``), or none. Without
one, what the outlet bought lately says what may come back. Quantities are compared in base units
and prices for one base unit, so that a piece out of a box is what it is.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from appliance.api import Row, rdiv
from appliance.api.amounts import Amount, price, quantity
from appliance_preselling.dates import read_date, today_of
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import OrderView
from appliance_preselling.states import RETURN

DELIVERED = frozenset({"partially_shipped", "shipped", "completed"})
"""States of an order whose goods, or some of them, are with the customer."""

_REASONS = "SELECT id, body FROM reason_codes WHERE id IN (SELECT value FROM json_each(?))"

_PHOTOS = "SELECT 1 FROM attachments WHERE ref_id = ? LIMIT 1"

# Other requests for goods of the same order; those refused or given up ask for nothing.
_ASKED = """
SELECT line.value ->> '$.product_id', line.value ->> '$.uom_id', line.value ->> '$.qty'
FROM orders JOIN json_each(orders.body, '$.lines') AS line
WHERE orders.source_order_id = ? AND orders.id <> ?
    AND orders.state IN ('submitted', 'approved', 'collected', 'credited')
"""

_HISTORY = """
SELECT product_id, sum(coalesce(shipped, ordered, 0)), sum(coalesce(returned, 0)),
    max(last_date), max(last_price)
FROM sales_history
WHERE outlet_id = ? AND product_id IN (SELECT value FROM json_each(?))
GROUP BY product_id
"""


class Sold(NamedTuple):
    """What was sold of a product.

    Attributes:
        qty: 1/1 000 of the base unit, less what came back or was asked to.
        price: the dearest, 1/10 000 for one base unit; None where that is not known.
        date: the last day of delivery; None where that is not known.
    """

    qty: Fraction
    price: Fraction | None
    date: datetime.date | None


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for each line that comes back for no reason, or was not sold like that."""
    yield from _reasons(view)
    if view.wrong_lines or view.head.lost:
        return
    returned = _Return(view)
    for place, line in enumerate(view.lines):
        first = returned.first[line["product_id"]] == place
        yield from _line(view, returned, place, line, first=first)


def _reasons(view: OrderView) -> Iterable[Finding]:
    named = sorted({line["reason_id"] for line in view.lines if line.get("reason_id")})
    found = view.context.select(_REASONS, (json.dumps(named),)) if named else []
    reasons: dict[str, Row] = {reason_id: json.loads(body) for reason_id, body in found}
    photo_missing = False
    for place, line in enumerate(view.lines):
        pointer, number = f"/lines/{place}/reason_id", line["line_no"]
        if not line.get("reason_id"):
            yield issue("reason_missing", pointer, line_no=number)
            continue
        reason = reasons.get(line["reason_id"])
        if reason is None or reason["kind"] != "return" or reason.get("active") is False:
            yield issue("reason_unknown", pointer, line_no=number)
            continue
        if reason.get("needs_text") and not (line.get("comment") or "").strip():
            yield issue("reason_text_missing", f"/lines/{place}/comment", line_no=number)
        photo_missing = photo_missing or bool(reason.get("needs_photo"))
    if photo_missing and not view.context.select(_PHOTOS, (view.id,)):
        yield issue("photo_missing", "/lines")


def _line(
    view: OrderView, returned: _Return, place: int, line: Row, *, first: bool
) -> Iterable[Finding]:
    number, product = line["line_no"], line["product_id"]
    sold = returned.sold.get(product)
    if sold is None:
        yield issue("return_without_sale", f"/lines/{place}/product_id", line_no=number)
        return
    # What several lines ask for of one product is told once, with the first of them.
    if first and returned.wanted[product] > sold.qty:
        left = Amount(quantity(max(0, rdiv(sold.qty.numerator, sold.qty.denominator))))
        yield issue("return_qty_over", f"/lines/{place}/qty", line_no=number, left=left)
    if sold.price is not None and returned.price_of(line) > sold.price:
        paid = Amount(price(rdiv(sold.price.numerator, sold.price.denominator)))
        yield issue("return_price_over", f"/lines/{place}/net_price", line_no=number, paid=paid)
    days = view.settings["return_days"]
    if days and sold.date is not None and (returned.today - sold.date).days > days:
        pointer = f"/lines/{place}/product_id"
        yield issue("return_period", pointer, line_no=number, date=sold.date, days=days)


class _Return:
    """What a return request asks for, and what of it was sold."""

    def __init__(self, view: OrderView) -> None:
        self._view = view
        self.first: dict[str, int] = {}
        self.wanted: dict[str, Fraction] = {}
        for place, line in enumerate(view.lines):
            product = line["product_id"]
            self.first.setdefault(product, place)
            base = line["qty"] * self._factor(line["uom_id"])
            self.wanted[product] = self.wanted.get(product, Fraction(0)) + base

    @cached_property
    def today(self) -> datetime.date:
        """The day where the order was made."""
        return today_of(self._view.context.now_ms, self._view.row["tz_offset_min"])

    @cached_property
    def _uoms(self) -> Mapping[str, Row]:
        source = self.source
        if source is None:
            return self._view.uoms
        more = {line["uom_id"] for line in source["lines"]} | self._asked_uoms()
        return {**self._view.all_of("product_uoms", more), **self._view.uoms}

    def _factor(self, uom_id: str) -> Fraction:
        uom = self._uoms.get(uom_id) or {}
        return Fraction(uom.get("factor_num", 1), uom.get("factor_den", 1))

    def price_of(self, line: Row) -> Fraction:
        """Return the price of one base unit, 1/10 000."""
        return Fraction(line["net_price"]) / self._factor(line["uom_id"])

    @cached_property
    def source(self) -> Row | None:
        """The order that the goods came with, where it is one of this outlet's that was sent."""
        row = self._view.row
        found = self._view.record("orders", row.get("source_order_id"))
        if found is None or found["order_kind"] == RETURN or found["state"] not in DELIVERED:
            return None
        return found if found["outlet_id"] == row["outlet_id"] else None

    @cached_property
    def _asked(self) -> list[tuple[Any, ...]]:
        asked = (self._view.row.get("source_order_id"), self._view.id)
        return self._view.context.select(_ASKED, asked)

    def _asked_uoms(self) -> set[str]:
        return {uom_id for _, uom_id, _ in self._asked}

    @cached_property
    def sold(self) -> Mapping[str, Sold]:
        """What was sold and is still there, by product."""
        if self._view.row.get("source_order_id") is None:
            return self._of_history()
        return {} if self.source is None else self._of_source(self.source)

    def _of_source(self, source: Row) -> Mapping[str, Sold]:
        date = read_date(source["requested_date"])
        found: dict[str, Sold] = {}
        for line in source["lines"]:
            shipped = line.get("shipped_qty")
            if shipped is None:
                # Accounting that tells no quantities has sent what was ordered.
                shipped = 0 if line.get("status") == "cut" else line["qty"]
            factor = self._factor(line["uom_id"])
            before = found.get(line["product_id"], Sold(Fraction(0), Fraction(0), date))
            found[line["product_id"]] = before._replace(
                qty=before.qty + shipped * factor,
                price=max(before.price or Fraction(0), line["net_price"] / factor),
            )
        for product, uom_id, qty in self._asked:
            if product in found:
                before = found[product]
                found[product] = before._replace(qty=before.qty - qty * self._factor(uom_id))
        return found

    def _of_history(self) -> Mapping[str, Sold]:
        products = json.dumps(sorted(self.first))
        rows = self._view.context.select(_HISTORY, (self._view.row["outlet_id"], products))
        return {
            product: Sold(
                Fraction(shipped - returned),
                None if newest is None else Fraction(newest),
                None if date is None else read_date(date),
            )
            for product, shipped, returned, date, newest in rows
        }
