"""A shop on paper that sells at prices: tea, boxes of tea, and beer for those with a licence."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from appliance.api import Row
from appliance.api.pricing import RequestedLine, price_document
from appliance.testing.fake_context import FakeContext
from appliance_preselling.order_terms import OrderTerms
from appliance_preselling.order_view import OrderView
from appliance_preselling.plugin import plugin

NOW_MS = 1_750_000_000_000  # 2025-06-15

COMPANY = {
    "code": "K",
    "name": "Almaty",
    "kind": "branch",
    "legal_party_id": "seller",
    "country": "KZ",
    "currency": "KZT",
    "timezone": "Asia/Almaty",
    "language": "ru",
    "tax_rounding": "per_line",
    "cash_round_minor": 100,
    "active": True,
}
PARTY = {"kind": "company", "name": "Shop", "legal_name": "Shop LLP", "active": True}


def product(code: str, **more: Any) -> Row:
    return {
        "code": code,
        "name": code,
        "group_ids": [],
        "base_uom": "778",
        "tax_category": "standard",
        "kind": "goods",
        "active": True,
        **more,
    }


def uom(product_id: str, factor: int = 1, **more: Any) -> Row:
    code = "778" if factor == 1 else "CT"
    return {
        "product_id": product_id,
        "uom_code": code,
        "name": code,
        "factor_num": factor,
        "factor_den": 1,
        "is_base": factor == 1,
        **more,
    }


def price(product_id: str, amount: int, **more: Any) -> Row:
    return {
        "price_list_id": "list",
        "product_id": product_id,
        "uom_id": f"{product_id}-pce",
        "price": amount,
        "valid_from": "2025-01-01",
        **more,
    }


SHOP_MASTERS: dict[str, dict[str, Row]] = {
    "org_units": {"almaty": COMPANY},
    "users": {
        "anna": {
            "login": "anna",
            "name": "Anna",
            "roles": ["agent"],
            "org_id": "almaty",
            "language": "en",
            "limits": {"max_manual_discount_bp": 500},
        }
    },
    "parties": {
        "seller": PARTY,
        "holding": {**PARTY, "credit_limit_minor": 100_000_000},
        "shop": {**PARTY, "price_list_id": "list", "group_id": "holding"},
        "sister": {**PARTY, "group_id": "holding"},
    },
    "outlets": {"corner": {"party_id": "shop", "name": "Corner", "address": "A", "active": True}},
    "price_lists": {"list": {"name": "List", "currency": "KZT", "tax_included": True}},
    "products": {"tea": product("T"), "beer": product("B", regulation="beer")},
    "product_uoms": {
        "tea-pce": uom("tea"),
        "tea-box": uom("tea", 12, order_multiple=2_000),
        "beer-pce": uom("beer"),
    },
    "prices": {"p1": price("tea", 10_000_000), "p2": price("beer", 5_000_000)},
    "tax_rates": {
        "r1": {
            "country": "KZ",
            "tax_category": "standard",
            "rate_bp": 1_200,
            "valid_from": "2009-01-01",
        }
    },
    "warehouses": {"main": {"code": "M", "name": "Main", "kind": "main", "org_id": "almaty"}},
}

SHOP_HEADER: Row = {
    "state": "submitted",
    "revision": 1,
    "user_id": "anna",
    "created_at": NOW_MS,
    "tz_offset_min": 300,
    "order_kind": "sale",
    "outlet_id": "corner",
    "party_id": "shop",
    "payer_party_id": "shop",
    "price_list_id": "list",
    "currency": "KZT",
    "tax_included": True,
    "warehouse_id": "main",
    "delivery": "address",
    "requested_date": "2025-06-17",
    "payment_form": "bank",
}


class Shop:
    """Makes orders with the amounts of the masters as they stand, and has them judged."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.context: FakeContext = desk.context

    def put(self, collection: str, record_id: str, row: Row | None = None, **changes: Any) -> None:
        """Store a record, or change fields of one."""
        before = self.context.get(collection, record_id) or {}
        self.context.put(collection, record_id, {**(row or before), **changes})

    def order(self, *lines: tuple[str, int], manual_bp: int = 0, **changes: Any) -> Row:
        """Return an order of these units and quantities, priced by the masters of now."""
        header: Row = {**copy.deepcopy(SHOP_HEADER), **changes, "lines": []}
        uoms = {name: self.context.get("product_uoms", name) or {} for name, _ in lines}
        header["lines"] = [{"product_id": uoms[name]["product_id"]} for name, _ in lines]
        terms = OrderTerms(OrderView("order-1", header, None, self.context))
        assert terms.terms is not None
        asked = [
            RequestedLine(
                line_no=place + 1,
                product_id=uoms[name]["product_id"],
                uom_id=name,
                qty=qty,
                manual_bp=manual_bp,
            )
            for place, (name, qty) in enumerate(lines)
        ]
        priced = price_document(terms.book, terms.terms, asked)
        header["lines"] = [
            {
                "line_no": line.line_no,
                "product_id": line.product_id,
                "uom_id": line.uom_id,
                "qty": line.qty,
                "list_price": line.list_price,
                "discounts": [
                    {"kind": one.kind, "ref_id": one.ref_id, "bp": one.bp} for one in line.discounts
                ],
                "net_price": line.net_price,
                "gross_amount": line.gross_amount,
                "line_amount": line.line_amount,
                "tax_category": line.tax_category,
                "rate_bp": line.rate_bp,
                "tax_amount": line.tax_amount,
                "total": line.total,
            }
            for line in priced.lines
        ]
        header["totals"] = {
            "gross": priced.totals.gross,
            "discount": priced.totals.discount,
            "net": priced.totals.net,
            "rounding": priced.totals.rounding,
            "payable": priced.totals.payable,
        }
        header["pricing_rev"] = terms.book.revision
        return header

    def judged(self, order: Row) -> tuple[str, list[tuple[str, str]]]:
        """Return the state that an order gets (``refused`` for none) and codes with severities."""
        effect = self.desk.post(order)
        state = "refused" if effect.row is None else effect.row["state"]
        return state, [(one.code, one.severity) for one in effect.issues]

    def send(self, order: Row, order_id: str, user: str = "anna", role: str = "agent") -> Row:
        """Store an order under an id, as the appliance would; return it as stored."""
        stored = self.context.get("orders", order_id)
        mutation = self.desk.mutation(order, user, role)
        mutation = msgspec.structs.replace(mutation, id=order_id)
        effect = plugin.apply_mutation(mutation, stored, (), self.context)
        assert effect is not None and effect.row is not None, effect
        self.context.put("orders", order_id, effect.row)
        self.context.apply(effect.writes)
        found: Row = effect.row
        return found

    def change(
        self, order_id: str, state: str, user: str = "sue", role: str = "manager", **changes: Any
    ) -> Row:
        """Have the manager, or somebody else, bring a stored order into a state."""
        sue = {"login": "sue", "name": "Sue", "roles": [role], "org_id": "almaty"}
        self.put("users", "sue", sue)
        self.put("users", "anna", supervisor_id="sue")
        stored = self.context.get("orders", order_id) or {}
        return self.send({**stored, "state": state, **changes}, order_id, user, role)

    def texts(self, order: Row) -> list[str]:
        """Return what the person reads."""
        return [one.text for one in self.desk.post(order).issues]
