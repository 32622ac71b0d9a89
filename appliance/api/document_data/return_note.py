"""Goods that come back."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.api.document_data.base import Day, DocumentData, Party
from appliance.api.document_data.sale_lines import Sums
from appliance.api.values import BasisPoints, Money, Price, Quantity


class ReturnLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of goods that come back; amounts and quantities are above zero.

    Attributes:
        line_no: its number.
        code: the article's code.
        name: of the article.
        unit: of `qty` and `price`.
        qty: 1/1 000 of the unit.
        price: at which it is taken back.
        reason: in words.
        condition: ``resalable``, ``damaged``, ``expired`` or a plugin's own word.
        batch: of the goods.
        expiry: the last day.
        rate_bp: of the tax.
        tax: the amount of tax.
        total: the amount with tax.
    """

    line_no: int
    name: str
    code: str = ""
    unit: str = ""
    qty: Quantity
    price: Price
    reason: str = ""
    condition: str = ""
    batch: str = ""
    expiry: Day = Day("")
    rate_bp: BasisPoints = BasisPoints(0)
    tax: Money = Money(0)
    total: Money


class ReturnNote(DocumentData, frozen=True, kw_only=True, tag="return_note"):
    """Goods taken back.

    Attributes:
        buyer: whose goods they were.
        outlet: where, by name.
        source_number, source_date: of the document that they were sold with.
        lines: the goods.
        sums: the totals, above zero.
        settled_by: whether the money is given back or the debt gets less.
        balance_after: what the buyer owes after; None where it is not known.
    """

    buyer: Party = Party()
    outlet: str = ""
    source_number: str = ""
    source_date: Day = Day("")
    lines: tuple[ReturnLine, ...]
    sums: Sums
    settled_by: Literal["refund", "debt"] = "debt"
    balance_after: Money | None = None
