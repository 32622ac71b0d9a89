"""Reports of stock, of gaps in the catalogue and of debts."""

from __future__ import annotations

from appliance.api import Report, ReportColumn, ReportParameter

UNIT = ReportParameter(
    name="unit",
    doc="The code of a unit: it and those below it; empty: all.",
    default="",
    choices="SELECT code FROM org_units ORDER BY code",
)
"""The parameter of reports that can be asked for one branch."""

BELOW = """
below(id) AS (
    SELECT id FROM org_units WHERE code = :unit
    UNION
    SELECT unit.id FROM below CROSS JOIN org_units AS unit ON unit.parent_id = +below.id
)"""
"""The ids of the asked unit and those below it, for ``WITH RECURSIVE``; none where all are."""

# Names are looked up once for each product and house, not for each balance of the two.
STOCK_BY_WAREHOUSE = Report(
    name="stock_by_warehouse",
    title="Stock by warehouse",
    sql=f"""
WITH RECURSIVE {BELOW},
houses AS MATERIALIZED (
    SELECT id, name FROM warehouses
    WHERE (:warehouse = '' OR code = :warehouse)
        AND (:unit = '' OR org_id IN (SELECT id FROM below))
),
goods AS MATERIALIZED (
    SELECT id, code, article, text_in(name, :caller_languages) AS name FROM products
)
SELECT houses.name, goods.code, goods.article, goods.name, balance.on_hand,
       coalesce(balance.reserved, 0), balance.on_hand - coalesce(balance.reserved, 0),
       balance.as_of
FROM stock_balances AS balance
JOIN houses ON houses.id = balance.warehouse_id
JOIN goods ON goods.id = balance.product_id
ORDER BY houses.name, goods.name, goods.code
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

CATALOGUE_GAPS = Report(
    name="catalogue_gaps",
    title="Products that cannot be sold: without a price or a barcode",
    sql="""
SELECT code, article, text_in(name, :caller_languages) AS called,
       CASE WHEN id IN (SELECT product_id FROM prices) THEN 'yes' ELSE 'no' END AS priced,
       CASE WHEN id IN (SELECT product_id FROM product_uoms WHERE gtin IS NOT NULL)
            THEN 'yes' ELSE 'no' END AS barcoded
FROM products
WHERE active AND (priced = 'no' OR barcoded = 'no')
ORDER BY priced, called
""",
    columns=(
        ReportColumn(name="code", title="Code"),
        ReportColumn(name="article", title="Article"),
        ReportColumn(name="name", title="Product"),
        ReportColumn(name="priced", title="Has a price"),
        ReportColumn(name="barcoded", title="Has a barcode"),
    ),
    roles=("admin", "manager", "hq"),
)

# A customer is of the units whose routes its outlets are on.
RECEIVABLES_BY_AGE = Report(
    name="receivables_by_age",
    title="Open items by customer and age of the debt",
    sql=f"""
WITH RECURSIVE {BELOW},
served(party_id) AS MATERIALIZED (
    SELECT DISTINCT place.party_id
    FROM below CROSS JOIN routes AS way ON way.org_id = +below.id
    CROSS JOIN route_outlets AS stop ON stop.route_id = +way.id
    CROSS JOIN outlets AS place ON place.id = +stop.outlet_id
),
item AS (
    SELECT party_id, currency, open_amount,
        CAST(julianday(coalesce(nullif(:date, ''), date('now'))) - julianday(due_date) AS INTEGER)
            AS late
    FROM receivables
    WHERE open_amount <> 0 AND (:unit = '' OR party_id IN (SELECT party_id FROM served))
)
SELECT parties.name, item.currency, sum(item.open_amount),
       sum(item.open_amount) FILTER (WHERE item.late <= 0),
       sum(item.open_amount) FILTER (WHERE item.late BETWEEN 1 AND 30),
       sum(item.open_amount) FILTER (WHERE item.late BETWEEN 31 AND 60),
       sum(item.open_amount) FILTER (WHERE item.late BETWEEN 61 AND 90),
       sum(item.open_amount) FILTER (WHERE item.late > 90), max(max(item.late), 0)
FROM item
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
        ReportParameter(name="date", doc="As of this day, YYYY-MM-DD; empty: today.", default=""),
        UNIT,
    ),
    roles=("admin", "manager", "supervisor", "hq"),
    chart="bars",
)

REPORTS = (STOCK_BY_WAREHOUSE, CATALOGUE_GAPS, RECEIVABLES_BY_AGE)
"""Every report of the plugin."""
