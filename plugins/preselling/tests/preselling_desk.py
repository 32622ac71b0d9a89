"""A small trade on paper, an order that fits it, and a desk that sends orders."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from appliance.api import Effect, Issue, Mutation, Row, Write
from appliance.testing.fake_context import FakeContext
from appliance_preselling.plugin import plugin

BASE = {"is_base": True, "factor_num": 1, "factor_den": 1}

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
        "tea-pce": {"product_id": "tea", "uom_code": "PCE", "name": "pcs", **BASE},
        "jam-pce": {"product_id": "jam", "uom_code": "PCE", "name": "pcs", **BASE},
        "old-pce": {"product_id": "old", "uom_code": "PCE", "name": "pcs", **BASE},
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

    def run_job(self, job: str) -> None:
        """Run a job and store what it writes, as an appliance does."""
        for write in plugin.run_job(job, self.context) or ():
            effect = plugin.apply_write(
                write, self.context.get(write.collection, write.id), self.context
            )
            row = write.row if effect is None or effect.row is None else effect.row
            self.context.apply([Write(collection=write.collection, id=write.id, row=row)])
            self.context.apply(() if effect is None else effect.writes)

    @property
    def stored(self) -> Row:
        """The order as it is stored."""
        row = self.context.get("orders", "order-1")
        assert row is not None
        return row
