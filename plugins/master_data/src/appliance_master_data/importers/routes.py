"""Routes."""

from __future__ import annotations

from appliance.api import (
    Context,
    ExternalRef,
    ImportColumn,
    Importer,
    ImportRecord,
    ImportRowError,
    ImportValues,
)
from appliance_master_data.importers import cells, headers, warehouses

KINDS = ("presale", "van", "merch", "delivery")

IMPORTER = Importer(
    kind="routes",
    title="Routes and who looks after them",
    columns=(
        ImportColumn(
            name="code",
            headers=("Код", *headers.ROUTE, "code"),
            type="code",
            required=True,
            doc="What its outlets name the route by.",
        ),
        ImportColumn(name="name", headers=headers.NAME, required=True, doc="Its name."),
        ImportColumn(
            name="owner",
            headers=("Агент", "Водитель", "Логин", "owner", "login"),
            doc="The login of the user whose devices get the route.",
        ),
        ImportColumn(
            name="kind",
            headers=("Вид", "Вид маршрута", "kind"),
            doc="presale, van, merch or delivery.",
        ),
        ImportColumn(name="org", headers=headers.ORG, type="code", doc="The code of its org unit."),
        ImportColumn(
            name="warehouse",
            headers=headers.WAREHOUSE,
            type="code",
            doc="The code of its warehouse; one not known yet is made.",
        ),
        ImportColumn(name="active", headers=headers.ACTIVE, type="bool", doc="Absent: it is."),
    ),
)


def reference(code: str) -> ExternalRef:
    """Refer to a route by its code."""
    return ExternalRef(collection="routes", external_id=code)


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a route, and its warehouse if that is not known yet."""
    code = cells.code(values, "code", "Код")
    row = {
        "code": code,
        **cells.given(values, "name", "kind"),
        **cells.linked(values, "warehouse", "Склад", "warehouse_id", warehouses.reference),
    }
    if (row.get("kind") or "presale") not in KINDS:
        raise ImportRowError(
            f"the kind {row['kind']!r} is not known; write one of {', '.join(KINDS)}",
            column="Вид",
        )
    if "org" in values:
        row["org_id"] = cells.org_id(values, context, "Подразделение")
    if "owner" in values:
        owner = values["owner"]
        row["owner_user_id"] = cells.user_id(str(owner), context, "Агент") if owner else None
    if "active" in values:
        row["active"] = values["active"] is not False
    warehouse = cells.optional_code(values, "warehouse", "Склад")
    found = [] if warehouse is None else [warehouses.mention(warehouse)]
    return [*found, ImportRecord(collection="routes", external_id=code, row=row)]
