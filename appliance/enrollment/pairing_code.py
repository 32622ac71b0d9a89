"""What a box keeps about pairing codes: limits, records and the count of guesses. Plain data."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from typing import Literal

import msgspec

from appliance.enrollment.clock import MINUTE_MS
from appliance.enrollment.entropy import Entropy
from appliance.enrollment.pairing_secret import PairingSecret


class PairingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a code lives and how much guessing is borne.

    Attributes:
        lifetime_ms: from making a code to its end; 1 minute to 1 day.
        tries: wrong tries that close a code; 1 to 100.
        guesses_a_minute: wrong attempts at no code in particular that are looked at in a minute;
            1 to 10,000.

    Raises:
        ValueError: a value out of its range.
    """

    lifetime_ms: int = 15 * MINUTE_MS
    tries: int = 5
    guesses_a_minute: int = 30

    def __post_init__(self) -> None:
        if not MINUTE_MS <= self.lifetime_ms <= 24 * 60 * MINUTE_MS:
            raise ValueError("lifetime_ms: a code lives 1 minute to 1 day")
        if not 1 <= self.tries <= 100:
            raise ValueError("tries: 1 to 100")
        if not 1 <= self.guesses_a_minute <= 10_000:
            raise ValueError("guesses_a_minute: 1 to 10000")


class PairingCode(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a code. It cannot be turned back into the code.

    Attributes:
        id: 16 hex digits.
        prefix: the code's first 4 characters; how people name it.
        full_digest, typed_digest: `PairingSecret.digest` of the two forms.
        user_id: whose device it will be.
        roles: what the device may act as, at least one.
        created_at_ms, expires_at_ms: its window, ms since 1970; the end is outside.
        wrong_tries: so far.
        state: ``open``, ``used``, or ``cancelled`` by a person.
        used_by: thumbprint of the key that used it.
        used_at_ms: when.
        device_id: the device it made; set by the caller that enrolls it.
    """

    id: str
    prefix: str
    full_digest: str
    typed_digest: str
    user_id: str
    roles: tuple[str, ...]
    created_at_ms: int
    expires_at_ms: int
    wrong_tries: int = 0
    state: Literal["open", "used", "cancelled"] = "open"
    used_by: str | None = None
    used_at_ms: int | None = None
    device_id: str | None = None

    def matches(self, secret: PairingSecret) -> bool:
        """Whether the secret is this code's, in either form. Takes the same time for any secret."""
        digest = secret.digest(self.id)
        full = hmac.compare_digest(digest, self.full_digest)
        typed = hmac.compare_digest(digest, self.typed_digest)
        return full or typed

    def is_open(self, now_ms: int, tries: int) -> bool:
        """Whether the right secret would be let in now."""
        return self.state == "open" and now_ms < self.expires_at_ms and self.wrong_tries < tries


class Guesses(msgspec.Struct, frozen=True):
    """Wrong attempts in the current minute, for the whole box; stored by the caller.

    Attributes:
        window_start_ms: when the minute began, ms since 1970.
        count: wrong attempts since.
    """

    window_start_ms: int = 0
    count: int = 0

    def at(self, now_ms: int) -> Guesses:
        """The count that holds now: a new minute starts at 0. A clock set back keeps the count."""
        if now_ms - self.window_start_ms >= MINUTE_MS:
            return Guesses(now_ms, 0)
        if now_ms < self.window_start_ms:
            return Guesses(now_ms, self.count)
        return self


def new_code(
    user_id: str,
    roles: Sequence[str],
    *,
    now_ms: int,
    entropy: Entropy,
    open_prefixes: Collection[str] = (),
    lifetime_ms: int | None = None,
) -> tuple[PairingCode, PairingSecret]:
    """Make a code: the record to store, and the secret to show once and forget.

    Args:
        user_id: whose device it will be.
        roles: what the device may act as, at least one.
        now_ms: ms since 1970.
        entropy: for the secret and the id.
        open_prefixes: prefixes of the codes that are open now; the new one gets another.
        lifetime_ms: the default of `PairingLimits` if None.

    Raises:
        ValueError: no role, or a lifetime out of range.
        RuntimeError: no free prefix was found; the entropy is broken or all are open.
    """
    if not roles:
        raise ValueError("a pairing code needs at least one role")
    limits = PairingLimits() if lifetime_ms is None else PairingLimits(lifetime_ms=lifetime_ms)
    for _ in range(1_000):
        secret = PairingSecret.new(entropy)
        if secret.prefix not in open_prefixes:
            break
    else:
        raise RuntimeError("no free prefix for a pairing code; is the source of entropy broken?")
    code_id = entropy(8).hex()
    code = PairingCode(
        id=code_id,
        prefix=secret.prefix,
        full_digest=secret.digest(code_id),
        typed_digest=secret.typed_part().digest(code_id),
        user_id=user_id,
        roles=tuple(roles),
        created_at_ms=now_ms,
        expires_at_ms=now_ms + limits.lifetime_ms,
    )
    return code, secret
