"""Reports and files out."""

from __future__ import annotations

from appliance.api import Exporter, Report, ReportColumn, ReportParameter

REPORTS = (
    Report(
        name="stock_by_warehouse",
        title="Stock by warehouse",
        sql="""
SELECT warehouses.name, products.code, products.article, products.body ->> '$.name',
       balance.on_hand, coalesce(balance.reserved, 0),
       balance.on_hand - coalesce(balance.reserved, 0), balance.as_of
FROM stock_balances AS balance
JOIN warehouses ON warehouses.id = balance.warehouse_id
JOIN products ON products.id = balance.product_id
WHERE :warehouse = '' OR warehouses.code = :warehouse
ORDER BY warehouses.name, products.body ->> '$.name'
""",
        columns=(
            ReportColumn(name="warehouse", title="Warehouse"),
            ReportColumn(name="code", title="Code"),
            ReportColumn(name="article", title="Article"),
            ReportColumn(name="name", title="Product"),
            ReportColumn(name="on_hand", title="On hand", unit="quantity"),
            ReportColumn(name="reserved", title="Reserved", unit="quantity"),
            ReportColumn(name="available", title="Available", unit="quantity"),
            ReportColumn(name="as_of", title="As of", unit="timestamp"),
        ),
        parameters=(
            ReportParameter(name="warehouse", doc="A warehouse's code; empty: all.", default=""),
        ),
        roles=("admin", "manager", "supervisor", "checker", "hq"),
    ),
    Report(
        name="catalogue_gaps",
        title="Products that cannot be sold: without a price or a barcode",
        sql="""
SELECT code, article, body ->> '$.name',
       CASE WHEN id IN (SELECT product_id FROM prices) THEN 'yes' ELSE 'no' END AS priced,
       CASE WHEN id IN (SELECT product_id FROM product_uoms WHERE gtin IS NOT NULL)
            THEN 'yes' ELSE 'no' END AS barcoded
FROM products
WHERE active AND (priced = 'no' OR barcoded = 'no')
ORDER BY priced, body ->> '$.name'
""",
        columns=(
            ReportColumn(name="code", title="Code"),
            ReportColumn(name="article", title="Article"),
            ReportColumn(name="name", title="Product"),
            ReportColumn(name="priced", title="Has a price"),
            ReportColumn(name="barcoded", title="Has a barcode"),
        ),
        roles=("admin", "manager", "hq"),
    ),
    Report(
        name="receivables_by_age",
        title="Open items by customer and age of the debt",
        sql="""
SELECT parties.name, item.currency, sum(item.open_amount),
       sum(item.open_amount) FILTER (WHERE item.late <= 0),
       sum(item.open_amount) FILTER (WHERE item.late BETWEEN 1 AND 30),
       sum(item.open_amount) FILTER (WHERE item.late BETWEEN 31 AND 60),
       sum(item.open_amount) FILTER (WHERE item.late BETWEEN 61 AND 90),
       sum(item.open_amount) FILTER (WHERE item.late > 90), max(max(item.late), 0)
FROM (SELECT party_id, currency, open_amount,
        CAST(julianday(coalesce(nullif(:date, ''), date('now'))) - julianday(due_date) AS INTEGER)
            AS late
    FROM receivables WHERE open_amount <> 0) AS item
LEFT JOIN parties ON parties.id = item.party_id
GROUP BY item.party_id, item.currency
ORDER BY item.currency, sum(item.open_amount) DESC, parties.name
""",
        columns=(
            ReportColumn(name="party", title="Customer"),
            ReportColumn(name="currency", title="Currency"),
            ReportColumn(name="total", title="Open", unit="money"),
            ReportColumn(name="not_due", title="Not due", unit="money"),
            ReportColumn(name="days_30", title="1-30 days", unit="money"),
            ReportColumn(name="days_60", title="31-60 days", unit="money"),
            ReportColumn(name="days_90", title="61-90 days", unit="money"),
            ReportColumn(name="older", title="Over 90 days", unit="money"),
            ReportColumn(name="late", title="Latest by days", unit="int"),
        ),
        parameters=(
            ReportParameter(
                name="date", doc="As of this day, YYYY-MM-DD; empty: today.", default=""
            ),
        ),
        roles=("admin", "manager", "supervisor", "hq"),
        chart="bars",
    ),
)

EXPORTERS = (
    Exporter(
        kind="products",
        title="Products with their base unit and barcode",
        sql="""
SELECT products.code, products.article, products.body ->> '$.name', products.brand,
       products.manufacturer, unit.uom_code, unit.gtin, products.tax_category, products.kind,
       products.rrp, products.availability_note, products.regulation, products.shelf_life_days,
       CAST(products.batch_tracked AS INTEGER), CAST(products.marked AS INTEGER),
       deposit.code, products.sort,
       CASE WHEN products.active THEN 1 ELSE 0 END
FROM products
LEFT JOIN products AS deposit ON deposit.id = products.deposit_product_id
LEFT JOIN product_uoms AS unit ON unit.product_id = products.id AND unit.is_base
ORDER BY products.code
""",
        columns=(
            ReportColumn(name="code", title="code"),
            ReportColumn(name="article", title="article"),
            ReportColumn(name="name", title="name"),
            ReportColumn(name="brand", title="brand"),
            ReportColumn(name="manufacturer", title="manufacturer"),
            ReportColumn(name="unit", title="unit"),
            ReportColumn(name="barcode", title="barcode"),
            ReportColumn(name="tax", title="tax category"),
            ReportColumn(name="kind", title="kind"),
            ReportColumn(name="rrp", title="rrp", unit="price"),
            ReportColumn(name="availability_note", title="availability"),
            ReportColumn(name="regulation", title="regulation"),
            ReportColumn(name="shelf_life_days", title="shelf life, days", unit="int"),
            ReportColumn(name="batch_tracked", title="batches", unit="int"),
            ReportColumn(name="marked", title="marked", unit="int"),
            ReportColumn(name="deposit_product", title="deposit product"),
            ReportColumn(name="sort", title="sort", unit="int"),
            ReportColumn(name="active", title="active", unit="int"),
        ),
    ),
    Exporter(
        kind="prices",
        title="Prices of products in price lists",
        sql="""
SELECT products.code, lists.code, prices.price, lists.currency, unit.uom_code,
       coalesce(prices.min_qty, 0), prices.valid_from, prices.valid_to
FROM prices
JOIN price_lists AS lists ON lists.id = prices.price_list_id
JOIN products ON products.id = prices.product_id
JOIN product_uoms AS unit ON unit.id = prices.uom_id
ORDER BY lists.code, products.code, unit.uom_code, prices.min_qty, prices.valid_from
""",
        columns=(
            ReportColumn(name="code", title="code"),
            ReportColumn(name="price_list", title="price list"),
            ReportColumn(name="price", title="price", unit="price"),
            ReportColumn(name="currency", title="currency"),
            ReportColumn(name="unit", title="unit"),
            ReportColumn(name="min_qty", title="min qty", unit="quantity"),
            ReportColumn(name="valid_from", title="valid from", unit="date"),
            ReportColumn(name="valid_to", title="valid to", unit="date"),
        ),
    ),
)
