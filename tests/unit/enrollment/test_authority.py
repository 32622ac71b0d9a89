from __future__ import annotations

import base64
import datetime
import hashlib
import ipaddress
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.enrollment.authority import Authority
from appliance.enrollment.clock import DAY_MS, utc
from appliance.enrollment.device_certificate import read_certificate
from appliance.enrollment.device_request import DeviceRequest
from appliance.enrollment.errors import (
    AuthorityExpired,
    AuthorityFileError,
    CertificateRefused,
    ClockNotSet,
    NameRefused,
)
from appliance.enrollment.server_names import NameLimits

Entropy = Callable[[int], bytes]
LOCAL = ["van1.local", "localhost", "127.0.0.1", "::1", "192.168.1.20"]


@pytest.fixture(scope="module")
def request_() -> DeviceRequest:
    key = ec.generate_private_key(ec.SECP256R1())
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(key, hashes.SHA256())
    )
    return DeviceRequest.parse(csr.public_bytes(Encoding.PEM))


def server_verifier(
    authority: Authority, subject: verification.Subject, at_ms: int
) -> verification.ServerVerifier:
    store = verification.Store([authority.certificate])
    return verification.PolicyBuilder().store(store).time(utc(at_ms)).build_server_verifier(subject)


def client_verifier(authority: Authority, at_ms: int) -> verification.ClientVerifier:
    # Device certificates name no host; everything else is held to the web's rules.
    ee = verification.ExtensionPolicy.webpki_defaults_ee().may_be_present(
        x509.SubjectAlternativeName, verification.Criticality.AGNOSTIC, None
    )
    return (
        verification.PolicyBuilder()
        .store(verification.Store([authority.certificate]))
        .time(utc(at_ms))
        .extension_policies(
            ca_policy=verification.ExtensionPolicy.webpki_defaults_ca(), ee_policy=ee
        )
        .build_client_verifier()
    )


def leaf_signed_by(authority: Authority, now_ms: int, *names: x509.GeneralName) -> x509.Certificate:
    """A leaf made with the authority's stolen key, past its own checks."""
    key = load_pem_private_key(authority.key_pem.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "thief")]))
        .issuer_name(authority.certificate.subject)
        .public_key(ec.generate_private_key(ec.SECP256R1()).public_key())
        .serial_number(5)
        .not_valid_before(utc(now_ms - DAY_MS))
        .not_valid_after(utc(now_ms + DAY_MS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def test_the_authority_is_self_signed_and_constrained(authority: Authority) -> None:
    certificate = authority.certificate
    certificate.verify_directly_issued_by(certificate)
    by_class = certificate.extensions.get_extension_for_class
    basics = by_class(x509.BasicConstraints)
    assert basics.critical
    assert basics.value.ca
    assert basics.value.path_length == 0
    usage = by_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    constraints = by_class(x509.NameConstraints)
    assert constraints.critical
    permitted = constraints.value.permitted_subtrees
    assert permitted is not None
    assert x509.DNSName("localhost") in permitted
    assert x509.IPAddress(ipaddress.ip_network("127.0.0.0/8")) in permitted
    assert "0190-box" in certificate.subject.rfc4514_string()


def test_the_fingerprint_is_of_the_der(authority: Authority) -> None:
    der = authority.certificate.public_bytes(Encoding.DER)
    assert authority.fingerprint_hex == hashlib.sha256(der).hexdigest()
    assert len(authority.ca_sha256) == 43
    assert authority.fingerprint == authority.certificate.fingerprint(hashes.SHA256())


def test_it_is_read_back_the_same(authority: Authority, now_ms: int, entropy: Entropy) -> None:
    again = Authority.load(authority.certificate_pem, authority.key_pem)
    assert again.ca_sha256 == authority.ca_sha256
    leaf = again.server_leaf(["van1.local"], now_ms=now_ms, entropy=entropy)
    leaf.certificate.verify_directly_issued_by(authority.certificate)


def test_no_repr_holds_a_key(authority: Authority, now_ms: int, entropy: Entropy) -> None:
    leaf = authority.server_leaf(LOCAL, now_ms=now_ms, entropy=entropy)
    assert "PRIVATE" in leaf.key_pem
    for thing in (authority, leaf):
        assert "PRIVATE" not in repr(thing)
        assert "PRIVATE" not in str(thing)


def test_a_server_leaf_verifies_for_each_of_its_names(
    authority: Authority, now_ms: int, entropy: Entropy
) -> None:
    leaf = authority.server_leaf(LOCAL, now_ms=now_ms, entropy=entropy)
    for name in leaf.names:
        subject = x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name)
        chain = server_verifier(authority, subject, now_ms).verify(leaf.certificate, [])
        assert chain[-1] == authority.certificate
    with pytest.raises(verification.VerificationError):
        server_verifier(authority, x509.DNSName("other.local"), now_ms).verify(leaf.certificate, [])


def test_a_server_leaf_lives_thirty_days_from_yesterday(
    authority: Authority, now_ms: int, entropy: Entropy
) -> None:
    leaf = authority.server_leaf(LOCAL, now_ms=now_ms, entropy=entropy)
    assert leaf.certificate.not_valid_before_utc == utc(now_ms - DAY_MS)
    assert leaf.not_after_ms == now_ms + 30 * DAY_MS
    name = x509.DNSName("localhost")
    for at_ms, good in ((now_ms + 29 * DAY_MS, True), (now_ms + 31 * DAY_MS, False)):
        verifier = server_verifier(authority, name, at_ms)
        if good:
            verifier.verify(leaf.certificate, [])
        else:
            with pytest.raises(verification.VerificationError):
                verifier.verify(leaf.certificate, [])


def test_lives_are_the_callers_choice(
    authority: Authority, request_: DeviceRequest, now_ms: int, entropy: Entropy
) -> None:
    leaf = authority.server_leaf(LOCAL, now_ms=now_ms, entropy=entropy, days=7)
    device = authority.device_certificate(request_, "d", now_ms=now_ms, entropy=entropy, days=9)
    assert leaf.not_after_ms == now_ms + 7 * DAY_MS
    assert device.not_after_ms == now_ms + 9 * DAY_MS


def test_names_outside_the_constraints_are_not_certified(
    authority: Authority, now_ms: int, entropy: Entropy
) -> None:
    with pytest.raises(NameRefused, match=r"bank\.example"):
        authority.server_leaf(["van1.local", "bank.example"], now_ms=now_ms, entropy=entropy)


@pytest.mark.parametrize(
    "name",
    [x509.DNSName("bank.example"), x509.IPAddress(ipaddress.ip_address("8.8.8.8"))],
    ids=["dns", "ip"],
)
def test_a_stolen_authority_cannot_vouch_for_the_internet(
    authority: Authority, now_ms: int, name: verification.Subject
) -> None:
    local = x509.DNSName("van1.local")
    server_verifier(authority, local, now_ms).verify(leaf_signed_by(authority, now_ms, local), [])
    leaf = leaf_signed_by(authority, now_ms, name)
    with pytest.raises(verification.VerificationError):
        server_verifier(authority, name, now_ms).verify(leaf, [])


def test_another_boxs_server_is_not_trusted(
    authority: Authority, now_ms: int, entropy: Entropy
) -> None:
    other = Authority.create(
        "other", NameLimits.for_appliance("van1"), now_ms=now_ms, entropy=entropy
    )
    leaf = other.server_leaf(LOCAL, now_ms=now_ms, entropy=entropy)
    with pytest.raises(verification.VerificationError):
        server_verifier(authority, x509.DNSName("localhost"), now_ms).verify(
            leaf.certificate, [other.certificate]
        )


def test_a_device_certificate_verifies_as_a_client_and_never_as_a_server(
    authority: Authority, request_: DeviceRequest, now_ms: int, entropy: Entropy
) -> None:
    made = authority.device_certificate(request_, "dev-1", now_ms=now_ms, entropy=entropy)
    certificate = x509.load_pem_x509_certificate(made.pem.encode())
    client_verifier(authority, now_ms + 89 * DAY_MS).verify(certificate, [])
    with pytest.raises(verification.VerificationError):
        client_verifier(authority, now_ms + 91 * DAY_MS).verify(certificate, [])
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert made.not_after_ms - now_ms == 90 * DAY_MS
    server = authority.server_leaf(LOCAL, now_ms=now_ms, entropy=entropy).certificate
    with pytest.raises(verification.VerificationError):
        client_verifier(authority, now_ms).verify(server, [])


def test_a_presented_certificate_is_read_as_it_was_made(
    authority: Authority, request_: DeviceRequest, now_ms: int, entropy: Entropy
) -> None:
    made = authority.device_certificate(request_, "dev-1", now_ms=now_ms, entropy=entropy)
    certificate = x509.load_pem_x509_certificate(made.pem.encode())
    for form in (certificate, certificate.public_bytes(Encoding.DER)):
        presented = read_certificate(form)
        assert presented.serial == made.serial == made.credential().id
        assert presented.device_id == "dev-1"
        assert presented.key_thumbprint == request_.key_thumbprint
        assert presented.not_before_ms == made.not_before_ms
        assert presented.not_after_ms == made.credential().not_after_ms


@pytest.mark.parametrize("which", ["server", "authority", "garbage"])
def test_other_certificates_are_no_devices(
    authority: Authority, now_ms: int, entropy: Entropy, which: str
) -> None:
    server = authority.server_leaf(LOCAL, now_ms=now_ms, entropy=entropy).certificate
    forms: dict[str, x509.Certificate | bytes] = {
        "server": server,
        "authority": authority.certificate,
        "garbage": b"0\x03\x02\x01\x01",
    }
    with pytest.raises(CertificateRefused):
        read_certificate(forms[which])


# A serial number with its sign bit set is read with a warning; no box has issued it.
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_any_damaged_certificate_is_read_or_refused(
    authority: Authority, request_: DeviceRequest, now_ms: int, entropy: Entropy
) -> None:
    made = authority.device_certificate(request_, "dev-1", now_ms=now_ms, entropy=entropy)
    whole = x509.load_pem_x509_certificate(made.pem.encode()).public_bytes(Encoding.DER)
    good = read_certificate(whole)
    refused = 0
    for place in range(len(whole) * 8):
        der = bytearray(whole)
        der[place // 8] ^= 1 << place % 8
        try:
            read_certificate(bytes(der))
        except CertificateRefused:
            refused += 1
    assert refused > 1_000
    for cut in range(len(whole)):
        with pytest.raises(CertificateRefused):
            read_certificate(whole[:cut])
    assert read_certificate(whole) == good


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_no_altered_bit_changes_what_an_authority_says(authority: Authority) -> None:
    """Everything is refused but another spelling of the same signature (spare bits of its DER)."""
    whole = authority.certificate.public_bytes(Encoding.DER)
    refused = 0
    for place in range(len(whole) * 8):
        der = bytearray(whole)
        der[place // 8] ^= 1 << place % 8
        body = base64.b64encode(der).decode()
        pem = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
        try:
            loaded = Authority.load(pem, authority.key_pem)
        except AuthorityFileError:
            refused += 1
        else:
            said = loaded.certificate.tbs_certificate_bytes
            assert said == authority.certificate.tbs_certificate_bytes
    assert refused >= len(whole) * 8 - 7


@pytest.mark.parametrize("device_id", ["", "a.b", "a b", "é", "x" * 41, "a/b", "-a", "a\n"])
def test_a_device_id_that_could_be_a_host_is_not_certified(
    authority: Authority, request_: DeviceRequest, now_ms: int, entropy: Entropy, device_id: str
) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        authority.device_certificate(request_, device_id, now_ms=now_ms, entropy=entropy)


def test_serials_are_positive_and_differ(
    authority: Authority, request_: DeviceRequest, now_ms: int, entropy: Entropy
) -> None:
    serials = {
        authority.device_certificate(request_, "d", now_ms=now_ms, entropy=entropy).serial
        for _ in range(20)
    }
    assert len(serials) == 20
    assert all(0 < int(serial, 16) < 2**159 for serial in serials)


def test_nothing_is_signed_under_a_clock_that_was_never_set(
    authority: Authority, entropy: Entropy
) -> None:
    with pytest.raises(ClockNotSet, match="1970-01-02"):
        authority.server_leaf(LOCAL, now_ms=DAY_MS, entropy=entropy)
    with pytest.raises(ClockNotSet):
        Authority.create("b", NameLimits.for_appliance("b"), now_ms=0, entropy=entropy)


def test_an_authority_at_its_end_signs_nothing_and_nothing_outlives_it(
    authority: Authority, now_ms: int, entropy: Entropy
) -> None:
    end_ms = now_ms + 20 * 365 * DAY_MS
    late = authority.server_leaf(LOCAL, now_ms=end_ms - DAY_MS, entropy=entropy)
    assert late.not_after_ms == end_ms
    with pytest.raises(AuthorityExpired):
        authority.server_leaf(LOCAL, now_ms=end_ms, entropy=entropy)


def pkcs8(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_files_that_do_not_make_an_authority_are_refused(
    authority: Authority, now_ms: int, entropy: Entropy
) -> None:
    good_key = load_pem_private_key(authority.key_pem.encode(), None)
    locked = good_key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
    ).decode()
    leaf = authority.server_leaf(LOCAL, now_ms=now_ms, entropy=entropy)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    plain_key = ec.generate_private_key(ec.SECP256R1())
    plain = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name)
        .public_key(plain_key.public_key())
        .serial_number(9)
        .not_valid_before(datetime.datetime(2026, 1, 1))
        .not_valid_after(datetime.datetime(2036, 1, 1))
    )
    no_basics = plain.sign(plain_key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    not_ca = (
        plain.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(plain_key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )
    cases = [
        ("", authority.key_pem, "certificate is not PEM"),
        (authority.certificate_pem[:200], authority.key_pem, "certificate is not PEM"),
        (authority.certificate_pem, "", "private key is not PEM"),
        (authority.certificate_pem, locked, "passphrase"),
        (authority.certificate_pem, pkcs8(plain_key), "do not belong together"),
        (authority.certificate_pem, pkcs8(rsa.generate_private_key(65537, 2048)), "P-256"),
        (authority.certificate_pem, pkcs8(ec.generate_private_key(ec.SECP384R1())), "P-256"),
        (leaf.chain_pem, leaf.key_pem, "cannot be used"),
        (no_basics, pkcs8(plain_key), "not an authority's"),
        (not_ca, pkcs8(plain_key), "CA is false"),
    ]
    for certificate_pem, key_pem, text in cases:
        with pytest.raises(AuthorityFileError, match=text) as caught:
            Authority.load(certificate_pem, key_pem)
        assert "PRIVATE" not in str(caught.value)
