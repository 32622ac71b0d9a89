"""The description against the structure that OpenAPI 3.1.0 asks for (its sections 4.8.*)."""

import json
import re

import jsonschema
import pytest

from appliance.http.openapi import openapi, operation_id
from appliance.http.problem import CATALOGUE
from appliance.http.response import Response
from appliance.http.route import Answer, Parameter, RequestBody, Route, RouteLimits


def handler(_request):
    return Response()


ROUTES = [
    Route(
        method="GET",
        path="/v1/blobs/{sha256}",
        handler=handler,
        summary="A blob",
        description="Long words.",
        parameters=(Parameter(name="sha256", description="The hash", pattern="[0-9a-f]{64}"),),
        query=(Parameter(name="size", description="", required=True),),
        responses={
            206: Answer(description="A part", headers={"Content-Range": "Which part"}),
            200: Answer(description="All", media={"application/octet-stream": {}}),
        },
        problems=("range_not_satisfiable", "forbidden"),
        tags=("blobs",),
    ),
    Route(
        method="POST",
        path="/v1/push",
        handler=handler,
        summary="Push",
        request_body=RequestBody(
            media={"application/x-ndjson": {"type": "object"}}, description="Mutations."
        ),
        responses={200: Answer(description="Outcomes")},
        limits=RouteLimits(max_body=1000, streaming=True, encodings=("identity", "zstd")),
    ),
    Route(
        method="GET",
        path="/healthz",
        handler=handler,
        summary="Health",
        auth="none",
        responses={200: Answer(description="Well")},
        limits=RouteLimits(sheddable=False),
    ),
    Route(method="GET", path="/secret", handler=handler, summary="", documented=False),
]


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(openapi(ROUTES, "1.2.3")))


def test_the_frame(document):
    assert document["openapi"] == "3.1.0"
    assert document["info"]["version"] == "1.2.3"
    assert list(document["paths"]) == ["/healthz", "/v1/blobs/{sha256}", "/v1/push"]
    assert document["tags"] == [{"name": "blobs"}]


def _operations(document):
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def test_every_operation_is_whole(document):
    ids = set()
    for path, method, operation in _operations(document):
        assert method in ("get", "post", "put", "patch", "delete", "head", "options")
        assert operation["operationId"] not in ids
        ids.add(operation["operationId"])
        names = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert names == set(re.findall(r"\{(\w+)\}", path))
        for parameter in operation.get("parameters", ()):
            assert parameter["required"] or parameter["in"] == "query"
        for status, response in operation["responses"].items():
            assert re.fullmatch("[1-5][0-9][0-9]", status)
            assert response["description"]
        for requirement in operation["security"]:
            assert set(requirement) <= set(document["components"]["securitySchemes"])


def test_every_schema_is_one_and_every_reference_leads_somewhere(document):
    def walk(node):
        if isinstance(node, dict):
            if "schema" in node:
                jsonschema.Draft202012Validator.check_schema(node["schema"])
            reference = node.get("$ref")
            if reference is not None:
                target = document
                for step in reference.removeprefix("#/").split("/"):
                    target = target[step]
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_limits_and_problems_are_described(document):
    push = document["paths"]["/v1/push"]["post"]
    assert "At most 1000 bytes" in push["requestBody"]["description"]
    assert "zstd" in push["requestBody"]["description"]
    for status in ("400", "401", "413", "415", "429", "503"):
        assert "application/problem+json" in push["responses"][status]["content"]
    assert CATALOGUE["body_too_large"].advice in push["responses"]["413"]["description"]
    blob = document["paths"]["/v1/blobs/{sha256}"]["get"]["responses"]
    assert list(blob)[:2] == ["200", "206"]
    assert "`range_not_satisfiable`" in blob["416"]["description"]
    health = document["paths"]["/healthz"]["get"]
    assert health["security"] == []
    assert "401" not in health["responses"] and "503" not in health["responses"]


def test_operation_ids_are_stable():
    assert operation_id(ROUTES[0]) == "getBlobsSha256"
    assert operation_id(ROUTES[2]) == "getHealthz"
