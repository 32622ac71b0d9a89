"""The amounts of an order whose quantities or prices the office changed.

Its prices are taken as they are, since the office sets them; every other amount follows from them
by the arithmetic of ``docs/pricing.md``. What was taken off the whole order stays, shared out anew.
"""

from __future__ import annotations

from typing import Any

from appliance.api import Row
from appliance.api.pricing import Branch
from appliance.api.pricing.split import split
from appliance.api.pricing.taxes import tax_of
from appliance.api.values import rdiv
from appliance_preselling import totals


def work_out(order: Row, branch: Branch) -> None:
    """Set every amount of an order that follows from quantities and prices.

    Args:
        order: with lines that hold ``qty``, ``list_price``, ``net_price``, ``rate_bp``.
        branch: how it is rounded.
    """
    lines: list[dict[str, Any]] = order["lines"]
    discount = sum(line.get("doc_discount") or 0 for line in lines)
    for line in lines:
        line["gross_amount"] = rdiv(line["qty"] * line["list_price"], branch.scale)
        line["line_amount"] = rdiv(line["qty"] * line["net_price"], branch.scale)
    amounts = [line["line_amount"] for line in lines]
    for line, share in zip(lines, split(min(discount, sum(amounts)), amounts), strict=True):
        if discount:
            line["doc_discount"] = share
    _tax(order, branch)
    unit = max(1, branch.cash_round_minor) if order["payment_form"] == "cash" else 1
    total = sum(line["total"] for line in lines)
    rounding = rdiv(total, unit) * unit - total
    sums: dict[str, Any] = totals.added_up(lines, rounding)
    if rounding or "rounding" in (order.get("totals") or {}):
        sums["rounding"] = rounding
    order["totals"] = {**sums, "tax": _by_rate(order)}


def _tax(order: Row, branch: Branch) -> None:
    included = order["tax_included"]
    rates: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for line in sorted(order["lines"], key=lambda line: int(line["line_no"])):
        rates.setdefault((line["tax_category"], line["rate_bp"]), []).append(line)
    for (_category, rate), lines in rates.items():
        left = [line["line_amount"] - (line.get("doc_discount") or 0) for line in lines]
        if branch.tax_rounding == "per_line":
            taxes = [tax_of(amount, rate, included=included) for amount in left]
        else:
            taxes = split(tax_of(sum(left), rate, included=included), left)
        for line, amount, tax in zip(lines, left, taxes, strict=True):
            line["tax_amount"] = tax
            line["total"] = amount if included else amount + tax


def _by_rate(order: Row) -> list[Row]:
    found: dict[tuple[str, int], Row] = {}
    for line in order["lines"]:
        key = (line["tax_category"], line["rate_bp"])
        none = {"tax_category": key[0], "rate_bp": key[1], "taxable": 0, "tax_amount": 0}
        one = found.setdefault(key, none)
        one["tax_amount"] += line["tax_amount"]
        one["taxable"] += line["total"] - line["tax_amount"]
    return [found[key] for key in sorted(found)]
