"""A plugin's endpoint gets no request that does not fit what it declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from partner_plugin import PartnerPlugin

from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.link import DeviceProblem, Link

SOURCE = """
from appliance import api

BODY = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
    },
}
QUERY = {"properties": {"limit": {"type": "integer", "minimum": 1}, "day": {"format": "date"}}}

@api.hookimpl
def manifest():
    return api.Manifest(name="acme", version="1.0", title="Acme")

@api.hookimpl
def http_endpoints():
    return [
        api.Endpoint(name="make", method="POST", path="make", summary="M.", request_schema=BODY),
        api.Endpoint(name="look", method="GET", path="look", summary="L.", request_schema=QUERY),
        api.Endpoint(name="any", method="POST", path="any", summary="A."),
    ]

@api.hookimpl
def handle_request(endpoint, request, device, context):
    return api.EndpointResponse(body={"query": request.query, "body": request.body})
"""


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Link]:
    folder = tmp_path_factory.mktemp("schema")
    plugin = PartnerPlugin(folder / "site", SOURCE)
    with DaemonProcess(folder, environment=plugin.environment) as box:
        device = Device(folder / "device.db")
        device.enroll(box.invite("anna", "agent"), name="phone")
        yield device._linked()
        device.close()


def refusal(link: Link, path: str, body: Any = None) -> DeviceProblem:
    with pytest.raises(DeviceProblem) as caught:
        link.get_json(path) if body is None else link.post_json(path, body)
    return caught.value


def faults(problem: DeviceProblem) -> list[tuple[str, str]]:
    return sorted((error["pointer"], error["code"]) for error in problem.errors)


@pytest.mark.slow
def test_what_fits_reaches_the_plugin_as_it_was_sent(link: Link) -> None:
    body = {"name": "Ёж", "tags": ["a"]}
    assert link.post_json("/v1/x/acme/make", body)["body"] == body
    found = link.get_json("/v1/x/acme/look?limit=5&day=2026-11-23")
    assert found["query"] == {"limit": "5", "day": "2026-11-23"}
    assert link.post_json("/v1/x/acme/any", [1, 2.5, None])["body"] == [1, 2.5, None]


@pytest.mark.slow
def test_what_does_not_fit_is_told_with_its_places(link: Link) -> None:
    problem = refusal(link, "/v1/x/acme/make", {"name": "", "tags": ["a", "long"], "x": 1})
    assert (problem.status, problem.code) == (422, "content_invalid")
    assert faults(problem) == [("/name", "too_short"), ("/tags/1", "too_long"), ("/x", "unknown")]
    assert faults(refusal(link, "/v1/x/acme/make", {"tags": []})) == [("/name", "missing")]
    assert faults(refusal(link, "/v1/x/acme/make", [])) == [("", "type")]
    problem = refusal(link, "/v1/x/acme/look?limit=0&day=yesterday")
    assert problem.status == 422
    assert faults(problem) == [("day", "format"), ("limit", "too_small")]
    assert faults(refusal(link, "/v1/x/acme/look?limit=many")) == [("limit", "type")]


@pytest.mark.slow
def test_a_body_that_nests_too_deep_is_read_by_nobody(link: Link) -> None:
    deep: Any = 1
    for _ in range(65):
        deep = [deep]
    problem = refusal(link, "/v1/x/acme/any", deep)
    assert (problem.status, problem.code) == (400, "bad_json")
