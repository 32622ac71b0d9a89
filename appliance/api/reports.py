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
        choices: one SELECT over the collections' views, of one column of text: the values that it
            takes beside its default. It sees what the report sees and may use what the appliance
            gives. "" is for parameters that take any text.
    """

    name: str
    doc: str
    default: str | int | None = None
    choices: str = ""


CALLER_PARAMETERS: dict[str, str] = {
    "caller_user_id": "the id of the user who asks, None for the technician's command",
    "caller_org_id": "the id of that user's branch, None where it is not known",
    "caller_languages": "what text_in speaks: the language that is asked for, the user's own, and "
    "the branch's, else the company's",
}
"""What the SQL of every report may use as ``:NAME`` without declaring it; that of an exporter may
use ``:caller_languages``."""

OWN_PARAMETERS = frozenset({"format", "language", *CALLER_PARAMETERS})
"""Names that no parameter of a report may have."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One report.

    Attributes:
        name: lower-case with underscores.
        title: for people.
        sql: one SELECT over the collections' views.
        columns: one for each column of the SELECT.
        parameters: what the SQL takes.
        roles: whose devices may run it. The technician's command asks for no role.
        scope: which records the views show a device's user: ``caller``, those that the device
            may pull; ``everything``, all of the appliance. The technician sees everything.
        chart: how a console may draw it.
    """

    name: str
    title: str
    sql: str
    columns: tuple[ReportColumn, ...]
    parameters: tuple[ReportParameter, ...] = ()
    roles: tuple[str, ...] = ("admin", "manager")
    scope: Literal["caller", "everything"] = "caller"
    chart: Literal["none", "bars", "line", "pie"] = "none"


class Exporter(msgspec.Struct, frozen=True, kw_only=True):
    """A file out: what ``fieldbox export KIND`` writes.

    Attributes:
        kind: unique in the appliance.
        title: for people.
        sql: one SELECT over the collections' views. It may name ``:ids``, a JSON array of the
            records of `collection` to write, NULL for all of them.
        columns: one for each column of the SELECT; the titles become the header.
        collection: the collection whose records it tells of, where it can go to the outbox.
        ready: then one SELECT of the ids of those records of ``:ids``, a JSON array, that another
            system may have now. Each record goes there once; ``sql`` must name ``:ids``. "" is for
            lists that are only written whole.
    """

    kind: str
    title: str
    sql: str
    columns: tuple[ReportColumn, ...]
    collection: str = ""
    ready: str = ""
