"""Both certificates in real TLS 1.3 handshakes of OpenSSL, in memory."""

from __future__ import annotations

import contextlib
import os
import ssl
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.enrollment.authority import Authority
from appliance.enrollment.clock import DAY_MS, utc
from appliance.enrollment.device_certificate import read_certificate
from appliance.enrollment.device_request import DeviceRequest
from appliance.enrollment.server_names import NameLimits

NAMES = ["localhost", "127.0.0.1", "::1", "van1", "van1.local"]


@dataclass
class Box:
    """An authority with its server's and one device's files on disk, as OpenSSL wants them."""

    authority: Authority
    ca: Path
    server: Path
    device: Path


def make_box(folder: Path, *, names: list[str], server_at_ms: int, device_at_ms: int) -> Box:
    folder.mkdir()
    first_ms = min(server_at_ms, device_at_ms)
    authority = Authority.create(
        "box", NameLimits.for_appliance("van1"), now_ms=first_ms, entropy=os.urandom
    )
    leaf = authority.server_leaf(names, now_ms=server_at_ms, entropy=os.urandom)
    key = ec.generate_private_key(ec.SECP256R1())
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(key, hashes.SHA256())
    )
    device = authority.device_certificate(
        DeviceRequest.parse(csr.public_bytes(Encoding.PEM)),
        "0190a0b0-1111-7222-8333-444455556666",
        now_ms=device_at_ms,
        entropy=os.urandom,
    )
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    box = Box(authority, folder / "ca.pem", folder / "server.pem", folder / "device.pem")
    box.ca.write_text(authority.certificate_pem)
    box.server.write_text(leaf.chain_pem + leaf.key_pem)
    box.device.write_text(device.pem + key_pem)
    return box


@pytest.fixture(scope="module")
def real_now_ms() -> int:
    return int(time.time() * 1000)  # OpenSSL judges dates by the system's clock


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory, real_now_ms: int) -> Box:
    folder = tmp_path_factory.mktemp("tls") / "box"
    return make_box(folder, names=NAMES, server_at_ms=real_now_ms, device_at_ms=real_now_ms)


def handshake(
    server_files: Path, client_trusts: Path, server_trusts: Path, device: Path | None, host: str
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Both ends after a handshake and one byte each way, which TLS 1.3 needs to tell a refusal."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for context in (server_context, client_context):
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    server_context.load_cert_chain(server_files)
    server_context.load_verify_locations(server_trusts)
    server_context.verify_mode = ssl.CERT_REQUIRED
    client_context.load_verify_locations(client_trusts)
    if device is not None:
        client_context.load_cert_chain(device)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(up, down, server_side=True)
    client = client_context.wrap_bio(down, up, server_hostname=host)
    # Hello; answer with certificate; client's certificate; its verdict.
    for end in (client, server, client, server):
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()
    client.write(b"c")
    assert server.read(1) == b"c"
    server.write(b"s")
    assert client.read(1) == b"s"
    return client, server


@pytest.mark.parametrize("host", NAMES)
def test_box_and_device_know_each_other(box: Box, host: str) -> None:
    client, server = handshake(box.server, box.ca, box.ca, box.device, host)
    assert client.version() == "TLSv1.3"
    der = server.getpeercert(binary_form=True)
    assert der is not None
    assert read_certificate(der).device_id == "0190a0b0-1111-7222-8333-444455556666"


def test_a_box_of_addresses_only_works(tmp_path: Path, real_now_ms: int) -> None:
    box = make_box(
        tmp_path / "a", names=["127.0.0.1"], server_at_ms=real_now_ms, device_at_ms=real_now_ms
    )
    handshake(box.server, box.ca, box.ca, box.device, "127.0.0.1")


def test_the_authority_is_found_in_the_handshake(box: Box) -> None:
    chain = x509.load_pem_x509_certificates(box.server.read_bytes())
    assert chain[1].fingerprint(hashes.SHA256()) == box.authority.fingerprint


@pytest.mark.parametrize("case", ["foreign box", "wrong host", "foreign device", "no certificate"])
def test_strangers_are_refused(box: Box, tmp_path: Path, real_now_ms: int, case: str) -> None:
    other = make_box(
        tmp_path / "other", names=NAMES, server_at_ms=real_now_ms, device_at_ms=real_now_ms
    )
    server, device, host = box.server, box.device, "localhost"
    expected = "CERTIFICATE_VERIFY_FAILED"
    if case == "foreign box":
        server = other.server
    elif case == "wrong host":
        host = "other.local"
    elif case == "foreign device":
        device = other.device
    with pytest.raises(ssl.SSLError) as caught:
        handshake(server, box.ca, box.ca, None if case == "no certificate" else device, host)
    if case == "no certificate":
        expected = "PEER_DID_NOT_RETURN_A_CERTIFICATE"
    assert caught.value.reason == expected


@pytest.mark.parametrize("which", ["server", "device"])
def test_expired_certificates_are_refused(tmp_path: Path, real_now_ms: int, which: str) -> None:
    old_ms = real_now_ms - 100 * DAY_MS
    box = make_box(
        tmp_path / "old",
        names=NAMES,
        server_at_ms=old_ms if which == "server" else real_now_ms,
        device_at_ms=old_ms if which == "device" else real_now_ms,
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        handshake(box.server, box.ca, box.ca, box.device, "localhost")


def test_a_device_cannot_pose_as_the_box(box: Box) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        handshake(box.device, box.ca, box.ca, box.device, "localhost")


def test_the_box_cannot_pose_as_a_device(box: Box) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        handshake(box.server, box.ca, box.ca, box.server, "localhost")


def test_openssl_holds_the_authority_to_its_constraints(
    box: Box, tmp_path: Path, real_now_ms: int
) -> None:
    signer = load_pem_private_key(box.authority.key_pem.encode(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank")]))
        .issuer_name(box.authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(utc(real_now_ms - DAY_MS))
        .not_valid_after(utc(real_now_ms + DAY_MS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    files = tmp_path / "bank.pem"
    files.write_bytes(
        leaf.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(files, box.ca, box.ca, box.device, "bank.example")
