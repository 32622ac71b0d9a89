"""The rules of intake that hold for every collection, and how one of them ends a mutation."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.api.errors import RecordError
from appliance.api.mutations import Issue, Outcome
from appliance.sync.envelope import Envelope
from appliance.sync.intake_transaction import Sender
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


def reject_issue(code: str, text: str, pointer: str = "") -> Issue:
    """Return an issue that ends a request."""
    return Issue(code=code, severity="reject", text=text, pointer=pointer)


def out_of_scope() -> End:
    """Return the end of a mutation whose record no grant of the device covers."""
    return End(
        "quarantined",
        reject_issue(
            "scope_denied", "this device does not work with that record's outlet or person"
        ),
    )


def check_rights(collection: CompiledCollection, sender: Sender) -> None:
    """End a mutation of a collection that the sender may not write."""
    if collection.spec.direction == "down":
        raise End(
            "quarantined",
            reject_issue("role_denied", f"{collection.name} only comes from the server"),
        )
    if collection.name not in sender.writable:
        roles = ", ".join(sender.roles)
        raise End(
            "quarantined",
            reject_issue("role_denied", f"{collection.name} is not written by {roles}"),
        )


def check_numbers(sender: Sender, sent: Envelope, now_ms: int) -> list[Issue]:
    """Return warnings about running numbers that are missing and a clock that is ahead."""
    issues: list[Issue] = []
    if sender.last_n and sent.n > sender.last_n + 1:
        text = f"numbers {sender.last_n + 1} to {sent.n - 1} of this device have not arrived"
        issues.append(Issue(code="device_seq_gap", severity="warn", text=text))
    made_ms = int(sent.mid.replace("-", "")[:12], 16)
    if made_ms > now_ms + CLOCK_TOLERANCE_MS:
        ahead = (made_ms - now_ms) // 60_000
        text = f"the device's clock is {ahead} minutes ahead"
        issues.append(Issue(code="clock_skew", severity="warn", text=text))
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
        text = f"kept for a technician: the plugin {collection.owner} is out of service"
        return End("quarantined", reject_issue("plugin_failed", text, error.pointer))
    fact = collection.spec.kind == "fact"
    issue = reject_issue(error.code, str(error), error.pointer)
    return End("quarantined" if fact else "rejected", issue)
