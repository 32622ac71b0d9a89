"""Routes."""

from __future__ import annotations

from appliance.api import Context, ExternalRef, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, price_lists, warehouses
from appliance_master_data.importers.cells import Cells

KINDS = {kind: kind for kind in ("presale", "van", "merch", "delivery")}

IMPORTER = Importer(
    kind="routes",
    title="Routes and who looks after them",
    columns=(
        headers.own_code(headers.ROUTE, "What its outlets name the route by."),
        headers.name(),
        headers.login(
            "owner",
            ("Агент", "Водитель", "Логин", "owner", "login"),
            "The login of the user whose devices get the route.",
        ),
        headers.kind(("Вид маршрута",), "presale, van, merch or delivery."),
        headers.org(),
        headers.warehouse("The code of its warehouse; one not known yet is made."),
        headers.price_list("Of outlets that have none by themselves; it must be known."),
        headers.active(),
    ),
)


def reference(code: str) -> ExternalRef:
    """Refer to a route by its code."""
    return ExternalRef(collection="routes", external_id=code)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a route, and its warehouse if that is not known yet."""
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    row = {
        "code": code,
        **cells.given("name"),
        **cells.chosen("kind", KINDS, None),
        **cells.linked("warehouse", "warehouse_id", warehouses.reference),
        **cells.linked("price_list", "price_list_id", price_lists.reference),
        **cells.org_id(),
        **cells.active(),
    }
    if "owner" in cells:
        row["owner_user_id"] = cells.user_id("owner")
    return [
        *warehouses.mentioned(cells),
        ImportRecord(collection="routes", external_id=code, row=row),
    ]
