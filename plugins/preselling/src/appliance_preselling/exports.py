"""Files out."""

from __future__ import annotations

from appliance.api import Exporter, ReportColumn

ORDERS = Exporter(
    kind="orders",
    title="Order lines; of all orders, drafts and return requests are left out",
    sql="""
SELECT orders.id, orders.number, orders.state, orders.created_at, orders.requested_date,
       outlets.code, users.login, line.value ->> '$.line_no', products.code, unit.uom_code,
       line.value ->> '$.qty', line.value ->> '$.net_price', line.value ->> '$.tax_amount',
       line.value ->> '$.total', orders.currency, buyer.name, buyer.tax_id, payer.name,
       payer.tax_id, line.value ->> '$.shipped_qty', orders.revision, orders.server_number,
       orders.body ->> '$.state_comment'
FROM orders
JOIN json_each(orders.body, '$.lines') AS line
LEFT JOIN outlets ON outlets.id = orders.outlet_id
LEFT JOIN parties AS buyer ON buyer.id = orders.party_id
LEFT JOIN parties AS payer ON payer.id = orders.payer_party_id
LEFT JOIN users ON users.id = orders.user_id
LEFT JOIN products ON products.id = line.value ->> '$.product_id'
LEFT JOIN product_uoms AS unit ON unit.id = line.value ->> '$.uom_id'
WHERE CASE WHEN :ids IS NULL
    THEN orders.state <> 'draft' AND orders.order_kind <> 'return_request'
    ELSE orders.id IN (SELECT value FROM json_each(:ids)) END
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
        ReportColumn(name="party", title="customer"),
        ReportColumn(name="party_tax_id", title="customer tax id"),
        ReportColumn(name="payer", title="payer"),
        ReportColumn(name="payer_tax_id", title="payer tax id"),
        ReportColumn(name="shipped", title="shipped", unit="quantity"),
        ReportColumn(name="revision", title="revision", unit="int"),
        ReportColumn(name="accounting_number", title="accounting number"),
        ReportColumn(name="comment", title="comment"),
    ),
    collection="orders",
    # What is held is decided first, and what was given up is nobody's to deliver.
    ready="""
SELECT id FROM orders
WHERE id IN (SELECT value FROM json_each(:ids)) AND order_kind <> 'return_request'
    AND state NOT IN ('draft', 'submitted', 'held', 'cancelled', 'rejected', 'expired')
""",
)
