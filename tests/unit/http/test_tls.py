from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.x509.oid import NameOID

from appliance.http.peer import PeerCertificate
from appliance.http.tls import TlsError, TlsMaterial, peer_certificate, server_context


def key_and_certificate(*names, kind=None):
    key = kind or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=90))
        .sign(key, None if kind else hashes.SHA256())
    )
    return key, certificate


def pem(thing):
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    return thing.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


KEY, CERTIFICATE = key_and_certificate("box")


def material(chain=None, key=None, cas=None):
    return TlsMaterial(
        chain=pem(CERTIFICATE) if chain is None else chain,
        key=pem(KEY) if key is None else key,
        client_cas=pem(CERTIFICATE) if cas is None else cas,
    )


def refused(**parts):
    with pytest.raises(TlsError) as caught:
        server_context(material(**parts), lambda _peer: True)
    return str(caught.value)


def test_material_that_cannot_be_used_is_named():
    assert "certificate chain is not PEM" in refused(chain=b"rubbish")
    assert "CA for client certificates is not PEM" in refused(cas=b"")
    assert "not an unencrypted PEM key" in refused(key=b"rubbish")
    encrypted = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    assert "not an unencrypted PEM key" in refused(key=encrypted)
    other = ec.generate_private_key(ec.SECP256R1())
    assert "does not belong" in refused(key=pem(other))
    key, certificate = key_and_certificate("box", kind=ed448.Ed448PrivateKey.generate())
    assert "must be EC, RSA or Ed25519" in refused(chain=pem(certificate), key=pem(key))


def test_the_key_stays_out_of_the_repr():
    assert pem(KEY).decode()[30:60] not in repr(material())


def test_a_peer_is_read_from_its_certificate():
    _, certificate = key_and_certificate("device-1")
    peer = PeerCertificate.of(certificate)
    assert (peer.subject, peer.serial, len(peer.sha256)) == ("device-1", 4711, 32)
    end = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=90)
    assert peer.not_after == end
    assert not peer.expired(end)
    assert peer.expired(end + timedelta(seconds=1))


@pytest.mark.parametrize("names", [(), ("a", "b")])
def test_a_certificate_with_another_number_of_names_is_not_ours(names):
    _, certificate = key_and_certificate(*names)
    with pytest.raises(ValueError, match="exactly one common name"):
        PeerCertificate.of(certificate)


def test_a_transport_without_tls_has_no_peer():
    assert peer_certificate(object()) is None
