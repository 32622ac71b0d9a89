"""Reports: list them, run one."""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.api.context import SqlValue
from appliance.api.reports import Report, ReportColumn, ReportParameter
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.daemon.operations.table import TableResult, run_query

Text = Annotated[str, msgspec.Meta(max_length=1_000)]


class RunReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report's name and its parameters as text; those not given have their defaults."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    parameters: dict[Text, Text] = {}


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """A report that can be run, and the plugin that declares it."""

    name: str
    title: str
    owner: str
    parameters: tuple[ReportParameter, ...]
    columns: tuple[ReportColumn, ...]


def list_reports(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every report by name."""
    return Listing(
        rows=[
            ReportView(
                name=report.name,
                title=report.title,
                owner=owner,
                parameters=report.parameters,
                columns=report.columns,
            )
            for report, owner in sorted(_reports(desk), key=lambda pair: pair[0].name)
        ]
    )


def run(desk: Desk, params: RunReport, _actor: str) -> TableResult:
    """Run a report."""
    for report, _ in _reports(desk):
        if report.name == params.name:
            values = _values(report, params.parameters)
            return run_query(desk, report.name, report.title, report.sql, report.columns, values)
    names = ", ".join(sorted(report.name for report, _ in _reports(desk))) or "none"
    raise OperationRefused(
        f"there is no report {params.name!r}; there are: {names}", "unknown_name"
    )


def _reports(desk: Desk) -> list[tuple[Report, str]]:
    declared = desk.box.plugins.host.declared
    return [(report, name) for name, d in declared.items() for report in d.reports]


def _values(report: Report, given: dict[str, str]) -> dict[str, SqlValue]:
    """Return a value for each parameter; an integer where its default is one."""
    by_name = {parameter.name: parameter for parameter in report.parameters}
    for name in given:
        if name not in by_name:
            names = ", ".join(by_name) or "none"
            raise OperationRefused(
                f"the report {report.name} has no parameter {name!r}; it has: {names}", "invalid"
            )
    values: dict[str, SqlValue] = {}
    for name, parameter in by_name.items():
        text = given.get(name)
        if text is None:
            values[name] = parameter.default
        elif isinstance(parameter.default, int):
            values[name] = _integer(name, text)
        else:
            values[name] = text
    return values


def _integer(name: str, text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise OperationRefused(f"the parameter {name} is a whole number, not {text!r}", "invalid")
    return int(text)


OPERATIONS = (
    Operation("report.list", Empty, "read", list_reports),
    Operation("report.run", RunReport, "read", run),
)
