"""The server's certificate: the technician's own, or one that the box makes and renews."""

from __future__ import annotations

import socket
from collections.abc import Iterable

import ifaddr
import structlog

from appliance.config.settings import Tls
from appliance.daemon.lan_address import lan_address
from appliance.enrollment.errors import NameRefused, ServerFileError, ServerKeyError
from appliance.enrollment.server_certificate import ServerCertificate
from appliance.http.tls import TlsMaterial
from appliance.store.box import Box


def local_addresses() -> list[str]:
    """Return the IP addresses of this machine's network cards."""
    return [
        ip.ip if isinstance(ip.ip, str) else ip.ip[0]
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    ]


STANDING_NAMES = ("localhost", "127.0.0.1", "::1")


def server_names(box: Box) -> list[str]:
    """Return the names and addresses under which devices reach this box."""
    http, tls = box.settings.http, box.settings.tls
    hostname = socket.gethostname().split(".")[0].lower()
    candidates: list[str] = [*STANDING_NAMES, hostname, f"{hostname}.local"]
    candidates += [address.partition("%")[0] for address in local_addresses()]
    if not http.listen.is_unspecified:
        candidates.append(http.listen.host)
    if http.public_host:
        candidates.append(http.public_host)
    wanted = [*dict.fromkeys(candidates)]
    names = [name for name in wanted if _permitted(box, name)]
    return [*dict.fromkeys((*names, *tls.extra_names))]


def _permitted(box: Box, name: str) -> bool:
    try:
        box.authority.limits.parse([name])
    except NameRefused:
        return False
    return True


def server_certificate(box: Box) -> ServerCertificate:
    """Return the certificate to serve with now.

    Raises:
        TechnicianError: the technician's files cannot be used, or the clock is not set.
    """
    tls = box.settings.tls
    own = own_certificate(tls)
    if own is not None:
        untimely = own.untimely(box.now_ms())
        if untimely:
            structlog.get_logger("appliance.daemon").warning(
                "certificate_untimely", file=str(tls.certificate), reason=untimely
            )
        return own
    names = server_names(box)
    structlog.get_logger("appliance.daemon").info("certificate_made", names=_shown(names))
    return box.authority.server_leaf(
        names, now_ms=box.now_ms(), entropy=box.entropy, days=tls.server_days
    )


def own_certificate(tls: Tls) -> ServerCertificate | None:
    """Return the technician's own certificate; None where the box makes its own.

    Raises:
        ServerKeyError: the file of the private key cannot be used.
        ServerFileError: the file of the certificate cannot be used.
    """
    if tls.certificate is None or tls.private_key is None:
        return None
    try:
        chain = tls.certificate.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ServerFileError(f"tls.certificate: {tls.certificate}: {_plain(error)}") from error
    try:
        key = tls.private_key.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ServerKeyError(f"tls.private_key: {tls.private_key}: {_plain(error)}") from error
    return ServerCertificate.load(chain, key, tls.private_key_password.reveal() or None)


def _plain(error: OSError | ValueError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is not text"


def _shown(names: Iterable[str]) -> str:
    return " ".join(names)


def material(box: Box, certificate: ServerCertificate) -> TlsMaterial:
    """Return what a TLS context is built from."""
    return TlsMaterial(
        chain=certificate.chain_pem.encode(),
        key=certificate.key_pem.encode(),
        client_cas=box.authority.certificate_pem.encode(),
    )


def public_host(box: Box) -> str:
    """Return the host that devices are told to use."""
    http = box.settings.http
    if http.public_host:
        return http.public_host
    if not http.listen.is_unspecified:
        return http.listen.host
    return lan_address()
