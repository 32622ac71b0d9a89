"""OrderDraft: an order while it is written: who buys, what, how it is paid and when it comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from appliance.api.mutations import Issue
from appliance.api.pricing import PricedDocument, PricedLine
from appliance.testing.device import Record
from appliance.testing.field_day.basket import Wanted


@dataclass(slots=True)
class OrderDraft:
    """What a rep decides of an order.

    Attributes:
        outlet: where the goods go.
        date: on which they are wanted, YYYY-MM-DD.
        form: of payment.
        contract: that the order names.
        wanted: its lines.
        manual: discounts given by hand, basis points by the place of the line.
    """

    outlet: Record
    date: str
    form: str
    contract: Record | None = None
    wanted: list[Wanted] = field(default_factory=list)
    manual: dict[int, int] = field(default_factory=dict)

    @property
    def party_id(self) -> str:
        """Who buys."""
        party: str = self.outlet.row["party_id"]
        return party

    @property
    def payer_id(self) -> str:
        """Who pays."""
        payer: str = self.outlet.row.get("payer_party_id") or self.party_id
        return payer

    @property
    def warehouse_id(self) -> str | None:
        """Where the goods come from."""
        return self.outlet.row.get("warehouse_id")


@dataclass(frozen=True, slots=True)
class WrittenOrder:
    """An order as it is sent.

    Attributes:
        row: its record, of the members that the appliance knows.
        full: all that the rep knows of it.
        issues: what pricing finds wrong with it.
        draft: what it was made from.
    """

    row: dict[str, Any]
    full: Mapping[str, Any]
    issues: tuple[Issue, ...]
    draft: OrderDraft


def amounts(priced: PricedDocument) -> dict[str, Any]:
    """Return the fields of an order that pricing gives."""
    return {
        "price_list_id": priced.price_list_id,
        "currency": priced.currency,
        "tax_included": priced.tax_included,
        "promo_ids": list(priced.promo_ids),
        "totals": msgspec.to_builtins(priced.totals),
        "lines": [line_of(line) for line in priced.lines],
    }


def line_of(line: PricedLine) -> dict[str, Any]:
    """Return a priced line as a record holds it, without what only explains it."""
    row: dict[str, Any] = msgspec.to_builtins(line)
    row["discounts"] = [_discount(one) for one in row.get("discounts", ())]
    return {name: value for name, value in row.items() if value is not None and name in LINE_FIELDS}


def _discount(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in one.items() if name in ("kind", "ref_id", "bp", "amount")
    }


LINE_FIELDS = (
    "line_no",
    "product_id",
    "uom_id",
    "qty",
    "list_price",
    "discounts",
    "net_price",
    "gross_amount",
    "line_amount",
    "doc_discount",
    "tax_category",
    "rate_bp",
    "tax_amount",
    "total",
    "gift_of_promo_id",
    "gift_of_line_no",
)
"""Fields of an order's line that pricing gives."""
