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
from typing import TYPE_CHECKING, Any

from appliance.api import Row, Text
from appliance.api.amounts import Amount, money
from appliance.api.values import MAX_INTEGER
from appliance_preselling.findings import Finding, issue

if TYPE_CHECKING:
    from appliance_preselling.order_view import OrderView

NEVER_NEGATIVE = ("net", "discount", "gross", "payable", "weight_g", "volume_cm3")
"""Totals that must not be below zero; a rounding may."""


def added_up(lines: Sequence[dict[str, Any]], rounding: int = 0) -> dict[str, int]:
    """Return the totals that lines add up to, in minor units of the order's currency.

    Args:
        lines: the order's lines.
        rounding: of the amount to pay, minor units.
    """
    gross = discount = tax = total = 0
    for line in lines:
        total += line["total"]
        tax += line["tax_amount"]
        gross += line["gross_amount"]
        discount += line["gross_amount"] - line["line_amount"] + (line.get("doc_discount") or 0)
    return {
        "gross": gross,
        "discount": discount,
        "net": total - tax,
        "payable": total + rounding,
    }


def of(row: Row) -> dict[str, int]:
    """Return the totals that the lines of an order add up to, with its rounding."""
    return added_up(row["lines"], (row.get("totals") or {}).get("rounding") or 0)


def check(view: OrderView) -> Iterable[Finding]:
    """Yield a finding for each total that is negative or is not what the lines add up to."""
    totals = view.row.get("totals") or {}
    yield from differences(totals, view.lines, view.sums)
    for name, amount in view.sums.items():
        # One that was not sent is filled in, so it must fit a record.
        if totals.get(name) is None and abs(amount) > MAX_INTEGER:
            yield issue("total_too_large", "/lines", name=_named(name))


def differences(
    totals: dict[str, Any], lines: Sequence[dict[str, Any]], sums: dict[str, int]
) -> Iterable[Finding]:
    """Yield what `check` finds of totals that were sent, given what the lines add up to."""
    for name in NEVER_NEGATIVE:
        if (totals.get(name) or 0) < 0:
            yield issue("total_negative", f"/totals/{name}", name=_named(name))
    for name, amount in sums.items():
        got = totals.get(name)
        if got is not None and got != amount:
            yield _mismatch(_named(name), f"/totals/{name}", got, amount)
    if totals.get("tax") is not None:
        yield from _taxes(totals["tax"], lines)


def _taxes(stated: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]) -> Iterable[Finding]:
    left: dict[tuple[str, int], int] = {}
    for line in lines:
        key = (line["tax_category"], line["rate_bp"])
        left[key] = left.get(key, 0) + line["tax_amount"]
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
    return issue(
        "calc_mismatch",
        pointer,
        name=name,
        got=Amount(money(got)),
        expected=Amount(money(expected)),
    )
