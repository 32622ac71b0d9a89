"""What outlets bought, month by month."""

from __future__ import annotations

import re

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.history import placed
from appliance_master_data.importers import headers, outlets, products
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="sales_history",
    title="What outlets ordered and got of products, month by month",
    columns=(
        headers.outlet("The outlet's code."),
        headers.product(),
        ImportColumn(
            name="month",
            headers=("Месяц", "Период", "month", "period"),
            required=True,
            doc="2025-05, 05.2025, or any day of it.",
        ),
        headers.number("ordered", ("Заказано", "ordered"), "In the base unit.", scale=3),
        headers.number(
            "shipped", ("Отгружено", "Продано", "shipped", "sold"), "In the base unit.", scale=3
        ),
        headers.number("returned", ("Возвращено", "returned"), "In the base unit.", scale=3),
        headers.number("amount", ("Сумма", "amount"), "In the major unit.", scale=2),
        headers.currency("ISO 4217 code of the amount.", required=False),
        headers.date("last_date", ("Последняя отгрузка", "last date"), "Of the newest delivery."),
        headers.number("last_qty", ("Последнее количество", "last quantity"), "Of it.", scale=3),
        headers.number("last_price", ("Последняя цена", "last price"), "Of it.", scale=4),
    ),
)

_MONTHS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})(-[0-9]{2})?"),
    re.compile(r"([0-9]{2}\.)?(?P<month>[0-9]{2})\.(?P<year>[0-9]{4})"),
)


def month(text: str) -> str:
    """Return the month, ``YYYY-MM``, that a text names by itself or by one of its days.

    Raises:
        ValueError: it names none.
    """
    for form in _MONTHS:
        found = form.fullmatch(text)
        if found is not None and 1 <= int(found["month"]) <= 12:
            return f"{found['year']}-{found['month']}"
    raise ValueError(f"the month {text!r} is not understood; write 2025-05 or 05.2025")


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into what an outlet bought of a product in a month."""
    cells = Cells(IMPORTER, values, context)
    outlet, product = cells.code("outlet"), cells.code("product")
    try:
        when = month(str(cells.needed("month")))
    except ValueError as error:
        raise cells.wrong("month", str(error)) from None
    row = {
        "outlet_id": outlets.reference(outlet),
        "product_id": products.reference(product),
        "month": when,
        **cells.amounts("ordered", "shipped", "returned", "last_qty", "last_price"),
        **cells.given("amount", "last_date"),
        **placed(outlets.reference(outlet), when, context),
    }
    if cells.value("currency") is not None:
        row["currency"] = cells.currency()
    external_id = joined(outlet, product, when)
    return [ImportRecord(collection="sales_history", external_id=external_id, row=row)]
