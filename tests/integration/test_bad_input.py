"""What hostile or broken devices send: each gets a clear error, and the next one is served."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from appliance.api.values import uuid7
from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.dpop import DPoPKey
from appliance.testing.invite import BadInvite

pytestmark = pytest.mark.slow

CONFIG = """
[sync]
max_mutation_bytes = 65536
max_mutations = 50

[collections.memos]
fields = { code = "text!", price = "price", at = "timestamp" }
key = ["code"]
write = ["*"]
"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    with DaemonProcess(tmp_path_factory.mktemp("bad"), CONFIG) as daemon:
        daemon.command("user", "add", "anna", "--role", "agent")
        yield daemon
        assert "Traceback" not in daemon.log()


def session(ca: str) -> requests.Session:
    """A session that trusts one authority; the environment has no say."""
    made = requests.Session()
    made.trust_env = False
    made.verify = ca
    return made


class Phone:
    """An enrolled device that says what it wants."""

    def __init__(self, box: DaemonProcess, folder: Path) -> None:
        device = Device(folder / f"{time.monotonic_ns()}.db")
        device.enroll(box.invite("anna"), name="phone")
        self.device = device
        identity = device.identity
        files = {"ca": identity.authority, "crt": identity.credential.certificate}
        files["key"] = identity.credential.key
        for name, text in files.items():
            (folder / name).write_text(text)
        self.session = session(str(folder / "ca"))
        self.session.cert = (str(folder / "crt"), str(folder / "key"))
        self.url = box.url

    def post(self, path: str, body: Any, kind: str = "application/json") -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.session.post(
            self.url + path, data=data, headers={"Content-Type": kind}, timeout=20
        )

    def push(self, *lines: bytes | dict[str, Any]) -> requests.Response:
        body = b"\n".join(
            line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines
        )
        return self.post("/v1/push", body, "application/x-ndjson")

    def answers(self, *lines: bytes | dict[str, Any]) -> list[dict[str, Any]]:
        response = self.push(*lines)
        assert response.status_code == 200, response.text
        return [json.loads(line) for line in response.text.splitlines()]


@pytest.fixture(scope="module")
def phone(box: DaemonProcess, tmp_path_factory: pytest.TempPathFactory) -> Phone:
    return Phone(box, tmp_path_factory.mktemp("phone"))


def mutation(row: Any = None, **members: Any) -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    return {
        "mid": uuid7(now),
        "n": 0,
        "collection": "memos",
        "id": uuid7(now),
        "op": "put",
        "base": None,
        "row": {"code": "a"} if row is None else row,
        **members,
    }


def deep(levels: int) -> bytes:
    return json.dumps(mutation()).encode().replace(b'{"code": "a"}', b'{"code":' + b"[" * levels)


@pytest.mark.parametrize(
    ("line", "outcome", "code", "pointer"),
    [
        (b"{", "quarantined", "malformed", ""),
        (b"\xff\xfe", "quarantined", "malformed", ""),
        (b"[]", "quarantined", "malformed", ""),
        (deep(100), "quarantined", "malformed", ""),
        (deep(60_000), "quarantined", "malformed", ""),
        (mutation(id="12"), "quarantined", "malformed", ""),
        (mutation(id="AAAAAAAA-0000-7000-8000-000000000000"), "quarantined", "malformed", ""),
        (mutation(mid="1"), "quarantined", "malformed", ""),
        (mutation(mid="00000000-0000-4000-8000-000000000000"), "quarantined", "malformed", ""),
        (mutation(n="1"), "quarantined", "malformed", ""),
        (mutation(op="drop"), "quarantined", "malformed", ""),
        (mutation(extra=1), "quarantined", "malformed", ""),
        (mutation(collection="nothing"), "quarantined", "collection_unknown", ""),
        (mutation(collection="products"), "quarantined", "role_denied", ""),
        (mutation({"code": "a", "price": "12"}), "rejected", "schema_invalid", "/price"),
        (mutation({"code": "a", "price": 12.5}), "rejected", "schema_invalid", "/price"),
        (mutation({"code": "a", "price": 1e3}), "rejected", "schema_invalid", "/price"),
        (mutation({"code": "a", "price": 2**60}), "rejected", "schema_invalid", "/price"),
        (mutation({"code": "a", "new": 1}), "rejected", "schema_invalid", "/new"),
        (mutation({}), "rejected", "schema_invalid", "/code"),
        (mutation({"code": None}), "rejected", "schema_invalid", "/code"),
        (mutation({"code": "x" * 2_000}), "rejected", "schema_invalid", "/code"),
    ],
)
def test_a_bad_mutation_gets_its_outcome_and_the_next_is_applied(
    phone, line, outcome, code, pointer
):
    bad, good = phone.answers(line, mutation())
    assert (bad["outcome"], bad["issues"][0]["code"]) == (outcome, code)
    assert bad["issues"][0]["pointer"] == pointer
    assert bad["issues"][0]["text"]
    assert good["outcome"] == "applied"


def test_what_could_not_be_posted_is_kept(box, phone):
    phone.answers(b'{"this is": "kept"}')
    kept = box.ask("mutation", "list", "--outcome", "quarantined")
    assert any("this is" in json.dumps(row) for row in kept) or any(
        "this is" in box.command("mutation", "show", str(row["num"])) for row in kept[:3]
    )


def test_a_clock_in_the_future_is_a_warning(phone):
    later = time.time_ns() // 1_000_000 + 3_600_000
    (answer,) = phone.answers(mutation(mid=uuid7(later)))
    assert answer["outcome"] == "applied"
    assert [issue["code"] for issue in answer["issues"]] == ["clock_skew"]


def test_a_replayed_push_changes_nothing(phone):
    sent = mutation()
    (first,) = phone.answers(sent)
    (again,) = phone.answers(sent)
    assert again == {**first, "outcome": "duplicate", "first": "applied"}
    (other,) = phone.answers({**sent, "row": {"code": "other"}})
    assert (other["outcome"], other["issues"][0]["code"]) == ("quarantined", "mid_reused")


def test_too_large_is_413_and_says_how_large(phone):
    response = phone.push(mutation({"code": "x" * 70_000}))
    assert response.status_code == 413
    problem = response.json()
    assert problem["code"] == "body_too_large" and "65536" in problem["detail"]
    assert response.headers["Content-Type"] == "application/problem+json"
    assert phone.push(*[mutation() for _ in range(51)]).status_code == 413
    assert phone.answers(mutation())[0]["outcome"] == "applied"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "bad_json"),
        (b"\xff", "bad_json"),
        (b"[" * 30_000, "bad_json"),
        ({"cursor": 5}, "bad_json"),
        ({"cursor": None, "unknown": 1}, "bad_json"),
        ({"cursor": "AAAA"}, "bad_cursor"),
        ({"cursor": "x" * 20_000}, "bad_cursor"),
        ({"cursor": "\u0416"}, "bad_cursor"),
    ],
)
def test_a_bad_pull_is_400_and_says_what_to_do(phone, body, code):
    response = phone.post("/v1/pull", body)
    assert response.status_code == 400
    assert response.json()["code"] == code
    assert response.json()["advice"]


def test_another_devices_cursor_is_refused(box, phone, tmp_path):
    other = Phone(box, tmp_path)
    other.device.pull()
    response = phone.post("/v1/pull", {"cursor": other.device.cursor})
    assert response.json()["code"] == "bad_cursor"


@pytest.mark.parametrize("code", ["", "A", "0000-0000-0000-0000", "x" * 500])
def test_a_wrong_code_does_not_enroll(box, phone, code):
    anybody = session(phone.session.verify)
    body = {"code": code, "device": {"name": "p", "platform": "x", "app_version": "1"}}
    key = DPoPKey()
    response = anybody.post(f"{box.url}/v1/enroll", json={**body, "jwk": key.jwk}, timeout=20)
    assert response.status_code in (403, 429)
    assert response.json()["code"] in ("code_refused", "too_many_requests")


def test_an_invitation_of_another_box_is_refused(box, tmp_path):
    invitation = box.invite("anna")
    forged = {**invitation, "ca_sha256": "A" * 43}
    forged["url"] = invitation["url"].replace(invitation["ca_sha256"], "A" * 43)
    with pytest.raises(BadInvite):
        Device(tmp_path / "d.db").enroll(forged, name="phone")


def test_a_code_enrolls_once(box, tmp_path):
    invitation = box.invite("anna")
    Device(tmp_path / "first.db").enroll(invitation, name="first")
    with pytest.raises(Exception, match="used"):
        Device(tmp_path / "second.db").enroll(invitation, name="second")


def test_nobody_and_a_foreign_certificate_get_nothing(box, phone, tmp_path):
    nobody = session(phone.session.verify)
    response = nobody.post(f"{box.url}/v1/pull", json={}, timeout=20)
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    with DaemonProcess(tmp_path, CONFIG) as elsewhere:
        elsewhere.command("user", "add", "anna", "--role", "agent")
        stranger = Phone(elsewhere, tmp_path)
        stranger.session.verify = phone.session.verify
        with pytest.raises(requests.exceptions.ConnectionError):
            stranger.session.post(f"{box.url}/v1/pull", json={}, timeout=20)


class Browser:
    """A browser's way in: a key in place of a certificate, a proof on each request."""

    def __init__(self, box: DaemonProcess, ca: str) -> None:
        self.key = DPoPKey()
        self.session = session(ca)
        self.url = box.url
        device = {"name": "tab", "platform": "web", "app_version": "1"}
        body = {"code": box.invite("anna")["code"], "device": device, "jwk": self.key.jwk}
        answer = self.session.post(f"{box.url}/v1/enroll", json=body, timeout=20)
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["access_token"]
        self.nonce: str | None = None

    def headers(self, method: str, path: str) -> dict[str, str]:
        now = time.time_ns() // 1_000_000
        proof = self.key.proof(
            method, self.url + path, token=self.token, nonce=self.nonce, now_ms=now
        )
        return {"Authorization": f"DPoP {self.token}", "DPoP": proof}

    def get(self, path: str, headers: dict[str, str] | None = None) -> requests.Response:
        response = self.session.get(
            self.url + path, headers=headers or self.headers("GET", path), timeout=20
        )
        self.nonce = response.headers.get("DPoP-Nonce", self.nonce)
        return response


def test_a_browser_proves_each_request(box, phone):
    browser = Browser(box, phone.session.verify)
    first = browser.get("/v1/schema")
    assert (first.status_code, first.json()["code"]) == (401, "use_dpop_nonce")
    assert browser.get("/v1/schema").status_code == 200
    captured = browser.headers("GET", "/v1/schema")
    assert browser.get("/v1/schema", captured).status_code == 200
    replayed = browser.get("/v1/schema", captured)
    assert replayed.status_code == 401
    assert replayed.json()["errors"][0]["code"] == "proof_replayed"
    elsewhere = browser.get("/v1/hello2", browser.headers("GET", "/v1/schema"))
    assert elsewhere.status_code == 404
    other_path = browser.get("/v1/live", browser.headers("GET", "/v1/schema"))
    assert other_path.status_code == 401
    bearer = browser.get("/v1/schema", {"Authorization": f"Bearer {browser.token}"})
    assert bearer.status_code == 401


def test_a_locked_users_devices_are_shut_out_and_let_in_again(box, tmp_path):
    box.command("user", "add", "lena", "--role", "agent")
    device = Device(tmp_path / "lena.db")
    device.enroll(box.invite("lena"), name="phone")
    device.pull()
    box.command("user", "lock", "lena")
    with pytest.raises(Exception, match="credential_revoked"):
        device.pull()
    box.command("user", "unlock", "lena")
    device.pull()


def test_rights_change_without_a_restart(box, tmp_path):
    device = Phone(box, tmp_path)
    device.answers(mutation({"code": "seen"}))
    device.device.pull()
    assert [r.row["code"] for r in device.device.rows("memos")]
    box.command("role", "deny", "agent", "memos", "read")
    device.device.pull()
    assert [r.row["code"] for r in device.device.rows("memos")] == []
    box.command("role", "forget", "agent", "memos", "read")
    device.device.pull()
    assert [r.row["code"] for r in device.device.rows("memos")]
    box.command("role", "deny", "agent", "memos", "write")
    assert device.answers(mutation())[0]["issues"][0]["code"] == "role_denied"
    box.command("role", "forget", "agent", "memos", "write")


def test_a_stopped_box_ends_cleanly_and_answers_its_commands(tmp_path):
    daemon = DaemonProcess(tmp_path, CONFIG)
    daemon.start()
    daemon.command("user", "add", "anna", "--role", "agent")
    assert daemon.stop() == 0
    assert daemon.ask("status")["running"] is False
    assert [user["login"] for user in daemon.ask("user", "list")] == ["anna"]
