"""The config section ``[plugins.preselling]``."""

from __future__ import annotations

from appliance.api import Setting

MOST_LINES = 1_000
"""Lines an order may have by its declaration, whatever the settings say."""

SETTINGS = (
    Setting(
        "auto_accept",
        "bool",
        "Accept a submitted order at once when no rule holds it; otherwise every order waits for"
        " approval.",
        default=True,
    ),
    Setting(
        "auto_approve_returns",
        "bool",
        "Approve a return request at once when no rule holds it; otherwise every one waits for"
        " approval.",
        default=False,
    ),
    Setting(
        "return_days",
        "int",
        "Days after a delivery within which goods come back without approval; 0: for ever.",
        default=30,
        minimum=0,
        maximum=3_650,
    ),
    Setting(
        "max_lines",
        "int",
        "Lines an order may have.",
        default=350,
        minimum=1,
        maximum=MOST_LINES,
    ),
    Setting(
        "confirm_days",
        "int",
        "Days a customer has to confirm a changed order before it expires; 0: it never does.",
        default=7,
        minimum=0,
        maximum=365,
    ),
    Setting(
        "check_prices",
        "bool",
        "Work every amount of an order out anew and refuse or hold what differs.",
        default=True,
    ),
    Setting(
        "pricing_date",
        "text",
        "Whose day an order's prices are of: the requested day of delivery, or the day on which"
        " the order was made.",
        default="requested",
        values=("requested", "created"),
    ),
    Setting(
        "price_grace_hours",
        "int",
        "Hours for which a price that changed is taken as it was before; after that the order"
        " waits for approval.",
        default=24,
        minimum=0,
        maximum=720,
    ),
    Setting(
        "additive_discounts",
        "bool",
        "Discounts of a line are taken all from the list price, not each from what the one before"
        " left.",
        default=False,
    ),
    Setting(
        "min_order_minor",
        "money",
        "The least that an order may come to; 0: anything.",
        default=0,
        minimum=0,
    ),
    Setting(
        "check_credit",
        "bool",
        "Hold an order that is not paid in cash where the payer owes too much or for too long.",
        default=True,
    ),
    Setting(
        "overdue_block_days",
        "int",
        "Days over due from which debt holds orders, where the contract does not say.",
        default=14,
        minimum=0,
        maximum=3_650,
    ),
    Setting(
        "overdue_block_minor",
        "money",
        "Overdue debt up to which orders go on, where the contract does not say.",
        default=0,
        minimum=0,
    ),
    Setting(
        "licence_warn_days",
        "int",
        "Days before its end from which a licence is warned of.",
        default=30,
        minimum=0,
        maximum=365,
    ),
    Setting(
        "check_stock",
        "bool",
        "Hold an order for more than the warehouse has.",
        default=True,
    ),
    Setting(
        "stock_fresh_hours",
        "int",
        "Hours for which a stock balance counts.",
        default=24,
        minimum=1,
        maximum=720,
    ),
    Setting(
        "reserve_stock",
        "bool",
        "Let an order reserve what it is accepted for until it is shipped or given up.",
        default=True,
    ),
    Setting(
        "reserve_days",
        "int",
        "Days after the requested delivery for which an order reserves that nobody has shipped;"
        " 0: for ever.",
        default=7,
        minimum=0,
        maximum=365,
    ),
    Setting(
        "accounting_reserves",
        "bool",
        "Accounting reserves for these orders itself: a reservation ends with the first stock of"
        " its warehouse that is told `accounting_lag_minutes` after the order was accepted.",
        default=False,
    ),
    Setting(
        "accounting_lag_minutes",
        "int",
        "Minutes until an order that was accepted is in the stock that accounting tells.",
        default=60,
        minimum=0,
        maximum=10_080,
    ),
    Setting(
        "remind_days",
        "int",
        "Days without an order after which the owner of the route is told of an outlet; 0: never.",
        default=0,
        minimum=0,
        maximum=365,
    ),
    Setting(
        "suggest_orders",
        "bool",
        "Suggest for each outlet on a route what to order at its next planned visit.",
        default=True,
    ),
    Setting(
        "delivery_lead_days",
        "int",
        "Days from an order to its delivery, which a suggested quantity lasts for too.",
        default=1,
        minimum=0,
        maximum=60,
    ),
    Setting(
        "safety_days",
        "int",
        "Days that a suggested quantity lasts beyond the next visit and its delivery.",
        default=2,
        minimum=0,
        maximum=60,
    ),
    Setting(
        "max_cover_days",
        "int",
        "No more is suggested than is sold in so many days; 0: any.",
        default=0,
        minimum=0,
        maximum=365,
    ),
)
