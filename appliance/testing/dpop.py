"""The client side of DPoP (RFC 9449): a browser's key, and the proofs it signs."""

from __future__ import annotations

import hashlib
import json
import os
from urllib.parse import urlsplit, urlunsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from appliance.enrollment import base64url
from appliance.enrollment.entropy import Entropy
from appliance.enrollment.jwk import PublicJwk


class DPoPKey:
    """A P-256 key that signs proofs, as WebCrypto's non-extractable one does in a browser.

    Args:
        key: the private key; a new one if None.
        entropy: where each proof's `jti` comes from.
    """

    def __init__(
        self, key: ec.EllipticCurvePrivateKey | None = None, *, entropy: Entropy = os.urandom
    ) -> None:
        self._key = key if key is not None else ec.generate_private_key(ec.SECP256R1())
        self._entropy = entropy
        self.public = PublicJwk.of(self._key.public_key())

    def __repr__(self) -> str:
        return f"<DPoPKey {self.thumbprint}>"

    @classmethod
    def from_pem(cls, pem: str) -> DPoPKey:
        """The key that `pem` gave.

        Raises:
            ValueError: not the PEM of a P-256 private key.
        """
        key = load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise ValueError("not a P-256 private key")
        return cls(key)

    def pem(self) -> str:
        """The private key, PKCS #8 without a passphrase; a secret of the simulated device."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(
            "ascii"
        )

    @property
    def jwk(self) -> dict[str, str]:
        """The public key, for ``"jwk"`` of ``POST /v1/enroll`` and for each proof's header."""
        return self.public.members()

    @property
    def thumbprint(self) -> str:
        """The key's RFC 7638 thumbprint."""
        return self.public.thumbprint

    def proof(
        self,
        method: str,
        url: str,
        *,
        token: str,
        nonce: str | None,
        now_ms: int,
        jti: str | None = None,
    ) -> str:
        """The value of the ``DPoP`` header of one request.

        Args:
            method: of the request, upper case.
            url: of the request; query and fragment are left out of the proof.
            token: the access token sent along.
            nonce: the newest ``DPoP-Nonce`` the server sent, None before the first.
            now_ms: the device's time, ms since 1970.
            jti: the proof's id; random if None.
        """
        parts = urlsplit(url)
        claims: dict[str, object] = {
            "jti": jti if jti is not None else base64url.encode(self._entropy(16)),
            "htm": method,
            "htu": urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")),
            "iat": now_ms // 1000,
            "ath": base64url.encode(hashlib.sha256(token.encode("ascii")).digest()),
        }
        if nonce is not None:
            claims["nonce"] = nonce
        return self.sign({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk}, claims)

    def sign(self, header: dict[str, object], claims: dict[str, object]) -> str:
        """Any header and claims as a JWS signed with ES256; for tests of what must be refused."""
        signed = ".".join(
            base64url.encode(json.dumps(part, separators=(",", ":")).encode())
            for part in (header, claims)
        )
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{base64url.encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
