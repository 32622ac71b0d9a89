"""The rules that the content of an order must keep, in the order in which they are told.

A rule is a function that yields findings for an `OrderView`; a finding of the weight ``reject``
refuses the order, ``hold`` makes it wait for approval, ``warn`` is told and stops nothing. Every
rule sees the same view, so what one of them had read costs the next nothing. A new rule is a
function in a file ``rules_*.py`` and a line in one of the lists here; its sentences are in
`appliance_preselling.words`, and its code stands in the README.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from appliance_preselling import (
    limits,
    lines,
    references,
    rules_assortment,
    rules_contract,
    rules_credit,
    rules_delivery,
    rules_licence,
    rules_limits,
    rules_points,
    rules_price,
    rules_return,
    rules_stock,
    totals,
)
from appliance_preselling.findings import Finding
from appliance_preselling.order_view import OrderView

Rule = Callable[[OrderView], Iterable[Finding]]

ALWAYS: tuple[Rule, ...] = (lines.check, totals.check, references.check)
"""What a draft keeps too."""

SUBMITTED: tuple[Rule, ...] = (
    lines.check_any,
    limits.check,
    rules_assortment.check,
    rules_delivery.check,
    rules_contract.check,
    rules_price.check,
    rules_licence.check,
    rules_credit.check,
    rules_limits.check,
    rules_points.check,
    rules_stock.check,
)
"""What an order keeps that is submitted, or changed after it was: asked once for each of them."""

RETURNED: tuple[Rule, ...] = (lines.check_any, limits.check, rules_return.check, rules_points.check)
"""What a return request keeps that is submitted."""


def judge(view: OrderView, *, draft: bool) -> list[Finding]:
    """Return what is wrong with the content of an order.

    A total that is not the sum of the lines is not told a second time because it is not what
    pricing says either.
    """
    submitted = RETURNED if view.is_return else SUBMITTED
    rules = ALWAYS if draft else (*ALWAYS, *submitted)
    found: list[Finding] = []
    for rule in rules:
        told = {(one.code, one.pointer) for one in found} if rule is rules_price.check else ()
        found += [one for one in rule(view) if (one.code, one.pointer) not in told]
    return found
