"""Mutated requests against a real daemon: no 500, no traceback, no plugin that trips, and the next
honest request is served.

The rounds are chosen by a seed, so a failure comes again. ``FIELDBOX_FUZZ_ROUNDS`` and
``FIELDBOX_FUZZ_SEED`` make it longer or different.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from appliance.api.values import uuid7
from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.dpop import DPoPKey

pytestmark = pytest.mark.slow  # real daemons, lines and waits

ROUNDS = int(os.environ.get("FIELDBOX_FUZZ_ROUNDS", "150"))
SEED = int(os.environ.get("FIELDBOX_FUZZ_SEED", "1"))
INTEGERS = (0, 1, -1, 2, 1_000, 10_000, 2**31, 2**53 - 1, -(2**53) + 1)
TEXTS = (
    "",
    " ",
    "a",
    "Ж",
    "\u0000",
    "\x1b[2J",
    "0",
    "null",
    "𝔘",
    "\u202e",
    "' OR 1=1 --",
    "x" * 900,
)
TOKENS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"\\ud800",
    b"null",
    b"1e999",
    b"-0",
    b"\xff",
    b"\x00",
    b"\n",
)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    with DaemonProcess(tmp_path_factory.mktemp("fuzz")) as daemon:
        daemon.command("demo")
        yield daemon


class Attacker:
    """An enrolled device, its collections and the choices it makes."""

    def __init__(self, box: DaemonProcess, folder: Path) -> None:
        self.source = random.Random(SEED)
        self.url = box.url
        self.device = Device(folder / "device.db")
        self.device.enroll(box.invite("anna"), name="phone")
        credential = self.device.identity.credential
        texts = {"ca": self.device.identity.authority, "crt": credential.certificate}
        texts["key"] = credential.key
        for name, text in texts.items():
            (folder / name).write_text(text)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(folder / "ca")
        self.session.cert = (str(folder / "crt"), str(folder / "key"))
        self.device.pull()
        self.schemas = {one["name"]: one for one in self.device.schema()["collections"]}
        self.stored = {
            name: list(self.device.replicated(name))[:200]
            for name in self.schemas
            if name in self.device.sums()
        }

    def send(self, method: str, path: str, data: bytes, kind: str) -> requests.Response:
        answer = self.session.request(
            method, self.url + path, data=data, headers={"Content-Type": kind}, timeout=60
        )
        assert answer.status_code != 500, (path, data, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json", (path, data)
        return answer

    # --- what is sent --------------------------------------------------------------------------

    def pick(self, *choices: Any) -> Any:
        return self.source.choice(choices)

    def record_id(self, collection: str) -> str:
        known = self.stored.get(collection)
        if known and self.source.random() < 0.8:
            return str(self.source.choice(known)[0])
        return str(uuid7(self.source.randrange(2**47)))

    def value(self, schema: Mapping[str, Any]) -> Any:
        """Something that the schema allows, more often at the edge than in the middle."""
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self.value(self.source.choice(schema[key]))
        if "enum" in schema:
            return self.source.choice(schema["enum"])
        if "x-collection" in schema:
            return self.record_id(schema["x-collection"])
        kind = schema.get("type", "object" if "properties" in schema else "null")
        kind = self.source.choice(kind) if isinstance(kind, list) else kind
        match kind:
            case "object":
                return self.row(schema)
            case "array":
                count = self.pick(0, 1, 1, 2, 3, 60)
                return [self.value(schema.get("items", {})) for _ in range(count)]
            case "integer":
                low, high = schema.get("minimum", -(2**53)), schema.get("maximum", 2**53 - 1)
                fitting = [n for n in (*INTEGERS, low, high) if low <= n <= high]
                return self.source.choice(fitting)
            case "boolean":
                return self.pick(True, False)
            case "string":
                return self.text(schema)
        return None

    def text(self, schema: Mapping[str, Any]) -> str:
        pattern = str(schema.get("pattern", ""))
        if schema.get("format") == "date":
            return self.pick("2026-11-23", "0001-01-01", "9999-12-31", "2024-02-29")
        if "{64}" in pattern:
            return f"{self.source.getrandbits(256):064x}"
        if "-" in pattern and "a-f" in pattern:
            return self.record_id("")
        return str(self.source.choice(TEXTS))[: schema.get("maxLength", 900)]

    def row(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        required = schema.get("required", ())
        return {
            name: self.value(one)
            for name, one in schema.get("properties", {}).items()
            if name in required or self.source.random() < 0.6
        }

    def mutation(self) -> dict[str, Any]:
        name = self.source.choice([n for n, one in self.schemas.items() if one["writable"]])
        members: dict[str, Any] = {
            "mid": str(uuid7(time.time_ns() // 1_000_000)),
            "n": self.pick(0, 1, 5, 2**53 - 1),
            "collection": name,
            "id": self.record_id(name),
            "op": "put" if self.source.random() < 0.9 else "del",
            "base": self.pick(None, None, 0, 1, 2**53 - 1),
        }
        if members["op"] == "put":
            members["row"] = self.row(self.schemas[name]["schema"])
        return members

    def spoiled(self, text: bytes) -> bytes:
        """A text with some of it changed, doubled or gone."""
        for _ in range(self.source.randrange(1, 4)):
            at = self.source.randrange(len(text) + 1)
            end = min(len(text), at + self.source.randrange(1, 30))
            middle = self.pick(b"", text[at:end] * 2, self.source.choice(TOKENS))
            text = text[:at] + middle + text[end:]
        return text


@pytest.fixture(scope="module")
def attacker(box: DaemonProcess, tmp_path_factory: pytest.TempPathFactory) -> Attacker:
    return Attacker(box, tmp_path_factory.mktemp("attacker"))


def still_right(box: DaemonProcess, attacker: Attacker) -> None:
    """The daemon has noted no fault of its own, no plugin failed, and devices are served."""
    log = box.log()
    assert "Traceback" not in log and "request_failed" not in log, log[-3_000:]
    assert "mutation_failed" not in log and "listener_failed" not in log, log[-3_000:]
    assert box.ask("plugin", "failures") == []
    attacker.device.pull()
    assert attacker.device.verify() is not None


def test_pushes(box: DaemonProcess, attacker: Attacker) -> None:
    outcomes: dict[str, int] = {}
    for number in range(ROUNDS):
        lines = [json.dumps(attacker.mutation()).encode() for _ in range(8)]
        if number % 3 == 0:
            lines = [attacker.spoiled(line).replace(b"\n", b" ") for line in lines]
        wanted = sum(bool(line.strip()) for line in lines)
        answer = attacker.send("POST", "/v1/push", b"\n".join(lines), "application/x-ndjson")
        assert answer.status_code == 200, answer.text
        answers = [json.loads(text) for text in answer.text.splitlines()]
        assert len(answers) == wanted
        for one in answers:
            outcomes[one["outcome"]] = outcomes.get(one["outcome"], 0) + 1
            assert not {issue["code"] for issue in one["issues"]} & {"plugin_failed", "internal"}
    assert {"quarantined", "rejected"} <= outcomes.keys(), outcomes
    still_right(box, attacker)


def test_pulls_and_comparisons(box: DaemonProcess, attacker: Attacker) -> None:
    pick, source = attacker.pick, attacker.source
    names = [*attacker.schemas, "nothing", ""]
    for number in range(ROUNDS):
        cursor = pick(None, attacker.device.cursor, "", "AAAA")
        if number % 2:
            body: dict[str, Any] = {"cursor": cursor, "limit_bytes": pick(None, 0, -1, 1, 2**60)}
            body["collections"] = pick(None, [], source.sample(names, 2), names * 50)
            body["accept"] = pick([], ["segments"])
            path = "/v1/pull"
        else:
            ranges = {f"{n:02x}": [pick(*INTEGERS), pick("0", "1", "9" * 20)] for n in range(5)}
            body = {"cursor": cursor or "", "collection": source.choice(names), "ranges": ranges}
            path = "/v1/verify"
        text = json.dumps(body).encode()
        if number % 4 == 3:
            text = attacker.spoiled(text)
        assert attacker.send("POST", path, text, "application/json").status_code in (200, 400)
    still_right(box, attacker)


def test_enrolling_and_renewing(box: DaemonProcess, attacker: Attacker) -> None:
    claim = {"name": "phone", "platform": "x", "app_version": "1"}
    for number in range(ROUNDS):
        key = attacker.pick({"csr": "-----BEGIN CERTIFICATE REQUEST-----"}, {"jwk": DPoPKey().jwk})
        path = attacker.pick("/v1/enroll", "/v1/renew")
        code = attacker.source.choice(TEXTS)
        body = key if path == "/v1/renew" else {"code": code, "device": claim, **key}
        text = json.dumps(body).encode()
        if number % 2:
            text = attacker.spoiled(text)
        status = attacker.send("POST", path, text, "application/json").status_code
        assert status in (200, 400, 403, 422, 429), (path, text)
    still_right(box, attacker)


def test_plugins_endpoints(box: DaemonProcess, attacker: Attacker) -> None:
    document = attacker.session.get(f"{attacker.url}/v1/openapi.json", timeout=60).json()
    ours = [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        if path.startswith("/v1/x/")
        for method, operation in item.items()
    ]
    assert ours
    for number in range(ROUNDS):
        method, path, operation = ours[number % len(ours)]
        names = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
        values = [attacker.source.choice((*TEXTS[:3], *map(str, INTEGERS), "2026-11-23"))] * 1
        query = "&".join(
            f"{requests.utils.quote(name)}={requests.utils.quote(values[0])}"
            for name in names
            if attacker.source.random() < 0.8
        )
        body = b""
        if method == "POST":
            body = attacker.spoiled(json.dumps({"a": attacker.pick(1, [], {}, None)}).encode())
        attacker.send(method, f"{path}?{query}", body, "application/json")
    still_right(box, attacker)
