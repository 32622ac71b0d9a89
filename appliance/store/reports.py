"""Reports of the plugins: found by name, their parameters read, run for whoever asks.

The technician's command sees everything. A device's user sees what the report declares: the
records that the device may pull, or everything; and only where its roles have the right.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from appliance.api.context import SqlValue
from appliance.api.reports import Report, ReportParameter
from appliance.plugin_host.host import PluginHost
from appliance.store.caller_view import seen_by
from appliance.store.connection import MAX_RESULT, Connection
from appliance.store.identities import Enrolled
from appliance.store.languages import languages_for
from appliance.store.tables import read_table

MOST_SHOWN = 30
"""Choices that a refusal lists."""


class ParameterRefused(Exception):
    """A parameter is not there or has a wrong value.

    Attributes:
        name: the parameter's.
    """

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class UnknownChoice(ParameterRefused):
    """A parameter's value is none of those there are.

    Attributes:
        given: the value.
        choices: those there are, the default left out.
    """

    def __init__(self, name: str, given: str, choices: list[str]) -> None:
        shown = ", ".join(choices[:MOST_SHOWN]) or "none"
        super().__init__(name, f"there is no {name} {given[:60]!r}; there are: {shown}")
        self.given = given
        self.choices = choices


class Caller(NamedTuple):
    """The user who asks for a report, and what the device may pull.

    Attributes:
        enrolled: device and user.
        readable: names of the collections that come down to it.
    """

    enrolled: Enrolled
    readable: frozenset[str]


class OwnedReport(NamedTuple):
    """A report and the plugin that declares it."""

    report: Report
    owner: str

    @property
    def right(self) -> str:
        """The object of the permission to read it."""
        return f"report:{self.report.name}"


def reports_of(host: PluginHost) -> dict[str, OwnedReport]:
    """Return every report by name, in the order of the names."""
    found = [OwnedReport(r, name) for name, d in host.declared.items() for r in d.reports]
    return {one.report.name: one for one in sorted(found, key=lambda one: one.report.name)}


def parameter_values(report: Report, given: Mapping[str, str]) -> dict[str, SqlValue]:
    """Return a value for each parameter; an integer or a date where its default is one.

    Raises:
        ParameterRefused: there is no such parameter, or it has another type.
    """
    by_name = {parameter.name: parameter for parameter in report.parameters}
    for name in given:
        if name not in by_name:
            names = ", ".join(by_name) or "none"
            text = f"the report {report.name} has no parameter {name!r}; it has: {names}"
            raise ParameterRefused(name, text)
    values: dict[str, SqlValue] = {}
    for name, parameter in by_name.items():
        text = given.get(name, "")
        if name not in given:
            values[name] = parameter.default
        elif isinstance(parameter.default, int):
            values[name] = _integer(name, text)
        elif parameter.default is not None and _is_date(parameter.default):
            values[name] = _date(name, text)
        else:
            values[name] = text
    return values


def _is_date(text: str) -> bool:
    """Tell whether a text is a calendar date, ``2026-01-31``."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _date(name: str, text: str) -> str:
    if not _is_date(text):
        raise ParameterRefused(
            name, f"the parameter {name} is a date such as 2026-01-31, not {text[:60]!r}"
        )
    return text


def _integer(name: str, text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise ParameterRefused(name, f"the parameter {name} is a whole number, not {text[:60]!r}")
    return int(text)


def run_report(
    connection: Connection,
    report: Report,
    values: Mapping[str, SqlValue],
    caller: Caller | None,
    *,
    language: str | None = None,
    timeout_s: float,
    max_rows: int = MAX_RESULT,
) -> list[tuple[Any, ...]]:
    """Run a report in a read transaction.

    Args:
        connection: inside the transaction.
        report: which.
        values: of its parameters.
        caller: who asks; None for the technician, who sees everything.
        language: the one that is asked for; None for the user's own.
        timeout_s: how long it may take.
        max_rows: how many rows it may have.

    Raises:
        UnknownChoice: a parameter has a value that is none of its choices.
        QueryTooMuch: it takes too long or gives too many rows.
        QueryError: it is wrong.
    """

    user = None if caller is None else caller.enrolled.user
    about = {
        "caller_user_id": None if user is None else user.id,
        "caller_org_id": None if user is None else user.org_id,
        "caller_languages": languages_for(connection, user, language, timeout_s=timeout_s),
    }

    def read() -> list[tuple[Any, ...]]:
        for parameter in report.parameters:
            _choose(connection, parameter, values[parameter.name], about, timeout_s)
        return read_table(
            connection,
            report.sql,
            report.columns,
            {**values, **about},
            timeout_s=timeout_s,
            max_rows=max_rows,
        )

    if caller is None or report.scope == "everything":
        return read()
    with seen_by(connection, caller.enrolled.number, caller.readable):
        return read()


def _choose(
    connection: Connection,
    parameter: ReportParameter,
    value: SqlValue,
    about: Mapping[str, SqlValue],
    timeout_s: float,
) -> None:
    """Hold a value to the choices that a parameter declares, where it declares some."""
    if not parameter.choices or value == parameter.default:
        return
    found = connection.select_guarded(parameter.choices, about, timeout_s)
    choices = [row[0] for row in found]
    if value not in choices:
        raise UnknownChoice(parameter.name, str(value), [str(one) for one in choices])
