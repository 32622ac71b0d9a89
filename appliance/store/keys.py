"""The authority's key on disk: made once, readable by the box's user alone."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from appliance.enrollment import base64url
from appliance.enrollment.authority import Authority
from appliance.enrollment.entropy import Entropy
from appliance.enrollment.server_names import NameLimits
from appliance.store.errors import StoreError, StoreUnavailable


class Anchor(NamedTuple):
    """The certificate that devices trust this box by.

    Attributes:
        pem: of the certificate.
        sha256: of its DER, base64url: what the pairing QR holds.
    """

    pem: str
    sha256: str


CERTIFICATE = "ca.pem"
KEY = "ca.key"


def open_authority(
    folder: Path,
    appliance_id: str,
    extra_names: Iterable[str],
    now_ms: int,
    entropy: Entropy,
    *,
    known_devices: int = 0,
) -> Authority:
    """Read the authority, or make one where there is none.

    Args:
        folder: where its two files are.
        appliance_id: stands in its name.
        extra_names: names and addresses it may certify beside those of local networks.
        now_ms: the clock.
        entropy: gives random bytes.
        known_devices: how many devices the store knows; they trust the authority that enrolled
            them, so none is made in its place.

    Raises:
        StoreError: one of the two files is missing, or both where devices are known, or they
            cannot be read.
        StoreUnavailable: they cannot be written.
        TechnicianError: they are damaged, or the clock is not set.
    """
    certificate, key = folder / CERTIFICATE, folder / KEY
    try:
        if certificate.exists() and key.exists():
            return Authority.load(certificate.read_text("ascii"), key.read_text("ascii"))
    except (OSError, UnicodeDecodeError) as error:
        why = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
        raise StoreError(f"the authority's files in {folder} cannot be read: {why}") from error
    if certificate.exists() or key.exists():
        lone, gone = (CERTIFICATE, KEY) if certificate.exists() else (KEY, CERTIFICATE)
        raise StoreError(
            f"{folder} holds {lone} without {gone}: restore both from a backup"
            + ("" if known_devices else f", or remove {lone} to make a new authority")
        )
    if known_devices:
        raise StoreError(
            f"{folder} is empty, but devices that the store knows ({known_devices}) trust the "
            "authority that was there: restore it from a backup, or move the store away to "
            "begin anew"
        )
    limits = NameLimits.for_appliance(socket.gethostname(), extra_names)
    authority = Authority.create(appliance_id, limits, now_ms=now_ms, entropy=entropy)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(key, authority.key_pem)
        write_private(certificate, authority.certificate_pem)
    except OSError as error:
        raise StoreUnavailable(
            f"the authority's files in {folder} cannot be written: {error.strerror}"
        ) from error
    return authority


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def anchor_of(authority: Authority, chain: Path | None) -> Anchor:
    """Return what devices trust: the authority, or the top of the technician's own chain.

    Args:
        authority: the box's own.
        chain: the file of ``tls.certificate``, where there is one; its last certificate is meant.

    Raises:
        StoreError: the file cannot be read.
    """
    if chain is None:
        return Anchor(authority.certificate_pem, authority.ca_sha256)
    try:
        top = x509.load_pem_x509_certificates(chain.read_bytes())[-1]
    except (OSError, ValueError) as error:
        raise StoreError(f"tls.certificate: {chain} cannot be read: {error}") from error
    digest = sha256(top.public_bytes(Encoding.DER)).digest()
    return Anchor(top.public_bytes(Encoding.PEM).decode("ascii"), base64url.encode(digest))
