"""Tax rates of a country."""

from __future__ import annotations

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, products
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="tax_rates",
    title="Tax rates by country and category, each from a day on",
    columns=(
        headers.named(
            "country", ("Страна", "country"), "ISO 3166-1 code of two letters.", required=True
        ),
        ImportColumn(
            name="category",
            headers=("Категория", "Ставка НДС", "tax category", "category"),
            required=True,
            doc="As products have it: standard, or a rate such as 20%, or Без НДС.",
        ),
        headers.number(
            "rate_bp",
            ("Ставка, %", "Процент", "rate", "rate, %"),
            "Percent.",
            scale=2,
            required=True,
        ),
        headers.valid_from(),
        headers.valid_to(),
    ),
)

_STORED = """
SELECT id FROM tax_rates WHERE country = ? AND tax_category = ? AND valid_from = ?
"""


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a rate; one of that country, category and first day is the same rate."""
    cells = Cells(IMPORTER, values, context)
    country = cells.country()
    text = cells.code("category")
    try:
        category = products.tax_category(text)
    except ValueError:
        category = text
    since, until = cells.period("rate")
    cells.needed("rate_bp")
    rate = cells.percent("rate_bp")
    found = context.select(_STORED, (country, category, since))
    row = {"country": country, "tax_category": category, "rate_bp": rate, "valid_from": since}
    return [
        ImportRecord(
            collection="tax_rates",
            external_id=joined(country, category, since),
            row=row | until,
            record_id=found[0][0] if found else None,
        )
    ]
