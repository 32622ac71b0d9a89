"""A small trade, an order that fits it, and a way to send it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import settings

from appliance.api import Effect, Issue, Mutation, Row
from appliance.api.pricing import RequestedLine, price_document
from appliance.testing.fake_context import FakeContext
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.order_terms import OrderTerms
from appliance_preselling.order_view import OrderView
from appliance_preselling.plugin import plugin
from appliance_preselling.settings import SETTINGS

settings.register_profile("fieldbox", deadline=None)
settings.load_profile("fieldbox")


MASTERS: dict[str, dict[str, Row]] = {
    "org_units": {
        "land": {"code": "L", "timezone": "Europe/Sofia", "language": "en"},
        "north": {"code": "N", "parent_id": "land", "timezone": "Europe/Sofia", "language": "en"},
        "south": {"code": "S", "parent_id": "land", "timezone": "Europe/Sofia", "language": "bg"},
    },
    "users": {
        "anna": {"login": "anna", "org_id": "north", "supervisor_id": "sven", "roles": ["agent"]},
        "boris": {
            "login": "boris",
            "org_id": "north",
            "roles": ["agent"],
            "limits": {"max_order_minor": 10_000},
        },
        "dan": {"login": "dan", "org_id": "north", "roles": ["driver"]},
        "sven": {
            "login": "sven",
            "org_id": "north",
            "supervisor_id": "mia",
            "language": "ru",
            "roles": ["supervisor"],
        },
        "mia": {"login": "mia", "org_id": "north", "roles": ["manager"]},
        "olga": {"login": "olga", "org_id": "north", "roles": ["accounting"]},
        "kim": {"login": "35924670000", "roles": ["client"]},
    },
    "outlets": {
        "o1": {
            "name": "Corner shop",
            "address": "Main St 1",
            "code": "O1",
            "party_id": "p1",
            "payer_party_id": "p2",
        }
    },
    "parties": {
        "p1": {"legal_name": "Corner Ltd", "portal_access": True},
        "p2": {"legal_name": "Payer Ltd"},
    },
    "contacts": {"c1": {"party_id": "p1", "phone_e164": "+35924670000", "portal_access": True}},
    "price_lists": {"l1": {"code": "L"}},
    "warehouses": {"w1": {"code": "W"}},
    "products": {
        "tea": {"code": "T", "name": {"en": "Tea", "ru": "Чай"}, "active": True},
        "jam": {"code": "J", "name": "Jam", "active": True},
        "old": {"code": "X", "name": "Old", "active": False},
    },
    "product_uoms": {
        "tea-pce": {"product_id": "tea", "uom_code": "PCE", "name": "pcs"},
        "jam-pce": {"product_id": "jam", "uom_code": "PCE", "name": "pcs"},
        "old-pce": {"product_id": "old", "uom_code": "PCE", "name": "pcs"},
    },
}


def line(line_no: int, product: str = "tea", **changes: Any) -> dict[str, Any]:
    return {
        "line_no": line_no,
        "product_id": product,
        "uom_id": f"{product}-pce",
        "qty": 3_000,
        "list_price": 100_100,
        "net_price": 100_100,
        "gross_amount": 3_003,
        "line_amount": 3_003,
        "tax_category": "vat20",
        "rate_bp": 2_000,
        "tax_amount": 501,
        "total": 3_003,
        **changes,
    }


ORDER: Row = {
    "state": "submitted",
    "revision": 1,
    "number": "A-1",
    "user_id": "anna",
    "created_at": 1_750_000_000_000,
    "tz_offset_min": 180,
    "order_kind": "sale",
    "outlet_id": "o1",
    "party_id": "p1",
    "payer_party_id": "p2",
    "price_list_id": "l1",
    "currency": "EUR",
    "tax_included": True,
    "warehouse_id": "w1",
    "delivery": "address",
    "requested_date": "2025-06-17",
    "payment_form": "cash",
    "totals": {
        "gross": 6_006,
        "discount": 0,
        "net": 5_004,
        "payable": 6_006,
        "tax": [{"tax_category": "vat20", "rate_bp": 2_000, "tax_amount": 1_002}],
    },
    "lines": [line(1), line(2, "jam")],
}


class Desk:
    """Sends orders through `apply_mutation`, and stores what comes out."""

    def __init__(self, context: FakeContext) -> None:
        self.context = context
        self.received_at = context.now_ms

    def mutation(self, row: Row, user: str = "anna", role: str = "agent") -> Mutation:
        self.received_at += 1_000
        known = self.context.get("users", user) or {}
        return Mutation(
            mid="m",
            n=1,
            collection="orders",
            id="order-1",
            op="put",
            base=None,
            row=row,
            device_id="d",
            user_id=user,
            login=user,
            roles=(role,),
            org_id=known.get("org_id"),
            received_at=self.received_at,
        )

    def check(self, row: Row, user: str = "anna", role: str = "agent") -> Sequence[Issue]:
        """Return why the order is refused."""
        effect = self.post(row, user, role)
        return [issue for issue in effect.issues if issue.severity == "reject"]

    def post(self, row: Row, user: str = "anna", role: str = "agent") -> Effect:
        """Return what the plugin makes of the order; nothing is stored."""
        stored = self.context.get("orders", "order-1")
        before = copy.deepcopy((row, stored))
        effect = plugin.apply_mutation(self.mutation(row, user, role), stored, (), self.context)
        assert (row, stored) == before, "a hook changed what it was given"
        assert effect is not None
        return effect

    def codes(self, row: Row, user: str = "anna", role: str = "agent") -> list[tuple[str, str]]:
        """Return the codes and pointers of why the order is refused."""
        return [(issue.code, issue.pointer) for issue in self.check(row, user, role)]

    def send(self, row: Row, user: str = "anna", role: str = "agent") -> Effect:
        """Store the order; it must break no rule."""
        effect = self.post(row, user, role)
        assert [one.code for one in effect.issues if one.severity == "reject"] == []
        assert effect.row is not None
        self.context.put("orders", "order-1", effect.row)
        self.context.apply(effect.writes)
        return effect

    def move(self, state: str, user: str = "anna", role: str = "agent", **changes: Any) -> Row:
        """Store the stored order in another state."""
        effect = self.send({**self.stored, "state": state, **changes}, user, role)
        return effect.row or {}

    @property
    def stored(self) -> Row:
        """The order as it is stored."""
        row = self.context.get("orders", "order-1")
        assert row is not None
        return row


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    """Make a desk with the plugin's default settings."""

    def make(**settings: Any) -> Desk:
        defaults = {setting.name: setting.default for setting in SETTINGS}
        collections = [*master_data.collections(), *plugin.collections()]
        # These orders are of a trade without prices, stock and debts: see `make_shop` for one.
        off = {"check_prices": False, "check_credit": False, "check_stock": False}
        return Desk(FakeContext(collections, MASTERS, defaults | off | settings))

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """Stand at a desk with default settings."""
    return make_desk()


@pytest.fixture
def order() -> Row:
    """Return a good order of two lines."""
    return copy.deepcopy(ORDER)


@pytest.fixture
def make_line() -> Callable[..., dict[str, Any]]:
    """Make a line of 3 pieces for 30.03."""
    return line


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
        priced = price_document(terms.book(), terms.terms, asked)
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
        header["pricing_rev"] = terms.book().revision
        return header

    def judged(self, order: Row) -> tuple[str, list[tuple[str, str]]]:
        """Return the state that an order gets (``refused`` for none) and codes with severities."""
        effect = self.desk.post(order)
        state = "refused" if effect.row is None else effect.row["state"]
        return state, [(one.code, one.severity) for one in effect.issues]

    def texts(self, order: Row) -> list[str]:
        """Return what the person reads."""
        return [one.text for one in self.desk.post(order).issues]


@pytest.fixture
def shop(make_desk: Callable[..., Any]) -> Shop:
    """Open a shop with the plugin's default settings."""
    desk = make_desk()
    defaults = {setting.name: setting.default for setting in SETTINGS}
    collections = [*master_data.collections(), *plugin.collections()]
    desk.context = FakeContext(collections, SHOP_MASTERS, defaults, NOW_MS)
    return Shop(desk)
