"""DeviceIdentity: who a device is: its key, its certificate, the appliance it belongs to.

Enrollment (sync protocol, section 1): fetch ``/ca.pem`` without trusting anybody, compare its
fingerprint with the invite's, and from then on speak to nobody else. The key is made and stored
before the code is spent, so that an enrollment that was cut can be tried again with the same
request.
"""

from __future__ import annotations

import datetime
import http.client
import ssl
from typing import Any
from urllib.parse import urlsplit

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from appliance.testing.device_file import DeviceFile
from appliance.testing.invite import BadInvite, Invite
from appliance.testing.link import Identity, Link, LinkDown, ProtocolBroken, Traffic

MAX_CA_BYTES = 65_536


class NotEnrolled(Exception):
    """The device has no certificate; call `Device.enroll` with an invite."""


class DeviceIdentity:
    """The identity row of a device file."""

    def __init__(self, file: DeviceFile) -> None:
        self._file = file

    def _column(self, name: str) -> Any:
        return self._file.value(f"SELECT {name} FROM identity")

    @property
    def enrolled(self) -> bool:
        """Whether the device has a certificate."""
        return self._column("certificate") is not None

    @property
    def url(self) -> str:
        """``https://HOST:PORT`` of the appliance."""
        self._require()
        return str(self._column("url"))

    @property
    def device_id(self) -> str:
        """The id the appliance gave this device."""
        self._require()
        return str(self._column("device_id"))

    @property
    def user(self) -> Any:
        """The user it belongs to, as the appliance wrote it."""
        self._require()
        return orjson.loads(self._column("user"))

    @property
    def authority(self) -> str:
        """The pinned certificate authority, PEM."""
        self._require()
        return str(self._column("ca"))

    @property
    def credential(self) -> Identity:
        """The certificate and key for mutual TLS."""
        self._require()
        return Identity(self._column("certificate"), self._column("key"))

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate, parsed."""
        return x509.load_pem_x509_certificate(self.credential.certificate.encode())

    def _require(self) -> None:
        if not self.enrolled:
            raise NotEnrolled(f"{self._file.path} is not enrolled with an appliance")

    def renewal_due(self, now_ms: int) -> bool:
        """Whether two thirds of the certificate's life are over."""
        certificate = self.certificate
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        now = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC)
        return now >= start + (end - start) * 2 / 3

    def enroll(
        self, invite: Invite, device: dict[str, str], *, timeout: float, traffic: Traffic
    ) -> None:
        """Spend a pairing code and store what it gives.

        Args:
            invite: where and with which code.
            device: ``name``, ``platform`` and ``app_version`` as shown to the technician.

        Raises:
            BadInvite: another appliance answers; nothing was sent to it but a GET.
            DeviceProblem: the code was refused.
            LinkDown: cut; call again.
            ProtocolBroken: the certificate is not for our key or not of the pinned authority.
        """
        if self.enrolled:
            raise ValueError(f"{self._file.path} is enrolled already")
        authority = invite.pick_authority(_fetch_authority(invite.url, timeout))
        key = self._column("key") or _new_key()
        self._file.execute(
            "INSERT OR REPLACE INTO identity (one, url, ca, key) VALUES (1, ?, ?, ?)",
            *(invite.url, authority, key),
        )
        link = Link(invite.url, ca_pem=authority, timeout=timeout, traffic=traffic)
        try:
            given = link.post_json(
                "/v1/enroll",
                {"code": invite.code, "device": device, "csr": _request(key, device["name"])},
            )
        finally:
            link.close()
        if not isinstance(given, dict) or not isinstance(given.get("device_id"), str):
            raise ProtocolBroken("the answer to an enrollment has no device_id")
        if str(given.get("ca", "")).strip() != authority.strip():
            raise ProtocolBroken("the answer to an enrollment names another authority")
        certificate = _check(given.get("certificate"), key)
        self._file.execute(
            "UPDATE identity SET device_id = ?, user = ?, certificate = ?",
            *(given["device_id"], orjson.dumps(given.get("user")), certificate),
        )

    def renew(self, link: Link) -> None:
        """Get a new certificate over the key the device has."""
        key = self.credential.key
        request = _request(key, self.device_id)
        given = link.post_json("/v1/renew", {"csr": request})
        certificate = _check(given.get("certificate") if isinstance(given, dict) else None, key)
        self._file.execute("UPDATE identity SET certificate = ?", certificate)


def _fetch_authority(url: str, timeout: float) -> bytes:
    """GET /ca.pem from whoever answers: the fingerprint is what tells who it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port, timeout=timeout, context=context
    )
    try:
        connection.request("GET", "/ca.pem")
        answer = connection.getresponse()
        body = answer.read(MAX_CA_BYTES + 1)
        if answer.status != 200 or len(body) > MAX_CA_BYTES:
            raise BadInvite(f"{url}/ca.pem answers {answer.status}: that is no appliance")
        return body
    except (OSError, http.client.HTTPException) as error:
        raise LinkDown(f"GET {url}/ca.pem: {error}") from error
    finally:
        connection.close()


def _new_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _private(key: str) -> ec.EllipticCurvePrivateKey:
    loaded = load_pem_private_key(key.encode(), password=None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return loaded


def _request(key: str, name: str) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = request.sign(_private(key), hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


def _check(certificate: object, key: str) -> str:
    if not isinstance(certificate, str):
        raise ProtocolBroken("the answer has no certificate")
    try:
        parsed = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise ProtocolBroken(f"the certificate given is none: {error}") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if parsed.public_key().public_bytes(*form) != _private(key).public_key().public_bytes(*form):
        raise ProtocolBroken("the certificate given is for another key")
    return certificate
