"""What the rules of credit, contracts, licences, stock and prices say, in English.

A sentence about prices has its code with ``:price``, one about a line's with ``:price_line``; its
places are those that `appliance.api.pricing` fills. Its weight is the one that pricing gives it.
"""

from __future__ import annotations

from collections.abc import Mapping

from appliance.api.mutations import Severity

Sentences = Mapping[str, tuple[Severity, str]]
"""Weight and sentence by key."""

OF_RULES: Sentences = {
    "unit_unknown": (
        "reject",
        "The order belongs to no branch, so nothing says whose prices and taxes it has.",
    ),
    "assortment_denied": (
        "reject",
        "Line {line_no}: {product} is not among the goods that this outlet may order.",
    ),
    "contract_wrong": ("reject", "The contract is with somebody else."),
    "contract_currency": ("reject", "The contract is in another currency: {currency}."),
    "payment_form_denied": ("reject", "Form of payment: {asked}; agreed are only: {agreed}."),
    "licence_missing": (
        "reject",
        "Line {line_no}: the customer has no licence to buy these goods ({regulation}).",
    ),
    "licence_expired": (
        "reject",
        "Line {line_no}: the customer's licence for these goods ({regulation}) ended on {date}.",
    ),
    "licence_expiring": ("warn", "The customer's licence ({regulation}) ends on {date}."),
    "credit_limit_exceeded": (
        "hold",
        "The credit limit of {limit} is exceeded by {over}: owed {debt}, ordered before {ordered}.",
    ),
    "overdue_debt": (
        "hold",
        "Debt that is overdue by more than {days} days: {debt}. Paid in cash the order can go on.",
    ),
    "customer_limit_exceeded:amount": (
        "hold",
        "The customer's limit for one {period} is exceeded ({goods}): agreed {limit}, ordered"
        " before {ordered}, in this order {taken}.",
    ),
    "customer_limit_exceeded:quantity": (
        "hold",
        "The customer's limit for one {period} is exceeded ({goods}, in the base unit): agreed"
        " {limit}, ordered before {ordered}, in this order {taken}.",
    ),
    "bonus_insufficient": (
        "reject",
        "Points of the programme {program}: the order spends {points}, the customer has {balance}.",
    ),
    "stock_short": (
        "hold",
        "Line {line_no}: the warehouse has {free} free, ordered are {wanted} (in the base unit).",
    ),
}
"""Of the rules that ask the masters."""

OF_PRICES: Sentences = {
    "price_list_wrong:price": ("reject", "Another price list belongs to this outlet."),
    "price_list_wrong:price_line": (
        "reject",
        "Line {line_no}: another price list belongs to this outlet.",
    ),
    "price_missing:price": ("reject", "{product} has no price on {date}."),
    "price_missing:price_line": ("reject", "Line {line_no}: {product} has no price on {date}."),
    "price_below_floor:price": (
        "hold",
        "{product} is sold below its lowest price: {found}, not {wanted}.",
    ),
    "price_below_floor:price_line": (
        "hold",
        "Line {line_no}: {product} is sold below its lowest price: {found}, not {wanted}.",
    ),
    "price_changed:price": (
        "hold",
        "Prices changed since: {field} was {found} and is {wanted} now.",
    ),
    "price_changed:price_line": (
        "hold",
        "Line {line_no}: prices changed since: {field} was {found} and is {wanted} now.",
    ),
    "calc_mismatch:price": ("reject", "The amount “{field}” is {found}; it should be {wanted}."),
    "calc_mismatch:price_line": (
        "reject",
        "Line {line_no}: the amount “{field}” is {found}; it should be {wanted}.",
    ),
    "discount_over_limit:price": (
        "hold",
        "A discount of {found} % by hand is over the limit of {wanted} %.",
    ),
    "discount_over_limit:price_line": (
        "hold",
        "Line {line_no}: a discount of {found} % by hand is over the limit of {wanted} %.",
    ),
    "discount_expired:price": (
        "hold",
        "{what} is not valid on {date} for this customer and product.",
    ),
    "discount_expired:price_line": (
        "hold",
        "Line {line_no}: {what} is not valid on {date} for this customer and product.",
    ),
    "promo_budget:price": (
        "hold",
        "The promotion {promotion} is used up. Left: {left}; this order takes: {found}.",
    ),
    "promo_budget:price_line": (
        "hold",
        "Line {line_no}: the promotion {promotion} is used up. Left: {left}; this order takes:"
        " {found}.",
    ),
    "promo_proof_missing:price": (
        "hold",
        "The promotion {promotion} asks for a photo; there is none.",
    ),
    "promo_proof_missing:price_line": (
        "hold",
        "Line {line_no}: the promotion {promotion} asks for a photo; there is none.",
    ),
    "tax_wrong:price": ("reject", "The tax rate is not that of the day."),
    "tax_wrong:price_line": ("reject", "Line {line_no}: the tax rate is not that of the day."),
    "multiple_violation:price": (
        "reject",
        "{product} is ordered in multiples of {wanted}, not {found}.",
    ),
    "multiple_violation:price_line": (
        "reject",
        "Line {line_no}: {product} is ordered in multiples of {wanted}, not {found}.",
    ),
    "min_order_qty:price": ("reject", "{product}: at least {wanted} are ordered, not {found}."),
    "min_order_qty:price_line": (
        "reject",
        "Line {line_no}: {product}: at least {wanted} are ordered, not {found}.",
    ),
    "min_order_amount:price": (
        "reject",
        "An order is for at least {wanted}; this one is for {found}.",
    ),
    "min_order_amount:price_line": (
        "reject",
        "Line {line_no}: an order is for at least {wanted}; this one is for {found}.",
    ),
    "ref_unknown:price": ("reject", "Not known to the prices: {what}."),
    "ref_unknown:price_line": ("reject", "Line {line_no}: not known to the prices: {what}."),
    "uom_wrong:price": ("reject", "The unit belongs to another product."),
    "uom_wrong:price_line": ("reject", "Line {line_no}: the unit belongs to another product."),
}
"""Of what pricing finds."""
