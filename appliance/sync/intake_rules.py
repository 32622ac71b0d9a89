"""The rules of intake that hold for every collection, and how one of them ends a mutation."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.api.errors import RecordError
from appliance.api.mutations import Issue, Outcome
from appliance.sync.envelope import Envelope
from appliance.sync.intake_transaction import Sender
from appliance.sync.own_issues import OwnIssue, own_issue
from appliance.sync.registry import CompiledCollection

CLOCK_TOLERANCE_MS = 10 * 60 * 1000
"""How far ahead a device's clock may be before its documents carry a warning."""


class End(Exception):
    """Ends a mutation with an outcome; raised before anything of it is stored."""

    def __init__(
        self,
        outcome: Outcome,
        *issues: Issue,
        seq: int | None = None,
        row: bytes | None = None,
    ) -> None:
        super().__init__(outcome)
        self.outcome: Outcome = outcome
        self.issues = issues
        self.seq = seq
        self.row = row


def out_of_scope() -> End:
    """Return the end of a mutation whose record no grant of the device covers."""
    return End("quarantined", own_issue("scope_denied"))


def check_rights(collection: CompiledCollection, sender: Sender) -> None:
    """End a mutation of a collection that the sender may not write."""
    if collection.spec.direction == "down":
        raise End("quarantined", own_issue("role_denied:down", collection=collection.name))
    if collection.name not in sender.writable:
        roles = ", ".join(sender.roles)
        raise End("quarantined", own_issue("role_denied", collection=collection.name, roles=roles))


def check_numbers(sender: Sender, sent: Envelope, now_ms: int) -> list[Issue]:
    """Return warnings about running numbers that are missing and a clock that is ahead."""
    issues: list[Issue] = []
    if sender.last_n and sent.n > sender.last_n + 1:
        first, last = sender.last_n + 1, sent.n - 1
        gap = own_issue("device_seq_gap", severity="warn", first=first, last=last)
        issues.append(gap)
    made_ms = int(sent.mid.replace("-", "")[:12], 16)
    if made_ms > now_ms + CLOCK_TOLERANCE_MS:
        ahead = (made_ms - now_ms) // 60_000
        issues.append(own_issue("clock_skew", severity="warn", ahead=ahead))
    return issues


def refuse(collection: CompiledCollection, issues: Sequence[Issue]) -> None:
    """End a request that an issue rejects; a fact has happened and is only flagged."""
    if collection.spec.kind == "fact":
        return
    if any(issue.severity == "reject" for issue in issues):
        raise End("rejected")


def unfit(collection: CompiledCollection, error: RecordError) -> End:
    """Return how a mutation ends whose row does not fit its collection."""
    if collection.stands_in:
        # The fields are those of an earlier start; only the plugin knows those of today.
        out = own_issue("plugin_failed:service", error.pointer, plugin=collection.owner)
        return End("quarantined", out)
    fact = collection.spec.kind == "fact"
    return End("quarantined" if fact else "rejected", ill_formed(error))


def ill_formed(error: RecordError) -> OwnIssue:
    """Return the issue of a row that does not fit its collection."""
    return own_issue("schema_invalid", error.pointer, why=error)
