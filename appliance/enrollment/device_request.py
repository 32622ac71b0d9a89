"""A native device's certificate signing request (PKCS #10, RFC 2986).

Only the key is taken from it, and the proof that the sender holds that key. The subject and every
requested extension are ignored: what a certificate says is the box's decision.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from appliance.enrollment import base64url
from appliance.enrollment.errors import UNREADABLE, DeviceRequestRefused

MAX_BYTES: Final = 16 * 1024
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
"""Above it one check costs more than a small box should spend on a stranger."""

DeviceKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

_BEGIN: Final = b"-----BEGIN "
_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


def key_thumbprint(key: DeviceKey) -> str:
    """SHA-256 of the key's SubjectPublicKeyInfo (DER, RFC 5280), base64url: names a native key."""
    return base64url.encode(
        hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    )


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """A key whose holder asked for a certificate.

    Attributes:
        public_key: P-256, Ed25519, or RSA of 2,048 to 8,192 bits.
        key_thumbprint: names the key, see `key_thumbprint`.
    """

    public_key: DeviceKey
    key_thumbprint: str

    @classmethod
    def parse(cls, pem: str | bytes) -> DeviceRequest:
        """Read a request and check its signature.

        Args:
            pem: one PEM block ``CERTIFICATE REQUEST``, at most 16 KiB.

        Raises:
            DeviceRequestRefused: too large, not one request in PEM, a key of another kind or too
                weak, or a signature that the key did not make.
        """
        data = pem.encode("utf-8", "replace") if isinstance(pem, str) else pem
        if len(data) > MAX_BYTES:
            raise DeviceRequestRefused(f"the csr has {len(data)} bytes; at most {MAX_BYTES}")
        if data.count(_BEGIN) != 1 or not data.strip().startswith(_BEGIN):
            raise DeviceRequestRefused(
                "the csr must be exactly one PEM block -----BEGIN CERTIFICATE REQUEST-----"
            )
        try:
            request = x509.load_pem_x509_csr(data)
            key = _usable(request)
            _check_signature(request)
        except UNREADABLE as error:
            raise DeviceRequestRefused(
                "the csr cannot be read: damaged, or of an unknown algorithm"
            ) from error
        return cls(key, key_thumbprint(key))


def _usable(request: x509.CertificateSigningRequest) -> DeviceKey:
    key = request.public_key()
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPublicKey):
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            raise DeviceRequestRefused(
                f"the csr's RSA key has {key.key_size} bits; "
                f"allowed are {MIN_RSA_BITS} to {MAX_RSA_BITS}"
            )
        if key.public_numbers().e < 65_537:
            raise DeviceRequestRefused("the csr's RSA key has an exponent below 65537")
        return key
    raise DeviceRequestRefused(
        "the csr's key is of another kind; allowed are P-256 (best), Ed25519, RSA from 2048 bits"
    )


def _check_signature(request: x509.CertificateSigningRequest) -> None:
    algorithm = request.signature_hash_algorithm
    if algorithm is not None and not isinstance(algorithm, _HASHES):
        raise DeviceRequestRefused(
            f"the csr is signed with {algorithm.name}; use SHA-256, SHA-384 or SHA-512"
        )
    if not request.is_signature_valid:
        raise DeviceRequestRefused("the csr's signature was not made by its key")
