"""Which tax category certain buyers have in place of a product's own."""

from __future__ import annotations

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, products
from appliance_master_data.importers.cells import Cells, joined

TAX_STATUSES = {
    "vat_payer": "vat_payer",
    "плательщик ндс": "vat_payer",
    "non_payer": "non_payer",
    "не плательщик ндс": "non_payer",
    "неплательщик ндс": "non_payer",
    "export": "export",
    "экспорт": "export",
}
"""Words for what a party is to the tax office."""

STATUS = ImportColumn(
    name="tax_status",
    headers=("Статус НДС", "Налоговый статус", "tax status"),
    doc="vat_payer, non_payer or export; rules of tax may go by it.",
)
PROFILE = headers.named(
    "tax_profile",
    ("Налоговый профиль", "tax profile"),
    "A name of your own, such as pharmacy; rules of tax may go by it.",
)

IMPORTER = Importer(
    kind="tax_rules",
    title="Tax categories that certain buyers have in place of a product's own",
    columns=(
        headers.named(
            "country",
            ("Страна", "country"),
            "ISO 3166-1 code of two letters: where the branch is that sells.",
            required=True,
        ),
        PROFILE,
        STATUS,
        ImportColumn(
            name="category",
            headers=("Категория", "Ставка НДС", "tax category", "category"),
            doc="Of the product: standard, or a rate such as 20%, or Без НДС; absent: every one.",
        ),
        ImportColumn(
            name="becomes",
            headers=("Новая категория", "Становится", "becomes"),
            required=True,
            doc="The category in its place; its rate comes with the tax rates.",
        ),
        headers.valid_from(),
        headers.valid_to(),
    ),
)

_STORED = """
SELECT id FROM tax_rules WHERE country = ? AND tax_profile IS ? AND tax_status IS ?
    AND tax_category IS ? AND valid_from = ?
"""


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a rule for buyers of a status, a profile or both."""
    cells = Cells(IMPORTER, values, context)
    country = cells.country()
    profile = cells.optional_code("tax_profile")
    status = cells.choice("tax_status", TAX_STATUSES, None)
    if profile is None and status is None:
        raise cells.wrong("tax_status", "say for whom it is: a tax status, a tax profile or both")
    if profile is not None and len(profile) > 40:
        raise cells.wrong("tax_profile", "a tax profile has at most 40 characters")
    category = None if cells.value("category") is None else _category(cells, "category")
    since, until = cells.period("rule")
    row = {
        "country": country,
        "tax_profile": profile,
        "tax_status": status,
        "tax_category": category,
        "becomes": _category(cells, "becomes"),
        "valid_from": since,
        **until,
    }
    known = context.select(_STORED, (country, profile, status, category, since))
    return [
        ImportRecord(
            collection="tax_rules",
            external_id=joined(country, profile or "", status or "", category or "", since),
            row=row,
            record_id=known[0][0] if known else None,
        )
    ]


def _category(cells: Cells, name: str) -> str:
    text = cells.code(name)
    try:
        found = products.tax_category(text)
    except ValueError:
        found = text
    if len(found) > 40:
        raise cells.wrong(name, "a tax category has at most 40 characters")
    return found
