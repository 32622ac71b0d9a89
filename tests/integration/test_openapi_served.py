"""`GET /v1/openapi.json` against the daemon that serves it: every operation is called and holds."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import zstandard
from jsonschema import Draft202012Validator
from partner_plugin import PRINTING, PartnerPlugin

from appliance.api import uuid7
from appliance.http.problem import SCHEMA as PROBLEM
from appliance.testing.daemon_process import CONFIG, DaemonProcess
from appliance.testing.device import Device
from appliance.testing.device_identity import _new_key, _request
from appliance.testing.link import Link
from appliance.testing.receipt_printer import Faults
from appliance.testing.virtual_printer import VirtualPrinter

pytestmark = pytest.mark.slow

BOX = """
[sync]
segment_min_rows = 1
[collections.news]
fields = { code = "text!", title = "text" }
key = ["code"]
bucket = "all"
write = ["*"]
"""
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}
PHOTO = b"\xff\xd8 a photo"

Called = Callable[["Caller"], requests.Response]


class Caller:
    """An enrolled device that calls operations by hand."""

    def __init__(self, box: DaemonProcess, folder: Path, printer: VirtualPrinter) -> None:
        self.box = box
        self.printer = printer
        self.last = ""
        self.device = Device(folder / "device.db")
        self.device.enroll(box.invite("anna", "agent"), name="Anna's phone")
        self.link = self.device._linked()
        self.stranger = Link(box.url, ca_pem=self.device.identity.authority)
        self._n = 0

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return self.link.send(method, path, body=data, headers=headers or {})

    def push(self, collection: str, row: dict[str, Any]) -> requests.Response:
        self._n += 1
        self.last = uuid7(1_800_000_000_000)
        made = {"mid": uuid7(1_800_000_000_000), "id": self.last, "n": self._n}
        line = {**made, "collection": collection, "op": "put", "base": None, "row": row}
        return self.send("POST", "/v1/push", json.dumps(line).encode() + b"\n", NDJSON)

    def pull(self, **request: Any) -> requests.Response:
        return self.send("POST", "/v1/pull", {"cursor": None, **request}, JSON)

    def cursor(self) -> str:
        last = lines(content(self.pull()))[-1]
        return str(last["checkpoint"]["cursor"])

    def upload(self, size: int = len(PHOTO)) -> str:
        headers = {**TUS, "Upload-Length": str(size)}
        return self.send("POST", "/v1/uploads", headers=headers).headers["Location"]

    def blob(self) -> str:
        """Upload the photo and attach it to a row this device may see."""
        self.send("PATCH", self.upload(), PHOTO, {**CHUNK, "Upload-Offset": "0"})
        name = hashlib.sha256(PHOTO).hexdigest()
        self.push("attachments", {"sha256": name, "mime": "image/jpeg", "size": len(PHOTO)})
        return name

    def report(self, name: str) -> requests.Response:
        """Run a report, once its role may."""
        self.box.command("role", "allow", "agent", f"report:{name}", "read")
        return self.send("GET", f"/v1/reports/{name}")

    def segment(self) -> str:
        """Return the path of a segment, which the daemon cuts soon after its start."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            for line in lines(content(self.pull(accept=["segments"]))):
                if "segment" in line:
                    return str(line["segment"]["url"])
        raise AssertionError("no segment was cut")

    def print(self, job_id: str) -> requests.Response:
        """Ask for a note on paper."""
        mine = {"owner": self.device.identity.user["id"], "text": "milk"}
        self.push("notes_to_print", mine)
        body = {"id": job_id, "kind": "note", "record_id": self.last}
        return self.send("POST", "/v1/print/jobs", body, JSON)

    def job(self, *states: str) -> str:
        """Print a note, and return its job once that has a state."""
        job_id = uuid7(int(time.time() * 1000))
        self.print(job_id)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            job = json.loads(content(self.send("GET", f"/v1/print/jobs/{job_id}")))
            if job["state"] in states:
                return job_id
        raise AssertionError(f"no job is {states}: {job}")

    def doubtful(self) -> str:
        """Return a job that asks: its printer broke while it took it."""
        self.job("completed")  # and with it every job before
        self.printer.set_faults(Faults(unplug_printed_at=len(self.printer.printed) + 4, speed=100))
        job_id = self.job("held")
        self.printer.set_faults(Faults())
        self.printer.replug()
        return job_id

    def enroll(self) -> requests.Response:
        invitation = self.box.invite("anna")
        body = {
            "code": invitation["code"],
            "device": {"name": "second", "platform": "test", "app_version": "1"},
            "csr": signing_request(),
        }
        return self.stranger.send(
            "POST", "/v1/enroll", body=json.dumps(body).encode(), headers=JSON
        )


def new_id() -> str:
    return str(uuid7(int(time.time() * 1000)))


def signing_request() -> str:
    """A request for a certificate for a new key."""
    return _request(_new_key(), "device")


def content(response: requests.Response) -> bytes:
    """The decoded body."""
    raw = bytes(response.raw.read(decode_content=False))
    if response.headers.get("Content-Encoding") == "zstd":
        return zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True).read()
    return raw


def lines(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body.splitlines()]


CALLS: dict[tuple[str, str], Called] = {
    ("get", "/ca.pem"): lambda c: c.send("GET", "/ca.pem"),
    ("get", "/healthz"): lambda c: c.send("GET", "/healthz"),
    ("get", "/v1/hello"): lambda c: c.send("GET", "/v1/hello"),
    ("get", "/v1/openapi.json"): lambda c: c.send("GET", "/v1/openapi.json"),
    ("post", "/v1/enroll"): lambda c: c.enroll(),
    ("post", "/v1/renew"): lambda c: c.send("POST", "/v1/renew", {"csr": signing_request()}, JSON),
    ("put", "/v1/profile"): lambda c: c.send("PUT", "/v1/profile", {"language": "ru"}, JSON),
    ("get", "/v1/schema"): lambda c: c.send("GET", "/v1/schema"),
    ("post", "/v1/pull"): lambda c: c.pull(),
    ("post", "/v1/push"): lambda c: c.push("news", {"code": "a", "title": 1}),
    ("post", "/v1/verify"): lambda c: c.send(
        "POST",
        "/v1/verify",
        {"cursor": c.cursor(), "collection": "users", "ranges": {"00": [1, "7"]}},
        JSON,
    ),
    ("get", "/v1/live"): lambda c: c.send("GET", "/v1/live"),
    ("get", "/v1/segments/{sha256}"): lambda c: c.send("GET", c.segment()),
    ("options", "/v1/uploads"): lambda c: c.send("OPTIONS", "/v1/uploads"),
    ("options", "/v1/uploads/{upload_id}"): lambda c: c.send("OPTIONS", c.upload()),
    ("post", "/v1/uploads"): lambda c: c.send(
        "POST", "/v1/uploads", PHOTO, {**CHUNK, "Upload-Length": str(len(PHOTO))}
    ),
    ("head", "/v1/uploads/{upload_id}"): lambda c: c.send("HEAD", c.upload(), None, TUS),
    ("patch", "/v1/uploads/{upload_id}"): lambda c: c.send(
        "PATCH", c.upload(), PHOTO, {**CHUNK, "Upload-Offset": "0"}
    ),
    ("delete", "/v1/uploads/{upload_id}"): lambda c: c.send("DELETE", c.upload(), None, TUS),
    ("get", "/v1/blobs/{sha256}"): lambda c: c.send("GET", f"/v1/blobs/{c.blob()}"),
    ("get", "/v1/x/preselling/orders/summary"): lambda c: c.send(
        "GET", f"/v1/x/preselling/orders/summary?outlet_id={uuid7(0)}"
    ),
    ("get", "/v1/printers"): lambda c: c.send("GET", "/v1/printers"),
    ("post", "/v1/print/jobs"): lambda c: c.print(new_id()),
    ("get", "/v1/print/jobs/{id}"): lambda c: c.send("GET", f"/v1/print/jobs/{c.job('completed')}"),
    ("post", "/v1/print/jobs/{id}/cancel"): lambda c: c.send(
        "POST", f"/v1/print/jobs/{c.doubtful()}/cancel"
    ),
    ("post", "/v1/print/jobs/{id}/copy"): lambda c: c.send(
        "POST", f"/v1/print/jobs/{c.job('completed')}/copy", {"id": new_id()}, JSON
    ),
    ("post", "/v1/print/jobs/{id}/answer"): lambda c: c.send(
        "POST",
        f"/v1/print/jobs/{c.doubtful()}/answer",
        {"answer": "again", "id": new_id()},
        JSON,
    ),
    ("get", "/v1/reports"): lambda c: c.send("GET", "/v1/reports"),
    **{
        ("get", f"/v1/reports/{name}"): lambda c, name=name: c.report(name)  # type: ignore[misc]
        for name in (
            "catalogue_gaps",
            "coverage",
            "coverage_by_unit",
            "demand",
            "fill_rate",
            "my_figures",
            "orders_by_day",
            "orders_by_document",
            "orders_by_outlet",
            "orders_by_product",
            "orders_by_unit",
            "receivables_by_age",
            "stock_by_warehouse",
        )
    },
}
"""How each operation is called so that it succeeds."""


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    folder = tmp_path_factory.mktemp("openapi")
    printer = VirtualPrinter.on_pty(link=folder / "printer")
    plugin = PartnerPlugin(folder / "site", PRINTING)
    line = f'[printers.van]\ntransport = "serial"\nport = "{folder}/printer"\n'
    profile = 'profile = "epson-tm-t88"\n[printing]\nstatus_slip = false\n'
    box = DaemonProcess(folder, CONFIG + BOX + line + profile, environment=plugin.environment)
    (folder / "news.csv").write_text("code,title\nn,News\n", encoding="utf-8")
    box.command("import", "news", str(folder / "news.csv"), "--profile", "csv")
    with printer, box:
        made = Caller(box, folder, printer)
        yield made
        made.stranger.close()
        made.device.close()


@pytest.fixture(scope="module")
def document(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content(caller.send("GET", "/v1/openapi.json")))
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


# --- The document itself: the rules of OpenAPI 3.1.0 ----------------------------------------------


def walk(node: Any, where: str = "#") -> Iterator[tuple[str, Any]]:
    yield where, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, f"{where}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{where}/{index}")


TEXT = {"type": "string", "minLength": 1}
CONTENT = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": r"^[a-z]+/[a-z0-9.+-]+(; ?.*)?$"},
    "additionalProperties": {
        "type": "object",
        "required": ["schema"],
        "properties": {"schema": {"type": "object"}},
    },
}
OPERATION = {
    "type": "object",
    "required": ["operationId", "summary", "responses", "security", "tags"],
    "additionalProperties": False,
    "properties": {
        "operationId": {"type": "string", "pattern": "^[a-z][A-Za-z0-9]*$"},
        "summary": TEXT,
        "description": TEXT,
        "tags": {"type": "array", "minItems": 1, "items": TEXT},
        "security": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": TEXT},
                "maxProperties": 1,
            },
        },
        "parameters": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "in", "required", "schema"],
                "additionalProperties": False,
                "properties": {
                    "name": TEXT,
                    "in": {"enum": ["path", "query"]},
                    "required": {"type": "boolean"},
                    "description": TEXT,
                    "schema": {"type": "object"},
                },
                "if": {"properties": {"in": {"const": "path"}}},
                "then": {"properties": {"required": {"const": True}}},
            },
        },
        "requestBody": {
            "type": "object",
            "required": ["content", "required"],
            "additionalProperties": False,
            "properties": {
                "description": TEXT,
                "required": {"type": "boolean"},
                "content": CONTENT,
            },
        },
        "responses": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[1-5][0-9][0-9]$"},
            "additionalProperties": {
                "type": "object",
                "required": ["description"],
                "additionalProperties": False,
                "properties": {
                    "description": TEXT,
                    "content": CONTENT,
                    "headers": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "required": ["description", "schema"],
                        },
                    },
                },
            },
        },
    },
}
DOCUMENT = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components", "tags", "jsonSchemaDialect"],
    "additionalProperties": False,
    "properties": {
        "openapi": {"const": "3.1.0"},
        "jsonSchemaDialect": {"const": "https://json-schema.org/draft/2020-12/schema"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "properties": {"title": TEXT, "version": TEXT},
        },
        "tags": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        "paths": {
            "type": "object",
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"enum": sorted(METHODS)},
                "additionalProperties": OPERATION,
            },
        },
        "components": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "schemas": {"type": "object"},
                "securitySchemes": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["type"],
                        "properties": {"type": {"enum": ["http", "mutualTLS"]}},
                    },
                },
            },
        },
    },
}


def test_the_document_has_the_structure_of_openapi_3_1(document: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(DOCUMENT)
    faults = [
        f"{'/'.join(map(str, fault.absolute_path))}: {fault.message[:200]}"
        for fault in Draft202012Validator(DOCUMENT).iter_errors(document)
    ]
    assert faults == []


def test_every_schema_is_a_json_schema(document: dict[str, Any]) -> None:
    for where, node in walk(document):
        if where.endswith("/schema") or re.fullmatch(r"#/components/schemas/\w+", where):
            Draft202012Validator.check_schema(node)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    places = {where for where, _ in walk(document)}
    references = {
        node["$ref"] for _, node in walk(document) if isinstance(node, dict) if "$ref" in node
    }
    assert references
    assert references <= places


def test_operation_ids_are_unique_and_tags_and_securities_are_declared(
    document: dict[str, Any],
) -> None:
    every = list(operations(document).values())
    ids = [operation["operationId"] for operation in every]
    assert len(set(ids)) == len(ids)
    declared = {tag["name"] for tag in document["tags"]}
    assert {tag for operation in every for tag in operation["tags"]} == declared
    schemes = document["components"]["securitySchemes"]
    assert {name for o in every for one in o["security"] for name in one} == set(schemes)


def test_path_parameters_are_those_of_the_path(document: dict[str, Any]) -> None:
    for (_, path), operation in operations(document).items():
        named = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"]
        assert named == re.findall(r"\{(\w+)\}", path)


# --- The document against the daemon --------------------------------------------------------------


def test_every_operation_is_called_below(document: dict[str, Any]) -> None:
    assert set(operations(document)) == set(CALLS)


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


def check_answer(
    document: dict[str, Any], operation: dict[str, Any], answer: requests.Response, method: str
) -> None:
    """Hold an answer against what the document says of its status."""
    described = operation["responses"].get(str(answer.status_code))
    assert described is not None, f"{answer.status_code} is not documented"
    media = answer.headers.get("Content-Type", "").partition(";")[0]
    if not described.get("content") or method == "head":
        assert content(answer) == b""
        return
    assert media in described["content"], media
    validator = resolved(document, described["content"][media]["schema"])
    if media == "text/event-stream":
        first = answer.raw.read1(1000, decode_content=False)
        assert first.startswith((b":", b"event: head"))
        answer.close()
        return
    body = content(answer)
    if media == "application/x-ndjson":
        # A segment's schema is of the file as text, of the streams of one line.
        text = validator.schema.get("type") == "string"
        for value in [body.decode()] if text else lines(body):
            validator.validate(value)
        assert lines(body)
    elif media.endswith("json"):
        validator.validate(json.loads(body))
    else:
        assert body


@pytest.mark.parametrize(("method", "path"), sorted(CALLS))
def test_an_operation_answers_as_it_is_documented(
    caller: Caller, document: dict[str, Any], method: str, path: str
) -> None:
    answer = CALLS[method, path](caller)
    assert 200 <= answer.status_code < 300, answer.text
    check_answer(document, operations(document)[method, path], answer, method)


def called_wrongly(
    link: Link, operation: dict[str, Any], method: str, path: str, query: str = ""
) -> requests.Response:
    """Call an operation with no credential, parameter or body of any use."""
    place = path.replace("{sha256}", "0" * 64).replace("{upload_id}", "0" * 32)
    place = place.replace("{id}", uuid7(0))
    body, headers = None, {}
    if "requestBody" in operation:
        body, headers = b"{}", {"Content-Type": next(iter(operation["requestBody"]["content"]))}
    return link.send(method.upper(), place + query, body=body, headers=headers)


@pytest.mark.parametrize(("method", "path"), sorted(CALLS))
def test_an_operation_refuses_an_unknown_parameter_with_a_documented_problem(
    caller: Caller, document: dict[str, Any], method: str, path: str
) -> None:
    operation = operations(document)[method, path]
    answer = called_wrongly(caller.link, operation, method, path, "?nonsense=1")
    assert answer.status_code == 400
    described = operation["responses"]["400"]
    assert "bad_target" in described["description"]
    if method != "head":
        problem = json.loads(content(answer))
        resolved(document, {"$ref": "#/components/schemas/Problem"}).validate(problem)
        assert problem["code"] == "bad_target"
        assert problem["errors"][0]["pointer"] == "nonsense"


@pytest.mark.parametrize(("method", "path"), sorted(CALLS))
def test_who_may_call_is_as_documented(
    caller: Caller, document: dict[str, Any], method: str, path: str
) -> None:
    operation = operations(document)[method, path]
    answer = called_wrongly(caller.stranger, operation, method, path)
    if not operation["security"]:
        assert answer.status_code != 401
        return
    assert answer.status_code == 401
    check_answer(document, operation, answer, method)


SAMPLES: dict[str, Called] = {
    "bad_request": lambda c: c.send("POST", "/v1/pull", None, JSON),
    "bad_cursor": lambda c: c.send("POST", "/v1/pull", {"cursor": "AAAA"}, JSON),
    "bad_json": lambda c: c.send("POST", "/v1/pull", {"cursors": None}, JSON),
    "media_type_unsupported": lambda c: c.send("POST", "/v1/pull", b"{}", {"Content-Type": "a/b"}),
    "body_too_large": lambda c: c.send("POST", "/v1/verify", b" " * 70_000, JSON),
    "encoding_unsupported": lambda c: c.send(
        "POST", "/v1/push", b"{}", {**NDJSON, "Content-Encoding": "br"}
    ),
    "bad_encoding": lambda c: c.send(
        "POST", "/v1/push", b"no gzip", {**NDJSON, "Content-Encoding": "gzip"}
    ),
    "unknown_collection": lambda c: c.send(
        "POST", "/v1/verify", {"cursor": c.cursor(), "collection": "x", "ranges": {}}, JSON
    ),
    "code_refused": lambda c: c.stranger.send(
        "POST",
        "/v1/enroll",
        body=json.dumps(
            {
                "code": "0000-0000-0000-0000",
                "device": {"name": "a", "platform": "b", "app_version": "c"},
                "csr": signing_request(),
            }
        ).encode(),
        headers=JSON,
    ),
    "content_invalid": lambda c: c.send("POST", "/v1/renew", {"csr": "x"}, JSON),
    "range_not_satisfiable": lambda c: c.send(
        "GET", f"/v1/blobs/{c.blob()}", None, {"Range": "bytes=1000-"}
    ),
    "not_found": lambda c: c.send("GET", f"/v1/blobs/{'0' * 64}"),
    "tus_version": lambda c: c.send("POST", "/v1/uploads", None, {"Upload-Length": "1"}),
    "offset_mismatch": lambda c: c.send(
        "PATCH", c.upload(), PHOTO, {**CHUNK, "Upload-Offset": "3"}
    ),
    "checksum_mismatch": lambda c: c.send(
        "PATCH",
        c.upload(),
        PHOTO,
        {
            **CHUNK,
            "Upload-Offset": "0",
            "Upload-Checksum": "sha1 " + base64.b64encode(hashlib.sha1(b"").digest()).decode(),
        },
    ),
    "method_not_allowed": lambda c: c.send("DELETE", "/v1/hello"),
    "not_acceptable": lambda c: c.send(
        "POST", "/v1/pull", {"cursor": None}, {**JSON, "Accept-Encoding": "br, *;q=0"}
    ),
}
"""One request for each problem that a device can bring about by itself."""


@pytest.mark.parametrize("code", sorted(SAMPLES))
def test_a_problem_has_its_documented_form(
    caller: Caller, document: dict[str, Any], code: str
) -> None:
    answer = SAMPLES[code](caller)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(content(answer))
    Draft202012Validator(dict(PROBLEM)).validate(problem)
    assert document["components"]["schemas"]["Problem"] == json.loads(json.dumps(dict(PROBLEM)))
    assert (problem["code"], problem["status"]) == (code, answer.status_code)
