"""The terms of an order: whose prices it has, whose tax, on which day."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cached_property

from appliance.api import Context, Row
from appliance.api.pricing import Branch, PriceBook, Subject, Terms
from appliance_master_data.price_shelf import Earlier, PriceShelf
from appliance_preselling.dates import day_in, day_of, today_of
from appliance_preselling.order_view import OrderView

_SHELF = PriceShelf()
"""The masters of prices, kept in memory for all orders."""

_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}
"""Decimals of currencies that do not have two (ISO 4217)."""

_ROUTE_LIST = """
SELECT routes.price_list_id FROM route_outlets
JOIN routes ON routes.id = route_outlets.route_id
WHERE route_outlets.outlet_id = ? AND routes.price_list_id IS NOT NULL
    AND coalesce(routes.active, 1)
ORDER BY routes.owner_user_id IS NOT ?, routes.id LIMIT 1
"""


class OrderTerms:
    """What decides the prices of one order; everything is read when it is first asked for."""

    def __init__(self, view: OrderView) -> None:
        """Take the order."""
        self._view = view

    @classmethod
    def of(cls, view: OrderView) -> OrderTerms:
        """Return the terms of an order, the same to every rule."""
        found: OrderTerms = view.kept.setdefault(cls, cls(view))
        return found

    @cached_property
    def units(self) -> tuple[Row, ...]:
        """The org unit that sells and those above it; none where the order has no unit."""
        found: list[Row] = []
        seen: set[str] = set()
        following = self._unit_id
        while following is not None and following not in seen:
            seen.add(following)
            unit = self._view.record("org_units", following)
            if unit is None:
                break
            found.append({**unit, "id": following})
            following = unit.get("parent_id")
        return tuple(found)

    @property
    def _unit_id(self) -> str | None:
        """The order's own unit, else its author's, else that of the warehouse, else the company."""
        view = self._view
        own: str | None = view.row.get("org_id")
        if own is not None:
            return own
        for row in (view.author, view.record("warehouses", view.row["warehouse_id"])):
            unit: str | None = (row or {}).get("org_id")
            if unit is not None:
                return unit
        roots = view.context.select(
            "SELECT id FROM org_units WHERE parent_id IS NULL ORDER BY id LIMIT 2"
        )
        return roots[0][0] if len(roots) == 1 else None

    @property
    def has_units(self) -> bool:
        """Whether the company has org units at all."""
        return bool(self._view.context.select("SELECT 1 FROM org_units LIMIT 1"))

    @property
    def today(self) -> datetime.date:
        """The day it is in the branch; where the order has no unit, on the device's clock."""
        now_ms = self._view.context.now_ms
        if self.units:
            return day_in(now_ms, self.units[0].get("timezone"))
        return today_of(now_ms, self._view.row["tz_offset_min"])

    @property
    def date(self) -> str:
        """The day of the prices, YYYY-MM-DD."""
        if self._view.settings["pricing_date"] == "requested":
            requested: str = self._view.row["requested_date"]
            return requested
        return created_on(self._view.row)

    @cached_property
    def contract(self) -> Row | None:
        """The order's contract, where it is in force on the day of the prices."""
        contract = self._view.contract
        if contract is None or contract.get("state") not in (None, "active"):
            return None
        ends = contract.get("valid_to")
        begun = contract["date"] <= self.date
        return contract if begun and (ends is None or self.date <= ends) else None

    @cached_property
    def subject(self) -> Subject:
        """Who buys."""
        outlet, party = self._view.outlet or {}, self._view.party or {}
        contract = self.contract or {}
        segments = dict.fromkeys([*(outlet.get("segments") or ()), *(party.get("segments") or ())])
        group = party.get("group_id")
        named = {
            "outlet_price_list_id": outlet.get("price_list_id"),
            "contract_price_list_id": contract.get("price_list_id"),
            "party_price_list_id": party.get("price_list_id"),
        }
        if not any(named.values()):
            named["route_price_list_id"] = self._route_list(self._view.context)
            lists = (unit.get("price_list_id") for unit in self.units)
            named["branch_price_list_id"] = next((one for one in lists if one is not None), None)
        return Subject(
            outlet_id=self._view.row["outlet_id"],
            party_id=self._view.row["party_id"],
            group_ids=() if group is None else (group,),
            segments=tuple(segments),
            org_ids=tuple(unit["id"] for unit in self.units),
            tax_status=party.get("tax_status"),
            tax_profile=outlet.get("tax_profile"),
            **named,
        )

    def _route_list(self, context: Context) -> str | None:
        asked = (self._view.row["outlet_id"], self._view.row["user_id"])
        found = context.select(_ROUTE_LIST, asked)
        return found[0][0] if found else None

    @cached_property
    def terms(self) -> Terms | None:
        """The terms as pricing takes them; None where no unit sells."""
        if not self.units:
            return None
        unit, settings = self.units[0], self._view.settings
        limits: Mapping[str, int] = (self._view.author or {}).get("limits") or {}
        currency = unit["currency"]
        return Terms(
            subject=self.subject,
            branch=Branch(
                country=unit["country"],
                currency=currency,
                currency_exponent=_EXPONENTS.get(currency, 2),
                tax_rounding=unit["tax_rounding"],
                discounts="additive" if settings["additive_discounts"] else "multiplicative",
                cash_round_minor=unit["cash_round_minor"],
                min_order_minor=settings["min_order_minor"],
                price_grace_hours=settings["price_grace_hours"],
            ),
            pricing_date=self.date,
            tax_date=self._view.row["requested_date"],
            payment_form=self._view.row["payment_form"],
            manual_limit_bp=self._manual_limit(limits.get("max_manual_discount_bp") or 0),
        )

    def _manual_limit(self, of_person: int) -> int:
        """Return what may be given by hand: as much as the person may, and the outlet gets."""
        of_outlet = (self._view.outlet or {}).get("max_manual_discount_bp")
        return of_person if of_outlet is None else min(of_person, of_outlet)

    @cached_property
    def book(self) -> PriceBook:
        """The prices of now that the order needs, and its goods."""
        return _SHELF.book(self._view.context, self._products(), self.subject)

    def earlier(self, seq: int) -> Earlier | None:
        """Return the same as they stood at a seq; None where that is not known any more."""
        return _SHELF.earlier(self._view.context, self._products(), self.subject, seq)

    def _products(self) -> list[str]:
        return sorted({line["product_id"] for line in self._view.lines})


def created_on(row: Row) -> str:
    """Return the day on which an order was made, where it was made, YYYY-MM-DD.

    A clock may say anything; the requested day stands in for one that no calendar has.
    """
    day = day_of(row["created_at"], row["tz_offset_min"])
    return row["requested_date"] if day is None else day.isoformat()
