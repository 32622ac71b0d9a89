"""The audit log: entries chained by their hashes, so that none can be changed or left out unseen.

An entry's hash is SHA-256 over its canonical JSON: the members of `AuditEntry` without `hash`, keys
sorted by code point, no white space, UTF-8, integers only. The chain does not show that its newest
entries were cut off; compare `verify`'s `last_hash` with a copy kept elsewhere (a backup, a print).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import orjson

from appliance.enrollment.errors import AuditRefused

GENESIS: Final = "0" * 64
"""`prev_hash` of entry 1."""

MAX_DETAIL: Final = 16 * 1024
MAX_TEXT: Final = 256
MAX_DEPTH: Final = 8
_INT_LIMIT: Final = 2**63


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done.

    Attributes:
        n: 1, 2, 3 and so on without gaps.
        at_ms: when, ms since 1970.
        actor: who did it: ``user:ID``, ``device:ID``, ``cli:LOGIN`` or ``system``, for instance.
        action: what: ``device.revoke``, for instance.
        subject: to what or whom.
        detail: further plain data: text, integers, booleans, null, lists and objects; no secrets.
        prev_hash: `hash` of entry n - 1, `GENESIS` for the first.
        hash: 64 hex digits over all of the above.
    """

    n: int
    at_ms: int
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    prev_hash: str
    hash: str


def chain(
    prev: AuditEntry | None,
    *,
    at_ms: int,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """The entry that follows `prev`, or entry 1.

    Raises:
        AuditRefused: a text is too long, or `detail` is not plain data or more than 16 KiB.
    """
    for name, text in (("actor", actor), ("action", action), ("subject", subject)):
        if len(text) > MAX_TEXT:
            raise AuditRefused(f"audit {name} has {len(text)} characters; at most {MAX_TEXT}")
    detail = {} if detail is None else detail
    _check_plain(detail, "detail", MAX_DEPTH)
    size = len(_canonical(detail))
    if size > MAX_DETAIL:
        raise AuditRefused(f"audit detail has {size} bytes; at most {MAX_DETAIL}")
    entry = AuditEntry(
        n=prev.n + 1 if prev is not None else 1,
        at_ms=at_ms,
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
        prev_hash=prev.hash if prev is not None else GENESIS,
        hash="",
    )
    return msgspec.structs.replace(entry, hash=entry_hash(entry))


def entry_hash(entry: AuditEntry) -> str:
    """The hash an entry must have, from its other members.

    Raises:
        AuditRefused: a member cannot be written as canonical JSON.
    """
    members = msgspec.structs.asdict(entry)
    del members["hash"]
    return hashlib.sha256(_canonical(members)).hexdigest()


def verify(
    entries: Iterable[AuditEntry],
    *,
    after: AuditEntry | None = None,
    last_hash: str | None = None,
) -> int | None:
    """The number of the first entry that is broken, missing or out of place; None if all is well.

    Args:
        entries: in order, from entry 1, or from the one after `after`.
        after: an entry that was verified before.
        last_hash: what the last entry's hash must be, where a copy of it was kept; if it is not,
            the number after the last entry is given.
    """
    n, previous = (after.n, after.hash) if after is not None else (0, GENESIS)
    for entry in entries:
        n += 1
        try:
            sound = (
                entry.n == n
                and hmac.compare_digest(entry.prev_hash.encode(), previous.encode())
                and hmac.compare_digest(entry.hash.encode(), entry_hash(entry).encode())
            )
        except (AuditRefused, UnicodeEncodeError):
            sound = False
        if not sound:
            return n
        previous = entry.hash
    if last_hash is not None and previous != last_hash:
        return n + 1
    return None


def _canonical(value: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError) as error:  # a lone surrogate, a type JSON does not have
        raise AuditRefused(f"an audit entry cannot be written as JSON: {error}") from error


def _check_plain(value: object, where: str, depth: int) -> None:
    if depth < 0:
        raise AuditRefused(f"audit {where[:80]} is nested more than {MAX_DEPTH} deep")
    match value:
        case None | bool() | str():
            return
        case int():
            if not -_INT_LIMIT <= value < _INT_LIMIT:
                raise AuditRefused(f"audit {where[:80]} is an integer beyond 64 bits")
        case list():
            for place, item in enumerate(value):
                _check_plain(item, f"{where}[{place}]", depth - 1)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise AuditRefused(f"audit {where[:80]} has a key that is not text")
                _check_plain(item, f"{where}.{key}", depth - 1)
        case _:
            raise AuditRefused(f"audit {where[:80]} is a {type(value).__name__}, not plain data")
