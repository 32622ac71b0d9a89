"""Price lists (price types)."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import cells, headers

IMPORTER = Importer(
    kind="price_lists",
    title="Price lists",
    columns=(
        ImportColumn(
            name="code",
            headers=("Код", *headers.PRICE_LIST, "code"),
            type="code",
            required=True,
            doc="What prices name the list by.",
        ),
        ImportColumn(name="name", headers=headers.NAME, required=True, doc="Its name."),
        ImportColumn(
            name="currency",
            headers=headers.CURRENCY,
            type="code",
            required=True,
            doc="ISO 4217 code such as RUB.",
        ),
        ImportColumn(
            name="tax_included",
            headers=("Цена включает НДС", "Включая НДС", "tax included"),
            type="bool",
            doc="Whether its prices include tax; absent: the setting prices_include_tax.",
        ),
        ImportColumn(
            name="parent",
            headers=("Базовый тип цены", "Родитель", "parent"),
            type="code",
            doc="The list it is computed from.",
        ),
        ImportColumn(
            name="markup_bp",
            headers=("Наценка, %", "Наценка", "markup", "markup, %"),
            type="decimal",
            scale=2,
            doc="Percent added to the parent's prices.",
        ),
    ),
)


def reference(code: str) -> ExternalRef:
    """Refer to a price list by its code."""
    return ExternalRef(collection="price_lists", external_id=code)


def mention(code: str, currency: str, context: Context) -> ImportRecord:
    """Make a price list that a file only mentions, named by its code."""
    return ImportRecord(
        collection="price_lists",
        external_id=code,
        row={
            "code": code,
            "name": code,
            "currency": currency,
            "tax_included": context.settings["prices_include_tax"],
        },
        create_only=True,
    )


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a price list, and its parent if that is not known yet."""
    code = cells.code(values, "code", "Код")
    parent = cells.optional_code(values, "parent", "Базовый тип цены")
    currency = cells.currency(values, "Валюта")
    row = {
        "code": code,
        "currency": currency,
        **cells.given(values, "name", "markup_bp"),
        **cells.linked(values, "parent", "Базовый тип цены", "parent_id", reference),
    }
    default = {"tax_included": context.settings["prices_include_tax"]}
    if "tax_included" in values:
        included = values["tax_included"]
        row |= default if included is None else {"tax_included": included}
    found = [] if parent is None else [mention(parent, currency, context)]
    return [*found, *cells.settled("price_lists", code, row, default)]
