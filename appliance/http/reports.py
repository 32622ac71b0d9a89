"""Reports for devices' users: ``GET /v1/reports`` lists them, ``GET /v1/reports/NAME`` runs one.

A report runs on a side reader's thread, one at a time, so that no pull and no push waits behind
it; its answer is encoded and compressed there too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
import structlog
from twisted.internet.defer import Deferred, DeferredLock, maybeDeferred
from twisted.python.failure import Failure

from appliance.api.context import SqlValue
from appliance.api.errors import PluginError, QueryError
from appliance.api.reports import Report, ReportParameter
from appliance.exchange.profile import PROFILES
from appliance.exchange.refusal import ExchangeError
from appliance.exchange.write import write_table
from appliance.exchange.write_sheet import write_sheet
from appliance.http.encoding import ContentEncoding, encode, negotiate
from appliance.http.identity import DeviceIdentity, device_of
from appliance.http.problem import FieldError, Problem
from appliance.http.report_schemas import LIST, TABLE
from appliance.http.request import ApiRequest
from appliance.http.response import JSON, Response, json_response
from appliance.http.route import Answer, Parameter, Route
from appliance.http.store_calls import side_read, written
from appliance.store.box import Box
from appliance.store.connection import Connection, QueryTooMuch
from appliance.store.pages import PullReader
from appliance.store.reports import (
    Caller,
    OwnedReport,
    ParameterRefused,
    parameter_values,
    reports_of,
    run_report,
)

MAX_ROWS = 20_000
MAX_BYTES = 8 * 1024 * 1024
"""Rows and bytes of one answer, before compression. The command on the box has no such limit."""

MOST_WAITING = 8
"""Reports that run or wait; further ones are told to come back."""

RETRY_S = 5
CSV = "text/csv"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_INTEGER = r"-?[0-9]{1,15}"
_LANGUAGE = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}"


class Form(NamedTuple):
    """How an answer is written.

    Attributes:
        format: ``json`` or the name of a profile.
        encoding: of the content.
        language: of names that come in several; None for the user's own.
    """

    format: str
    encoding: ContentEncoding
    language: str | None


class ReportHandlers:
    """Lists and runs the reports that the asking user's roles may read."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._one = DeferredLock()
        self._asking: set[int] = set()

    def list(self, request: ApiRequest) -> Response:
        """List them by name, with parameters and columns."""
        identity = device_of(request)
        return json_response(
            {
                "reports": [
                    {
                        "name": one.report.name,
                        "title": one.report.title,
                        "plugin": one.owner,
                        "scope": one.report.scope,
                        "chart": one.report.chart,
                        "parameters": [
                            {"name": p.name, "doc": p.doc, "default": p.default}
                            for p in one.report.parameters
                        ],
                        "columns": one.report.columns,
                    }
                    for one in reports_of(self._box.plugins.host).values()
                    if self._may(identity, one)
                ]
            }
        )

    def run(self, one: OwnedReport, request: ApiRequest) -> Deferred[Response]:
        """Run a report for the user of the asking device."""
        identity = device_of(request)
        if not self._may(identity, one):
            raise Problem("forbidden", f"The permission {one.right} is needed.")
        given = dict(request.query)
        wanted, language = given.pop("format", "json"), given.pop("language", None)
        try:
            values = parameter_values(one.report, given)
        except ParameterRefused as refused:
            raise _wrong_query(refused) from None
        form = Form(wanted, negotiate(request.header("Accept-Encoding")), language)
        self._admit(identity)
        run = self._one.run(self._run, identity, one, values, form)

        def leave(result: Any) -> Any:
            self._asking.discard(identity.number)
            return result

        return run.addBoth(leave)

    def _may(self, identity: DeviceIdentity, one: OwnedReport) -> bool:
        holders = identity.enrolled.device.holders(identity.enrolled.user)
        return self._box.permissions.allows(holders, one.right, "read")

    def _admit(self, identity: DeviceIdentity) -> None:
        headers = {"Retry-After": str(RETRY_S)}
        if identity.number in self._asking:
            raise Problem(
                "too_many_requests", "This device waits for a report already.", headers=headers
            )
        if len(self._asking) >= MOST_WAITING:
            raise Problem("overloaded", "Other reports are being made.", headers=headers)
        self._asking.add(identity.number)

    def _run(
        self,
        identity: DeviceIdentity,
        one: OwnedReport,
        values: Mapping[str, SqlValue],
        form: Form,
    ) -> Deferred[Response]:
        """Bring the device's grants up to date where they are not, then read."""
        box = self._box
        caller = Caller(identity.enrolled, identity.rights.readable)

        def stale(db: Connection) -> bool:
            return not PullReader(db, box.sources).grants_current(identity.number)

        def read(connection: Connection) -> bytes:
            rows = run_report(
                connection,
                one.report,
                values,
                caller,
                language=form.language,
                timeout_s=box.query_timeout_s,
                max_rows=MAX_ROWS,
            )
            return encode(form.encoding, _written(one.report, rows, form.format))

        def regrant() -> Deferred[bool] | None:
            if not box.store.read(stale):
                return None
            return written(box.store, lambda tx: box.refresh_grants(tx, identity.number))

        return (
            maybeDeferred(regrant)
            .addCallback(lambda _changed: side_read(box.store, read))
            .addCallbacks(partial(_answer, one.report, form), partial(_failed, one))
        )


def _written(report: Report, rows: Sequence[Sequence[Any]], form: str) -> bytes:
    """Return the answer's body.

    Raises:
        QueryTooMuch: it has too many bytes.
    """
    if form == "json":
        members = {"name": report.name, "title": report.title, "chart": report.chart}
        body = msgspec.json.encode({**members, "columns": report.columns, "rows": rows})
    elif PROFILES[form].format == "workbook":
        body = b"".join(write_sheet(report.columns, rows, report.title))
    else:
        body = b"".join(write_table(report.columns, rows, PROFILES[form]))
    if len(body) > MAX_BYTES:
        raise QueryTooMuch(f"more than {MAX_BYTES} bytes")
    return body


def _answer(report: Report, form: Form, body: bytes) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if form.encoding != "identity":
        headers["Content-Encoding"] = form.encoding
    if form.format == "json":
        return Response(body=body, media_type=JSON, headers=headers)
    profile = PROFILES[form.format]
    book = profile.format == "workbook"
    ending = "xlsx" if book else "csv"
    headers["Content-Disposition"] = f'attachment; filename="{report.name}.{ending}"'
    media_type = WORKBOOK if book else f"{CSV}; charset={profile.encoding}"
    return Response(body=body, media_type=media_type, headers=headers)


def _wrong_query(refused: ParameterRefused) -> Problem:
    fault = FieldError(refused.name, "wrong_form", f"{refused}.")
    return Problem("bad_target", f"The query is wrong: {refused}.", errors=[fault])


def _failed(one: OwnedReport, failure: Failure) -> Response:
    error, name = failure.value, one.report.name
    if isinstance(error, ParameterRefused):
        raise _wrong_query(error)
    if isinstance(error, QueryTooMuch):
        raise Problem(
            "content_invalid",
            f"The report {name} is too large or takes too long ({error}). Narrow it by its "
            f"parameters, or have it written on the box: fieldbox report {name}.",
        )
    if isinstance(error, ExchangeError):
        raise Problem("content_invalid", f"The report {name} cannot be written so: {error}.")
    if isinstance(error, QueryError | PluginError):
        structlog.get_logger("appliance.plugins").warning(
            "report_failed", plugin=one.owner, report=name, reason=str(error)
        )
        raise Problem("internal", f"The report {name} of the plugin {one.owner} is wrong.")
    raise error  # type: ignore[misc]


def report_routes(box: Box) -> tuple[Route, ...]:
    """Make the route of the list, and one for each report that a plugin declares."""
    handlers = ReportHandlers(box)
    return (
        Route(
            method="GET",
            path="/v1/reports",
            handler=handlers.list,
            summary="The reports that this user may run",
            responses={200: Answer(description="The reports.", media={JSON: LIST})},
            tags=("reports",),
        ),
        *(_route(one, handlers.run) for one in reports_of(box.plugins.host).values()),
    )


def _route(one: OwnedReport, run: Callable[[OwnedReport, ApiRequest], Deferred[Response]]) -> Route:
    report = one.report
    seen = "the records that this device may pull" if report.scope == "caller" else "all records"
    forms = Parameter(
        name="format",
        description="json, xlsx, or a CSV profile of docs/import.md.",
        schema={"enum": ["json", *PROFILES], "default": "json"},
        pattern="json|" + "|".join(PROFILES),
    )
    language = Parameter(
        name="language",
        description="Of names that come in several, a BCP 47 tag; left out: the user's own.",
        pattern=_LANGUAGE,
    )
    return Route(
        method="GET",
        path=f"/v1/reports/{report.name}",
        handler=partial(run, one),
        summary=report.title,
        description=f"A report of the plugin {one.owner}, over {seen}. Needs {one.right}.",
        query=(forms, language, *map(_parameter, report.parameters)),
        responses={
            200: Answer(
                description="The report.",
                media={JSON: TABLE, CSV: {"type": "string"}, WORKBOOK: {}},
            )
        },
        problems=("forbidden", "content_invalid"),
        tags=("reports",),
    )


def _parameter(parameter: ReportParameter) -> Parameter:
    whole = isinstance(parameter.default, int)
    schema: dict[str, Any] = {"type": "integer" if whole else "string"}
    if parameter.default is not None:
        schema["default"] = parameter.default
    made = Parameter(name=parameter.name, description=parameter.doc, schema=schema)
    return msgspec.structs.replace(made, pattern=_INTEGER) if whole else made
