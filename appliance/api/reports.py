"""Reports and exports: SQL over the typed views."""

from __future__ import annotations

from typing import Literal

import msgspec


class ReportColumn(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a report, in the order of the SELECT.

    Attributes:
        name: for programs.
        title: for people.
        unit: how the integer is to be read.
    """

    name: str
    title: str
    unit: Literal["text", "int", "money", "price", "quantity", "percent", "date", "timestamp"] = (
        "text"
    )


class ReportParameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of a report.

    Attributes:
        name: as ``:name`` in the report's SQL.
        doc: what it is for.
        default: where nobody gives one; None is SQL's NULL.
    """

    name: str
    doc: str
    default: str | int | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One report.

    Attributes:
        name: lower-case with underscores.
        title: for people.
        sql: one SELECT over the collections' views.
        columns: one for each column of the SELECT.
        parameters: what the SQL takes.
        roles: who may read it.
        chart: how a console may draw it.
    """

    name: str
    title: str
    sql: str
    columns: tuple[ReportColumn, ...]
    parameters: tuple[ReportParameter, ...] = ()
    roles: tuple[str, ...] = ("admin", "manager")
    chart: Literal["none", "bars", "line", "pie"] = "none"


class Exporter(msgspec.Struct, frozen=True, kw_only=True):
    """A file out: what ``fieldbox export KIND`` writes.

    Attributes:
        kind: unique in the appliance.
        title: for people.
        sql: one SELECT over the collections' views.
        columns: one for each column of the SELECT; the titles become the header.
    """

    kind: str
    title: str
    sql: str
    columns: tuple[ReportColumn, ...]
