"""An enrolled device that means harm: it gets what it may have and takes nothing from others."""

from __future__ import annotations

import json
import socket
import ssl
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import zstandard

from appliance.api.values import uuid7
from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device

pytestmark = pytest.mark.slow

CONFIG = """
[collections.memos]
fields = { code = "text!" }
key = ["code"]
write = ["*"]
"""
NDJSON = "application/x-ndjson"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "state").mkdir(mode=0o755)
    with DaemonProcess(folder, CONFIG) as daemon:
        daemon.command("user", "add", "anna", "--role", "agent")
        yield daemon
        assert "Traceback" not in daemon.log()


class Phone:
    """An enrolled device, spoken for by `requests` or in raw bytes."""

    def __init__(self, box: DaemonProcess, folder: Path) -> None:
        device = Device(folder / f"{time.monotonic_ns()}.db")
        device.enroll(box.invite("anna"), name="phone")
        self.device = device
        self.url = box.url
        self.files = {name: str(folder / name) for name in ("ca", "crt", "key")}
        credential = device.identity.credential
        texts = (device.identity.authority, credential.certificate, credential.key)
        for name, text in zip(self.files, texts, strict=True):
            (folder / name).write_text(text)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = self.files["ca"]
        self.session.cert = (self.files["crt"], self.files["key"])

    def post(self, path: str, data: bytes, **headers: str) -> requests.Response:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.post(self.url + path, data=data, headers=headers, timeout=60)

    def connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=self.files["ca"])
        context.load_cert_chain(self.files["crt"], self.files["key"])
        host, _, port = self.url.removeprefix("https://").rpartition(":")
        raw = socket.create_connection((host, int(port)), 60)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(raw, server_hostname=host)


@pytest.fixture(scope="module")
def phone(box: DaemonProcess, tmp_path_factory: pytest.TempPathFactory) -> Phone:
    return Phone(box, tmp_path_factory.mktemp("phone"))


def mutation() -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    members = {"mid": uuid7(now), "n": 0, "collection": "memos", "id": uuid7(now)}
    return {**members, "op": "put", "base": None, "row": {"code": "a"}}


def test_a_few_bytes_that_unpack_to_millions_of_empty_lines_are_refused(phone: Phone) -> None:
    bomb = zstandard.ZstdCompressor(level=19).compress(b"\n" * 200_000_000)
    assert len(bomb) < 100_000
    answer = phone.post("/v1/push", bomb, Content_Type=NDJSON, Content_Encoding="zstd")
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    line = json.dumps(mutation()).encode()
    answer = phone.post("/v1/push", b"\n\n" + line + b"\n\n\n", Content_Type=NDJSON)
    assert [json.loads(text)["outcome"] for text in answer.text.splitlines()] == ["applied"]


def test_a_line_in_single_bytes_is_taken_like_any_other(phone: Phone) -> None:
    body = json.dumps(mutation()).encode() + b"\n"
    head = f"POST /v1/push HTTP/1.1\r\nHost: localhost\r\nContent-Type: {NDJSON}\r\n"
    with phone.connect() as wire:
        wire.sendall(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode())
        for byte in body:
            wire.sendall(bytes([byte]))
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert b'"outcome":"applied"' in answer


def test_a_stream_ends_when_the_rights_it_began_with_do(box: DaemonProcess, phone: Phone) -> None:
    with phone.connect() as wire:
        wire.sendall(b"GET /v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert wire.recv(16) == b"HTTP/1.1 200 OK\r"
        box.command("role", "deny", "agent", "memos", "read")
        try:
            while wire.recv(65536):
                pass
        except OSError:  # reset
            pass
    phone.device.pull()
    assert "memos" not in phone.device.sums()
    box.command("role", "forget", "agent", "memos", "read")
    phone.device.pull()
    assert "memos" in phone.device.sums()


def test_comparisons_one_after_another_are_answered(phone: Phone) -> None:
    phone.device.pull()
    body = {"cursor": phone.device.cursor, "collection": "memos", "ranges": {}}
    for _ in range(3):
        answer = phone.post(
            "/v1/verify", json.dumps(body).encode(), Content_Type="application/json"
        )
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("name", ["a\nb", "\x1b]0;owned\x07", "\u2028", "\x00"])
def test_a_device_cannot_call_itself_something_that_steers_a_terminal(
    box: DaemonProcess, phone: Phone, name: str
) -> None:
    claim = {"name": name, "platform": "x", "app_version": "1"}
    body = {"code": box.invite("anna")["code"], "device": claim, "jwk": {}}
    answer = phone.post("/v1/enroll", json.dumps(body).encode(), Content_Type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "content_invalid")
    assert answer.json()["errors"][0]["pointer"] == "/device/name"


def test_what_would_steer_a_terminal_is_refused_and_not_logged(
    box: DaemonProcess, phone: Phone
) -> None:
    with phone.connect() as wire:
        wire.sendall(
            b"GET /v1/\x1b[2Jgone HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert b" 400 " in answer
    assert "request_refused" in box.log() and "\x1b" not in box.log()


def test_files_of_the_box_are_its_owners_alone(box: DaemonProcess) -> None:
    state = box.folder / "state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o750
    for path in (state / "fieldbox.db", *state.glob("fieldbox.db-*"), state / "keys" / "ca.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((state / "control.sock").stat().st_mode) == 0o660
