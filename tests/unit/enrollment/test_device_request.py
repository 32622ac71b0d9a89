from __future__ import annotations

import base64
import random
import textwrap
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from appliance.enrollment.authority import Authority
from appliance.enrollment.device_request import MAX_BYTES, DeviceRequest
from appliance.enrollment.errors import DeviceRequestRefused

P256 = ec.generate_private_key(ec.SECP256R1())


def pem_of(key: object, algorithm: object = None, **names: str) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names.get("cn", "whoever"))])
    )
    if names.get("san"):
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(names["san"])]), critical=True
        ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "pem",
    [
        pem_of(P256, hashes.SHA256()),
        pem_of(P256, hashes.SHA384()),
        pem_of(ed25519.Ed25519PrivateKey.generate()),
        pem_of(rsa.generate_private_key(65537, 2048), hashes.SHA256()),
        pem_of(P256, hashes.SHA256()).replace(b"\n", b"\r\n"),
        b"\n" + pem_of(P256, hashes.SHA256()) + b"\n\n",
    ],
    ids=["p256", "p256-sha384", "ed25519", "rsa2048", "crlf", "blank-lines"],
)
def test_good_keys_are_taken(pem: bytes) -> None:
    request = DeviceRequest.parse(pem)
    assert len(request.key_thumbprint) == 43
    assert DeviceRequest.parse(pem.decode()).key_thumbprint == request.key_thumbprint


@pytest.mark.parametrize(
    ("pem", "text"),
    [
        (b"", "exactly one"),
        (b"x" * (MAX_BYTES + 1), "at most 16384"),
        (pem_of(P256, hashes.SHA256()) * 2, "exactly one"),
        (b"hello\n" + pem_of(P256, hashes.SHA256()), "exactly one"),
        (pem_of(P256, hashes.SHA256()).replace(b"REQUEST", b"REQUESTS"), "cannot be read"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\n!!\n", "cannot be read"),
        (pem_of(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256()), "another kind"),
        (pem_of(ec.generate_private_key(ec.SECP256K1()), hashes.SHA256()), "another kind"),
        (pem_of(ed448.Ed448PrivateKey.generate()), "another kind"),
        (pem_of(rsa.generate_private_key(65537, 1024), hashes.SHA256()), "1024 bits"),
        (pem_of(rsa.generate_private_key(3, 2048), hashes.SHA256()), "exponent"),
        (pem_of(P256, hashes.SHA224()), "sha224"),
    ],
)
def test_other_requests_are_refused_with_the_reason(pem: bytes, text: str) -> None:
    with pytest.raises(DeviceRequestRefused, match=text):
        DeviceRequest.parse(pem)


def test_a_request_signed_by_another_key_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    der = bytearray(
        x509.load_pem_x509_csr(pem_of(P256, hashes.SHA256())).public_bytes(Encoding.DER)
    )
    point = P256.public_key().public_numbers()
    stranger = other.public_key().public_numbers()
    at = der.index(point.x.to_bytes(32, "big"))
    der[at : at + 64] = stranger.x.to_bytes(32, "big") + stranger.y.to_bytes(32, "big")
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)
    with pytest.raises(DeviceRequestRefused, match="not made by its key"):
        DeviceRequest.parse(forged)


def test_subject_and_extensions_are_ignored(
    authority: Authority, now_ms: int, entropy: Callable[[int], bytes]
) -> None:
    request = DeviceRequest.parse(pem_of(P256, hashes.SHA256(), cn="admin", san="van1.local"))
    made = authority.device_certificate(request, "dev-1", now_ms=now_ms, entropy=entropy)
    certificate = x509.load_pem_x509_certificate(made.pem.encode())
    assert certificate.subject.rfc4514_string() == "CN=dev-1"
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)


GOOD = pem_of(P256, hashes.SHA256())
GOOD_DER = x509.load_pem_x509_csr(GOOD).public_bytes(Encoding.DER)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    with pytest.raises(DeviceRequestRefused):
        DeviceRequest.parse(data)


def test_no_altered_bit_changes_what_was_signed() -> None:
    """Everything is refused but another spelling of the same signature (spare bits of its DER)."""
    good = x509.load_der_x509_csr(GOOD_DER)
    refused = 0
    for place in range(len(GOOD_DER) * 8):
        der = bytearray(GOOD_DER)
        der[place // 8] ^= 1 << place % 8
        body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
        try:
            DeviceRequest.parse(
                f"-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n"
            )
        except DeviceRequestRefused:
            refused += 1
        else:
            respelt = x509.load_der_x509_csr(bytes(der))
            assert respelt.tbs_certrequest_bytes == good.tbs_certrequest_bytes
    assert refused >= len(GOOD_DER) * 8 - 7


def test_keys_have_thumbprints_of_their_own() -> None:
    keys = [
        ec.derive_private_key(random.Random(n).getrandbits(200), ec.SECP256R1()) for n in (1, 2)
    ]
    prints = {DeviceRequest.parse(pem_of(key, hashes.SHA256())).key_thumbprint for key in keys}
    assert len(prints) == 2
