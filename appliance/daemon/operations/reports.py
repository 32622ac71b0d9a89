"""Reports: list them, run one."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from appliance.api.reports import ReportColumn, ReportParameter
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.daemon.operations.table import TableResult, table
from appliance.daemon.operations.users import Language
from appliance.store.connection import Connection
from appliance.store.reports import (
    ParameterRefused,
    UnknownChoice,
    parameter_values,
    reports_of,
    run_report,
)

Text = Annotated[str, msgspec.Meta(max_length=1_000)]


class RunReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report's name and its parameters as text; those not given have their defaults.

    Attributes:
        language: of names that come in several; a BCP 47 tag.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    parameters: dict[Text, Text] = {}
    language: Language | None = None


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
            for report, owner in reports_of(desk.box.plugins.host).values()
        ]
    )


def run(desk: Desk, params: RunReport, _actor: str) -> TableResult:
    """Run a report as the technician, who sees everything."""
    known = reports_of(desk.box.plugins.host)
    if params.name not in known:
        raise unknown("report", params.name, known)
    report = known[params.name].report
    names = [parameter.name for parameter in report.parameters]
    for name in params.parameters:
        if name not in names:
            raise unknown("parameter", name, names, code="invalid")
    try:
        values = parameter_values(report, params.parameters)
    except ParameterRefused as refused:
        raise OperationRefused(str(refused), "invalid") from None

    def read(connection: Connection, timeout_s: float) -> list[tuple[Any, ...]]:
        try:
            return run_report(
                connection, report, values, None, language=params.language, timeout_s=timeout_s
            )
        except UnknownChoice as refused:
            raise unknown(refused.name, refused.given, refused.choices, code="invalid") from None

    return table(desk, report.name, report.title, report.columns, read)


OPERATIONS = (
    Operation("report.list", Empty, "read", list_reports),
    Operation("report.run", RunReport, "read", run),
)
