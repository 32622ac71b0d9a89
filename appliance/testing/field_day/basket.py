"""Basket: what an outlet needs, as the rep's app suggests it.

Where the device holds `suggested_orders` of the outlet, they are what is ordered. Else the app
works a suggestion out from `sales_history` with `appliance.api.suggested_order`: one and a half
times what was sold from visit to visit. Where nothing was sold yet, some goods are tried.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import NamedTuple

from appliance.api.suggested_order import Need, suggest
from appliance.api.values import rdiv
from appliance.testing.field_day.route_plan import Stop
from appliance.testing.held_records import HeldRecords

SUGGESTED = "suggested_orders"

WHOLE = 1_000
"""One unit."""

WEEKS_OF_CYCLE = 4
USUAL_FREQUENCY = 4
"""Visits in four weeks where the route does not say."""

TRIED = 6
"""Goods that an outlet without history tries."""


class Wanted(NamedTuple):
    """One line before it is priced; quantities in 1/1 000 of the unit.

    Attributes:
        product_id, uom_id: what, in which unit.
        qty: that is ordered.
        suggested: that was suggested; None where nothing was.
    """

    product_id: str
    uom_id: str
    qty: int
    suggested: int | None = None


class Basket:
    """Fills orders on one device.

    Args:
        held: what the device holds.
        source: chooses what is tried.
    """

    def __init__(self, held: HeldRecords, source: random.Random) -> None:
        self._held = held
        self._source = source

    def of(self, stop: Stop, day: str, goods: Mapping[str, list[str]]) -> list[Wanted]:
        """Return what an outlet needs, what sells most first.

        Args:
            stop: whom for.
            day: of the visit, YYYY-MM-DD.
            goods: units of each product that has a price.
        """
        needed = self._suggested(stop.outlet_id, day) or self._by_history(stop, goods)
        if not needed and goods:
            tried = self._source.sample(sorted(goods), min(len(goods), TRIED))
            needed = {product: WHOLE * self._source.randint(1, 24) for product in tried}
        found = []
        for product, qty in needed.items():
            if product in goods and qty > 0:
                uom = self.unit(product, goods[product])
                qty = self.in_unit(uom, qty)
                found.append(Wanted(product, uom, qty, qty))
        return found

    def _suggested(self, outlet_id: str, day: str) -> dict[str, int]:
        rows = [one.row for one in self._held.by(SUGGESTED, "outlet_id", outlet_id)]
        dates = {row["for_date"] for row in rows if row.get("for_date")}
        # The suggestion for this visit, else for the one before it, else the only one there is.
        past = [one for one in dates if one <= day]
        wanted = max(past) if past else min(dates, default=None)
        return {row["product_id"]: row["qty"] for row in rows if row.get("for_date") == wanted}

    def _by_history(self, stop: Stop, goods: Mapping[str, list[str]]) -> dict[str, int]:
        months: dict[str, dict[str, int]] = {}
        for record in self._held.by("sales_history", "outlet_id", stop.outlet_id):
            row = record.row
            of_product = months.setdefault(row["product_id"], {})
            of_product[row["month"]] = of_product.get(row["month"], 0) + (row.get("ordered") or 0)
        visits = max(1, stop.frequency or USUAL_FREQUENCY)
        ranked = sorted(months, key=lambda product: (-sum(months[product].values()), product))
        needed = {}
        for product in ranked:
            if product not in goods:
                continue
            sold = tuple(rdiv(qty, visits) for _, qty in sorted(months[product].items())[-3:])
            multiple = self.multiple(self.unit(product, goods[product]))
            needed[product] = suggest(Need(sold_per_visit=sold, multiple=multiple)).qty
        return needed

    def unit(self, product_id: str, units: list[str]) -> str:
        """Return the unit to order a product in: the base unit, where it has a price."""
        base = [uom for uom in units if self._held.find("product_uoms", uom).get("is_base")]
        return (base or units)[0]

    def multiple(self, uom_id: str) -> int:
        """Return what an ordered quantity of a unit is a multiple of, 1/1 000."""
        return int(self._held.find("product_uoms", uom_id).get("order_multiple") or WHOLE)

    def in_unit(self, uom_id: str, base_qty: int) -> int:
        """Return a quantity of the base unit in a unit, raised to its multiple and its least."""
        uom = self._held.find("product_uoms", uom_id)
        num, den = uom.get("factor_num") or 1, uom.get("factor_den") or 1
        multiple = self.multiple(uom_id)
        qty = max(-(-base_qty * den // num), uom.get("min_order") or 0)
        return int(-(-qty // multiple) * multiple)

    def in_base(self, uom_id: str, qty: int) -> int:
        """Return a quantity of a unit in base units, rounded up."""
        uom = self._held.find("product_uoms", uom_id)
        num, den = uom.get("factor_num") or 1, uom.get("factor_den") or 1
        return int(-(-qty * num // den))

    def most(self, uom_id: str, base_qty: int) -> int:
        """Return the greatest quantity of a unit that some base units are enough for."""
        uom = self._held.find("product_uoms", uom_id)
        num, den = uom.get("factor_num") or 1, uom.get("factor_den") or 1
        multiple = self.multiple(uom_id)
        return int(max(0, base_qty) * den // num // multiple * multiple)
