"""Bare servers, for the limits: as little as can stand behind TLS.

    python -m benchmarks.servers KIND FOLDER [ARGUMENT]

    bare SIZE  a Twisted protocol that answers each request with SIZE bytes, without parsing it
    web SIZE   the same by twisted.web
    file PATH  a Twisted protocol that sends a file for each request, 256 KiB at a time

Prints its port and serves until it is ended. The certificate is P-256, like the appliance's.
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from twisted.internet import epollreactor, ssl
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.basic import FileSender
from twisted.web.resource import Resource
from twisted.web.server import Site

READ = 256 * 1024


class Bare(Protocol):
    """Answers whatever ends with an empty line."""

    transport: Any

    answer = b""

    def dataReceived(self, data: bytes) -> None:
        """Take a request; the clients send each in one piece."""
        if data.endswith(b"\r\n\r\n"):
            self.transport.write(self.answer)


class BareFile(Protocol):
    """Sends a file for each request."""

    transport: Any
    path = Path()

    def dataReceived(self, data: bytes) -> None:
        """Take a request."""
        if not data.endswith(b"\r\n\r\n"):
            return
        file = self.path.open("rb")
        self.transport.write(_head(self.path.stat().st_size))
        sender = FileSender()
        sender.CHUNK_SIZE = READ
        sent: Any = sender.beginFileTransfer(file, self.transport)  # type: ignore[no-untyped-call]
        sent.addBoth(lambda _last: file.close())


class Fixed(Resource):
    """The same answer for everyone."""

    isLeaf = True  # noqa: N815 - twisted's name

    def __init__(self, size: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._body = b"x" * size

    def render_GET(self, request: Any) -> bytes:
        """Answer."""
        request.setHeader(b"content-type", b"application/x-ndjson")
        return self._body


def _head(size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size


def certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1; return the PEM file of it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "limit")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "limit.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


def main(kind: str, folder: Path, argument: str) -> None:
    """Serve."""
    epollreactor.install()  # type: ignore[no-untyped-call]
    from twisted.internet import reactor as installed

    reactor: Any = installed
    pem = certificate(folder).read_text()
    options = ssl.PrivateCertificate.loadPEM(pem).options()  # type: ignore[no-untyped-call]
    factory: Any
    if kind == "web":
        factory = Site(Fixed(int(argument)))  # type: ignore[no-untyped-call]
    elif kind == "file":
        BareFile.path = Path(argument)
        factory = Factory.forProtocol(BareFile)
    else:
        size = int(argument)
        Bare.answer = _head(size) + b"x" * size
        factory = Factory.forProtocol(Bare)
    factory.noisy = False
    port = reactor.listenSSL(0, factory, options, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
