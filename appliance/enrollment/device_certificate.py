"""A native device's client certificate: as the box makes it, and as a device presents it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.enrollment.clock import milliseconds
from appliance.enrollment.device_request import key_thumbprint
from appliance.enrollment.errors import UNREADABLE, CertificateRefused
from appliance.enrollment.identity import Credential


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """A certificate made for a device.

    Attributes:
        pem: the certificate, for the device to keep beside its key.
        serial: its serial number in lower-case hex; the id of the credential.
        device_id: the device it names (subject CN).
        key_thumbprint: names the device's key, see `device_request.key_thumbprint`.
        not_before_ms, not_after_ms: its life, ms since 1970.
    """

    pem: str
    serial: str
    device_id: str
    key_thumbprint: str
    not_before_ms: int
    not_after_ms: int

    def credential(self) -> Credential:
        """What is stored of it."""
        return Credential(
            id=self.serial,
            kind="certificate",
            device_id=self.device_id,
            key_thumbprint=self.key_thumbprint,
            not_before_ms=self.not_before_ms,
            not_after_ms=self.not_after_ms,
        )


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """What a presented certificate says.

    Attributes:
        serial: its serial number in lower-case hex: the id of its credential.
        device_id: its subject's CN.
        key_thumbprint: names its key.
        not_before_ms, not_after_ms: its life, ms since 1970.
    """

    serial: str
    device_id: str
    key_thumbprint: str
    not_before_ms: int
    not_after_ms: int


def read_certificate(certificate: x509.Certificate | bytes) -> Presented:
    """Read a client certificate whose signature the TLS layer has checked.

    Args:
        certificate: parsed, or DER.

    Raises:
        CertificateRefused: damaged, or not of the form the box gives to devices (a server's, for
            one).
    """
    try:
        if isinstance(certificate, bytes):
            certificate = x509.load_der_x509_certificate(certificate)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = certificate.public_key()
    except UNREADABLE as error:
        raise CertificateRefused("the certificate was not made by this box") from error
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usage or len(names) != 1:
        raise CertificateRefused("the certificate is not a device's")
    if not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey):
        raise CertificateRefused("the certificate has a key of an unknown kind")
    return Presented(
        serial=format(certificate.serial_number, "x"),
        device_id=str(names[0].value),
        key_thumbprint=key_thumbprint(key),
        not_before_ms=milliseconds(certificate.not_valid_before_utc),
        not_after_ms=milliseconds(certificate.not_valid_after_utc),
    )
