"""Reports of orders."""

from __future__ import annotations

from appliance.api import Report, ReportColumn
from appliance_preselling.report_demand import DEMAND
from appliance_preselling.report_parts import BELOW, COUNTED, DAY, SELLERS, SPAN, UNIT
from appliance_preselling.visit_reports import VISIT_REPORTS

# A value out of JSON has no affinity; with one, the indexes of ids can be used. jsonb_extract and
# jsonb_each read each order once; `->` and json_each would write every line as text, to be read
# again for every field. Names are looked up once for each product, not once for each row.
_LINES = f"""
WITH RECURSIVE {BELOW},
counted AS MATERIALIZED (
    SELECT orders.seq AS number, orders.currency AS currency, orders.outlet_id AS outlet_id,
        jsonb_extract(orders.body, '$.lines') AS lines
    FROM orders WHERE {COUNTED} {{more}}
),
unit AS MATERIALIZED (SELECT id, factor_num, factor_den FROM product_uoms),
line AS (
    SELECT CAST(one.value ->> '$.product_id' AS TEXT) AS product_id, counted.currency AS currency,
        counted.number AS number, counted.outlet_id AS outlet_id,
        (one.value ->> '$.qty') * unit.factor_num AS ordered,
        coalesce(one.value ->> '$.shipped_qty', 0) * unit.factor_num AS shipped,
        unit.factor_den AS den, one.value ->> '$.total' AS total
    FROM counted CROSS JOIN jsonb_each(counted.lines) AS one
    LEFT JOIN unit ON unit.id = CAST(one.value ->> '$.uom_id' AS TEXT)
),"""


def _in_base(parts: str) -> str:
    """Return the sum of a column of lines in base units.

    It is rounded down: exact, but where a product has several units that are fractions of the base.
    """
    return f"sum({parts} / den) + sum({parts} % den) / max(den)"


ORDERS_BY_DAY = Report(
    name="orders_by_day",
    title="Orders by day",
    sql=f"""
WITH RECURSIVE {BELOW}
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
    parameters=(*SPAN, UNIT),
    roles=SELLERS,
    chart="bars",
)

ORDERS_BY_DOCUMENT = Report(
    name="orders_by_document",
    title="Orders, one by one",
    sql=f"""
WITH RECURSIVE {BELOW}
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
    parameters=(*SPAN, UNIT),
    roles=SELLERS,
)

ORDERS_BY_PRODUCT = Report(
    name="orders_by_product",
    title="Orders by product, in base units",
    sql=_LINES.format(more="")
    + f"""
whole AS MATERIALIZED (
    SELECT product_id, currency, count(DISTINCT number) AS orders,
        count(DISTINCT outlet_id) AS outlets, {_in_base("ordered")} AS qty, sum(total) AS total
    FROM line GROUP BY product_id, currency
),
named AS MATERIALIZED (
    SELECT id, code, text_in(name, :caller_languages) AS name FROM products
    WHERE id IN (SELECT product_id FROM whole)
)
SELECT named.code, named.name, whole.orders, whole.outlets, whole.qty, whole.total, whole.currency
FROM whole LEFT JOIN named ON named.id = whole.product_id
ORDER BY whole.currency, whole.total DESC, named.code
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
    parameters=(*SPAN, UNIT),
    roles=SELLERS,
    chart="bars",
)

ORDERS_BY_OUTLET = Report(
    name="orders_by_outlet",
    title="Orders by outlet",
    sql=f"""
WITH RECURSIVE {BELOW},
counted AS (
    SELECT orders.outlet_id AS outlet_id, orders.party_id AS party_id, orders.currency AS currency,
        count(*) AS orders, sum(json_array_length(orders.body, '$.lines')) AS lines,
        max({DAY}) AS last, coalesce(sum(orders.body ->> '$.totals.payable'), 0) AS payable
    FROM orders WHERE {COUNTED}
    GROUP BY orders.outlet_id, orders.currency
)
SELECT coalesce(outlets.code, ''), outlets.name, parties.name, counted.orders, counted.lines,
       counted.last, counted.payable, counted.currency
FROM counted
LEFT JOIN outlets ON outlets.id = counted.outlet_id
LEFT JOIN parties ON parties.id = counted.party_id
ORDER BY counted.currency, counted.payable DESC, outlets.name
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
    parameters=(*SPAN, UNIT),
    roles=SELLERS,
    chart="bars",
)

ORDERS_BY_UNIT = Report(
    name="orders_by_unit",
    title="Orders by branch",
    sql=f"""
WITH RECURSIVE {BELOW},
counted AS (
    SELECT orders.org_id AS org_id, orders.currency AS currency, count(*) AS orders,
        count(DISTINCT orders.user_id) AS people, count(DISTINCT orders.outlet_id) AS outlets,
        sum(orders.state = 'held') AS held,
        coalesce(sum(orders.body ->> '$.totals.net'), 0) AS net,
        coalesce(sum(orders.body ->> '$.totals.payable'), 0) AS payable
    FROM orders WHERE {COUNTED}
    GROUP BY orders.org_id, orders.currency
)
SELECT coalesce(org_units.code, ''), text_in(org_units.name, :caller_languages), counted.orders,
       counted.people, counted.outlets, counted.held, counted.net, counted.payable,
       counted.currency
FROM counted LEFT JOIN org_units ON org_units.id = counted.org_id
ORDER BY counted.currency, counted.payable DESC, org_units.code
""",
    columns=(
        ReportColumn(name="code", title="Code"),
        ReportColumn(name="unit", title="Branch"),
        ReportColumn(name="orders", title="Orders", unit="int"),
        ReportColumn(name="people", title="People", unit="int"),
        ReportColumn(name="outlets", title="Outlets", unit="int"),
        ReportColumn(name="held", title="Held", unit="int"),
        ReportColumn(name="net", title="Without tax", unit="money"),
        ReportColumn(name="payable", title="To pay", unit="money"),
        ReportColumn(name="currency", title="Currency"),
    ),
    parameters=(*SPAN, UNIT),
    roles=SELLERS,
    chart="bars",
)

FILL_RATE = Report(
    name="fill_rate",
    title="What was shipped of what was ordered, in base units",
    sql=_LINES.format(more="AND orders.state IN ('partially_shipped', 'shipped', 'completed')")
    + f"""
measured AS (
    SELECT product_id, {_in_base("ordered")} AS ordered, {_in_base("shipped")} AS shipped
    FROM line GROUP BY product_id
)
SELECT products.code, text_in(products.name, :caller_languages), measured.ordered,
       measured.shipped, measured.shipped * 10000 / nullif(measured.ordered, 0)
FROM measured LEFT JOIN products ON products.id = measured.product_id
ORDER BY 5, products.code
""",
    columns=(
        ReportColumn(name="code", title="Code"),
        ReportColumn(name="product", title="Product"),
        ReportColumn(name="ordered", title="Ordered", unit="quantity"),
        ReportColumn(name="shipped", title="Shipped", unit="quantity"),
        ReportColumn(name="rate", title="Fill rate, %", unit="percent"),
    ),
    parameters=(*SPAN, UNIT),
    roles=SELLERS,
)

REPORTS = (
    ORDERS_BY_DAY,
    ORDERS_BY_DOCUMENT,
    ORDERS_BY_PRODUCT,
    ORDERS_BY_OUTLET,
    ORDERS_BY_UNIT,
    FILL_RATE,
    *VISIT_REPORTS,
    DEMAND,
)
"""Every report of the plugin."""
