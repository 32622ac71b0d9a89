"""Price lists (price types)."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import Cells, settled

IMPORTER = Importer(
    kind="price_lists",
    title="Price lists",
    columns=(
        headers.own_code(headers.PRICE_LIST, "What prices name the list by."),
        headers.name(),
        headers.currency("ISO 4217 code such as RUB."),
        headers.flag(
            "tax_included",
            ("Цена включает НДС", "Включая НДС", "tax included"),
            "Whether its prices include tax; absent: the setting prices_include_tax.",
        ),
        headers.named(
            "parent",
            ("Базовый тип цены", "Родитель", "parent"),
            "The list it is computed from.",
        ),
        headers.number(
            "markup_bp",
            ("Наценка, %", "Наценка", "markup", "markup, %"),
            "Percent added to the parent's prices.",
            scale=2,
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
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    parent = cells.optional_code("parent")
    currency = cells.currency()
    row = {
        "code": code,
        "currency": currency,
        **cells.given("name", "markup_bp"),
        **cells.linked("parent", "parent_id", reference),
    }
    default = {"tax_included": context.settings["prices_include_tax"]}
    if "tax_included" in cells:
        included = cells.value("tax_included")
        row |= default if included is None else {"tax_included": included}
    found = [] if parent is None else [mention(parent, currency, context)]
    return [*found, *settled("price_lists", code, row, default)]
