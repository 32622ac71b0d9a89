"""Reports of orders."""

from __future__ import annotations

from appliance.api import Report, ReportColumn, ReportParameter

SELLERS = ("admin", "manager", "supervisor", "hq")
"""Roles that read how sales go."""

SPAN = (
    ReportParameter(name="since", doc="The first day, YYYY-MM-DD.", default="2000-01-01"),
    ReportParameter(name="until", doc="The last day, YYYY-MM-DD.", default="2999-12-31"),
)
"""Parameters of every report here: the days on which orders were made, where they were made."""

DAY = "date(orders.created_at / 1000 + orders.tz_offset_min * 60, 'unixepoch')"
"""The day of an order."""

# The bounds on created_at, a day wider than any time zone, are there for its index.
COUNTED = f"""orders.state NOT IN ('draft', 'cancelled', 'rejected', 'expired')
    AND orders.order_kind <> 'return_request'
    AND orders.created_at >= (unixepoch(:since) - 86400) * 1000
    AND orders.created_at < (unixepoch(:until) + 172800) * 1000
    AND {DAY} BETWEEN :since AND :until"""
"""What is counted: orders that something is to be delivered for, of the asked days."""

# Of a line, in base units of its product; rounded down, which matters only for fractions of grams.
IN_BASE = "(line.value ->> '$.{field}') * unit.factor_num / unit.factor_den"
LINES = """
FROM orders JOIN json_each(orders.body, '$.lines') AS line
LEFT JOIN products ON products.id = line.value ->> '$.product_id'
LEFT JOIN product_uoms AS unit ON unit.id = line.value ->> '$.uom_id'
"""

ORDERS_BY_DAY = Report(
    name="orders_by_day",
    title="Orders by day",
    sql=f"""
SELECT {DAY} AS day, currency, count(*),
       sum(json_array_length(body, '$.lines')), count(DISTINCT outlet_id),
       sum(state = 'held'), coalesce(sum(body ->> '$.totals.payable'), 0)
FROM orders WHERE {COUNTED}
GROUP BY day, currency
ORDER BY day, currency
""",
    columns=(
        ReportColumn(name="day", title="Day", unit="date"),
        ReportColumn(name="currency", title="Currency"),
        ReportColumn(name="orders", title="Orders", unit="int"),
        ReportColumn(name="lines", title="Lines", unit="int"),
        ReportColumn(name="outlets", title="Outlets", unit="int"),
        ReportColumn(name="held", title="Held", unit="int"),
        ReportColumn(name="payable", title="To pay", unit="money"),
    ),
    parameters=SPAN,
    roles=SELLERS,
    chart="bars",
)

ORDERS_BY_DOCUMENT = Report(
    name="orders_by_document",
    title="Orders, one by one",
    sql=f"""
SELECT {DAY} AS day, coalesce(orders.number, ''), orders.state, outlets.name, users.login,
       json_array_length(orders.body, '$.lines'), orders.requested_date,
       coalesce(orders.body ->> '$.totals.net', 0), coalesce(orders.body ->> '$.totals.payable', 0),
       orders.currency
FROM orders
LEFT JOIN outlets ON outlets.id = orders.outlet_id
LEFT JOIN users ON users.id = orders.user_id
WHERE {COUNTED}
ORDER BY orders.created_at, orders.id
""",
    columns=(
        ReportColumn(name="day", title="Day", unit="date"),
        ReportColumn(name="number", title="Number"),
        ReportColumn(name="state", title="State"),
        ReportColumn(name="outlet", title="Outlet"),
        ReportColumn(name="user", title="By"),
        ReportColumn(name="lines", title="Lines", unit="int"),
        ReportColumn(name="requested_date", title="Delivery", unit="date"),
        ReportColumn(name="net", title="Without tax", unit="money"),
        ReportColumn(name="payable", title="To pay", unit="money"),
        ReportColumn(name="currency", title="Currency"),
    ),
    parameters=SPAN,
    roles=SELLERS,
)

ORDERS_BY_PRODUCT = Report(
    name="orders_by_product",
    title="Orders by product, in base units",
    sql=f"""
SELECT products.code, products.body ->> '$.name', count(DISTINCT orders.id),
       count(DISTINCT orders.outlet_id), sum({IN_BASE.format(field="qty")}),
       sum(line.value ->> '$.total'), orders.currency
{LINES} WHERE {COUNTED}
GROUP BY line.value ->> '$.product_id', orders.currency
ORDER BY orders.currency, sum(line.value ->> '$.total') DESC, products.code
""",
    columns=(
        ReportColumn(name="code", title="Code"),
        ReportColumn(name="product", title="Product"),
        ReportColumn(name="orders", title="Orders", unit="int"),
        ReportColumn(name="outlets", title="Outlets", unit="int"),
        ReportColumn(name="qty", title="Ordered", unit="quantity"),
        ReportColumn(name="total", title="Amount", unit="money"),
        ReportColumn(name="currency", title="Currency"),
    ),
    parameters=SPAN,
    roles=SELLERS,
    chart="bars",
)

ORDERS_BY_OUTLET = Report(
    name="orders_by_outlet",
    title="Orders by outlet",
    sql=f"""
SELECT coalesce(outlets.code, ''), outlets.name, parties.name, count(*),
       sum(json_array_length(orders.body, '$.lines')), max({DAY}),
       coalesce(sum(orders.body ->> '$.totals.payable'), 0) AS payable, orders.currency
FROM orders
LEFT JOIN outlets ON outlets.id = orders.outlet_id
LEFT JOIN parties ON parties.id = orders.party_id
WHERE {COUNTED}
GROUP BY orders.outlet_id, orders.currency
ORDER BY orders.currency, payable DESC, outlets.name
""",
    columns=(
        ReportColumn(name="code", title="Code"),
        ReportColumn(name="outlet", title="Outlet"),
        ReportColumn(name="party", title="Customer"),
        ReportColumn(name="orders", title="Orders", unit="int"),
        ReportColumn(name="lines", title="Lines", unit="int"),
        ReportColumn(name="last", title="Last", unit="date"),
        ReportColumn(name="payable", title="To pay", unit="money"),
        ReportColumn(name="currency", title="Currency"),
    ),
    parameters=SPAN,
    roles=SELLERS,
    chart="bars",
)

FILL_RATE = Report(
    name="fill_rate",
    title="What was shipped of what was ordered, in base units",
    sql=f"""
SELECT products.code, products.body ->> '$.name',
       sum({IN_BASE.format(field="qty")}) AS ordered,
       sum(coalesce({IN_BASE.format(field="shipped_qty")}, 0)) AS shipped,
       sum(coalesce({IN_BASE.format(field="shipped_qty")}, 0)) * 10000
           / nullif(sum({IN_BASE.format(field="qty")}), 0)
{LINES} WHERE {COUNTED} AND orders.state IN ('partially_shipped', 'shipped', 'completed')
GROUP BY line.value ->> '$.product_id'
ORDER BY 5, products.code
""",
    columns=(
        ReportColumn(name="code", title="Code"),
        ReportColumn(name="product", title="Product"),
        ReportColumn(name="ordered", title="Ordered", unit="quantity"),
        ReportColumn(name="shipped", title="Shipped", unit="quantity"),
        ReportColumn(name="rate", title="Fill rate, %", unit="percent"),
    ),
    parameters=SPAN,
    roles=SELLERS,
)

COVERAGE = Report(
    name="coverage",
    title="Planned outlets that were visited, and visits that brought an order",
    sql="""
SELECT users.login, sum(visits.planned = 1),
       sum(visits.planned = 1 AND visits.state IN ('completed', 'completed_incomplete')),
       sum(visits.planned = 1 AND visits.state IN ('completed', 'completed_incomplete')) * 10000
           / nullif(sum(visits.planned = 1), 0),
       sum(visits.state IN ('completed', 'completed_incomplete')) AS made,
       sum(visits.state IN ('completed', 'completed_incomplete') AND brought.visit_id IS NOT NULL),
       sum(visits.state IN ('completed', 'completed_incomplete') AND brought.visit_id IS NOT NULL)
           * 10000 / nullif(sum(visits.state IN ('completed', 'completed_incomplete')), 0)
FROM visits
LEFT JOIN users ON users.id = visits.user_id
LEFT JOIN (SELECT DISTINCT orders.body ->> '$.visit_id' AS visit_id FROM orders
    WHERE orders.state NOT IN ('draft', 'cancelled', 'rejected', 'expired')) AS brought
    ON brought.visit_id = visits.id
WHERE coalesce(visits.plan_date,
        date(visits.arrived_at / 1000 + coalesce(visits.tz_offset_min, 0) * 60, 'unixepoch'))
    BETWEEN :since AND :until
GROUP BY visits.user_id
ORDER BY users.login
""",
    columns=(
        ReportColumn(name="user", title="Person"),
        ReportColumn(name="planned", title="Planned", unit="int"),
        ReportColumn(name="visited", title="Of them visited", unit="int"),
        ReportColumn(name="coverage", title="Coverage, %", unit="percent"),
        ReportColumn(name="visits", title="Visits", unit="int"),
        ReportColumn(name="with_order", title="With an order", unit="int"),
        ReportColumn(name="strike", title="Strike rate, %", unit="percent"),
    ),
    parameters=SPAN,
    roles=SELLERS,
    chart="bars",
)

REPORTS = (
    ORDERS_BY_DAY,
    ORDERS_BY_DOCUMENT,
    ORDERS_BY_PRODUCT,
    ORDERS_BY_OUTLET,
    FILL_RATE,
    COVERAGE,
)
"""Every report of the plugin."""
