"""Enrollment inside the writer's transaction: codes are used, devices and credentials made.

What a refused attempt changes (counters of wrong tries) is stored too, so a refusal is a value
that the job returns and no exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from appliance.api.values import uuid7
from appliance.enrollment.authority import Authority
from appliance.enrollment.device_request import DeviceRequest
from appliance.enrollment.entropy import Entropy
from appliance.enrollment.identity import Device, User
from appliance.enrollment.jwk import PublicJwk
from appliance.enrollment.pairing import Accepted, Refused, decide, prefix_of
from appliance.enrollment.pairing_code import PairingCode, PairingLimits, new_code
from appliance.enrollment.pairing_secret import PairingSecret
from appliance.enrollment.tokens import issue_token
from appliance.store.audit import AuditBook
from appliance.store.identities import IdentityBook
from appliance.store.pairing import PairingBook
from appliance.store.transaction import WriteTransaction

Key = DeviceRequest | PublicJwk


class DeviceClaim(msgspec.Struct, frozen=True):
    """What a device says of itself.

    Attributes:
        name, platform, app_version: for people.
    """

    name: str
    platform: str
    app_version: str


class Admission(NamedTuple):
    """A device was let in, or its credential renewed.

    Attributes:
        device, user: who it is.
        certificate: PEM, for a native device.
        token: for a browser.
        expires_in_s: of the token.
    """

    device: Device
    user: User
    certificate: str | None
    token: str | None
    expires_in_s: int | None


class Enroller:
    """Makes codes, devices and credentials."""

    def __init__(
        self,
        authority: Authority,
        entropy: Entropy,
        limits: PairingLimits,
        *,
        device_days: int,
        token_ms: int,
    ) -> None:
        """Take the authority and the limits.

        Args:
            authority: signs device certificates.
            entropy: for secrets.
            limits: of pairing codes.
            device_days: life of a device certificate.
            token_ms: life of a browser's token.
        """
        self._authority = authority
        self._entropy = entropy
        self._limits = limits
        self._device_days = device_days
        self._token_ms = token_ms

    def invite(
        self, tx: WriteTransaction, user: User, roles: Sequence[str], actor: str
    ) -> tuple[PairingCode, PairingSecret]:
        """Make a pairing code for a user; the secret is shown once."""
        book = PairingBook(tx.db)
        limits = self._limits
        taken = {
            code.prefix for code in book.all(tx.now_ms) if code.is_open(tx.now_ms, limits.tries)
        }
        code, secret = new_code(
            user.id,
            roles,
            now_ms=tx.now_ms,
            entropy=self._entropy,
            open_prefixes=taken,
            lifetime_ms=limits.lifetime_ms,
        )
        book.save(code)
        AuditBook(tx.db).add(
            tx.now_ms, actor, "device.invite", f"user:{user.login}", {"prefix": code.prefix}
        )
        return code, secret

    def enroll(
        self, tx: WriteTransaction, code: str, claim: DeviceClaim, key: Key, address: str
    ) -> Admission | Refused:
        """Let a device in with a code, or refuse it.

        Args:
            tx: the transaction.
            code: as the device sent it.
            claim: what it says of itself.
            key: what it will prove itself with.
            address: where it came from, for the audit log.
        """
        pairing = PairingBook(tx.db)
        identities = IdentityBook(tx.db)
        prefix = prefix_of(code)
        found = pairing.of_prefix(prefix) if prefix is not None else []
        verdict = decide(code, _thumbprint(key), found, pairing.guesses(), tx.now_ms, self._limits)
        pairing.save_guesses(verdict.guesses)
        if isinstance(verdict, Refused):
            for changed in verdict.changed:
                pairing.save(changed)
            detail = {"reason": str(verdict.reason), "prefix": prefix or ""}
            AuditBook(tx.db).add(
                tx.now_ms, f"address:{address}", "device.refused", "pairing", detail
            )
            return verdict
        return self._admit(tx, verdict, claim, key, identities, pairing)

    def _admit(
        self,
        tx: WriteTransaction,
        verdict: Accepted,
        claim: DeviceClaim,
        key: Key,
        identities: IdentityBook,
        pairing: PairingBook,
    ) -> Admission:
        kind: Literal["native", "browser"] = (
            "native" if isinstance(key, DeviceRequest) else "browser"
        )
        code = verdict.code
        known = identities.enrolled(code.device_id) if verdict.again and code.device_id else None
        if known is not None:
            return self._issue(tx, known.device, known.user, key)
        user = identities.user_by_id(code.user_id)
        assert user is not None
        device = Device(
            id=uuid7(tx.now_ms, self._entropy(10)),
            user_id=user.id,
            roles=code.roles,
            name=claim.name,
            platform=claim.platform,
            app_version=claim.app_version,
            kind=kind,
            enrolled_at_ms=tx.now_ms,
        )
        identities.add_device(device)
        pairing.save(msgspec.structs.replace(code, device_id=device.id))
        AuditBook(tx.db).add(
            tx.now_ms,
            f"device:{device.id}",
            "device.enroll",
            f"user:{user.login}",
            {"name": claim.name[:100], "platform": claim.platform[:50], "kind": kind},
        )
        return self._issue(tx, device, user, key)

    def renew(self, tx: WriteTransaction, device: Device, user: User, key: Key) -> Admission:
        """Give a device a new credential beside its older ones."""
        AuditBook(tx.db).add(tx.now_ms, f"device:{device.id}", "device.renew", device.id)
        return self._issue(tx, device, user, key)

    def _issue(self, tx: WriteTransaction, device: Device, user: User, key: Key) -> Admission:
        identities = IdentityBook(tx.db)
        if isinstance(key, DeviceRequest):
            made = self._authority.device_certificate(
                key, device.id, now_ms=tx.now_ms, entropy=self._entropy, days=self._device_days
            )
            identities.add_credential(made.credential())
            return Admission(device, user, made.pem, None, None)
        token = issue_token(
            device.id,
            key.thumbprint,
            now_ms=tx.now_ms,
            entropy=self._entropy,
            lifetime_ms=self._token_ms,
        )
        identities.add_credential(token.credential)
        return Admission(device, user, None, token.token, token.expires_in_s)


def _thumbprint(key: Key) -> str:
    return key.key_thumbprint if isinstance(key, DeviceRequest) else key.thumbprint
