"""Foresight: what the appliance must find in an order, as far as the device can know it.

It is the simulator's own reading of the rules, made from the rows that the device pulled. The
appliance's verdict is held against it: a code that is foreseen and not told has passed by mistake,
one that is told and not foreseen has hit an honest order.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from appliance.api.mutations import Issue
from appliance.testing.device import Record
from appliance.testing.device_prices import DevicePrices
from appliance.testing.field_day.customer_limits import CustomerLimits
from appliance.testing.held_records import HeldRecords

Row = Mapping[str, Any]

OVERDUE_DAYS = 14
"""Days over due that hold orders, where the contract does not say: the appliance's default."""

FRESH_MS = 23 * 3_600_000
"""How old a balance may be that counts: the appliance's default less an hour, for the clock of the
simulator and of the appliance are not read at the same moment."""

WILL_BE_OWED = frozenset({"accepted", "awaiting_confirmation", "confirmed", "partially_shipped"})
"""States of orders that count as debt."""

RESERVATIONS = "stock_reservations"
"""What orders have reserved of each product."""

STOPPING = frozenset({"hold", "reject"})


class Foresight:
    """Reads the rules on one device.

    Args:
        held: what the device holds.
        prices: of the same rows.
        now_ms: UTC milliseconds.
        today: the day of the branch.
    """

    def __init__(
        self, held: HeldRecords, prices: DevicePrices, now_ms: int, today: datetime.date
    ) -> None:
        self._held = held
        self._prices = prices
        self._now_ms = now_ms
        self.today = today
        self._ordered: dict[str, int] = {}
        self._reserved: dict[tuple[str, str], int] = {}
        self.limits = CustomerLimits(held)

    def codes(self, row: Row, priced: Iterable[Issue], limit_minor: int | None) -> frozenset[str]:
        """Return the codes that hold or refuse an order.

        Args:
            row: the order.
            priced: what pricing found.
            limit_minor: what an order of the author may come to; None: anything.
        """
        found = set()
        if self._prices.units():  # where there are no branches, no prices are checked
            found |= {issue.code for issue in priced if issue.severity in STOPPING}
        payable = row["totals"]["payable"]
        if limit_minor is not None and payable > limit_minor:
            found.add("order_over_limit")
        found |= self._delivery(row)
        found |= self._licences(row)
        found |= self._payment(row, payable)
        if self.limits.is_over(row):
            found.add("customer_limit_exceeded")
        if self._short(row):
            found.add("stock_short")
        return frozenset(found)

    def accept(self, row: Row) -> None:
        """Count an order that will be accepted: its payer owes it, and it takes of limits."""
        self.limits.take(row)
        for product, qty in self._wanted(row).items():
            key = row["warehouse_id"], product
            self._reserved[key] = self._reserved.get(key, 0) + qty
        if row["payment_form"] != "cash":
            payer = row["payer_party_id"]
            self._ordered[payer] = self._ordered.get(payer, 0) + row["totals"]["payable"]

    # Credit

    def room(self, payer_id: str, contract: Row | None, currency: str) -> int | None:
        """Return what a payer may still order on credit, minor units; None where any is allowed."""
        limit, parties = self._limit(payer_id, contract or {})
        if limit is None:
            return None
        owed = sum(
            one.row["open_amount"]
            for party in parties
            for one in self._held.by("receivables", "party_id", party)
            if one.row["currency"] == currency
        )
        ordered = sum(
            one.row["totals"]["payable"]
            for party in parties
            for one in self._held.by("orders", "payer_party_id", party)
            if one.row["currency"] == currency
            and one.row["payment_form"] != "cash"
            and one.row["state"] in WILL_BE_OWED
            and one.row.get("totals")
        )
        return int(limit - owed - ordered - sum(self._ordered.get(one, 0) for one in parties))

    def _limit(self, payer_id: str, contract: Row) -> tuple[int | None, list[str]]:
        payer = self._held.find("parties", payer_id)
        for row in (contract, payer):
            if row.get("credit_limit_minor") is not None:
                return row["credit_limit_minor"], [payer_id]
        group = payer.get("group_id")
        limit = self._held.find("parties", group).get("credit_limit_minor") if group else None
        members = [one.id for one in self._held.by("parties", "group_id", group)] if group else []
        return limit, list(dict.fromkeys([*(one for one in (group,) if one), payer_id, *members]))

    def is_overdue(self, payer_id: str, contract: Row | None, currency: str) -> bool:
        """Tell whether a payer's debt is too old for orders on credit."""
        terms = contract or {}
        days, least = terms.get("overdue_block_days"), terms.get("overdue_block_minor")
        # The appliance counts these days by UTC.
        today = datetime.datetime.fromtimestamp(self._now_ms / 1000, datetime.UTC).date()
        last = today - datetime.timedelta(OVERDUE_DAYS if days is None else days)
        overdue: int = sum(
            one.row["open_amount"]
            for one in self._held.by("receivables", "party_id", payer_id)
            if one.row["currency"] == currency
            and one.row["due_date"] < last.isoformat()
            and one.row["open_amount"] > 0
        )
        return overdue > (least or 0)

    def _payment(self, row: Row, payable: int) -> set[str]:
        contract = self._held.find("contracts", row.get("contract_id"))
        payer_id, currency, form = row["payer_party_id"], row["currency"], row["payment_form"]
        found = set()
        if form not in (self.forms(payer_id, contract) or (form,)):
            found.add("payment_form_denied")
        if form == "cash":
            return found
        room = self.room(payer_id, contract, currency)
        if room is not None and payable > room:
            found.add("credit_limit_exceeded")
        if self.is_overdue(payer_id, contract, currency):
            found.add("overdue_debt")
        return found

    def forms(self, payer_id: str, contract: Row | None) -> tuple[str, ...]:
        """Return the agreed forms of payment; none where anything goes."""
        agreed = (contract or {}).get("payment_forms")
        return tuple(agreed or self._held.find("parties", payer_id).get("payment_forms") or ())

    # Licences

    def licence_end(
        self, regulation: str, parties: Iterable[str], outlet_id: str, date: str
    ) -> tuple[bool, str | None]:
        """Return whether a licence holds on a day, and the last day of the newest there is."""
        found = [
            one.row
            for party in dict.fromkeys(parties)
            for one in self._held.by("licences", "party_id", party)
            if one.row["regulation"] == regulation and one.row.get("outlet_id") in (None, outlet_id)
        ]
        holds = any(one["valid_from"] <= date <= one["valid_to"] for one in found)
        return holds, max((one["valid_to"] for one in found), default=None)

    def _licences(self, row: Row) -> set[str]:
        found, date = set(), row["requested_date"]
        for line in row["lines"]:
            regulation = self._held.find("products", line["product_id"]).get("regulation")
            if regulation is None:
                continue
            parties = (row["party_id"], row["payer_party_id"])
            holds, end = self.licence_end(regulation, parties, row["outlet_id"], date)
            if not holds:
                expired = end is not None and end < date
                found.add("licence_expired" if expired else "licence_missing")
        return found

    # Stock and delivery

    def free(self, warehouse_id: str | None, product_id: str) -> int | None:
        """Return what a warehouse has free of a product, base units; None where nobody counted."""
        counted = [
            one.row
            for one in self._held.by("stock_balances", "product_id", product_id)
            if one.row["warehouse_id"] == warehouse_id
        ]
        if not counted:
            return None
        free: int = sum(one["on_hand"] - (one.get("reserved") or 0) for one in counted)
        ordered: int = sum(
            one.row["qty"]
            for one in self._held.by(RESERVATIONS, "product_id", product_id)
            if one.row["warehouse_id"] == warehouse_id
        )
        return free - ordered - self._reserved.get((warehouse_id or "", product_id), 0)

    def is_fresh(self, warehouse_id: str | None, product_id: str) -> bool:
        """Tell whether the balance of a product is young enough to count."""
        counted = [
            one.row["as_of"]
            for one in self._held.by("stock_balances", "product_id", product_id)
            if one.row["warehouse_id"] == warehouse_id
        ]
        return bool(counted) and min(counted) >= self._now_ms - FRESH_MS

    def _short(self, row: Row) -> bool:
        return any(
            self.is_fresh(row["warehouse_id"], product)
            and (self.free(row["warehouse_id"], product) or 0) < qty
            for product, qty in self._wanted(row).items()
        )

    def _wanted(self, row: Row) -> dict[str, int]:
        """Return what an order is for, base units by product."""
        wanted: dict[str, int] = {}
        for line in row["lines"]:
            uom = self._held.find("product_uoms", line["uom_id"])
            num, den = uom.get("factor_num") or 1, uom.get("factor_den") or 1
            base = -(-line["qty"] * num // den)
            wanted[line["product_id"]] = wanted.get(line["product_id"], 0) + base
        return wanted

    def _delivery(self, row: Row) -> set[str]:
        day = datetime.date.fromisoformat(row["requested_date"])
        outlet = self._held.rows("outlets").get(row["outlet_id"])
        if outlet is None or self.delivers(outlet, day):
            return set()
        return {"delivery_date_invalid"}

    def delivers(self, outlet: Record, day: datetime.date) -> bool:
        """Tell whether an outlet can get goods on a day."""
        windows = outlet.row.get("time_windows")
        is_open = not windows or any(one["dow"] == day.isoweekday() for one in windows)
        return day >= self.today and self._prices.works_on(day) and is_open
