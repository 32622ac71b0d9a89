"""Plans for people, routes, outlets and units."""

from __future__ import annotations

import re

from appliance.api import (
    Context,
    ExternalRef,
    ImportColumn,
    Importer,
    ImportRecord,
    ImportValues,
)
from appliance_master_data.importers import headers, subjects
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="targets",
    title="Plans of people, routes, outlets or units for a period",
    columns=(
        ImportColumn(
            name="period",
            headers=("Период", "Месяц", "period"),
            required=True,
            doc="2025, 2025-Q2, 2025-06 or 2025-06-15.",
        ),
        ImportColumn(
            name="measure",
            headers=("Показатель", "measure"),
            required=True,
            doc="amount, quantity, weight, strike (per cent of visits with an order), or what is"
            " counted: orders, lines, outlets, visits.",
        ),
        headers.login(
            "user",
            ("Сотрудник", "Агент", "Логин", "user", "login"),
            "Of the user with this login. A row is of one user, route, outlet or unit.",
        ),
        headers.named("route", headers.ROUTE, "Of this route."),
        headers.outlet("Of this outlet.", required=False),
        headers.org("Of this org unit."),
        headers.product("Only this product; absent: all.", required=False),
        headers.named("group", ("Группа товаров", *headers.GROUP), "Only this group of products."),
        ImportColumn(name="brand", headers=("Бренд", "Марка", "brand"), doc="Only this brand."),
        headers.number(
            "plan",
            ("План", "plan"),
            "What is to be reached: an amount in the major unit, a quantity, kilograms, per cent or"
            " a count.",
            scale=3,
            required=True,
        ),
        headers.currency("ISO 4217 code of an amount.", required=False),
    ),
)

MEASURES = {
    "amount": "amount",
    "сумма": "amount",
    "выручка": "amount",
    "quantity": "quantity",
    "количество": "quantity",
    "strike": "strike_bp",
    "strike_bp": "strike_bp",
    "страйк": "strike_bp",
    "weight": "weight_g",
    "weight_g": "weight_g",
    "вес": "weight_g",
    "orders": "orders",
    "заказы": "orders",
    "lines": "lines",
    "строки": "lines",
    "outlets": "outlets",
    "покрытие": "outlets",
    "visits": "visits",
    "визиты": "visits",
}
"""Words for what is measured; another word stands for itself and is counted."""

_SCALE = {"amount": 10, "quantity": 1, "weight_g": 1, "strike_bp": 10}
"""What the thousandths of a cell are divided by; a count by 1,000."""

_PERIOD = re.compile(r"[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into a plan of one person, route, outlet or unit."""
    cells = Cells(IMPORTER, values, context)
    period = str(cells.needed("period")).upper()
    if not _PERIOD.fullmatch(period):
        raise cells.wrong("period", "write the period as 2025, 2025-Q2, 2025-06 or 2025-06-15")
    stated = cells.code("measure")
    measure = MEASURES.get(stated.casefold(), stated)
    if len(measure) > 40:
        raise cells.wrong("measure", "a measure has at most 40 characters")
    kind, code, subject = _subject(cells)
    chosen = subjects.one(cells, "product", "group", "brand")
    row = {
        "period": period,
        "measure": measure,
        "subject_kind": kind,
        "subject_id": subject,
        "filter": None if chosen is None else {"kind": chosen.kind, "id": chosen.value},
        "plan_value": _plan(cells, measure),
    }
    if cells.value("currency") is not None:
        row["currency"] = cells.currency()
    only = () if chosen is None else (chosen.kind, chosen.code)
    external_id = joined(period, measure, kind, code, *only)
    return [ImportRecord(collection="targets", external_id=external_id, row=row)]


def _subject(cells: Cells) -> tuple[str, str, ExternalRef | str | None]:
    """Return whose plan it is: the kind, its code and a reference."""
    found = subjects.one(cells, "user", "route", "outlet", "org")
    if found is None:
        raise cells.wrong("user", "say whose plan it is: a user, route, outlet or unit")
    if found.kind == "user":
        return found.kind, found.code, cells.user_id("user")
    if found.kind == "org":
        return found.kind, found.code, cells.org_id()["org_id"]
    return found


def _plan(cells: Cells, measure: str) -> int:
    thousandths: int = cells.needed("plan")
    value, rest = divmod(thousandths, _SCALE.get(measure, 1_000))
    if rest:
        raise cells.wrong("plan", f"a plan of {measure} has fewer decimal digits than that")
    return value
