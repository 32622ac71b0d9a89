"""Endpoints of plugins, below ``/v1/x/PLUGIN/``."""

from __future__ import annotations

import msgspec
import orjson
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from appliance.api.endpoints import Endpoint, EndpointRequest, EndpointResponse
from appliance.api.errors import PluginError
from appliance.http.identity import device_of
from appliance.http.problem import FieldError, Problem
from appliance.http.request import ApiRequest
from appliance.http.response import JSON, Response, json_response
from appliance.http.route import Answer, Parameter, RequestBody, Route, RouteLimits
from appliance.http.store_calls import side_read, written
from appliance.plugin_host.request_schema import RequestSchema
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.identities import Enrolled
from appliance.store.transaction import WriteTransaction
from appliance.sync.envelope import too_deep
from appliance.sync.writes import store_write

MAX_BODY = 256 * 1024


class PluginEndpoint:
    """One endpoint of one plugin; what comes in is held to its schema before the plugin sees it."""

    def __init__(self, box: Box, plugin: str, endpoint: Endpoint) -> None:
        self._schema = RequestSchema(endpoint.request_schema)
        self._box = box
        self._plugin = plugin
        self._endpoint = endpoint

    def handle(self, request: ApiRequest) -> Deferred[Response]:
        """Ask the plugin on a side reader's thread; store what it writes before answering."""
        identity = device_of(request)
        holders = identity.enrolled.device.holders(identity.enrolled.user)
        right = f"endpoint:{self._plugin}.{self._endpoint.name}"
        if not self._box.permissions.allows(holders, right, "read"):
            raise Problem("forbidden", f"The permission {right} is needed.")
        body = None
        if request.body:
            if too_deep(request.body, self._box.settings.sync.max_nesting):
                raise Problem("bad_json", "The body nests too deep.")
            try:
                body = orjson.loads(request.body)
            except orjson.JSONDecodeError as error:
                raise Problem("bad_json", f"{error}.") from None
        asked = EndpointRequest(query=dict(request.query), body=body)
        device = identity.enrolled.device.for_plugins(identity.enrolled.user)
        host = self._box.plugins.host

        def ask(connection: Connection) -> EndpointResponse:
            self._hold(asked)
            found = host.call(
                self._plugin,
                "handle_request",
                endpoint=self._endpoint.name,
                request=asked,
                device=device,
                context=self._box.reading_hooks(connection).context(self._plugin),
            )
            sound = isinstance(found, EndpointResponse) and 200 <= found.status < 600
            if not sound:
                raise host.refuse(self._plugin, "handle_request", "returned no EndpointResponse")
            answer: EndpointResponse = found
            return answer

        return (
            side_read(self._box.store, ask)
            .addCallback(self._store, identity.enrolled)
            .addCallbacks(self._answer, self._failed)
        )

    def _hold(self, asked: EndpointRequest) -> None:
        """Refuse a request that does not fit the endpoint's schema."""
        if self._endpoint.method == "GET":
            faults = self._schema.query_faults(asked.query)
        else:
            faults = self._schema.faults(asked.body)
        if faults:
            errors = [FieldError(*fault) for fault in faults]
            raise Problem("content_invalid", "The request does not fit its schema.", errors=errors)

    def _store(
        self, found: EndpointResponse, enrolled: Enrolled
    ) -> EndpointResponse | Deferred[EndpointResponse]:
        if not found.writes:
            return found

        def job(tx: WriteTransaction) -> EndpointResponse:
            self._box.reserve.check(tx.db)
            # What the device asked for is written: it may name what the device may name.
            with tx.named_by(self._box.namer(enrolled)):
                for write in found.writes:
                    store_write(tx, self._box.plugins.registry, write)
            return found

        return written(self._box.store, job)

    def _answer(self, found: EndpointResponse) -> Response:
        if found.status >= 400:
            raise _problem(found)
        try:
            return json_response(found.body, status=found.status)
        except (TypeError, msgspec.MsgspecError) as error:
            raise Problem("internal", "The plugin's answer is not JSON.") from error

    def _failed(self, failure: Failure) -> Response:
        if isinstance(failure.value, PluginError):
            raise Problem("internal", f"The plugin {self._plugin} failed; its failure is recorded.")
        raise failure.value  # type: ignore[misc]


_CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    422: "content_invalid",
}


def _problem(found: EndpointResponse) -> Problem:
    """Return the problem document of a plugin's error: ours in form, the plugin's in words."""
    default = "bad_request" if found.status < 500 else "internal"
    detail = found.body.get("detail") if isinstance(found.body, dict) else None
    return Problem(
        _CODES.get(found.status, default),
        str(detail)[:1000] if detail else "The plugin refused the request.",
    )


def plugin_routes(box: Box) -> tuple[Route, ...]:
    """Make a route for each endpoint that a plugin declares."""
    routes: list[Route] = []
    for plugin, declared in box.plugins.host.declared.items():
        for endpoint in declared.endpoints:
            posts = endpoint.method == "POST"
            routes.append(
                Route(
                    method=endpoint.method,
                    path=f"/v1/x/{plugin}/{endpoint.path}",
                    handler=PluginEndpoint(box, plugin, endpoint).handle,
                    summary=endpoint.summary,
                    query=tuple(
                        Parameter(
                            name=name,
                            description=str(schema.get("description", "")),
                            schema=schema,
                            required=name in endpoint.request_schema.get("required", ()),
                        )
                        for name, schema in endpoint.request_schema.get("properties", {}).items()
                    )
                    if not posts
                    else (),
                    request_body=RequestBody(media={JSON: endpoint.request_schema})
                    if posts
                    else None,
                    responses={
                        200: Answer(
                            description="The answer.", media={JSON: endpoint.response_schema}
                        )
                    },
                    problems=(
                        "bad_json",
                        "bad_request",
                        "forbidden",
                        "not_found",
                        "conflict",
                        "content_invalid",
                        "storage_full",
                    ),
                    limits=RouteLimits(max_body=MAX_BODY if posts else 0),
                    tags=(f"plugin {plugin}",),
                )
            )
    return tuple(routes)
