"""Errors of enrollment, split by who is at fault.

Every error has a stable `code` for logs, problem details and documentation
(``docs/enrollment.md``), and a text that says what is wrong and what to do next. No text holds a
secret.
"""

from __future__ import annotations

from typing import ClassVar, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

UNREADABLE: Final = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.ExtensionNotFound,
)
"""What `cryptography` raises where a certificate, a request or a key is damaged or foreign; most of
them share no base below Exception."""


class EnrollmentError(Exception):
    """Base of all errors of this room."""

    code: ClassVar[str] = "enrollment_error"


class DeviceError(EnrollmentError):
    """The device sent something that cannot be used."""

    code: ClassVar[str] = "device_error"


class TechnicianError(EnrollmentError):
    """A file, a setting or the clock of the box is wrong; a technician has to put it right."""

    code: ClassVar[str] = "technician_error"


class DeviceRequestRefused(DeviceError):
    """A certificate signing request is malformed, badly signed or has a key that is too weak."""

    code: ClassVar[str] = "csr_refused"


class JwkRefused(DeviceError):
    """A browser's public key is not a P-256 key in JWK form."""

    code: ClassVar[str] = "jwk_refused"


class TokenRefused(DeviceError):
    """An `Authorization` header does not hold one DPoP access token."""

    code: ClassVar[str] = "token_refused"


class CertificateRefused(DeviceError):
    """A presented certificate is not one that this box gives to devices."""

    code: ClassVar[str] = "certificate_refused"


class PairingCodeMalformed(DeviceError):
    """A text cannot be a pairing code: wrong length or a character no code has."""

    code: ClassVar[str] = "code_malformed"


class PairingUrlRefused(DeviceError):
    """A text is not a ``fieldbox://`` pairing URL."""

    code: ClassVar[str] = "pairing_url_refused"


class AuthorityFileError(TechnicianError):
    """The files of the certificate authority are damaged, do not belong together or are others."""

    code: ClassVar[str] = "authority_file_wrong"


class AuthorityExpired(TechnicianError):
    """The certificate authority has come to its end; nothing can be signed with it."""

    code: ClassVar[str] = "authority_expired"


class ServerFileError(TechnicianError):
    """A server certificate, its chain or its key cannot be used."""

    code: ClassVar[str] = "server_certificate_wrong"


class ServerKeyError(ServerFileError):
    """The private key of a server certificate cannot be used; its code is that of the files."""


class NameRefused(TechnicianError):
    """A host name, address or network is malformed, or outside what the authority may certify."""

    code: ClassVar[str] = "server_name_refused"


class ClockNotSet(TechnicianError):
    """The clock stands before any time at which this software can run."""

    code: ClassVar[str] = "clock_not_set"


class PermissionRefused(EnrollmentError):
    """A row of the permission table is malformed; its text names the row and where it came from."""

    code: ClassVar[str] = "permission_refused"


class AuditRefused(EnrollmentError):
    """Somebody among ourselves tried to record an audit entry that cannot be hashed."""

    code: ClassVar[str] = "audit_refused"
