"""Invite: what a pairing QR or `fieldbox device invite --json` tells a device.

Source: sync protocol, section 1. The QR holds
``fieldbox://HOST:PORT/enroll?code=...&ca=<sha256 of the CA certificate, base64url>``; the hash is
taken over the certificate's DER bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_HEX = re.compile(r"[0-9a-fA-F]{64}\Z")


class BadInvite(ValueError):
    """The text is no invite, or the appliance is not the one that wrote it."""


@dataclass(frozen=True, slots=True)
class Invite:
    """An appliance's address, a pairing code, and the fingerprint of the appliance's authority.

    Attributes:
        url: ``https://HOST:PORT``.
        code: the one-use pairing code.
        ca_sha256: 32 bytes.
    """

    url: str
    code: str = field(repr=False)
    ca_sha256: bytes

    @classmethod
    def parse(cls, text: str | Mapping[str, Any]) -> Invite:
        """Read the URL of a QR, or the JSON object (text or decoded) that the command prints.

        Raises:
            BadInvite: says what is missing or wrong.
        """
        if isinstance(text, str):
            text = text.strip()
            if not text.startswith("{"):
                return cls._from_url(text)
            try:
                text = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise BadInvite(f"an invite is a fieldbox:// URL or JSON: {error}") from error
        if not isinstance(text, Mapping):
            raise BadInvite("an invite in JSON is an object")
        url = text.get("url")
        if not isinstance(url, str):
            raise BadInvite("the invite has no url")
        if url.startswith("fieldbox://"):
            return cls._from_url(url)
        code, fingerprint = text.get("code"), text.get("ca_sha256")
        if not isinstance(code, str) or not isinstance(fingerprint, str):
            raise BadInvite("the invite lacks code or ca_sha256")
        return cls(_address(url, "https"), code, _fingerprint(fingerprint))

    @classmethod
    def _from_url(cls, text: str) -> Invite:
        address = _address(text, "fieldbox")
        parts = urlsplit(text)
        if parts.path != "/enroll":
            raise BadInvite(f"an invite's path is /enroll, not {parts.path!r}")
        query = parse_qs(parts.query, keep_blank_values=True, max_num_fields=16)
        codes, prints = query.get("code", []), query.get("ca", [])
        if len(codes) != 1 or not codes[0] or len(prints) != 1:
            raise BadInvite("an invite has one code and one ca")
        return cls(address, codes[0], _fingerprint(prints[0]))

    def pick_authority(self, pem: bytes) -> str:
        """Return the certificate of `pem` that the invite names, as PEM.

        Raises:
            BadInvite: none of them is; somebody else answers at this address.
        """
        try:
            certificates = x509.load_pem_x509_certificates(pem)
        except ValueError as error:
            raise BadInvite(f"/ca.pem is no certificate: {error}") from error
        for certificate in certificates:
            if hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest() == self.ca_sha256:
                return certificate.public_bytes(Encoding.PEM).decode()
        raise BadInvite(
            f"{self.url} shows another certificate authority than the invite names; "
            "ask for a new invite, and do not enroll on this network if it happens again"
        )


def _address(text: str, scheme: str) -> str:
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError as error:
        raise BadInvite(f"the port of {text!r} is no port: {error}") from error
    if parts.scheme != scheme or not parts.hostname:
        raise BadInvite(f"an invite's address starts with {scheme}://HOST:PORT")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"https://{host}:{443 if port is None else port}"


def _fingerprint(text: str) -> bytes:
    if _HEX.match(text):
        return bytes.fromhex(text)
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInvite(f"the fingerprint is neither base64url nor hex: {error}") from error
    if len(raw) != 32:
        raise BadInvite(f"the fingerprint has {len(raw)} bytes instead of 32")
    return raw
