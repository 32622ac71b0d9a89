"""The audit log: its newest entries, and whether its chain holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Listing, Operation
from appliance.enrollment.audit import AuditEntry, verify
from appliance.store.audit import AuditBook
from appliance.store.connection import Connection

_TELL_EVERY = 10_000
_HASH = "64 hex digits in lower case, as `fieldbox audit verify` prints them"


class ListAudit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of the newest entries, from before which number."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 50
    before: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None


class VerifyAudit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``last_hash``: the newest entry's hash as it was copied down, where it was."""

    last_hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$", description=_HASH)] | None = (
        None
    )


class AuditState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the chain holds.

    Attributes:
        sound: every entry is as it was written and none is missing.
        broken_at: number of the first that is not, None where all are.
        entries: how many there are.
        last_hash: of the newest, "" where there is none: copy it down to notice a cut-off end.
    """

    sound: bool
    broken_at: int | None
    entries: int
    last_hash: str


def list_audit(desk: Desk, params: ListAudit, _actor: str) -> Listing:
    """Return the newest entries, the newest first."""
    return Listing(
        rows=desk.box.store.fetch(
            lambda connection: list(AuditBook(connection).newest(params.limit, params.before))
        )
    )


def verify_audit(desk: Desk, params: VerifyAudit, _actor: str) -> AuditState:
    """Check every entry's hash and place."""

    def read(connection: Connection) -> AuditState:
        book = AuditBook(connection)
        last = book.last()
        total = last.n if last is not None else 0
        broken_at = verify(_counted(desk, book.entries(), total), last_hash=params.last_hash)
        return AuditState(
            sound=broken_at is None,
            broken_at=broken_at,
            entries=total,
            last_hash=last.hash if last is not None else "",
        )

    return desk.box.store.fetch(read)


def _counted(desk: Desk, entries: Iterator[AuditEntry], total: int) -> Iterator[AuditEntry]:
    for number, entry in enumerate(entries, 1):
        if number % _TELL_EVERY == 0:
            desk.progress({"done": number, "total": total})
        yield entry


OPERATIONS = (
    Operation("audit.list", ListAudit, "read", list_audit),
    Operation("audit.verify", VerifyAudit, "read", verify_audit),
)
