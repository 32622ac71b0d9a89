"""The tus client library that the reference device uses, against a real server over TLS."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import os
import random
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.uploader import Uploader

pytestmark = pytest.mark.slow

SERVER = Path(__file__).with_name("blob_server.py")
DEVICE = {"Test-Device": "d1"}
TUS = DEVICE | {"Tus-Resumable": "1.0.0"}
CHUNK = TUS | {"Content-Type": "application/offset+octet-stream"}


def certificate(
    name: str, issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = key if issuer is None else issuer[1]
    issued_by = subject if issuer is None else issuer[0].subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issued_by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
        )
    )
    if issuer is None:
        builder = builder.add_extension(
            x509.KeyUsage(False, False, False, False, False, True, True, False, False), True
        )
    else:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = builder.add_extension(names, False)
    return builder.sign(signer, hashes.SHA256()), key


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    authority = certificate("test authority", None)
    leaf, key = certificate("127.0.0.1", authority)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority[0].public_bytes(pem))
    (folder / "server.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "server.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


class Box:
    """The server's process; `url` is where its uploads are."""

    def __init__(self, state: Path, certificates: Path) -> None:
        self.state = state
        self._process = subprocess.Popen(
            [sys.executable, str(SERVER), str(state), str(certificates)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline().split()
        assert line[:1] == [b"ready"]
        self.port = int(line[1])
        self.origin = f"https://127.0.0.1:{self.port}"
        self.url = self.origin + "/v1/uploads"

    def kill(self) -> None:
        self._process.kill()
        self._end()

    def stop(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._end()

    def _end(self) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        code = self._process.wait(30)
        self._process.stdin.close()
        self._process.stdout.close()
        return code

    def resident_bytes(self) -> int:
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def box(tmp_path: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates / "ca.pem"))
    running = Box(tmp_path / "state", certificates)
    yield running
    assert running.stop() == 0


class CuttingProxy:
    """Passes TCP on, and resets each connection after the number of bytes `allowance` gives."""

    def __init__(self, port: int, allowance: Callable[[], int]) -> None:
        self._target = port
        self._allowance = allowance
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cuts = 0
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> CuttingProxy:
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(30)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(client, self._allowance()))
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket, allowed: int) -> None:
        server = socket.create_connection(("127.0.0.1", self._target))
        with client, server, contextlib.suppress(OSError):
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(min(16_384, allowed))
                    if not data:
                        return
                    (server if ready is client else client).sendall(data)
                    allowed -= len(data)
                    if allowed <= 0:
                        self.cuts += 1
                        linger = b"\1\0\0\0\0\0\0\0"
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        return


def uploader(url: str, data: bytes, **options: object) -> Uploader:
    client = TusClient(url, headers=dict(DEVICE))
    return client.uploader(file_stream=io.BytesIO(data), **options)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def blob_of(url: str) -> str | None:
    return requests.head(url, headers=TUS, timeout=30).headers.get("Fieldbox-Blob")


def download(box: Box, name: str, **headers: str) -> requests.Response:
    return requests.get(f"{box.origin}/v1/blobs/{name}", headers=DEVICE | headers, timeout=30)


def create(box: Box, length: int, **headers: str) -> str:
    answer = requests.post(
        box.url, headers=TUS | {"Upload-Length": str(length)} | headers, timeout=30
    )
    assert answer.status_code == 201, answer.text
    return box.origin + answer.headers["Location"]


PHOTO = random.Random(1).randbytes(700_000)


def test_a_photo_goes_up_in_chunks_and_comes_down(box: Box) -> None:
    up = uploader(
        box.url,
        PHOTO,
        chunk_size=100_000,
        upload_checksum=True,
        metadata={"filename": "полка.jpg", "sha256": sha256(PHOTO)},
    )
    up.upload()
    assert blob_of(up.url) == sha256(PHOTO)
    assert up.request.response_headers["fieldbox-blob"] == sha256(PHOTO)
    whole = download(box, sha256(PHOTO))
    assert whole.content == PHOTO
    assert whole.headers["Content-Length"] == str(len(PHOTO))
    assert whole.headers["ETag"] == f'"{sha256(PHOTO)}"'
    assert "immutable" in whole.headers["Cache-Control"]


def test_an_empty_file(box: Box) -> None:
    up = uploader(box.url, b"")
    up.upload()
    assert blob_of(up.url) == sha256(b"")
    assert download(box, sha256(b"")).content == b""


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_upload_survives_cuts_at_random_bytes(box: Box, seed: int, checked: bool) -> None:
    chance = random.Random(seed)
    data = chance.randbytes(400_000)
    # A checked chunk counts as a whole only: most of them must get through.
    most = 40_000 if checked else 150_000
    with CuttingProxy(box.port, lambda: chance.randint(1, most)) as proxy:
        url = None
        up = None
        for _attempt in range(500):
            try:
                if url is None:
                    up = uploader(f"https://127.0.0.1:{proxy.port}/v1/uploads", data)
                    url = up.create_url()
                client = TusClient("", headers=dict(DEVICE))
                up = client.uploader(
                    file_stream=io.BytesIO(data),
                    url=url,
                    chunk_size=20_000 if checked else 1 << 20,
                    upload_checksum=checked,
                )
                up.upload()
                break
            except (TusCommunicationError, TusUploadFailed):
                continue
        assert url is not None
        assert proxy.cuts > 2
    name = blob_of(url.replace(str(proxy.port), str(box.port)))
    assert name == sha256(data)
    assert download(box, name).content == data
    files = [path for path in (box.state / "uploads").iterdir() if path.suffix == ".data"]
    assert files == []


def test_killing_the_box_again_and_again(
    tmp_path: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates / "ca.pem"))
    chance = random.Random(4)
    path = None
    offset = 0
    box = Box(tmp_path / "state", certificates)
    for _life in range(100):
        if path is None:
            path = create(box, len(PHOTO)).removeprefix(box.origin)
        with CuttingProxy(box.port, lambda: chance.randint(20_000, 400_000)) as proxy:
            with contextlib.suppress(TusCommunicationError, TusUploadFailed):
                up = TusClient("", headers=dict(DEVICE)).uploader(
                    file_stream=io.BytesIO(PHOTO),
                    url=f"https://127.0.0.1:{proxy.port}{path}",
                    chunk_size=30_000,
                )
                assert up.offset >= offset, "an acknowledged offset is lost"
                offset = up.offset
                while offset < len(PHOTO):
                    up.upload_chunk()
                    offset = up.offset
            box.kill()
        box = Box(tmp_path / "state", certificates)
        if offset == len(PHOTO):
            break
    assert blob_of(box.origin + path) == sha256(PHOTO)
    assert download(box, sha256(PHOTO)).content == PHOTO
    assert box.stop() == 0


def test_a_new_head_ends_a_stalled_patch(box: Box, certificates: Path) -> None:
    url = create(box, 1000)
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    with (
        socket.create_connection(("127.0.0.1", box.port), 30) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as stalled,
    ):
        head = [f"PATCH {url.removeprefix(box.origin)} HTTP/1.1", "Host: 127.0.0.1"]
        values = CHUNK | {"Upload-Offset": "0", "Content-Length": "1000"}
        head += [f"{name}: {value}" for name, value in values.items()]
        stalled.sendall("\r\n".join([*head, "", ""]).encode() + PHOTO[:400])
        deadline = time.monotonic() + 30
        data = box.state / "uploads" / (url.rsplit("/", 1)[1] + ".data")
        while data.stat().st_size < 400:
            assert time.monotonic() < deadline
        answer = requests.head(url, headers=TUS, timeout=30)
        assert answer.headers["Upload-Offset"] == "400"
        assert stalled.recv(1000).startswith(b"HTTP/1.1 423 ")
    rest = requests.patch(
        url, data=PHOTO[400:1000], headers=CHUNK | {"Upload-Offset": "400"}, timeout=30
    )
    assert rest.status_code == 204
    assert rest.headers["Fieldbox-Blob"] == sha256(PHOTO[:1000])


def test_a_wrong_checksum_does_not_move_the_offset(box: Box) -> None:
    url = create(box, 10)
    digest = base64.b64encode(hashlib.sha1(b"12345").digest()).decode()
    wrong = CHUNK | {"Upload-Offset": "0", "Upload-Checksum": "sha1 " + digest}
    answer = requests.patch(url, data=b"54321", headers=wrong, timeout=30)
    assert answer.status_code == 460
    assert answer.json()["code"] == "checksum_mismatch"
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert requests.head(url, headers=TUS, timeout=30).headers["Upload-Offset"] == "0"
    assert requests.patch(url, data=b"12345", headers=wrong, timeout=30).status_code == 204


def test_methods_may_be_overridden(box: Box) -> None:
    url = create(box, 5)
    patch = CHUNK | {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    assert requests.post(url, data=b"12345", headers=patch, timeout=30).status_code == 204
    remove = TUS | {"X-HTTP-Method-Override": "DELETE"}
    assert requests.post(url, headers=remove, timeout=30).status_code == 204
    assert requests.head(url, headers=TUS, timeout=30).status_code == 404
    assert download(box, sha256(b"12345")).content == b"12345"


def test_creation_with_the_whole_content(box: Box) -> None:
    answer = requests.post(
        box.url, data=PHOTO, headers=CHUNK | {"Upload-Length": str(len(PHOTO))}, timeout=30
    )
    assert answer.status_code == 201
    assert answer.headers["Upload-Offset"] == str(len(PHOTO))
    assert answer.headers["Fieldbox-Blob"] == sha256(PHOTO)


def test_a_body_of_unknown_length_and_a_length_told_late(box: Box) -> None:
    created = requests.post(box.url, headers=TUS | {"Upload-Defer-Length": "1"}, timeout=30)
    url = box.origin + created.headers["Location"]
    pieces = (PHOTO[start : start + 7_000] for start in range(0, 70_000, 7_000))
    first = requests.patch(url, data=pieces, headers=CHUNK | {"Upload-Offset": "0"}, timeout=30)
    assert first.headers["Upload-Offset"] == "70000"
    head = requests.head(url, headers=TUS, timeout=30)
    assert head.headers["Upload-Defer-Length"] == "1"
    told = CHUNK | {"Upload-Offset": "70000", "Upload-Length": "70000"}
    last = requests.patch(url, headers=told, timeout=30)
    assert last.headers["Fieldbox-Blob"] == sha256(PHOTO[:70_000])


def test_requests_that_are_refused(box: Box) -> None:
    url = create(box, 10)

    def status(method: str, target: str, headers: dict[str, str], data: bytes = b"") -> int:
        answer = requests.request(method, target, headers=headers, data=data, timeout=30)
        if answer.status_code != 204 and method != "HEAD":
            assert answer.json()["status"] == answer.status_code
        return answer.status_code

    at = CHUNK | {"Upload-Offset": "0"}
    assert status("HEAD", url, DEVICE) == 412
    assert status("PATCH", url, at | {"Upload-Offset": "3"}, b"x") == 409
    assert status("PATCH", url, at, bytes(11)) == 413
    assert status("PATCH", url, at | {"Content-Type": "text/plain"}, b"x") == 415
    assert status("PATCH", url, at | {"Upload-Checksum": "md5 x"}, b"x") == 400
    assert status("POST", box.url, TUS | {"Upload-Length": str(9 << 20)}) == 413
    assert status("POST", box.url, TUS | {"Upload-Length": "1", "Upload-Metadata": "a ?"}) == 400
    assert status("POST", url, TUS) == 405
    stranger = {"Test-Device": "d2"}
    for method in ("HEAD", "PATCH", "DELETE"):
        assert status(method, url, at | stranger) == 404
        assert status(method, box.url + "/" + "0" * 32, at) == 404
    assert status("HEAD", url, {"Tus-Resumable": "1.0.0"}) == 401
    assert status("PATCH", url, at, bytes(10)) == 204


def test_options_need_no_credential(box: Box) -> None:
    answer = requests.options(box.url, timeout=30)
    assert answer.status_code == 204
    assert "creation-with-upload" in answer.headers["Tus-Extension"]
    assert answer.headers["Tus-Max-Size"] == str(8 << 20)


def test_parts_of_a_blob(box: Box) -> None:
    uploader(box.url, PHOTO).upload()
    name = sha256(PHOTO)
    part = download(box, name, Range="bytes=100000-")
    assert part.status_code == 206
    assert part.content == PHOTO[100_000:]
    assert part.headers["Content-Range"] == f"bytes 100000-{len(PHOTO) - 1}/{len(PHOTO)}"
    good = {"Range": "bytes=5-9", "If-Range": f'"{name}"'}
    assert download(box, name, **good).content == PHOTO[5:10]
    assert download(box, name, **good | {"If-Range": '"else"'}).content == PHOTO
    assert download(box, name, Range=f"bytes={len(PHOTO)}-").status_code == 416
    assert download(box, name, **{"If-None-Match": f'"{name}"'}).status_code == 304
    assert download(box, name, **{"Test-Device": "blind"}).status_code == 404
    assert download(box, "0" * 64).status_code == 404
    head = requests.head(f"{box.origin}/v1/blobs/{name}", headers=DEVICE, timeout=30)
    assert head.headers["Content-Length"] == str(len(PHOTO))


def test_a_large_body_does_not_stay_in_memory(box: Box) -> None:
    uploader(box.url, PHOTO).upload()
    before = box.resident_bytes()
    for seed in range(4):
        data = random.Random(seed).randbytes(8 << 20)
        uploader(box.url, data).upload()
    assert box.resident_bytes() - before < 6 << 20
