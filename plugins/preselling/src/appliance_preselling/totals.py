"""Whether the totals of an order are the sums of its lines.

====================  ==========================================================
``gross``             sum of ``gross_amount``
``discount``          sum of ``gross_amount - line_amount + doc_discount``
``net``               sum of ``total - tax_amount``
``payable``           sum of ``total``, plus ``rounding``
``tax[]``             sum of ``tax_amount`` for each category and rate
====================  ==========================================================

A total that the device did not send is not checked. Whether a line's own amounts are right is not
asked here: these are sums of rounded parts, never computed anew from unrounded ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from appliance.api import Row, Text
from appliance.api.amounts import money
from appliance.api.values import MAX_INTEGER
from appliance_preselling.findings import Finding, issue
from appliance_preselling.order_view import OrderView

NEVER_NEGATIVE = ("net", "discount", "gross", "payable", "weight_g", "volume_cm3")
"""Totals that must not be below zero; a rounding may."""


def added_up(lines: Sequence[dict[str, Any]], rounding: int = 0) -> dict[str, int]:
    """Return the totals that lines add up to, in minor units of the order's currency.

    Args:
        lines: the order's lines.
        rounding: of the amount to pay, minor units.
    """
    total = sum(line["total"] for line in lines)
    return {
        "gross": sum(line["gross_amount"] for line in lines),
        "discount": sum(
            line["gross_amount"] - line["line_amount"] + (line.get("doc_discount") or 0)
            for line in lines
        ),
        "net": total - sum(line["tax_amount"] for line in lines),
        "payable": total + rounding,
    }


def payable(row: Row) -> int:
    """Return what is to be paid for an order, minor units: its total, or what its lines come to."""
    totals = row.get("totals") or {}
    amount: int | None = totals.get("payable")
    if amount is None:
        amount = added_up(row["lines"], totals.get("rounding") or 0)["payable"]
    return amount


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for each total that is negative or is not what the lines add up to."""
    totals = view.row.get("totals") or {}
    if totals:
        yield from differences(totals, view.lines)
    for name, amount in added_up(view.lines, totals.get("rounding") or 0).items():
        # One that was not sent is filled in, so it must fit a record.
        if totals.get(name) is None and abs(amount) > MAX_INTEGER:
            yield issue("total_too_large", "/lines", name=_named(name))


def differences(totals: dict[str, Any], lines: Sequence[dict[str, Any]]) -> Iterable[Finding]:
    """Yield what `check` finds, of totals and lines."""
    for name in NEVER_NEGATIVE:
        if (totals.get(name) or 0) < 0:
            yield issue("total_negative", f"/totals/{name}", name=_named(name))
    taxes: dict[tuple[str, int], int] = {}
    for line in lines:
        key = (line["tax_category"], line["rate_bp"])
        taxes[key] = taxes.get(key, 0) + line["tax_amount"]
    for name, amount in added_up(lines, totals.get("rounding") or 0).items():
        got = totals.get(name)
        if got is not None and got != amount:
            yield _mismatch(_named(name), f"/totals/{name}", got, amount)
    if totals.get("tax") is not None:
        yield from _taxes(totals["tax"], taxes)


def _taxes(
    stated: Sequence[dict[str, Any]], summed: dict[tuple[str, int], int]
) -> Iterable[Finding]:
    left = dict(summed)
    for place, tax in enumerate(stated):
        key = (tax["tax_category"], tax["rate_bp"])
        amount = left.pop(key, 0)
        if tax["tax_amount"] != amount:
            pointer = f"/totals/tax/{place}/tax_amount"
            yield _mismatch(_tax(key[0]), pointer, tax["tax_amount"], amount)
    for (category, _rate), amount in left.items():
        if amount:
            yield _mismatch(_tax(category), "/totals/tax", 0, amount)


def _named(name: str) -> Text:
    return Text(f"total:{name}")


def _tax(category: str) -> Text:
    return Text("total:tax", {"category": category})


def _mismatch(name: Text, pointer: str, got: int, expected: int) -> Finding:
    return issue("calc_mismatch", pointer, name=name, got=money(got), expected=money(expected))
