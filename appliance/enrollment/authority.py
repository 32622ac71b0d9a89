"""The box's own certificate authority: one P-256 key that vouches for the box and its devices.

Devices trust it because its fingerprint reached them over another way than the network: the pairing
QR, or a person who compared it. It signs two kinds of certificates that cannot stand in for each
other: the server's (serverAuth) and the devices' (clientAuth). Certificates follow RFC 5280.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from appliance.enrollment import base64url
from appliance.enrollment.clock import DAY_MS, milliseconds, set_clock, utc
from appliance.enrollment.device_certificate import DeviceCertificate
from appliance.enrollment.device_request import DeviceKey, DeviceRequest
from appliance.enrollment.entropy import Entropy
from appliance.enrollment.errors import UNREADABLE, AuthorityExpired, AuthorityFileError
from appliance.enrollment.server_certificate import ServerCertificate
from appliance.enrollment.server_names import NameLimits

AUTHORITY_DAYS: Final = 20 * 365
SERVER_DAYS: Final = 30
DEVICE_DAYS: Final = 90
BACKDATED_MS: Final = DAY_MS
"""Certificates start this much before now, so that a device whose clock is slow accepts them."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}\Z")


class Authority:
    """A certificate authority that is ready to sign. Its repr shows the fingerprint, never the key.

    Make one with `create` or `load`.
    """

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self._key = key
        self.limits = NameLimits.of(certificate)

    def __repr__(self) -> str:
        return f"<Authority {self.ca_sha256}>"

    @classmethod
    def create(
        cls, appliance_id: str, limits: NameLimits, *, now_ms: int, entropy: Entropy
    ) -> Authority:
        """Make a new authority with a new key.

        Args:
            appliance_id: stands in its name, so that two boxes' authorities can be told apart in
                one trust store: 1 to 40 letters, digits and hyphens.
            limits: what it may certify, for its whole life.
            now_ms: ms since 1970.
            entropy: for the serial number.

        Raises:
            ClockNotSet: the clock is before 2025.
            ValueError: the appliance id has other characters.
        """
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Fieldbox"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"Fieldbox {_checked_id(appliance_id)} CA"),
            ]
        )
        key = ec.generate_private_key(ec.SECP256R1())
        start_ms = set_clock(now_ms) - BACKDATED_MS
        certificate = (
            x509.CertificateBuilder(subject_name=name, issuer_name=name)
            .public_key(key.public_key())
            .serial_number(_serial(entropy))
            .not_valid_before(utc(start_ms))
            .not_valid_after(utc(now_ms + AUTHORITY_DAYS * DAY_MS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .add_extension(limits.extension(), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def load(cls, certificate_pem: str, key_pem: str) -> Authority:
        """Read an authority back from what `certificate_pem` and `key_pem` gave.

        Raises:
            AuthorityFileError: not PEM, damaged, not a self-signed P-256 authority, or a key that
                belongs to another one.
        """
        try:
            certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
        except UNREADABLE as error:
            raise AuthorityFileError(
                "the authority's certificate is not PEM or is damaged; restore it from a backup"
            ) from error
        try:
            key = load_pem_private_key(key_pem.encode(), password=None)
        except UNREADABLE as error:
            raise AuthorityFileError(
                "the authority's private key is not PEM without a passphrase, or is damaged; "
                "restore it from a backup"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(
            key.curve, ec.SECP256R1
        ):
            raise AuthorityFileError("the authority's private key is not a P-256 key")
        try:
            if certificate.public_key() != key.public_key():
                raise AuthorityFileError(
                    "the authority's certificate and private key do not belong together; "
                    "restore both from the same backup"
                )
            certificate.verify_directly_issued_by(certificate)
            basics = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
            authority = cls(certificate, key)
        except x509.ExtensionNotFound as error:
            raise AuthorityFileError("the certificate is not an authority's") from error
        except UNREADABLE as error:
            raise AuthorityFileError(
                f"the authority's certificate cannot be used: {error or 'it is not self-signed'}"
            ) from error
        if not basics.ca:
            raise AuthorityFileError("the certificate is not an authority's (CA is false)")
        return authority

    @property
    def certificate_pem(self) -> str:
        """The certificate, as served at ``/ca.pem``."""
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")

    @property
    def key_pem(self) -> str:
        """The private key, PKCS #8 without a passphrase. A secret: for a file only root reads."""
        return _private_pem(self._key)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate's DER, 32 bytes."""
        return hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).digest()

    @property
    def ca_sha256(self) -> str:
        """The fingerprint as base64url without padding, 43 characters: as in the QR and the CLI."""
        return base64url.encode(self.fingerprint)

    @property
    def fingerprint_hex(self) -> str:
        """The fingerprint as 64 lower-case hex digits: as ``openssl x509 -fingerprint`` has it."""
        return self.fingerprint.hex()

    def server_leaf(
        self, names: Iterable[str], *, now_ms: int, entropy: Entropy, days: int = SERVER_DAYS
    ) -> ServerCertificate:
        """A server certificate with a new key.

        The chain holds the authority too, so a device that pins its fingerprint finds it in the
        handshake.

        Args:
            names: DNS names and addresses the box is reached by, at least one.
            now_ms: ms since 1970.
            entropy: for the serial number.
            days: how long it is good for from now; Apple's devices refuse more than 825.

        Raises:
            NameRefused: a name is malformed or outside `limits`.
            ClockNotSet, AuthorityExpired: nothing can be signed now.
        """
        parsed = self.limits.parse(names)
        key = ec.generate_private_key(ec.SECP256R1())
        # OpenSSL holds a subject CN that looks like a DNS name to the name constraints; the space
        # keeps this one from looking like one where only addresses are certified.
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fieldbox server")])
        certificate = (
            self._leaf(subject, key.public_key(), days, now_ms, entropy)
            .add_extension(
                x509.SubjectAlternativeName(
                    [x509.DNSName(n) if isinstance(n, str) else x509.IPAddress(n) for n in parsed]
                ),
                critical=False,
            )
            .add_extension(_usage(ExtendedKeyUsageOID.SERVER_AUTH), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        leaf_pem = certificate.public_bytes(Encoding.PEM).decode("ascii")
        return ServerCertificate(
            certificate, leaf_pem + self.certificate_pem, _private_pem(key), parsed
        )

    def device_certificate(
        self,
        request: DeviceRequest,
        device_id: str,
        *,
        now_ms: int,
        entropy: Entropy,
        days: int = DEVICE_DAYS,
    ) -> DeviceCertificate:
        """A client certificate for a device's key.

        Args:
            request: the device's key, with its proof of possession checked.
            device_id: the subject's CN: 1 to 40 letters, digits and hyphens.
            now_ms: ms since 1970.
            entropy: for the serial number.
            days: how long it is good for from now.

        Raises:
            ClockNotSet, AuthorityExpired: nothing can be signed now.
            ValueError: the device id has other characters.
        """
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _checked_id(device_id))])
        certificate = (
            self._leaf(subject, request.public_key, days, now_ms, entropy)
            .add_extension(_usage(ExtendedKeyUsageOID.CLIENT_AUTH), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return DeviceCertificate(
            pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
            serial=format(certificate.serial_number, "x"),
            device_id=device_id,
            key_thumbprint=request.key_thumbprint,
            not_before_ms=milliseconds(certificate.not_valid_before_utc),
            not_after_ms=milliseconds(certificate.not_valid_after_utc),
        )

    def _leaf(
        self, subject: x509.Name, key: DeviceKey, days: int, now_ms: int, entropy: Entropy
    ) -> x509.CertificateBuilder:
        end_ms = milliseconds(self.certificate.not_valid_after_utc)
        if set_clock(now_ms) >= end_ms:
            raise AuthorityExpired(
                f"the box's authority ended on {utc(end_ms):%Y-%m-%d}; "
                "set the clock if it is wrong, else make a new authority and enroll again"
            )
        return (
            x509.CertificateBuilder(subject_name=subject, issuer_name=self.certificate.subject)
            .public_key(key)
            .serial_number(_serial(entropy))
            .not_valid_before(utc(now_ms - BACKDATED_MS))
            .not_valid_after(utc(min(now_ms + days * DAY_MS, end_ms)))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )


def _checked_id(text: str) -> str:
    # No dots: OpenSSL takes a client's CN with dots for a DNS name and holds it to the constraints.
    if _ID.match(text) is None:
        raise ValueError(f"{text[:60]!r}: 1 to 40 letters, digits and hyphens are allowed")
    return text


def _serial(entropy: Entropy) -> int:
    # 159 bits: positive and at most 20 bytes, as RFC 5280 section 4.1.2.2 asks.
    return (int.from_bytes(entropy(20), "big") >> 1) | 1


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    # An authority signs certificates and nothing else, a leaf handshakes and nothing else.
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _usage(purpose: ObjectIdentifier) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([purpose])


def _private_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
