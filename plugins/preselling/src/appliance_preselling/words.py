"""What is said about orders, in English: issues with their weight, and the words of the trade.

Programs go by an issue's code; the sentences are looked up by the code, or by the code and a
variant after a colon. A sentence with a number is worded so that it stands whatever the number is,
and one with a name so that the name stands as it is in a dictionary: other languages inflect.
"""

from __future__ import annotations

from collections.abc import Mapping

from appliance.api.pricing import WORDS
from appliance_preselling.rule_words import OF_PRICES, OF_RULES, Sentences

OF_STATES: Sentences = {
    "state_transition": (
        "reject",
        "The order is in the state “{source}”; it cannot become “{target}”, only: {targets}.",
    ),
    "state_transition:end": (
        "reject",
        "The order is in the state “{source}” and stays so; make a new one.",
    ),
    "state_transition:new": ("reject", "A new order is a draft or submitted, not “{target}”."),
    "state_transition:actor": (
        "reject",
        "The order is in the state “{source}”; only these may make it “{target}”: {actors}.",
    ),
    "state_transition:team": (
        "reject",
        "Only a supervisor of the person who made the order may do this.",
    ),
    "state_transition:branch": (
        "reject",
        "Only a manager of the branch that the order was made in may do this.",
    ),
    "state_transition:portal": (
        "reject",
        "Only the customer of this outlet, with access to the portal, may do this.",
    ),
    "state_transition:content": (
        "reject",
        "The order is in the state “{source}”; while it becomes “{target}”, {field} cannot be"
        " changed.",
    ),
    "state_transition:confirmation": ("reject", "The customer must confirm this order first."),
    "state_transition:decline": (
        "reject",
        "Only an order that awaits confirmation is declined; this one is in the state “{source}”.",
    ),
    "revision_stale": (
        "reject",
        "The order was changed meanwhile: this is revision {got}, the newest is {expected}. Get"
        " the newest and look at it again.",
    ),
    "revision_unknown": (
        "reject",
        "Revision {got} of this order does not exist; the newest is {expected}.",
    ),
    "user_wrong:new": ("reject", "A new order belongs to the person who sends it."),
    "user_wrong:changed": (
        "reject",
        "The order belongs to another person; that cannot be changed.",
    ),
}

OF_CONTENT: Sentences = {
    "ref_unknown": ("reject", "Not known here: {what}."),
    "ref_unknown:line": ("reject", "Line {line_no}: not known here: {what}."),
    "ref_deleted": ("reject", "Deleted meanwhile: {what}."),
    "ref_deleted:line": (
        "reject",
        "Line {line_no}: deleted meanwhile: {what}; take the line out.",
    ),
    "uom_wrong": ("reject", "Line {line_no}: the unit belongs to another product."),
    "product_inactive": (
        "reject",
        "Line {line_no}: the product is no longer sold; take the line out.",
    ),
    "lines_missing": ("reject", "The order has no lines."),
    "lines_too_many": ("reject", "Lines in the order: {got}; at most {expected} are allowed."),
    "line_no_repeated": ("reject", "Line number {line_no} is used twice."),
    "qty_not_positive": ("reject", "Line {line_no}: the quantity must be more than zero."),
    "total_negative": ("reject", "The total “{name}” must not be negative."),
    "total_too_large": ("reject", "The total “{name}” is too large."),
    "calc_mismatch": (
        "reject",
        "The total “{name}” is {got}, but the lines add up to {expected}.",
    ),
    "approval_required": ("hold", "Every order waits for approval here."),
    "order_over_limit": ("hold", "The order is over your limit of {expected}."),
    "approval_required:return": ("hold", "Every return request waits for approval here."),
    "issues_more": ("warn", "Further issues that are not listed: {count}."),
}

OF_DELIVERY: Sentences = {
    "time_window_invalid": (
        "reject",
        "A delivery time is written HH:MM, and ends later than it begins.",
    ),
    "delivery_date_invalid:past": ("hold", "The delivery date {date} is past."),
    "delivery_date_invalid:day": ("hold", "The delivery date {date} is no working day."),
    "delivery_date_invalid:closed": (
        "hold",
        "The outlet takes no deliveries on the weekday of {date}.",
    ),
    "delivery_date_invalid:window": (
        "hold",
        "On that day the outlet takes deliveries at other times: {windows}.",
    ),
    "vehicle_capacity": (
        "warn",
        "The order weighs {weight} kg; the heaviest vehicle that gets to the outlet carries"
        " {limit} kg.",
    ),
}

OF_RETURNS: Sentences = {
    "reason_missing": ("reject", "Line {line_no}: say why the goods come back."),
    "reason_unknown": ("reject", "Line {line_no}: this is no reason for goods to come back."),
    "reason_text_missing": ("reject", "Line {line_no}: this reason needs a comment."),
    "photo_missing": ("warn", "A reason in this request asks for a photo; there is none yet."),
    "return_without_sale": ("hold", "Line {line_no}: the product was not sold to this outlet."),
    "return_qty_over": (
        "hold",
        "Line {line_no}: more comes back than was sold and is left: {left} (in the base unit).",
    ),
    "return_price_over": (
        "hold",
        "Line {line_no}: the price is higher than the one paid: {paid} (for the base unit).",
    ),
    "return_period": (
        "hold",
        "Line {line_no}: the goods were delivered on {date}; days to bring them back: {days}.",
    ),
}

OF_ACTIONS: Sentences = {
    "user_wrong:own": ("reject", "It must be in the name of the person who sends it."),
    "order_unknown": ("reject", "There is no such order of this outlet here."),
    "order_taken": ("reject", "There is an order with the id that the new one shall have."),
    "product_left_out": ("warn", "Line {line_no} was left out: it is no longer sold."),
    "lines_missing:repeat": ("reject", "Nothing of this order is sold any more."),
}

OF_CUSTOMERS: Sentences = {
    "portal_denied": ("reject", "This outlet is not open to your orders."),
    "party_wrong": ("reject", "The order must be for the customer that the outlet belongs to."),
    "party_wrong:payer": ("reject", "The order must be paid by the payer of the outlet."),
}

ISSUES: Sentences = {
    **OF_STATES,
    **OF_CONTENT,
    **OF_DELIVERY,
    **OF_RETURNS,
    **OF_ACTIONS,
    **OF_CUSTOMERS,
    **OF_RULES,
    **OF_PRICES,
}
"""Every issue of the plugin."""

OF_TRADE: Mapping[str, str] = {
    "state:new": "new",
    "state:draft": "draft",
    "state:submitted": "submitted",
    "state:held": "held for approval",
    "state:accepted": "accepted",
    "state:awaiting_confirmation": "awaiting confirmation",
    "state:confirmed": "confirmed",
    "state:partially_shipped": "partially shipped",
    "state:shipped": "shipped",
    "state:completed": "completed",
    "state:approved": "approved",
    "state:refused": "refused",
    "state:collected": "collected",
    "state:credited": "credited",
    "state:cancelled": "cancelled",
    "state:rejected": "rejected",
    "state:expired": "expired",
    "actor:server": "the appliance",
    "actor:author": "author",
    "actor:agent": "sales agent",
    "actor:driver": "driver",
    "actor:client": "customer",
    "actor:supervisor": "supervisor",
    "actor:manager": "manager",
    "actor:accounting": "accounting",
    "what:outlet": "outlet",
    "what:customer": "customer",
    "what:payer": "payer",
    "what:price_list": "price list",
    "what:warehouse": "warehouse",
    "what:product": "product",
    "what:unit": "unit",
    "what:contract": "contract",
    "period:day": "day",
    "period:week": "week",
    "period:month": "month",
    "goods:all": "all goods",
    "payment:cash": "cash",
    "payment:bank": "bank transfer",
    "payment:card": "card",
    "payment:consignment": "consignment",
    "total:gross": "before discounts",
    "total:discount": "discount",
    "total:net": "without tax",
    "total:tax": "tax {category}",
    "total:payable": "to pay",
    "total:weight_g": "weight",
    "total:volume_cm3": "volume",
}
"""Words that stand in sentences: states, people, things."""

NOTICES: Mapping[str, str] = {
    "notice:order:held": "Order {number} for {outlet} waits for your approval.",
    "notice:order:awaiting_confirmation": (
        "Your order {number} for {outlet} was changed and waits to be confirmed. {comment}"
    ),
    "notice:order:changed": (
        "The office changed your order {number} for {outlet}; it is still in force. {comment}"
    ),
    "notice:order:rejected": "Your order {number} for {outlet} was rejected. {comment}",
    "notice:order:expired": (
        "Your order {number} for {outlet} was not confirmed in time and has expired."
    ),
    "notice:outlet:silent": "{outlet} has not ordered since {date}; days without an order: {days}.",
    "notice:return:submitted": "Return request {number} of {outlet} waits for your approval.",
    "notice:return:refused": "Your return request {number} for {outlet} was refused. {comment}",
}
"""What people are told to act on, by kind of order and state."""

ENGLISH: Mapping[str, str] = {
    **{key: sentence for key, (_, sentence) in ISSUES.items()},
    **OF_TRADE,
    **WORDS,
    **NOTICES,
}
"""Everything that is translated."""
