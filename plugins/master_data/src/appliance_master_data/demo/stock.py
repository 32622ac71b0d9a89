"""What warehouses and vans hold."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.api import Write
from appliance_master_data.demo.catalogue import Catalogue
from appliance_master_data.demo.organisation import VANS
from appliance_master_data.demo.plan import Plan

BLOCK = 1_000
"""Balances that are made at a stretch."""

_OF_WAREHOUSE = 100_000
"""Numbers for one warehouse."""


class Stock:
    """The balances of a plan."""

    def __init__(self, plan: Plan, catalogue: Catalogue) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._of_branch = -(-plan.size.products // BLOCK)

    @property
    def blocks(self) -> int:
        """How many stretches all balances are made in: those of branches, then one for each van."""
        return len(self._plan.branches) * self._of_branch + self._plan.size.drivers

    def records(self, block: int) -> Iterator[Write]:
        """Yield some balances of a warehouse."""
        plan = self._plan
        van = block - len(plan.branches) * self._of_branch
        if van >= 0:
            # Every van has what sells everywhere, and then its own.
            most = min(plan.size.van_stock, plan.size.products)
            yield from self._balances(VANS + van, range(most), boxes=4)
            return
        branch, part = divmod(block, self._of_branch)
        last = min((part + 1) * BLOCK, plan.size.products)
        yield from self._balances(branch, range(part * BLOCK, last), boxes=160)

    def _balances(self, warehouse: int, products: range, boxes: int) -> Iterator[Write]:
        plan = self._plan
        warehouse_id = plan.id("warehouses", warehouse)
        chances = plan.numbers(f"stock/{warehouse}/{products.start}", len(products))
        rare, least = (60, 4) if plan.name == "small" else (20, 1)
        for number, chance in zip(products, chances, strict=True):
            box = self._catalogue.product(number).pack.box
            # Few are sold out; of the others there are a few boxes or many.
            held = least + chance // 20 % boxes * (chance // 9_999 % 10 + 1) // 10
            if chance % rare == 0:
                held = 0
            on_hand = held * box * 1_000
            reserved = on_hand // 10 // 1_000 * 1_000 if chance // 7 % 4 == 0 else 0
            yield plan.put(
                "stock_balances",
                warehouse * _OF_WAREHOUSE + number,
                warehouse_id=warehouse_id,
                product_id=plan.id("products", number),
                on_hand=on_hand,
                reserved=reserved or None,
                as_of=plan.now_ms,
            )
