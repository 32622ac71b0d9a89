"""Reasons and standard comments to pick from."""

from __future__ import annotations

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers
from appliance_master_data.importers.cells import Cells

IMPORTER = Importer(
    kind="reason_codes",
    title="Reasons and standard comments to pick from",
    columns=(
        headers.own_code(("Код причины", "reason", "reason code"), "What names it."),
        headers.kind(
            ("Вид причины",),
            "no_visit, no_order, return, cancel, discrepancy, write_off or comment.",
            required=True,
        ),
        ImportColumn(
            name="text",
            headers=("Наименование", "Текст", "Причина", "text", "name"),
            required=True,
            doc="What people read.",
        ),
        headers.flag("needs_photo", ("Нужно фото", "needs photo"), "It takes a photo."),
        headers.flag("needs_text", ("Нужен комментарий", "needs text"), "It takes words."),
        headers.sort("Its place among the others."),
        headers.active(),
    ),
)

_KINDS = {
    "no_visit": "no_visit",
    "нет визита": "no_visit",
    "no_order": "no_order",
    "нет заказа": "no_order",
    "return": "return",
    "возврат": "return",
    "cancel": "cancel",
    "отмена": "cancel",
    "discrepancy": "discrepancy",
    "расхождение": "discrepancy",
    "write_off": "write_off",
    "списание": "write_off",
    "comment": "comment",
    "комментарий": "comment",
}


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a reason."""
    cells = Cells(IMPORTER, values, context)
    code = cells.code("code")
    cells.needed("kind")
    row = {
        "code": code,
        **cells.chosen("kind", _KINDS, None),
        **cells.given("text", "needs_photo", "needs_text", "sort"),
        **cells.active(),
    }
    return [ImportRecord(collection="reason_codes", external_id=code, row=row)]
