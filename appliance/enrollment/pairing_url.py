"""The pairing URL a QR carries: ``fieldbox://HOST:PORT/enroll?code=...&ca=...``."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from appliance.enrollment import base64url
from appliance.enrollment.errors import NameRefused, PairingCodeMalformed, PairingUrlRefused
from appliance.enrollment.pairing_secret import PairingSecret
from appliance.enrollment.server_names import parse_name

MAX_LENGTH: Final = 512
_ASCII: Final = re.compile(r"[!-~]+\Z")


@dataclass(frozen=True, slots=True)
class PairingUrl:
    """Where to enroll, with which code, and which authority to trust.

    Attributes:
        host: a DNS name or an IP address, without brackets.
        port: 1 to 65535.
        secret: the code; whole in a QR, but a typed one may stand here too.
        ca_sha256: SHA-256 of the authority's certificate (DER), base64url, 43 characters.
    """

    host: str
    port: int
    secret: PairingSecret = field(repr=False)
    ca_sha256: str

    def __post_init__(self) -> None:
        try:
            parse_name(self.host)
        except NameRefused as error:
            raise PairingUrlRefused(f"the pairing URL's host: {error}") from error
        if not 1 <= self.port <= 65_535:
            raise PairingUrlRefused(f"the pairing URL's port is {self.port}, not 1 to 65535")
        try:
            size = len(base64url.decode(self.ca_sha256))
        except ValueError as error:
            raise PairingUrlRefused(f"the pairing URL's ca: {error}") from error
        if size != 32:
            raise PairingUrlRefused(f"the pairing URL's ca has {size} bytes, not 32")

    def text(self) -> str:
        """The URL. It holds the secret: show it, never log it."""
        name = parse_name(self.host)
        host = f"[{name}]" if isinstance(name, ipaddress.IPv6Address) else str(name)
        return f"fieldbox://{host}:{self.port}/enroll?code={self.secret.text}&ca={self.ca_sha256}"

    @classmethod
    def parse(cls, text: str) -> PairingUrl:
        """Read a URL as `text` writes it. Parameters with other names are passed over.

        Raises:
            PairingUrlRefused: not such a URL; the error says which part is wrong and does not
                repeat the code.
        """
        if len(text) > MAX_LENGTH or _ASCII.match(text) is None:
            raise PairingUrlRefused(
                f"a pairing URL is ASCII without spaces, at most {MAX_LENGTH} characters"
            )
        try:
            parts = urlsplit(text)
            port = parts.port
            pairs = parse_qsl(parts.query, strict_parsing=True, keep_blank_values=True)
        except ValueError as error:
            raise PairingUrlRefused("not a URL") from error
        if parts.scheme != "fieldbox" or parts.path != "/enroll":
            raise PairingUrlRefused("not a pairing URL: it starts fieldbox://HOST:PORT/enroll")
        if parts.hostname is None or port is None or "@" in parts.netloc or parts.fragment:
            raise PairingUrlRefused("a pairing URL names a host and a port, and nothing else")
        values: dict[str, str] = {}
        for name, value in pairs:
            if name in values:
                raise PairingUrlRefused(f"the pairing URL has {name[:20]!r} twice")
            values[name] = value
        if "code" not in values or "ca" not in values:
            raise PairingUrlRefused("a pairing URL needs both code and ca")
        try:
            secret = PairingSecret.parse(values["code"])
        except PairingCodeMalformed as error:
            raise PairingUrlRefused(f"the pairing URL's code: {error}") from error
        return cls(parts.hostname, port, secret, values["ca"])
