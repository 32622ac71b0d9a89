"""CustomerLimits: whether an order takes more of a period's limit than was agreed.

The sums of what was ordered before come from `customer_limit_uses`; what the device orders itself
is added as it goes.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from appliance.testing.held_records import HeldRecords

Row = Mapping[str, Any]

Period = tuple[str, str, str]
"""A limit, the first day of the period and the currency."""


class CustomerLimits:
    """The limits of the customers that a device holds."""

    def __init__(self, held: HeldRecords) -> None:
        self._held = held
        self._taken: dict[Period, tuple[int, int]] = {}

    def of(self, order: Row) -> Iterator[tuple[str, Row]]:
        """Yield the limits of an order's outlet, party and holding that hold on its day."""
        date = order["requested_date"]
        group = self._held.find("parties", order["party_id"]).get("group_id")
        subjects = (("outlet", order["outlet_id"]), ("party", order["party_id"]), ("group", group))
        for kind, subject in subjects:
            for one in self._held.by("customer_limits", "subject_id", subject):
                row = one.row
                ends = row.get("valid_to") or date
                if row["subject_kind"] == kind and row["valid_from"] <= date <= ends:
                    yield one.id, row

    def is_over(self, order: Row) -> bool:
        """Tell whether an order takes more than is left of a limit."""
        for key, limit, amount, qty in self._parts(order):
            before_amount, before_qty = self._before(key)
            most_amount, most_qty = limit.get("max_amount"), limit.get("max_qty")
            if most_amount is not None and before_amount + amount > most_amount:
                return True
            if most_qty is not None and before_qty + qty > most_qty:
                return True
        return False

    def take(self, order: Row) -> None:
        """Count an order that will be accepted."""
        for key, _, amount, qty in self._parts(order):
            taken = self._taken.get(key, (0, 0))
            self._taken[key] = taken[0] + amount, taken[1] + qty

    def is_under(self, product_id: str, limit: Row) -> bool:
        """Tell whether a limit is on a product."""
        product, name = self._held.find("products", product_id), limit.get("object_id")
        match limit["object_kind"]:
            case "product":
                return bool(product_id == name)
            case "brand":
                return bool(product.get("brand") == name)
            case "group":
                return name in self._groups(product)
        return True

    def _groups(self, product: Row) -> set[str]:
        found: set[str] = set()
        for group in product.get("group_ids") or ():
            following: str | None = group
            while following is not None and following not in found:
                found.add(following)
                following = self._held.find("product_groups", following).get("parent_id")
        return found

    def _before(self, key: Period) -> tuple[int, int]:
        amount, qty = self._taken.get(key, (0, 0))
        for one in self._held.by("customer_limit_uses", "limit_id", key[0]):
            if (one.row["since"], one.row["currency"]) == key[1:]:
                amount, qty = amount + one.row["amount"], qty + one.row["qty"]
        return amount, qty

    def _parts(self, order: Row) -> Iterator[tuple[Period, Row, int, int]]:
        for limit_id, limit in self.of(order):
            lines = [line for line in order["lines"] if self.is_under(line["product_id"], limit)]
            if lines:
                since = first_day(limit["period"], order["requested_date"])
                amount = sum(line["total"] for line in lines)
                qty = sum(self._base(line) for line in lines)
                yield (limit_id, since, order["currency"]), limit, amount, qty

    def _base(self, line: Row) -> int:
        uom = self._held.find("product_uoms", line["uom_id"])
        num, den = uom.get("factor_num") or 1, uom.get("factor_den") or 1
        return int(-(-line["qty"] * num // den))


def first_day(period: str, date: str) -> str:
    """Return the first day of the day, week (from Monday) or month that a day is in."""
    day = datetime.date.fromisoformat(date)
    if period == "month":
        return day.replace(day=1).isoformat()
    if period == "week":
        return (day - datetime.timedelta(day.weekday())).isoformat()
    return date
