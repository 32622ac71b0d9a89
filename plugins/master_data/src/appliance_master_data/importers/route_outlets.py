"""The outlets of routes."""

from __future__ import annotations

from appliance.api import (
    Context,
    ImportColumn,
    Importer,
    ImportRecord,
    ImportRowError,
    ImportValues,
)
from appliance_master_data.importers import cells, headers, outlets, routes

IMPORTER = Importer(
    kind="route_outlets",
    title="The outlets of routes, in order",
    columns=(
        ImportColumn(
            name="route", headers=headers.ROUTE, type="code", required=True, doc="Its code."
        ),
        ImportColumn(
            name="outlet", headers=headers.OUTLET, type="code", required=True, doc="Its code."
        ),
        ImportColumn(
            name="sort",
            headers=("Порядок", "№", "sort", "order"),
            type="int",
            doc="Its place on the route.",
        ),
        ImportColumn(
            name="weekdays",
            headers=("Дни недели", "Дни", "weekdays", "days"),
            doc="Days as digits, Monday is 1: 1,3,5.",
        ),
        ImportColumn(
            name="week_cycle",
            headers=("Неделя", "week", "week cycle"),
            type="int",
            doc="Which week of four; absent: every week.",
        ),
    ),
)


def weekday_bits(text: str) -> int:
    """Turn ``1,3,5`` (Monday is 1) into bits, Monday being the lowest.

    Raises:
        ImportRowError: the text holds something else than the digits 1 to 7 and separators.
    """
    bits = 0
    for sign in text:
        if sign in "1234567":
            bits |= 1 << (int(sign) - 1)
        elif sign not in " ,;/":
            raise ImportRowError(
                f"the weekdays {text!r} are not understood; write digits such as 1,3,5"
                " (Monday is 1)",
                column="Дни недели",
            )
    return bits


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into an outlet's place on a route."""
    route = cells.code(values, "route", "Маршрут")
    outlet = cells.code(values, "outlet", "Торговая точка")
    cells.not_negative(values, "sort", "Порядок")
    week = values.get("week_cycle")
    if week is not None and not 1 <= week <= 4:
        raise ImportRowError(f"the week must be 1 to 4, not {week}", column="Неделя")
    row = {
        "route_id": routes.reference(route),
        "outlet_id": outlets.reference(outlet),
        **cells.given(values, "sort", "week_cycle"),
    }
    if "weekdays" in values:
        weekdays = values["weekdays"]
        row["weekdays"] = weekday_bits(str(weekdays)) if weekdays else None
    return [
        ImportRecord(collection="route_outlets", external_id=cells.joined(route, outlet), row=row)
    ]
