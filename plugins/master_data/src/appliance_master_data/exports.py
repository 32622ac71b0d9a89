"""Files out: products and prices."""

from __future__ import annotations

from appliance.api import Exporter, ReportColumn

EXPORTERS = (
    Exporter(
        kind="products",
        title="Products with their base unit and barcode",
        sql="""
SELECT products.code, products.article, text_in(products.name, :caller_languages), products.brand,
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
"""Every kind of file that the plugin writes."""
