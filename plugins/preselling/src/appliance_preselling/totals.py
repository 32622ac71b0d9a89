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

from appliance.api import Issue
from appliance_preselling.amounts import money
from appliance_preselling.texts import issue

NEVER_NEGATIVE = ("net", "discount", "gross", "payable", "weight_g", "volume_cm3")
"""Totals that must not be below zero; a rounding may."""


def check(totals: dict[str, Any], lines: Sequence[dict[str, Any]]) -> Iterable[Issue]:
    """Yield an issue for each total that is negative or is not what the lines add up to."""
    for name in NEVER_NEGATIVE:
        if (totals.get(name) or 0) < 0:
            yield issue("total_negative", "reject", f"/totals/{name}", name=name)
    gross = net = discount = total = 0
    taxes: dict[tuple[str, int], int] = {}
    for line in lines:
        line_total, tax = line["total"], line["tax_amount"]
        gross += line["gross_amount"]
        discount += line["gross_amount"] - line["line_amount"] + (line.get("doc_discount") or 0)
        net += line_total - tax
        total += line_total
        key = (line["tax_category"], line["rate_bp"])
        taxes[key] = taxes.get(key, 0) + tax
    expected = {
        "gross": gross,
        "discount": discount,
        "net": net,
        "payable": total + (totals.get("rounding") or 0),
    }
    for name, amount in expected.items():
        got = totals.get(name)
        if got is not None and got != amount:
            yield _mismatch(name, f"/totals/{name}", got, amount)
    if totals.get("tax") is not None:
        yield from _taxes(totals["tax"], taxes)


def _taxes(stated: Sequence[dict[str, Any]], summed: dict[tuple[str, int], int]) -> Iterable[Issue]:
    left = dict(summed)
    for place, tax in enumerate(stated):
        key = (tax["tax_category"], tax["rate_bp"])
        amount = left.pop(key, 0)
        if tax["tax_amount"] != amount:
            pointer = f"/totals/tax/{place}/tax_amount"
            yield _mismatch(f"tax {key[0]}", pointer, tax["tax_amount"], amount)
    for (category, _rate), amount in left.items():
        if amount:
            yield _mismatch(f"tax {category}", "/totals/tax", 0, amount)


def _mismatch(name: str, pointer: str, got: int, expected: int) -> Issue:
    return issue(
        "calc_mismatch", "reject", pointer, name=name, got=money(got), expected=money(expected)
    )
