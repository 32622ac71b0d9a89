"""Most that customers may order in a day, a week or a month."""

from __future__ import annotations

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, parties, subjects
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="customer_limits",
    title="Most that an outlet, customer or holding may order of goods in a period",
    columns=(
        headers.outlet(
            "For this outlet. A row is for one outlet, party or holding.", required=False
        ),
        headers.party("For this party.", required=False),
        headers.named(
            "holding",
            ("Холдинг", "Группа контрагентов", "holding", "customer group"),
            "For the parties of this holding together: the code of the party at its head.",
        ),
        headers.product(
            "Of this product. A row is on one product, group or brand; absent: on all.",
            required=False,
        ),
        headers.named("group", ("Группа товаров", *headers.GROUP), "Of this group of products."),
        ImportColumn(
            name="brand", headers=("Бренд", "Марка", "brand"), doc="Of products of this brand."
        ),
        ImportColumn(
            name="period",
            headers=("Период", "period"),
            doc="day, week (from Monday) or month of the day of delivery; absent: month.",
        ),
        headers.number(
            "max_amount",
            ("Лимит суммы", "Сумма", "max amount", "amount"),
            "Most of an amount, with tax.",
            scale=2,
        ),
        headers.number(
            "max_qty",
            ("Лимит количества", "Количество", "max quantity", "quantity"),
            "Most of a quantity, in base units.",
            scale=3,
        ),
        headers.valid_from(),
        headers.valid_to(),
    ),
)

_PERIODS = {
    "day": "day",
    "день": "day",
    "week": "week",
    "неделя": "week",
    "month": "month",
    "месяц": "month",
}


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a limit of one customer on one kind of goods."""
    cells = Cells(IMPORTER, values, context)
    who = subjects.one(cells, "outlet", "party", "holding")
    if who is None:
        raise cells.wrong("outlet", "say for whom it is: an outlet, party or holding")
    what = subjects.one(cells, "product", "group", "brand")
    amount, qty = cells.not_negative("max_amount"), cells.not_negative("max_qty")
    if amount is None and qty is None:
        raise cells.wrong("max_amount", "a row holds an amount, a quantity or both")
    period = cells.choice("period", _PERIODS, "month")
    since, until = cells.period("limit")
    holding = who.kind == "holding"
    row = {
        "subject_kind": "group" if holding else who.kind,
        "subject_id": parties.reference(who.code) if holding else who.value,
        "object_kind": "all" if what is None else what.kind,
        "object_id": None if what is None else what.value,
        "period": period,
        "max_amount": amount,
        "max_qty": qty,
        "valid_from": since,
        **until,
    }
    kind, code = ("", "") if what is None else (what.kind, what.code)
    external_id = joined(who.kind, who.code, kind, code, str(period), since)
    return [ImportRecord(collection="customer_limits", external_id=external_id, row=row)]
