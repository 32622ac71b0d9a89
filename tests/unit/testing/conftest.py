"""A small appliance for the reference device: one log, one bucket, real TLS, scripted cuts.

It is written for these tests alone, from the protocol's text, and keeps everything in memory.
"""

from __future__ import annotations

import datetime
import hashlib
import http.server
import ipaddress
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from appliance.testing.device import Device
from appliance.testing.running_sums import Sum, range_of, row_digest

NDJSON = "application/x-ndjson"


class Authority:
    """A certificate authority with a server certificate for 127.0.0.1."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = self._name("test authority")
        self.certificate = (
            self._builder(name, name, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.pem = self.certificate.public_bytes(Encoding.PEM).decode()
        der = self.certificate.public_bytes(Encoding.DER)
        self.sha256 = hashlib.sha256(der).hexdigest()

    @staticmethod
    def _name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    @staticmethod
    def _builder(subject: x509.Name, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=90))
        )

    def sign(self, public_key: Any, common_name: str) -> str:
        builder = self._builder(
            self._name(common_name), self.certificate.subject, public_key
        ).add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def server_context(self, folder: Path) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        (folder / "server.pem").write_text(text + self.sign(key.public_key(), "server"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(folder / "server.pem")
        context.load_verify_locations(cadata=self.pem)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class MiniAppliance:
    """Rows, a log, pushes, uploads; `cut` ends one body of a path after so many bytes."""

    reply = Reply

    def __init__(self, folder: Path) -> None:
        self.lock = threading.Lock()
        self.authority = Authority()
        self.codes = {"code-1", "code-2", "code-3"}
        self.epoch, self.head = "e1", 0
        self.rows: dict[tuple[str, str], tuple[int, dict[str, Any] | None]] = {}
        self.from_device: set[tuple[str, str]] = set()
        self.answers: dict[str, dict[str, Any]] = {}
        self.outcomes: dict[str, dict[str, Any]] = {}  # row id -> forced answer members
        self.uploads: dict[str, bytearray] = {}
        self.lengths: dict[str, int] = {}
        self.segments: dict[str, bytes] = {}
        self.segment_rows = 0
        self.page, self.acks, self.encoding = 2, False, "identity"
        self.names_first = False
        self.more: list[dict[str, Any]] = []  # collections of the schema
        self.cut: dict[str, int | None] = {}
        self.replace: dict[str, Callable[[bytes], Reply]] = {}
        self.requests: list[tuple[str, str, bytes]] = []
        self.heads: list[dict[str, str]] = []
        handler = type("Handler", (_Handler,), {"appliance": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.context = self.authority.server_context(folder)
        self.port = self.server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def invite(self, code: str = "code-1") -> dict[str, str]:
        return {"url": self.url, "code": code, "ca_sha256": self.authority.sha256}

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def put(self, collection: str, row_id: str, row: dict[str, Any] | None) -> int:
        self.head += 1
        self.rows[collection, row_id] = (self.head, row)
        self.from_device.discard((collection, row_id))
        return self.head

    def sums(self) -> dict[str, Sum]:
        sums: dict[str, Sum] = {}
        for (collection, row_id), (seq, row) in self.rows.items():
            if row is not None:
                digest = row_digest(collection, row_id, seq)
                sums[collection] = sums.get(collection, Sum()).plus(digest)
        return sums

    def answer(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        with self.lock:  # several simulated devices at once
            return self._answer(method, path, body, headers)

    def _answer(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        self.requests.append((method, path, body))
        if path in self.replace:
            return self.replace[path](body)
        if path == "/ca.pem":
            return Reply(body=self.authority.pem.encode())
        if path.startswith("/v1/uploads"):
            return self._upload(method, path, body, headers)
        if path.startswith("/v1/segments/"):
            return self._segment(path.rsplit("/", 1)[1], headers)
        if path.startswith("/v1/blobs/"):
            wanted = path.rsplit("/", 1)[1]
            held = {hashlib.sha256(b).hexdigest(): bytes(b) for b in self.uploads.values()}
            return Reply(200, held[wanted]) if wanted in held else Reply(404)
        name = path.removeprefix("/v1/")
        reply: Reply = getattr(self, "_" + name)(body)
        return reply

    def _enroll(self, body: bytes) -> Reply:
        asked = orjson.loads(body)
        if asked["code"] not in self.codes:
            problem = {"type": "urn:fieldbox:problem:code", "title": "x", "detail": "wrong code"}
            return Reply(403, orjson.dumps(problem), {"Content-Type": "application/problem+json"})
        self.codes.discard(asked["code"])
        key = x509.load_pem_x509_csr(asked["csr"].encode()).public_key()
        given = {"device_id": f"d-{asked['code']}", "user": "anna", "ca": self.authority.pem}
        given["certificate"] = self.authority.sign(key, given["device_id"])
        return Reply(201, orjson.dumps(given), {"Content-Type": "application/json"})

    def _printers(self, _: bytes) -> Reply:
        return Reply(404)

    def _schema(self, _: bytes) -> Reply:
        text, ref = {"type": "string", "maxLength": 40}, {"type": "string", "pattern": "^[0-9a-f-]"}
        money = {"type": "integer", "minimum": 0}
        line = {
            "type": "object",
            "required": ["line_no", "product_id", "qty", "line_amount", "colour"],
            "properties": {
                "line_no": {"type": "integer", "minimum": 1},
                "product_id": {**ref, "x-collection": "products"},
                "qty": money,
                "line_amount": money,
                "colour": {"enum": ["red", "blue"]},
            },
        }
        order = {
            "type": "object",
            "required": ["outlet_id", "warehouse_id", "requested_date", "lines", "urgent"],
            "properties": {
                "number": {"anyOf": [text, {"type": "null"}]},
                "outlet_id": {**ref, "x-collection": "outlets"},
                "warehouse_id": {**ref, "x-collection": "warehouses"},
                "requested_date": {"type": "string", "format": "date"},
                "urgent": {"type": "boolean"},
                "lines": {"type": "array", "items": line},
            },
        }
        photo = {
            "type": "object",
            "required": ["sha256", "size"],
            "properties": {"sha256": {**text, "x-blob": True}, "size": money, "ref_id": ref},
        }
        both = {"version": 1, "direction": "both", "conflict": "server_wins"}
        listed = [
            {"name": "orders", "schema": order, **both},
            {"name": "attachments", "schema": photo, **both},
            {"name": "products", "schema": {"type": "object"}, **both, "direction": "down"},
            *({**both, **about} for about in self.more),
        ]
        return Reply(200, orjson.dumps({"collections": listed}))

    def stock_shop(self) -> None:
        """Put what an agent needs to write an order."""
        shop = {"party_id": "par-1", "price_list_id": "lst-1", "active": True}
        self.put("outlets", "out-1", shop)
        self.put("warehouses", "war-1", {"name": "main"})
        self.put("price_lists", "lst-1", {"currency": "RUB", "tax_included": True})
        for number in range(20):
            product, price = f"pro-{number}", 1_299_000 + number
            goods = {"name": "Чай", "base_uom": "796", "tax_category": "standard"}
            self.put("products", product, {**goods, "active": number != 3})
            unit = {"product_id": product, "uom_code": "796", "factor_num": 1, "factor_den": 1}
            self.put("product_uoms", f"uom-{number}", unit)
            row = {"price_list_id": "lst-1", "product_id": product, "uom_id": f"uom-{number}"}
            self.put("prices", f"pri-{number}", {**row, "price": price, "valid_from": "2020-01-01"})

    def _renew(self, body: bytes) -> Reply:
        key = x509.load_pem_x509_csr(orjson.loads(body)["csr"].encode()).public_key()
        given = {"certificate": self.authority.sign(key, "renewed")}
        return Reply(200, orjson.dumps(given))

    def pull_lines(self, cursor: str | None, segments: bool) -> list[dict[str, Any]]:
        epoch, _, place = (cursor or f"{self.epoch}:0").partition(":")
        begin: dict[str, Any] = {"epoch": self.epoch, "head": self.head}
        after = int(place)
        if epoch != self.epoch:
            begin["reset"], after = "epoch", 0
        lines: list[dict[str, Any]] = [{"begin": begin}]
        log = sorted((s, c, i, row) for (c, i), (s, row) in self.rows.items() if s > after)
        if segments and self.segment_rows and after == 0:
            first, log = log[: self.segment_rows], log[self.segment_rows :]
            lines.append({"segment": self._make_segment(first)})
            lines.append({"mark": f"{self.epoch}:{first[-1][0]}"})
        for number, (seq, collection, row_id, row) in enumerate(log, 1):
            line: dict[str, Any] = {"id": row_id, "seq": seq}
            if row is None:
                line = {"del": collection, **line}
            elif self.acks and cursor and (collection, row_id) in self.from_device:
                line = {"ack": collection, **line}
            else:
                line = {"put": collection, **line, "row": row}
            lines.append(line)
            if number % self.page == 0:
                lines.append({"mark": f"{self.epoch}:{seq}"})
        collections = {k: {"rows": v.rows, "sum": str(v.sum)} for k, v in self.sums().items()}
        checkpoint = {"cursor": f"{self.epoch}:{self.head}", "head": self.head}
        return [*lines, {"checkpoint": {**checkpoint, "collections": collections}}]

    def _make_segment(self, log: list[Any]) -> dict[str, Any]:
        lines = [
            orjson.dumps({"put": c, "id": i, "seq": s, "row": row}) + b"\n" for s, c, i, row in log
        ]
        half = len(lines) // 2
        pack = zstandard.ZstdCompressor().compress
        data = pack(b"".join(lines[:half])) + pack(b"".join(lines[half:]))
        name = hashlib.sha256(data).hexdigest()
        self.segments[name] = data
        about = {"url": f"/v1/segments/{name}", "sha256": name, "bytes": len(data)}
        return {**about, "rows": len(lines), "upto": log[-1][0]}

    def _segment(self, name: str, headers: Any) -> Reply:
        data = self.segments.get(name)
        if data is None:
            return Reply(404)
        asked = headers.get("Range")
        if not asked:
            return Reply(200, data)
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(data):
            return Reply(416)
        span = f"bytes {start}-{len(data) - 1}/{len(data)}"
        return Reply(206, data[start:], {"Content-Range": span})

    def pack(self, lines: list[dict[str, Any]]) -> bytes:
        texts = [orjson.dumps(line) + b"\n" for line in lines]
        if self.encoding == "zstd":  # one frame a line: frames follow each other
            return b"".join(zstandard.ZstdCompressor().compress(text) for text in texts)
        if self.encoding == "gzip":
            packer = zlib.compressobj(wbits=31)
            parts = [packer.compress(t) + packer.flush(zlib.Z_SYNC_FLUSH) for t in texts]
            return b"".join(parts) + packer.flush()
        return b"".join(texts)

    def _ndjson(self, lines: list[dict[str, Any]]) -> Reply:
        headers = {"Content-Type": NDJSON, "Content-Encoding": self.encoding}
        return Reply(200, self.pack(lines), headers)

    def _pull(self, body: bytes) -> Reply:
        asked = orjson.loads(body)
        return self._ndjson(self.pull_lines(asked["cursor"], "accept" in asked))

    def _push(self, body: bytes) -> Reply:
        # A cut request was never complete, so the whole body is here.
        return self._ndjson([self._mutate(orjson.loads(line)) for line in body.splitlines()])

    def _mutate(self, change: dict[str, Any]) -> dict[str, Any]:
        if (known := self.answers.get(change["mid"])) is not None:
            first = {"first": known["outcome"]} if self.names_first else {}
            return {**known, **first, "outcome": "duplicate"}
        key = (change["collection"], change["id"])
        answer: dict[str, Any] = {"mid": change["mid"], "outcome": "applied", "issues": []}
        forced = self.outcomes.get(change["id"])
        held = self.rows.get(key, (None, None))
        if forced is not None:
            answer |= forced
        elif held[0] != change["base"]:
            answer |= {"outcome": "conflict", "seq": held[0], "row": held[1]}
        else:
            answer["seq"] = self.put(*key, change.get("row"))
            self.from_device.add(key)
        self.answers[change["mid"]] = answer
        return answer

    def _verify(self, body: bytes) -> Reply:
        asked = orjson.loads(body)
        mine: dict[str, list[tuple[str, int, Any]]] = {key: [] for key in asked["ranges"]}
        for (collection, row_id), (seq, row) in sorted(self.rows.items()):
            if collection == asked["collection"] and row is not None:
                mine[range_of(row_id)].append((row_id, seq, row))
        lines: list[dict[str, Any]] = []
        for key, rows in mine.items():
            total = Sum()
            for row_id, seq, _ in rows:
                total = total.plus(row_digest(asked["collection"], row_id, seq))
            if asked["ranges"][key] != [total.rows, str(total.sum)]:
                lines.append({"range": key})
                lines += [
                    {"put": asked["collection"], "id": i, "seq": s, "row": row}
                    for i, s, row in rows
                ]
        return self._ndjson(lines)

    def _upload(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        if method == "POST":
            name = f"u{len(self.uploads)}"
            self.uploads[name] = bytearray()
            self.lengths[name] = int(headers["Upload-Length"])
            return Reply(201, b"", {"Location": f"{self.url}/v1/uploads/{name}"})
        name = path.rsplit("/", 1)[1]
        if name not in self.uploads:
            return Reply(404)
        if method == "PATCH":
            assert int(headers["Upload-Offset"]) == len(self.uploads[name])
            self.uploads[name] += body
        return Reply(204, b"", {"Upload-Offset": str(len(self.uploads[name]))})


class _Handler(http.server.BaseHTTPRequestHandler):
    appliance: MiniAppliance
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        # The handshake belongs in this thread: the listener must not wait for a slow device.
        self.request.settimeout(10)
        self.secure = None
        super().setup()

    def handle(self) -> None:
        try:
            self.secure = self.appliance.context.wrap_socket(self.request, server_side=True)
            self.rfile.close()
            self.wfile.close()
            self.rfile = self.secure.makefile("rb")
            self.wfile = self.secure.makefile("wb", 0)
            super().handle()
        except OSError:
            pass  # the device or a faulty link cut it: that is what the tests are about

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            pass
        finally:
            if self.secure is not None:
                self.secure.close()

    def log_message(self, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        if len(body) < size:
            self.close_connection = True
            return
        self.appliance.heads.append(dict(self.headers))
        reply = self.appliance.answer(self.command, self.path, body, self.headers)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.appliance.cut.pop(self.path, None)
        if cut is None:
            self.wfile.write(reply.body)
        else:
            self.wfile.write(reply.body[:cut])
            self.close_connection = True

    do_GET = do_POST = do_HEAD = do_PATCH = _serve


@pytest.fixture()
def mini(tmp_path: Path) -> Iterator[MiniAppliance]:
    appliance = MiniAppliance(tmp_path)
    yield appliance
    appliance.close()


@pytest.fixture()
def make_device(tmp_path: Path, mini: MiniAppliance) -> Iterator[Callable[..., Device]]:
    made: list[Device] = []

    def make(name: str = "phone", code: str | None = "code-1", **options: Any) -> Device:
        device = Device(tmp_path / f"{name}.sqlite", timeout=5, **options)
        made.append(device)
        if code is not None and not device.identity.enrolled:
            device.enroll(mini.invite(code), name=name)
        return device

    yield make
    for device in made:
        device.close()
