"""Whether the box works: ``/healthz`` for devices and watchdogs, ``/metrics`` for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from appliance.http.request import ApiRequest
from appliance.http.response import JSON, Response, json_response
from appliance.http.route import Answer, Route, RouteLimits

_HEALTH = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"enum": ["ok", "failing"]},
        "reason": {"type": "string"},
        "warnings": {"type": "array", "items": {"type": "string"}},
    },
}

_OK = {"status": "ok"}


class HealthHandlers:
    """Whether the box works.

    Args:
        trouble: returns why the box takes no documents, or "".
        warnings: returns what else must be looked at.
    """

    def __init__(self, trouble: Callable[[], str], warnings: Callable[[], list[str]]) -> None:
        self._trouble = trouble
        self._warnings = warnings

    def health(self, _request: ApiRequest) -> Response:
        """Answer 200 while the box takes documents, 503 while it cannot."""
        reason = self._trouble()
        if reason:
            return json_response({"status": "failing", "reason": reason}, status=503)
        warnings = self._warnings()
        return json_response({"status": "ok", "warnings": warnings} if warnings else _OK)


def health_routes(
    trouble: Callable[[], str], warnings: Callable[[], list[str]] = list
) -> tuple[Route, ...]:
    """Make the routes; arguments as of `HealthHandlers`."""
    return (
        Route(
            method="GET",
            path="/healthz",
            handler=HealthHandlers(trouble, warnings).health,
            summary="Whether the box works",
            description="503 with a reason while it takes no documents.",
            auth="none",
            responses={200: Answer(description="It works.", media={JSON: _HEALTH})},
            limits=RouteLimits(sheddable=False),
            tags=("health",),
        ),
    )


def metrics_routes(registry: CollectorRegistry) -> tuple[Route, ...]:
    """Make the routes of the metrics listener, which has no TLS and is on loopback."""

    def metrics(_request: ApiRequest) -> Response:
        return Response(body=generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return (
        Route(
            method="GET",
            path="/metrics",
            handler=metrics,
            summary="Metrics in Prometheus' text format",
            auth="none",
            responses={200: Answer(description="The metrics.")},
            limits=RouteLimits(sheddable=False),
            tags=("health",),
        ),
    )
