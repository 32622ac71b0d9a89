"""Peers: who a TLS connection's client certificate says it is."""

from __future__ import annotations

from datetime import datetime

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID


class PeerCertificate(msgspec.Struct, frozen=True):
    """A client certificate whose chain was verified against the box's CA.

    Only the chain and the signatures were checked: the certificate may have expired, because an
    expired one may still renew. Whoever authenticates a request decides that with `expired`.

    Attributes:
        subject: the common name, the device's id.
        serial: the serial number; revocation goes by it.
        not_before, not_after: in UTC.
        sha256: SHA-256 of the DER, 32 bytes.
    """

    subject: str
    serial: int
    not_before: datetime
    not_after: datetime
    sha256: bytes

    def expired(self, now: datetime) -> bool:
        """Whether `now` (aware) lies after the certificate's end."""
        return now > self.not_after

    @classmethod
    def of(cls, certificate: x509.Certificate) -> PeerCertificate:
        """Read a certificate; ValueError unless it has exactly one common name, as ours do."""
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if len(names) != 1 or not isinstance(names[0].value, str):
            raise ValueError("a device certificate has exactly one common name")
        return cls(
            subject=names[0].value,
            serial=certificate.serial_number,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            sha256=certificate.fingerprint(hashes.SHA256()),
        )
