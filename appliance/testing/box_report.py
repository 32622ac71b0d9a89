"""A report of a box, run for a user or the technician."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.api import Report
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.reports import Caller, ParameterRefused, run_report


def told(
    box: Box,
    report: Report,
    parameters: Mapping[str, str | int],
    caller: Caller | None,
    language: str | None,
) -> list[tuple[Any, ...]]:
    """Return the rows of a report.

    Args:
        box: whose.
        report: which.
        parameters: by name; those left out have their defaults.
        caller: who asks; None for the technician.
        language: the one that is asked for; None for the caller's own.

    Raises:
        ValueError: a parameter has a value that is none of its choices.
        QueryError: the report is wrong.
    """
    values = {p.name: p.default for p in report.parameters} | dict(parameters)

    def read(connection: Connection) -> list[tuple[Any, ...]]:
        limit = box.query_timeout_s
        return run_report(connection, report, values, caller, language=language, timeout_s=limit)

    try:
        return box.store.fetch(read)
    except ParameterRefused as refused:
        raise ValueError(str(refused)) from None
