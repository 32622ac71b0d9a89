"""The outlets of routes."""

from __future__ import annotations

from appliance.api import Context, ImportColumn, Importer, ImportRecord, ImportValues
from appliance_master_data.importers import headers, outlets, routes
from appliance_master_data.importers.cells import Cells, joined

IMPORTER = Importer(
    kind="route_outlets",
    title="The outlets of routes, in order",
    columns=(
        headers.named("route", headers.ROUTE, "Its code.", required=True),
        headers.outlet(),
        headers.sort("Its place on the route."),
        ImportColumn(
            name="weekdays",
            headers=("Дни недели", "Дни", "weekdays", "days"),
            doc="Days as digits, Monday is 1: 1,3,5.",
        ),
        headers.number(
            "week_cycle",
            ("Неделя", "week", "week cycle"),
            "Which week of four; absent: every week.",
        ),
    ),
)


def weekday_bits(text: str) -> int:
    """Turn ``1,3,5`` (Monday is 1) into bits, Monday being the lowest.

    Raises:
        ValueError: the text holds something else than the digits 1 to 7 and separators.
    """
    bits = 0
    for sign in text:
        if sign in "1234567":
            bits |= 1 << (int(sign) - 1)
        elif sign not in " ,;/":
            raise ValueError(
                f"the weekdays {text!r} are not understood; write digits such as 1,3,5"
                " (Monday is 1)"
            )
    return bits


def records(values: ImportValues, context: Context) -> list[ImportRecord]:
    """Turn a row into an outlet's place on a route."""
    cells = Cells(IMPORTER, values, context)
    route = cells.code("route")
    outlet = cells.code("outlet")
    week = cells.value("week_cycle")
    if week is not None and not 1 <= week <= 4:
        raise cells.wrong("week_cycle", f"the week must be 1 to 4, not {week}")
    row = {
        "route_id": routes.reference(route),
        "outlet_id": outlets.reference(outlet),
        **cells.amounts("sort"),
        **cells.given("week_cycle"),
    }
    if "weekdays" in cells:
        weekdays = cells.value("weekdays")
        try:
            row["weekdays"] = None if weekdays is None else weekday_bits(str(weekdays))
        except ValueError as error:
            raise cells.wrong("weekdays", str(error)) from None
    return [ImportRecord(collection="route_outlets", external_id=joined(route, outlet), row=row)]
