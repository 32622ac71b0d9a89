"""TLS: the contexts connections are made of, and how a context is replaced while they live.

TLS 1.3 only. A client certificate is asked for, never demanded: browsers have none. One that is
presented must chain to the box's CA and be accepted, else the handshake fails. An expired one is
let through here and judged at each request, because it must be able to reach ``/v1/renew``.

Sessions resume by tickets (RFC 8446, 2.2). OpenSSL keeps the client's certificate in the ticket
but does not call the verify callback when a session resumes, so revocation is checked once more
when any handshake ends. Ticket keys belong to a context: after a rotation every client makes one
full handshake, which also means that no ticket outlives the CA it was verified against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from appliance.http.peer import PeerCertificate

if TYPE_CHECKING:
    from twisted.protocols.tls import TLSMemoryBIOProtocol

AcceptPeer = Callable[[PeerCertificate], bool]
"""Whether a client with this certificate may connect; False for a revoked one. Must not block."""

SESSION_SECONDS = 12 * 3600
"""How long a ticket resumes a session: a phone that slept through a shift still resumes."""

_SESSION_ID_CONTEXT = b"fieldbox/1"
_CERTIFICATE_NOT_YET_VALID = 9  # X509_V_ERR_CERT_NOT_YET_VALID of OpenSSL's x509_vfy.h
_CERTIFICATE_HAS_EXPIRED = 10
_ALPN = b"http/1.1"


class TlsError(Exception):
    """The technician's or the box's TLS material cannot be used; the text says why."""


class PeerRefused(Exception):
    """A client presented a certificate that is not accepted any more."""


class TlsMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """What a context is built from, all PEM.

    Attributes:
        chain: the server's certificate first, then its issuers.
        key: the private key of the first certificate; left out of the repr.
        client_cas: the certificates that client certificates must chain to; at least one.
    """

    chain: bytes
    key: bytes
    client_cas: bytes

    def __repr__(self) -> str:
        return f"TlsMaterial(chain={len(self.chain)} bytes, key=..., client_cas=...)"


def server_context(material: TlsMaterial, accept_peer: AcceptPeer) -> SSL.Context:
    """Build a context.

    Raises:
        TlsError: a PEM text that cannot be read, or a key that is not the certificate's.
    """
    chain = _certificates(material.chain, "the server's certificate chain")
    authorities = _certificates(material.client_cas, "the CA for client certificates")
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_max_proto_version(SSL.TLS1_3_VERSION)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    # Gives the two record buffers of an idle connection back: some 32 KiB each device.
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.use_certificate(chain[0])
    for issuer in chain[1:]:
        context.add_extra_chain_cert(issuer)
    try:
        key = load_pem_private_key(material.key, None)
    except (ValueError, TypeError):
        raise TlsError("the server's private key is not an unencrypted PEM key") from None
    if not isinstance(
        key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    ):
        raise TlsError("the server's private key must be EC, RSA or Ed25519")
    if key.public_key() != chain[0].public_key():
        raise TlsError("the server's private key does not belong to its certificate")
    context.use_privatekey(key)
    context.check_privatekey()
    _trust(context, authorities, accept_peer)
    _resume(context)
    context.set_alpn_select_callback(_select_protocol)
    return context


def _certificates(pem: bytes, what: str) -> list[x509.Certificate]:
    try:
        certificates = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise TlsError(f"{what} is not PEM") from None
    return certificates


def _trust(
    context: SSL.Context, authorities: Sequence[x509.Certificate], accept_peer: AcceptPeer
) -> None:
    store = context.get_cert_store()
    if store is None:
        raise TlsError("OpenSSL gave no certificate store")
    for authority in authorities:
        store.add_cert(crypto.X509.from_cryptography(authority))
        context.add_client_ca(authority)

    def verify(
        _connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int
    ) -> bool:
        if not ok:
            # OpenSSL goes by the system's clock, which may never have been set. The times of a
            # device's certificate are checked at every request, by the time of the box.
            return error == _CERTIFICATE_NOT_YET_VALID or (
                depth == 0 and error == _CERTIFICATE_HAS_EXPIRED
            )
        return depth > 0 or _accepted(certificate.to_cryptography(), accept_peer)

    def ended(connection: SSL.Connection, where: int, _value: int) -> None:
        if not where & SSL.SSL_CB_HANDSHAKE_DONE:
            return
        certificate = connection.get_peer_certificate(as_cryptography=True)
        if certificate is not None and not _accepted(certificate, accept_peer):
            protocol: TLSMemoryBIOProtocol = connection.get_app_data()
            protocol.failVerification(Failure(PeerRefused("the certificate was revoked")))  # type: ignore[no-untyped-call]

    context.set_verify(SSL.VERIFY_PEER, verify)
    context.set_info_callback(ended)


def _accepted(certificate: x509.Certificate, accept_peer: AcceptPeer) -> bool:
    try:
        peer = PeerCertificate.of(certificate)
    except ValueError:
        return False
    return accept_peer(peer)


def _resume(context: SSL.Context) -> None:
    # Without an id context OpenSSL ends the handshake of a client that resumes with a certificate.
    context.set_session_id(_SESSION_ID_CONTEXT)
    context.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
    context.set_timeout(SESSION_SECONDS)


def _select_protocol(
    _connection: SSL.Connection, offered: list[bytes]
) -> bytes | SSL._NoOverlappingProtocols:
    return _ALPN if _ALPN in offered else SSL.NO_OVERLAPPING_PROTOCOLS


@implementer(IOpenSSLServerConnectionCreator)
class ContextSwitch:
    """Gives each new connection the newest context; connections keep the one they began with."""

    def __init__(self, context: SSL.Context) -> None:
        self._context = context

    def replace(self, context: SSL.Context) -> None:
        """Use `context` for every connection accepted from now on."""
        self._context = context

    def serverConnectionForTLS(self, _protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """A fresh connection for twisted's TLS layer."""
        return SSL.Connection(self._context, None)


def peer_certificate(transport: object) -> PeerCertificate | None:
    """The peer of a TLS transport of twisted, also after resumption; None without one.

    Raises:
        ValueError: the certificate is not one of ours; the handshake refuses such ones.
    """
    handle = getattr(transport, "getHandle", None)
    connection = handle() if handle is not None else None
    if not isinstance(connection, SSL.Connection):
        return None
    certificate = connection.get_peer_certificate(as_cryptography=True)
    return None if certificate is None else PeerCertificate.of(certificate)
