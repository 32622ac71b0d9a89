"""The report `demand`: what is to be delivered when, and whether there is enough of it."""

from __future__ import annotations

from appliance.api import Report, ReportColumn, ReportParameter
from appliance_preselling.report_parts import BELOW, UNIT
from appliance_preselling.reservations import RESERVING

_STATES = ", ".join(f"'{state}'" for state in sorted(RESERVING | {"held"}))
_RESERVING = ", ".join(f"'{state}'" for state in sorted(RESERVING))

# Values out of JSON are cast, so that what is joined by them is found by an index.
# What is left of a line in base units, rounded up; of one that was cut, nothing.
_LEFT = """CASE WHEN line.value ->> '$.status' = 'cut' THEN 0 ELSE
    (max(0, (line.value ->> '$.qty') - coalesce(line.value ->> '$.shipped_qty', 0))
        * unit.factor_num + unit.factor_den - 1) / unit.factor_den END"""

DEMAND = Report(
    name="demand",
    title="What is to be delivered, by product, warehouse and day, in base units",
    sql=f"""
WITH RECURSIVE {BELOW},
unit AS MATERIALIZED (SELECT id, factor_num, factor_den FROM product_uoms),
line AS MATERIALIZED (
    SELECT orders.warehouse_id AS house,
        CAST(line.value ->> '$.product_id' AS TEXT) AS product,
        orders.requested_date AS day, orders.seq AS number, {_LEFT} AS qty,
        orders.state IN ({_RESERVING}) AS accepted
    FROM orders CROSS JOIN jsonb_each(jsonb_extract(orders.body, '$.lines')) AS line
    CROSS JOIN unit ON unit.id = CAST(line.value ->> '$.uom_id' AS TEXT)
    WHERE orders.state IN ({_STATES}) AND orders.order_kind <> 'return_request'
        AND orders.requested_date BETWEEN :since AND :until),
wanted AS MATERIALIZED (
    SELECT house, product, day, count(DISTINCT number) AS orders, sum(qty) AS qty,
        sum(CASE WHEN accepted THEN qty ELSE 0 END) AS accepted
    FROM line GROUP BY house, product, day HAVING sum(qty) > 0),
stock AS MATERIALIZED (
    SELECT warehouse_id AS house, product_id AS product, sum(on_hand) AS on_hand,
        sum(on_hand - coalesce(reserved, 0)) AS free
    FROM stock_balances GROUP BY 1, 2),
told AS MATERIALIZED (
    SELECT warehouse_id AS house, product_id AS product, qty FROM stock_reservations)
SELECT wanted.day, warehouses.name, products.code, text_in(products.name, :caller_languages),
    wanted.orders, wanted.qty, wanted.accepted, stock.on_hand,
    stock.free - coalesce(told.qty, 0) AS free
FROM wanted
LEFT JOIN warehouses ON warehouses.id = wanted.house
LEFT JOIN products ON products.id = wanted.product
LEFT JOIN stock ON stock.house = wanted.house AND stock.product = wanted.product
LEFT JOIN told ON told.house = wanted.house AND told.product = wanted.product
WHERE (:warehouse = '' OR warehouses.code = :warehouse)
    AND (:unit = '' OR warehouses.org_id IN (SELECT id FROM below))
ORDER BY wanted.day, warehouses.name, products.code
""",
    columns=(
        ReportColumn(name="day", title="Delivery", unit="date"),
        ReportColumn(name="warehouse", title="Warehouse"),
        ReportColumn(name="code", title="Code"),
        ReportColumn(name="product", title="Product"),
        ReportColumn(name="orders", title="Orders", unit="int"),
        ReportColumn(name="ordered", title="Ordered", unit="quantity"),
        ReportColumn(name="reserved", title="Of it accepted", unit="quantity"),
        ReportColumn(name="on_hand", title="On hand", unit="quantity"),
        ReportColumn(name="free", title="Free", unit="quantity"),
    ),
    parameters=(
        ReportParameter(name="since", doc="The first day of delivery.", default="2000-01-01"),
        ReportParameter(name="until", doc="The last day of delivery.", default="2999-12-31"),
        ReportParameter(
            name="warehouse",
            doc="A warehouse's code; empty: all.",
            default="",
            choices="SELECT code FROM warehouses ORDER BY code",
        ),
        UNIT,
    ),
    roles=("admin", "manager", "supervisor", "checker", "hq"),
)
