from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from appliance.enrollment.authority import Authority
from appliance.enrollment.clock import DAY_MS, utc
from appliance.enrollment.errors import NameRefused, ServerFileError
from appliance.enrollment.server_certificate import ServerCertificate, due_for_renewal
from appliance.enrollment.server_names import NameLimits

Entropy = Callable[[int], bytes]


@pytest.fixture
def leaf(authority: Authority, now_ms: int, entropy: Entropy) -> ServerCertificate:
    return authority.server_leaf(["van1.local", "127.0.0.1"], now_ms=now_ms, entropy=entropy)


def test_renewal_is_due_at_two_thirds_of_its_life(leaf: ServerCertificate, now_ms: int) -> None:
    due_ms = now_ms - DAY_MS + 31 * DAY_MS * 2 // 3
    assert not leaf.due_for_renewal(now_ms)
    assert not leaf.due_for_renewal(due_ms - 1_000)
    assert leaf.due_for_renewal(due_ms)
    assert leaf.due_for_renewal(now_ms + 400 * DAY_MS)
    assert due_for_renewal(leaf.certificate, due_ms)


def test_renewal_is_due_when_the_clock_was_ahead(leaf: ServerCertificate, now_ms: int) -> None:
    assert leaf.due_for_renewal(now_ms - 2 * DAY_MS)


def test_it_says_why_its_dates_do_not_hold(leaf: ServerCertificate, now_ms: int) -> None:
    assert leaf.untimely(now_ms) == leaf.untimely(leaf.not_after_ms - 1) == ""
    assert leaf.untimely(leaf.not_after_ms).startswith("has expired on 2027-0")
    assert leaf.untimely(now_ms - 30 * DAY_MS).startswith("is not valid before 2027-01-1")


def test_it_knows_what_it_covers(leaf: ServerCertificate) -> None:
    assert leaf.covers(["VAN1.local.", "127.0.0.1"])
    assert not leaf.covers(["van1.local", "127.0.0.2"])
    with pytest.raises(NameRefused):
        leaf.covers(["*"])


def test_it_is_read_back_the_same(leaf: ServerCertificate) -> None:
    assert ServerCertificate.load(leaf.chain_pem, leaf.key_pem) == leaf


def test_an_encrypted_key_is_read_with_its_password(leaf: ServerCertificate) -> None:
    key = load_pem_private_key(leaf.key_pem.encode(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    ).decode()
    assert ServerCertificate.load(leaf.chain_pem, locked, "secret") == leaf
    for key_pem, password in ((locked, None), (locked, "wrong"), (leaf.key_pem, "secret")):
        with pytest.raises(ServerFileError, match="password"):
            ServerCertificate.load(leaf.chain_pem, key_pem, password)


def test_wrong_files_are_refused(
    leaf: ServerCertificate, authority: Authority, now_ms: int, entropy: Entropy
) -> None:
    other = Authority.create("o", NameLimits.for_appliance("o"), now_ms=now_ms, entropy=entropy)
    leaf_pem = leaf.certificate.public_bytes(Encoding.PEM).decode()
    cases = [
        ("", leaf.key_pem, "not PEM"),
        (leaf.chain_pem, "", "private key cannot be read"),
        (leaf.chain_pem, authority.key_pem, "another certificate"),
        (authority.certificate_pem + leaf_pem, authority.key_pem, "certificate 1 of the chain"),
        (leaf_pem + other.certificate_pem, leaf.key_pem, "not issued by certificate 2"),
        (authority.certificate_pem, authority.key_pem, "names no host"),
    ]
    for chain_pem, key_pem, text in cases:
        with pytest.raises(ServerFileError, match=text) as caught:
            ServerCertificate.load(chain_pem, key_pem)
        assert "PRIVATE" not in str(caught.value)


def brought(now_ms: int, *extensions: x509.ExtensionType) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder(issuer_name=x509.Name([]), subject_name=x509.Name([]))
        .public_key(key.public_key())
        .serial_number(3)
        .not_valid_before(utc(now_ms))
        .not_valid_after(utc(now_ms + DAY_MS))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_a_brought_wildcard_certificate_is_taken(now_ms: int) -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("*.Example.com")])
    assert ServerCertificate.load(*brought(now_ms, names)).names == ("*.example.com",)


def test_a_certificate_for_clients_is_refused(now_ms: int) -> None:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    with pytest.raises(ServerFileError, match="not for servers"):
        ServerCertificate.load(*brought(now_ms, usage))
