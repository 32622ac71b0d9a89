"""A site in a process of its own, certificates for it, and raw TLS clients."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[3]
WAIT_S = 30


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


class Authority:
    def __init__(self, folder, name):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = _name(name)
        self.write(name, self.sign(self.subject, self.key.public_key(), ca=True), self.key)

    def sign(self, subject, public_key, *, ca=False, days=30, begins=-60):
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=begins))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            names = [x509.DNSName("localhost")]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, file, common_name, *, days=30, begins=-60):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.sign(_name(common_name), key.public_key(), days=days, begins=begins)
        self.write(file, certificate, key)
        return certificate

    def write(self, file, certificate, key):
        (self.folder / f"{file}.pem").write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
        )
        (self.folder / f"{file}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


class Pki:
    def __init__(self, folder):
        self.folder = folder
        box = Authority(folder, "ca")
        self.certificates = {
            "server": box.issue("server", "box"),
            "server2": box.issue("server2", "box again"),
            "device": box.issue("device", "device-1"),
            "device2": box.issue("device2", "device-2"),
            "expired": box.issue("expired", "device-3", days=-1),
            "early": box.issue("early", "device-4", begins=20),
            "foreign": Authority(folder, "foreign-ca").issue("foreign", "device-1"),
        }
        (folder / "file.bin").write_bytes(os.urandom(1_000_003))

    def client_context(self, device=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.folder / "ca.pem")
        if device is not None:
            context.load_cert_chain(self.folder / f"{device}.pem", self.folder / f"{device}.key")
        return context


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Client:
    """One TLS connection, spoken to in raw bytes."""

    def __init__(self, server, device=None, *, context=None, session=None, receive_buffer=None):
        raw = socket.socket()
        if receive_buffer is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.settimeout(WAIT_S)
        raw.connect(("127.0.0.1", server.port))
        self.socket = (context or server.pki.client_context(device)).wrap_socket(
            raw, server_hostname="localhost", session=session, suppress_ragged_eofs=True
        )
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def until(self, mark):
        while mark not in self.buffer:
            if not self._more():
                raise EOFError(self.buffer)
        found, _, self.buffer = self.buffer.partition(mark)
        return found

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self._more():
                raise EOFError(self.buffer)
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found

    def rest(self):
        """Everything up to the end of the connection."""
        while self._more():
            pass
        found, self.buffer = self.buffer, b""
        return found

    def answer(self, *, head=False):
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            assert name.lower() not in headers, f"{name} is there twice"
            headers[name.lower()] = value
        if head or status in (100, 204, 304):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = b"".join(self.chunks())
        else:
            body = self.exactly(int(headers["content-length"]))
        return Answer(status, headers, body)

    def chunks(self):
        while True:
            size = int(self.until(b"\r\n"), 16)
            chunk = self.exactly(size)
            assert self.exactly(2) == b"\r\n"
            if not size:
                return
            yield chunk

    def request(self, method, path, body=None, **headers):
        self.send(head(method, path, body, **headers) + (body or b""))
        return self.answer(head=method == "HEAD")

    def closed(self):
        """Wait for the server's end; what came before it."""
        try:
            return self.rest()
        except (ConnectionError, ssl.SSLError):
            return b""


def head(method, path, body=None, **headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if body is not None:
        headers.setdefault("Content_Length", str(len(body)))
        headers.setdefault("Content_Type", "application/octet-stream")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Server:
    expects_complaints = False

    def __init__(self, pki, log, **limits):
        self.pki = pki
        self.log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    str(Path(__file__).with_name("wire_server.py")),
                    str(pki.folder),
                    json.dumps(limits),
                ],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
            )
        ready, _, _ = select.select([self.process.stdout], [], [], WAIT_S)
        line = self.process.stdout.readline() if ready else b""
        assert line, log.read_text()
        self.port = int(line)

    def client(self, device=None, **more):
        return Client(self, device, **more)

    def get(self, path, device=None):
        with self.client(device) as client:
            return client.request("GET", path)

    def stats(self):
        return self.get("/v1/stats").json()

    def until(self, condition):
        """Ask for the figures until they fit; each question is a round trip, not a sleep."""
        end = time.monotonic() + WAIT_S
        while True:
            stats = self.stats()
            if condition(stats):
                return stats
            assert time.monotonic() < end, stats

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def complaints(self):
        """Lines of the log that show an unexpected exception."""
        text = self.log.read_text()
        return [
            line
            for line in text.splitlines()
            if "Traceback" in line or "Unhandled" in line or "Warning" in line
        ]


@contextlib.contextmanager
def _servers(pki, folder):
    """Start servers; each must end without an unexpected exception in its log."""
    servers = []

    def start(**limits):
        server = Server(pki, folder / f"server-{len(servers)}.log", **limits)
        servers.append(server)
        return server

    try:
        yield start
    finally:
        for server in servers:
            server.stop()
    for server in servers:
        if not server.expects_complaints:
            assert not server.complaints(), server.log.read_text()


@pytest.fixture
def serve(pki, tmp_path):
    """A maker of servers with limits of their own, for tests that change a server's state."""
    with _servers(pki, tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def server(pki, tmp_path_factory):
    """One server with the default limits, shared by tests that leave it as they found it."""
    with _servers(pki, tmp_path_factory.mktemp("server")) as start:
        yield start()


@pytest.fixture
def request_head():
    """The head of a request as bytes."""
    return head
