"""The certificate the box shows to devices: issued by its own authority, or brought as PEM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from appliance.enrollment.clock import milliseconds
from appliance.enrollment.errors import UNREADABLE, NameRefused, ServerFileError, ServerKeyError
from appliance.enrollment.server_names import Address, parse_name


def renew_at_ms(certificate: x509.Certificate) -> int:
    """When two thirds of a certificate's life are over, ms since 1970."""
    start = milliseconds(certificate.not_valid_before_utc)
    return start + (milliseconds(certificate.not_valid_after_utc) - start) * 2 // 3


def due_for_renewal(certificate: x509.Certificate, now_ms: int) -> bool:
    """Whether a server certificate should be replaced now.

    True from two thirds of its life on, and also before its start: then it was issued under a clock
    that ran ahead, and devices that know the time refuse it.
    """
    if now_ms < milliseconds(certificate.not_valid_before_utc):
        return True
    return now_ms >= renew_at_ms(certificate)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """What a TLS server needs.

    Attributes:
        certificate: the leaf.
        chain_pem: the leaf and everything above it that is sent along.
        key_pem: the leaf's private key, PKCS #8 without a passphrase; a secret.
        names: the DNS names and addresses it is good for.
    """

    certificate: x509.Certificate
    chain_pem: str
    key_pem: str = field(repr=False)
    names: tuple[str | Address, ...]

    @property
    def not_after_ms(self) -> int:
        """The end of its life, ms since 1970."""
        return milliseconds(self.certificate.not_valid_after_utc)

    def due_for_renewal(self, now_ms: int) -> bool:
        """See `due_for_renewal`."""
        return due_for_renewal(self.certificate, now_ms)

    def untimely(self, now_ms: int) -> str:
        """Why devices refuse it now by its dates, or ""."""
        if now_ms < milliseconds(self.certificate.not_valid_before_utc):
            return f"is not valid before {_day(self.certificate.not_valid_before_utc)}"
        if now_ms >= self.not_after_ms:
            return f"has expired on {_day(self.certificate.not_valid_after_utc)}"
        return ""

    def covers(self, names: Iterable[str]) -> bool:
        """Whether every one of these names and addresses stands in the certificate.

        Raises:
            NameRefused: a name is malformed.
        """
        return all(parse_name(name) in self.names for name in names)

    @classmethod
    def load(cls, chain_pem: str, key_pem: str, password: str | None = None) -> ServerCertificate:
        """Read a stored certificate, or one a technician brought.

        Args:
            chain_pem: the leaf first, then each issuer in turn; the root may be left out.
            key_pem: the leaf's private key.
            password: of the private key, where it is encrypted. `key_pem` of the result is not.

        Raises:
            ServerKeyError: the key cannot be read, or is another leaf's.
            ServerFileError: not PEM, a chain out of order, no names, or a leaf that is not for
                servers. The dates are not judged here, see `untimely`.
        """
        try:
            chain = x509.load_pem_x509_certificates(chain_pem.encode())
        except UNREADABLE as error:
            raise ServerFileError(
                "the server certificate is not PEM: expected -----BEGIN CERTIFICATE-----"
            ) from error
        leaf = chain[0]
        try:
            key = load_pem_private_key(key_pem.encode(), password.encode() if password else None)
        except UNREADABLE as error:
            raise ServerKeyError(
                "the server's private key cannot be read: it is not PEM, or its password is "
                "missing, wrong, or given where there is none"
            ) from error
        if password:
            key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        try:
            _check_chain(chain)
            if key.public_key() != leaf.public_key():
                raise ServerKeyError(
                    "the private key belongs to another certificate; the leaf must come first"
                )
            names = _names(leaf)
        except UNREADABLE as error:
            raise ServerFileError(f"the server certificate cannot be used: {error}") from error
        return cls(leaf, chain_pem, key_pem, names)


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _check_chain(chain: list[x509.Certificate]) -> None:
    for place, (lower, upper) in enumerate(pairwise(chain), start=1):
        try:
            lower.verify_directly_issued_by(upper)
        except UNREADABLE as error:
            raise ServerFileError(
                f"certificate {place} of the chain was not issued by certificate {place + 1}; "
                "put the leaf first, then each issuer in turn"
            ) from error


def _names(leaf: x509.Certificate) -> tuple[str | Address, ...]:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if ExtendedKeyUsageOID.SERVER_AUTH not in usage:
            raise ServerFileError("the certificate is not for servers (no serverAuth)")
    except x509.ExtensionNotFound:
        pass  # Without the extension a certificate is good for every use (RFC 5280, 4.2.1.12).
    try:
        stated = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise ServerFileError(
            "the certificate names no host (no subjectAltName); devices refuse it"
        ) from error
    names: list[str | Address] = []
    for text in stated.get_values_for_type(x509.DNSName):
        try:
            names.append(parse_name(text))
        except NameRefused:
            names.append(text.lower())  # a wildcard of a brought certificate stands as it is
    names += [
        address
        for address in stated.get_values_for_type(x509.IPAddress)
        if not hasattr(address, "prefixlen")
    ]
    return tuple(names)
