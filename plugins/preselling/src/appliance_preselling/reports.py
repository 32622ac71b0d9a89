"""Reports and files out."""

from __future__ import annotations

from appliance.api import Exporter, Report, ReportColumn, ReportParameter

ORDERS_BY_DAY = Report(
    name="orders_by_day",
    title="Orders by day",
    # The bounds on created_at, a day wider than any time zone, are there for its index.
    sql="""
SELECT date(created_at / 1000 + tz_offset_min * 60, 'unixepoch') AS day, currency, count(*),
       sum(json_array_length(body, '$.lines')), count(DISTINCT outlet_id),
       sum(state = 'held'), coalesce(sum(body ->> '$.totals.payable'), 0)
FROM orders
WHERE state NOT IN ('draft', 'cancelled', 'rejected', 'expired')
    AND order_kind <> 'return_request'
    AND created_at >= (unixepoch(:since) - 86400) * 1000
    AND created_at < (unixepoch(:until) + 172800) * 1000
GROUP BY day, currency
HAVING day BETWEEN :since AND :until
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
    parameters=(
        ReportParameter(name="since", doc="The first day, YYYY-MM-DD.", default="2000-01-01"),
        ReportParameter(name="until", doc="The last day, YYYY-MM-DD.", default="2999-12-31"),
    ),
    roles=("admin", "manager", "supervisor", "hq"),
    chart="bars",
)

ORDERS = Exporter(
    kind="orders",
    title="Order lines, drafts and return requests left out",
    sql="""
SELECT orders.id, orders.number, orders.state, orders.created_at, orders.requested_date,
       outlets.code, users.login, line.value ->> '$.line_no', products.code, unit.uom_code,
       line.value ->> '$.qty', line.value ->> '$.net_price', line.value ->> '$.tax_amount',
       line.value ->> '$.total', orders.currency
FROM orders
JOIN json_each(orders.body, '$.lines') AS line
LEFT JOIN outlets ON outlets.id = orders.outlet_id
LEFT JOIN users ON users.id = orders.user_id
LEFT JOIN products ON products.id = line.value ->> '$.product_id'
LEFT JOIN product_uoms AS unit ON unit.id = line.value ->> '$.uom_id'
WHERE orders.state <> 'draft' AND orders.order_kind <> 'return_request'
ORDER BY orders.created_at, orders.id, line.key
""",
    columns=(
        ReportColumn(name="id", title="order"),
        ReportColumn(name="number", title="number"),
        ReportColumn(name="state", title="state"),
        ReportColumn(name="created_at", title="created", unit="timestamp"),
        ReportColumn(name="requested_date", title="delivery date", unit="date"),
        ReportColumn(name="outlet", title="outlet"),
        ReportColumn(name="user", title="user"),
        ReportColumn(name="line_no", title="line", unit="int"),
        ReportColumn(name="product", title="product"),
        ReportColumn(name="unit", title="unit"),
        ReportColumn(name="qty", title="quantity", unit="quantity"),
        ReportColumn(name="net_price", title="price", unit="price"),
        ReportColumn(name="tax_amount", title="tax", unit="money"),
        ReportColumn(name="total", title="total", unit="money"),
        ReportColumn(name="currency", title="currency"),
    ),
)
