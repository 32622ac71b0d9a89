"""OrderDesk: writes orders on a device, offline, as a sales rep would.

What is ordered is what the outlet needs (`Basket`), priced by the rows the device pulled
(`DevicePrices`). An honest order is one in which `Foresight` finds nothing wrong: the rep takes
cash of who may not owe more, leaves out what the customer has no licence for, and orders no more
than there is. A mistake is put in on purpose (`mistakes`). Members that the desk does not know are
filled by `SchemaSample`.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator, Mapping
from typing import Any

from appliance.api.pricing import RequestedLine, Terms
from appliance.testing.device import Device, Record
from appliance.testing.device_prices import DevicePrices
from appliance.testing.field_day.basket import Basket, Wanted
from appliance.testing.field_day.foresight import Foresight
from appliance.testing.field_day.mistakes import BENDS, MISTAKES, SPOILS
from appliance.testing.field_day.order_draft import OrderDraft, WrittenOrder, amounts
from appliance.testing.field_day.route_plan import Stop
from appliance.testing.held_records import HeldRecords
from appliance.testing.schema_sample import CannotSample, SchemaSample

ORDERS = "orders"

MOST_LINES = 12
ROUNDS = 8
"""How often an order is mended before the rep gives up."""

DAYS_TO_DELIVERY = 28
MASTERS = (
    *(
        "contracts",
        "customer_discounts",
        "customer_limits",
        "licences",
        "org_units",
        "outlets",
        "parties",
    ),
    *(
        "price_lists",
        "prices",
        "product_floors",
        "product_groups",
        "product_lines",
        "product_uoms",
        "products",
        "promotions",
    ),
    *("receivables", "route_outlets", "routes", "sales_history", "stock_balances"),
    *("suggested_orders", "tax_rates", "users", "warehouses"),
)
"""Collections that orders are made from."""


class OrderDesk:
    """Writes orders on one device.

    Args:
        device: pulled at least once.
        schemas: collection -> JSON Schema of its rows, of those the device may write.
        held: what the device holds.
        source: makes the choices.
        now_ms: UTC milliseconds by the device's clock.
        label: begins every order number; no other device may use it.
        tz_offset_min: minutes that the device's local time is ahead of UTC.
    """

    def __init__(
        self,
        device: Device,
        schemas: Mapping[str, Mapping[str, Any]],
        held: HeldRecords,
        source: random.Random,
        now_ms: int,
        label: str,
        tz_offset_min: int = 180,
    ) -> None:
        self._device = device
        self._schemas = schemas
        self._held = held
        self._source = source
        self._now_ms = now_ms
        self._label = label
        self._offset = tz_offset_min
        moment = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC)
        self._today = (moment + datetime.timedelta(minutes=tz_offset_min)).date()
        self._user_id = held.user_id()
        limits = held.find("users", self._user_id).get("limits") or {}
        self.order_limit: int | None = limits.get("max_order_minor")
        self.discount_limit: int = limits.get("max_manual_discount_bp") or 0
        self.basket = Basket(held, source)
        self.look()

    def look(self) -> None:
        """Take the prices as the device holds them now."""
        self.prices = DevicePrices(self._held, self._device.head, self._user_id)
        self.foresight = Foresight(self._held, self.prices, self._now_ms, self._today)

    def order(self) -> tuple[str, str]:
        """Make an honest order for some outlet and return its id and the outlet's.

        Raises:
            CannotSample: the device sees no outlet or price, or may not write orders.
        """
        outlets = [r for r in self._held.rows("outlets").values() if r.row.get("active", True)]
        if not outlets:
            raise CannotSample("the device sees no outlet")
        written, reason = None, ""
        for outlet in self._source.sample(outlets, len(outlets)):
            written, reason = self.write(Stop(outlet.id), self._now_ms)
            if written is not None:
                return self._device.create(ORDERS, written.row), outlet.id
        raise CannotSample(reason)

    def write(
        self, stop: Stop, at: int, *, mistake: str | None = None, visit_id: str | None = None
    ) -> tuple[WrittenOrder | None, str]:
        """Write an order, honest or with a mistake; the caller keeps it.

        Args:
            stop: whom for.
            at: when, UTC milliseconds.
            mistake: one of `mistakes.OF_ORDERS`; None: an honest one.
            visit_id: the visit it is written in.

        Returns:
            The order, or None and why there is none.

        Raises:
            CannotSample: the device may not write orders, or not all that they need.
        """
        if ORDERS not in self._schemas:
            raise CannotSample("this device may not write orders")
        draft, reason = self._draft(stop, at)
        if draft is None:
            return None, reason
        bend = None if mistake is None else BENDS.get(mistake)
        if bend is not None and not bend(draft, self):
            return None, f"{mistake}: not possible here"
        written = self._priced(draft, at, visit_id)
        if mistake is None:
            return self._mended(written, at, visit_id)
        if mistake in BENDS and MISTAKES[mistake].code not in self.foreseen(written):
            return None, f"{mistake}: not possible here"
        if mistake in SPOILS:
            honest, reason = self._mended(written, at, visit_id)
            if honest is None or not SPOILS[mistake](honest.row):
                return None, reason
            written = honest
        return written, ""

    def foreseen(self, written: WrittenOrder) -> frozenset[str]:
        """Return the codes that must hold or refuse an order that nobody spoiled."""
        return self.foresight.codes(written.full, written.issues, self.order_limit)

    # What a rep decides

    def _draft(self, stop: Stop, at: int) -> tuple[OrderDraft | None, str]:
        outlet = self._held.rows("outlets").get(stop.outlet_id)
        if outlet is None:
            return None, f"the device does not see outlet {stop.outlet_id}"
        date = self.delivery(outlet, self._today + datetime.timedelta(1))
        if date is None:
            return None, "no day of delivery within four weeks"
        draft = OrderDraft(outlet, date, "bank")
        self.move(draft, date)
        contract = None if draft.contract is None else draft.contract.row
        forms = self.foresight.forms(draft.payer_id, contract)
        draft.form = self._source.choice(forms) if forms else "bank"
        goods = self.goods(draft)
        if not goods:
            return None, f"no price for outlet {outlet.id}"
        day = datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).date().isoformat()
        for line in self.basket.of(stop, day, goods):
            if len(draft.wanted) < MOST_LINES and self.may_sell(draft, line.product_id):
                free = self.foresight.free(draft.warehouse_id, line.product_id)
                most = line.qty if free is None else self.basket.most(line.uom_id, free)
                if most > 0:
                    draft.wanted.append(line._replace(qty=min(line.qty, most)))
        if not draft.wanted:
            return None, "nothing that the outlet needs is there"
        return draft, ""

    def move(self, draft: OrderDraft, date: str) -> None:
        """Set the day of delivery, and the contract that is in force then."""
        draft.date = date
        draft.contract = self.prices.contract(draft.outlet, date, self.currency(draft))

    def delivery(self, outlet: Record, first: datetime.date) -> str | None:
        """Return the first day from one on at which an outlet can get goods."""
        for ahead in range(DAYS_TO_DELIVERY):
            day = first + datetime.timedelta(ahead)
            if self.foresight.delivers(outlet, day):
                return day.isoformat()
        return None

    def currency(self, draft: OrderDraft) -> str | None:
        """Return the currency of an order, None where nothing says which."""
        terms = self._terms(draft)
        return None if terms is None else terms.branch.currency

    def goods(self, draft: OrderDraft) -> Mapping[str, list[str]]:
        """Return the units of each product that has a price for an order."""
        terms = self._terms(draft)
        return {} if terms is None else self.prices.goods(terms)

    def may_sell(self, draft: OrderDraft, product_id: str) -> bool:
        """Tell whether the customer has the licence that a product needs."""
        regulation = self._held.find("products", product_id).get("regulation")
        return regulation is None or self._licence(draft, regulation)[0]

    def has_multiple(self, uom_id: str) -> bool:
        """Tell whether a unit says itself what it is a multiple of."""
        return bool(self._held.find("product_uoms", uom_id).get("order_multiple"))

    def regulated(self, draft: OrderDraft) -> Iterator[tuple[Wanted, bool, str | None]]:
        """Yield a line of each regulated product in stock, whether the customer has the licence
        that it needs on the day of delivery, and the last day of the newest he has."""
        goods = self.goods(draft)
        for regulation in ("alcohol", "beer", "tobacco", "pharma"):
            for record in self._held.by("products", "regulation", regulation):
                if record.id in goods:
                    uom = self.basket.unit(record.id, goods[record.id])
                    line = Wanted(record.id, uom, self.basket.in_unit(uom, 1))
                    free = self.foresight.free(draft.warehouse_id, record.id)
                    if free is None or self.basket.most(uom, free) >= line.qty:
                        yield line, *self._licence(draft, regulation)

    def _licence(self, draft: OrderDraft, regulation: str) -> tuple[bool, str | None]:
        parties = (draft.party_id, draft.payer_id)
        return self.foresight.licence_end(regulation, parties, draft.outlet.id, draft.date)

    def fill(self, draft: OrderDraft, *, above: int) -> bool:
        """Put goods into an order until it comes to more than an amount, minor units.

        What is in stock is taken whole, the most valuable first; False where there is not enough.
        """
        found: list[tuple[int, Wanted]] = []
        for product, units in self.goods(draft).items():
            uom = self.basket.unit(product, units)
            free = self.foresight.free(draft.warehouse_id, product)
            if free is None or not self.may_sell(draft, product):
                continue
            qty = self.basket.most(uom, free)
            rows = self._held.by("prices", "product_id", product)
            price = max((one.row["price"] for one in rows if one.row["uom_id"] == uom), default=0)
            if qty > 0 and price > 0:
                found.append((qty * price, Wanted(product, uom, qty)))
        found.sort(key=lambda one: (-one[0], one[1].product_id))
        # A quarter more than the list says: discounts and promotions take some of it off.
        left, draft.wanted = above * 100_000 * 5 // 4 + 1, []
        for value, line in found:
            if left <= 0 or len(draft.wanted) >= 4 * MOST_LINES:
                break
            if value > left:
                part = max(1, line.qty * left // value)
                line = line._replace(qty=min(line.qty, self.basket.in_unit(line.uom_id, part)))
            draft.wanted.append(line)
            left -= value
        return left <= 0

    # The record

    def _terms(self, draft: OrderDraft) -> Terms | None:
        return self.prices.terms(
            draft.outlet, date=draft.date, payment_form=draft.form, contract=draft.contract
        )

    def _priced(self, draft: OrderDraft, at: int, visit_id: str | None) -> WrittenOrder:
        terms = self._terms(draft)
        assert terms is not None, "a draft has goods, and goods have a price"
        priced = self.prices.price(
            terms,
            (
                RequestedLine(
                    line_no=place + 1,
                    product_id=line.product_id,
                    uom_id=line.uom_id,
                    qty=line.qty,
                    manual_bp=draft.manual.get(place, 0),
                )
                for place, line in enumerate(draft.wanted)
            ),
        )
        known = {
            "state": "submitted",
            "revision": 1,
            "number": f"{self._label}-{self._device.next_n}",
            "user_id": self._user_id,
            "created_at": at,
            "tz_offset_min": self._offset,
            "visit_id": visit_id,
            "order_kind": "sale",
            "outlet_id": draft.outlet.id,
            "party_id": draft.party_id,
            "payer_party_id": draft.payer_id,
            "contract_id": None if draft.contract is None else draft.contract.id,
            "pricing_rev": self.prices.revision,
            "warehouse_id": draft.warehouse_id,
            "delivery": "address",
            "requested_date": draft.date,
            "payment_form": draft.form,
            "source": "device",
            **amounts(priced),
        }
        for line, wanted in zip(known["lines"], draft.wanted, strict=False):
            line["suggested_qty"] = wanted.suggested
        sample = SchemaSample(self._schemas[ORDERS], self._held.pick, self._source, self._today)
        return WrittenOrder(sample.row(known), known, priced.issues, draft)

    def _mended(
        self, written: WrittenOrder, at: int, visit_id: str | None
    ) -> tuple[WrittenOrder | None, str]:
        """Change an order until nothing is foreseen that holds or refuses it."""
        for _ in range(ROUNDS):
            codes = self.foreseen(written)
            if not codes:
                return written, ""
            draft = written.draft
            if codes & {"credit_limit_exceeded", "overdue_debt"} and self._pays_cash(draft):
                draft.form = "cash"
            elif "overdue_debt" in codes or not self._lighten(written):
                break
            written = self._priced(draft, at, visit_id)
        return None, f"no honest order: {', '.join(sorted(codes))}"

    def _pays_cash(self, draft: OrderDraft) -> bool:
        contract = None if draft.contract is None else draft.contract.row
        forms = self.foresight.forms(draft.payer_id, contract)
        return draft.form != "cash" and (not forms or "cash" in forms)

    def _lighten(self, written: WrittenOrder) -> bool:
        """Take out the lines that something is wrong with, else the last half of all."""
        draft = written.draft
        named = {getattr(one, "line_no", None) for one in written.issues} - {None}
        given = {one.get("gift_of_line_no") for one in written.full["lines"]} - {None}
        promoted = {
            one["line_no"]
            for one in written.full["lines"]
            if any(d["kind"].startswith("free_goods") for d in one.get("discounts", ()))
        }
        wrong = named | given | promoted
        kept = [line for place, line in enumerate(draft.wanted, 1) if place not in wrong]
        if len(kept) == len(draft.wanted):
            kept = draft.wanted[: len(draft.wanted) // 2]
        draft.wanted = kept
        return bool(kept)
