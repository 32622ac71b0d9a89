"""The trace: every step of a calculation with its figures, and the same in words."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from appliance.api import amounts

STEPS: Mapping[str, str] = {
    "price_list": "Price list {list}, from the {source}.",
    "price_list_unusable": "Price list {list}, from the {source}, cannot be used: it {why}.",
    "price_row": "{list}: {price:price} a {unit} from a quantity of {min_qty:quantity},"
    " valid from {valid_from}.",
    "price_converted": "A {unit} is {num}/{den} {base}: {before:price} becomes {after:price}.",
    "price_markup": "{list} adds {bp:percent} %: {before:price} becomes {after:price}.",
    "price_missing": "No price is valid on {date}.",
    "individual": "Individual discount for the {subject} on {object}: {bp:percent} %,"
    " {before:price} becomes {after:price}.",
    "individual_price": "Individual price for the {subject} on {object}: {after:price} takes the"
    " place of {before}.",
    "percent": "Promotion {code}: {bp:percent} % off, {before:price} becomes {after:price}.",
    "percent_mean": "Promotion {code}: {parts}; on the mean {before:price} becomes {after:price}.",
    "amount": "Promotion {code}: {parts}; {before:price} becomes {after:price}.",
    "fixed_price": "Promotion {code}: {parts}; {before:price} becomes {after:price}.",
    "fixed_price_higher": "Promotion {code}: its price is not below {before:price}.",
    "bundle": "Promotion {code}: the bundle is complete ({quantity:quantity} of each),"
    " {before:price} becomes {after:price}.",
    "gift": "Promotion {code}: {qty:quantity} {unit} of {product} free.",
    "gift_capped": "Promotion {code}: gifts due: {due}, given: {given}; no more is left of the"
    " {limit}.",
    "gift_not_whole": "Promotion {code}: the gift is less than one whole {unit}.",
    "gift_other": "Promotion {code}: what it gives is not what this line orders.",
    "gift_unknown": "Promotion {code}: the gift {product} or its base unit is not known.",
    "exclusive": "Promotion {code} is exclusive: no further one is applied to this line.",
    "manual": "Discount by hand: {bp:percent} %, {before:price} becomes {after:price}.",
    "line": "{qty:quantity} {unit} x {list_price:price} = {gross:money};"
    " x {net_price:price} = {amount:money}.",
    "basket": "Promotion {code}: {discount:money} off a basket of {basket:money}.",
    "basket_share": "Promotion {code}: the share of this line is {share:money}.",
    "tax": "Tax {category} {rate:percent} % of {amount:money} ({how}): {tax:money}.",
    "tax_category": "Tax {category} {rate:percent} % of {amount:money} ({how}): {tax:money}.",
    "tax_rule": "Tax {category} becomes {becomes} for {buyer}.",
    "tax_missing": "No rate of {category} is known in {country} on {date}.",
    "points": "Promotion {code}: {points} points for {basket:money}.",
    "cash": "{total:money} is paid in cash as {payable:money}, {rounding:money} of it rounding.",
}
"""Every step, and its words. What follows a colon is how the figure is written."""


class TraceStep(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One step of a calculation.

    Attributes:
        step: one of `STEPS`.
        line_no: the line it is about; None: the document.
        ref_id: the discount or promotion it comes from.
        values: the figures, in the units of `appliance.api.values`, and names.
    """

    step: str
    line_no: int | None = None
    ref_id: str | None = None
    values: dict[str, int | str] = {}


def explain(steps: Iterable[TraceStep], *, exponent: int = 2) -> list[str]:
    """Write steps as sentences, one for each, those of a line with its number in front.

    Args:
        steps: as `PricedDocument.trace` has them.
        exponent: decimals of the currency.
    """
    writer = _Writer(exponent)
    found = []
    for step in steps:
        words = writer.vformat(STEPS[step.step], (), step.values)
        found.append(words if step.line_no is None else f"Line {step.line_no}: {words}")
    return found


class _Writer(string.Formatter):
    """Writes figures as people read them."""

    def __init__(self, exponent: int) -> None:
        self._exponent = exponent

    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec:
            case "money":
                return amounts.money(value, self._exponent)
            case "price":
                return amounts.price(value)
            case "quantity":
                return amounts.quantity(value)
            case "percent":
                return amounts.percent(value)
        return str(value)
