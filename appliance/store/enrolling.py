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
from appliance.enrollment.clock import DAY_MS, MINUTE_MS, SECOND_MS
from appliance.enrollment.device_request import DeviceRequest
from appliance.enrollment.entropy import Entropy
from appliance.enrollment.identity import Device, User
from appliance.enrollment.jwk import PublicJwk
from appliance.enrollment.pairing import Accepted, Reason, Refused, decide, prefix_of
from appliance.enrollment.pairing_code import Guesses, PairingCode, PairingLimits, new_code
from appliance.enrollment.pairing_secret import PairingSecret
from appliance.enrollment.tokens import issue_token
from appliance.store.audit import AuditBook
from appliance.store.connection import Connection
from appliance.store.identities import IdentityBook
from appliance.store.pairing import PairingBook
from appliance.store.transaction import WriteTransaction

Key = DeviceRequest | PublicJwk

RENEWALS_A_MINUTE = 5
"""Renewals of one device: more than one, because an answer may be lost."""

CREDENTIALS = 20
"""Credentials of one device that are kept, the newest."""


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
        self._entries = Guesses()

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

    def open_codes(self, connection: Connection, now_ms: int) -> list[PairingCode]:
        """Return the codes that the right secret would be let in with now, the oldest first."""
        return [
            code
            for code in PairingBook(connection).unexpired(now_ms)
            if code.is_open(now_ms, self._limits.tries)
        ]

    def tries_left(self, code: PairingCode) -> int:
        """Return how many wrong tries a code bears still."""
        return max(0, self._limits.tries - code.wrong_tries)

    def cancel(self, tx: WriteTransaction, code: PairingCode, login: str, actor: str) -> None:
        """Take an open code back; who tries it is told so."""
        PairingBook(tx.db).save(msgspec.structs.replace(code, state="cancelled"))
        AuditBook(tx.db).add(
            tx.now_ms, actor, "device.uninvite", f"user:{login}", {"prefix": code.prefix}
        )

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
        guesses = pairing.guesses()
        verdict = decide(code, _thumbprint(key), found, guesses, tx.now_ms, self._limits)
        if verdict.guesses != guesses:
            pairing.save_guesses(verdict.guesses)
        if isinstance(verdict, Refused):
            for changed in verdict.changed:
                pairing.save(changed)
            if self._is_worth_an_entry(verdict, tx.now_ms):
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

    def _is_worth_an_entry(self, verdict: Refused, now_ms: int) -> bool:
        """Tell whether a refusal is written down: anybody on the network can cause one, so a
        flood of them must neither fill the disk nor bury the rest of the audit log."""
        self._entries = self._entries.at(now_ms)
        if verdict.reason is Reason.TOO_MANY:
            return False
        if self._entries.count >= self._limits.guesses_a_minute + self._limits.tries:
            return False
        self._entries = Guesses(self._entries.window_start_ms, self._entries.count + 1)
        return True

    def renew(
        self, tx: WriteTransaction, device: Device, user: User, key: Key
    ) -> Admission | Refused:
        """Give a device a new credential beside its older ones, of which the newest are kept."""
        identities = IdentityBook(tx.db)
        life_ms = self._token_ms if isinstance(key, PublicJwk) else self._device_days * DAY_MS
        since = tx.now_ms + life_ms - MINUTE_MS
        newest = [one for one in identities.credentials_of(device.id) if one.not_after_ms > since]
        if len(newest) >= RENEWALS_A_MINUTE:
            return Refused(Reason.TOO_MANY, MINUTE_MS // SECOND_MS, (), Guesses())
        AuditBook(tx.db).add(tx.now_ms, f"device:{device.id}", "device.renew", device.id)
        admission = self._issue(tx, device, user, key)
        identities.keep_credentials(device.id, CREDENTIALS)
        return admission

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
