"""Pairing codes: which attempt to enroll is let in.

`decide` is a pure function over what the caller has stored: the codes of one prefix and the
box-wide count of wrong attempts. The caller runs it inside one write transaction and stores what it
returns before it answers, so that no two attempts use one code and a restart forgets no wrong
try.

`RULES` is the whole policy. Two counters bound guessing. A wrong attempt whose prefix is that of an
open code counts against this code, and five close it. Any other wrong attempt can only be answered
with "wrong"; these are limited per minute for the whole box. A flood of them therefore never locks
out a device that has the right code, as the limit is not applied to an open code's prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, Literal

import msgspec

from appliance.enrollment.clock import MINUTE_MS, SECOND_MS
from appliance.enrollment.errors import PairingCodeMalformed
from appliance.enrollment.pairing_code import Guesses, PairingCode, PairingLimits
from appliance.enrollment.pairing_secret import PairingSecret


class Reason(StrEnum):
    """Why an attempt was refused. Each is explained to people in ``docs/enrollment.md``."""

    TOO_MANY = "too_many_attempts"
    MALFORMED = "code_malformed"
    WRONG = "code_wrong"
    EXPIRED = "code_expired"
    USED = "code_used"
    BLOCKED = "code_blocked"
    CANCELLED = "code_cancelled"


class Accepted(msgspec.Struct, frozen=True):
    """The device may enroll.

    Attributes:
        code: as it is to be stored now.
        again: the same key used this code before; its answer was lost on the way. The caller
            answers for the device in `code.device_id` and makes no second one.
        guesses: to be stored.
    """

    code: PairingCode
    again: bool
    guesses: Guesses


class Refused(msgspec.Struct, frozen=True):
    """The device may not enroll.

    Attributes:
        reason: what to tell the device. That a code exists shows only to who knows all of it.
        retry_after_s: seconds until another attempt is looked at, where waiting helps.
        changed: codes whose count of wrong tries went up, to be stored.
        guesses: to be stored.
    """

    reason: Reason
    retry_after_s: int | None
    changed: tuple[PairingCode, ...]
    guesses: Guesses


class _Attempt(msgspec.Struct, frozen=True):
    """The facts the rules ask about."""

    secret: PairingSecret | None  # None: the text is no code
    found: PairingCode | None  # the code whose secret this is, in whatever state
    near: tuple[PairingCode, ...]  # open codes of the same prefix
    key: str
    flooded: bool
    now_ms: int
    tries: int


_ACCEPT: Final = "accept"
_AGAIN: Final = "again"
_Outcome = Reason | Literal["accept", "again"]

RULES: Final[
    tuple[tuple[Callable[[_Attempt], bool], _Outcome, Literal["", "box", "code"]], ...]
] = (
    # The first row whose condition holds decides. `found` is the code; each row with it knows that
    # the sender holds the whole secret, so it may be told what became of it.
    # condition                                              outcome            counts against
    (lambda a: not a.found and not a.near and a.flooded, Reason.TOO_MANY, ""),
    (lambda a: a.secret is None, Reason.MALFORMED, "box"),
    (lambda a: not a.found and bool(a.near), Reason.WRONG, "code"),
    (lambda a: not a.found, Reason.WRONG, "box"),
    (lambda a: _code(a).state == "cancelled", Reason.CANCELLED, ""),
    (lambda a: _code(a).wrong_tries >= a.tries, Reason.BLOCKED, ""),
    (lambda a: a.now_ms >= _code(a).expires_at_ms, Reason.EXPIRED, ""),
    (lambda a: _code(a).state == "open", _ACCEPT, ""),
    (lambda a: _code(a).used_by == a.key, _AGAIN, ""),
    (lambda a: True, Reason.USED, ""),
)


def decide(
    text: str,
    key_thumbprint: str,
    codes: Sequence[PairingCode],
    guesses: Guesses,
    now_ms: int,
    limits: PairingLimits | None = None,
) -> Accepted | Refused:
    """Let an attempt in or refuse it.

    Args:
        text: the code as the device sent it.
        key_thumbprint: names the key the device wants a credential for.
        codes: the stored codes, in any state, at least those of the text's prefix (`prefix_of`).
        guesses: as stored last; `Guesses()` at first.
        now_ms: ms since 1970.
        limits: the defaults of `PairingLimits` if None.
    """
    limits = limits or PairingLimits()
    guesses = guesses.at(now_ms)
    try:
        secret = PairingSecret.parse(text)
    except PairingCodeMalformed:
        secret = None
    same_prefix = [code for code in codes if secret and code.prefix == secret.prefix]
    found = [code for code in same_prefix if secret and code.matches(secret)]
    attempt = _Attempt(
        secret=secret,
        found=found[0] if found else None,
        near=tuple(code for code in same_prefix if code.is_open(now_ms, limits.tries)),
        key=key_thumbprint,
        flooded=guesses.count >= limits.guesses_a_minute,
        now_ms=now_ms,
        tries=limits.tries,
    )
    outcome, counts = next(row[1:] for row in RULES if row[0](attempt))
    if outcome == _ACCEPT:
        used = msgspec.structs.replace(
            _code(attempt), state="used", used_by=key_thumbprint, used_at_ms=now_ms
        )
        return Accepted(used, False, guesses)
    if outcome == _AGAIN:
        return Accepted(_code(attempt), True, guesses)
    changed: tuple[PairingCode, ...] = ()
    if counts == "box":
        guesses = Guesses(guesses.window_start_ms, guesses.count + 1)
    elif counts == "code":
        changed = tuple(
            msgspec.structs.replace(code, wrong_tries=code.wrong_tries + 1) for code in attempt.near
        )
    wait_s = None
    if outcome == Reason.TOO_MANY:
        wait_s = -((now_ms - guesses.window_start_ms - MINUTE_MS) // SECOND_MS)
    return Refused(Reason(outcome), wait_s, changed, guesses)


def prefix_of(text: str) -> str | None:
    """The prefix to look codes up by, or None where the text is no code at all."""
    try:
        return PairingSecret.parse(text).prefix
    except PairingCodeMalformed:
        return None


def _code(attempt: _Attempt) -> PairingCode:
    assert attempt.found is not None
    return attempt.found
