"""Whether a credential counts now, at the handshake and at each request.

The TLS layer answers one question only: was the certificate signed by this box's authority for a
client? Its own judgement of the dates has to be set aside (OpenSSL's errors "not yet valid" and
"expired"), because it takes the system's clock and knows no grace; `standing` judges them by the
box's clock. A resumed TLS session skips the handshake's checks, so each request asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

from appliance.enrollment.clock import DAY_MS
from appliance.enrollment.device_certificate import Presented
from appliance.enrollment.identity import Credential, Device, User

GRACE_MS: Final = 30 * DAY_MS
"""How long after its end a credential may still be renewed, by default: a device left in a drawer
over a holiday comes back by itself."""


class Standing(StrEnum):
    """What a credential is good for now. Each is explained in ``docs/enrollment.md``."""

    ACTIVE = "active"
    RENEW_ONLY = "renew_only"
    EXPIRED = "credential_expired"
    NOT_YET_VALID = "credential_not_yet_valid"
    REVOKED = "device_revoked"
    LOCKED = "user_locked"
    UNKNOWN = "credential_unknown"


class _Facts(msgspec.Struct, frozen=True):
    credential: Credential
    device: Device
    user: User
    now_ms: int
    grace_ms: int


RULES: Final[tuple[tuple[Callable[[_Facts], bool], Standing], ...]] = (
    # The first row whose condition holds decides.
    (lambda f: f.device.id != f.credential.device_id, Standing.UNKNOWN),
    (lambda f: f.user.id != f.device.user_id, Standing.UNKNOWN),
    (lambda f: f.device.state != "active", Standing.REVOKED),
    (lambda f: f.credential.revoked_at_ms is not None, Standing.REVOKED),
    (lambda f: f.user.locked, Standing.LOCKED),
    (lambda f: f.now_ms < f.credential.not_before_ms, Standing.NOT_YET_VALID),
    (lambda f: f.now_ms < f.credential.not_after_ms, Standing.ACTIVE),
    (lambda f: f.now_ms < f.credential.not_after_ms + f.grace_ms, Standing.RENEW_ONLY),
    (lambda f: True, Standing.EXPIRED),
)


def standing(
    credential: Credential | None,
    device: Device | None,
    user: User | None,
    *,
    now_ms: int,
    grace_ms: int = GRACE_MS,
    presented: Presented | None = None,
) -> Standing:
    """What a credential is good for now.

    Args:
        credential: as stored under the certificate's serial number or the token's hash; None where
            nothing is stored.
        device: the credential's device, as stored.
        user: the device's user, as stored.
        now_ms: ms since 1970, by the box's clock.
        grace_ms: how long after its end a credential may be renewed.
        presented: the certificate, where there is one: it must be the stored one to the letter.

    Returns:
        `Standing.RENEW_ONLY` lets ``POST /v1/renew`` in and nothing else; `Standing.ACTIVE` all.
    """
    if credential is None or device is None or user is None:
        return Standing.UNKNOWN
    if presented is not None and (
        credential.kind != "certificate"
        or presented.serial != credential.id
        or presented.device_id != credential.device_id
        or presented.key_thumbprint != credential.key_thumbprint
        or presented.not_after_ms != credential.not_after_ms
    ):
        return Standing.UNKNOWN
    facts = _Facts(credential, device, user, now_ms, grace_ms)
    return next(answer for holds, answer in RULES if holds(facts))
