"""Intake: every mutation that a device sends gets exactly one outcome. No I/O.

The steps, in order; the first that ends a mutation wins.

====================  =========================================  =====================
step                  condition                                  outcome
====================  =========================================  =====================
read the line         no mutation                                quarantined
seen before           the same mid, the same content             duplicate
                      the same mid, other content                quarantined
collection            unknown                                    quarantined
direction, role       the device may not write it                quarantined
fields                a fact that does not fit                   quarantined
                      a request or master that does not fit      rejected
                      either, while its plugin does not serve    quarantined
seen before           the record was set to this content before  duplicate
scope                 its bucket is not granted to the device    quarantined
base                  see `appliance.sync.conflicts`             conflict or rejected
plugins               an issue that rejects a request            rejected
                      an issue that holds a request              held
                      any such issue of a fact                   flagged
                      a plugin fails                             quarantined
store                                                            applied
====================  =========================================  =====================

A plugin may ask for further records to be decided as if the sender had sent them with it: each goes
through the same steps from its scope on, and where one is refused, so is the mutation.

What was sent is kept in every case: as the stored row, which the owning plugin may have
completed, or as the payload of its answer.

An answer tells a device nothing that it could not pull. What was answered to another user is
repeated in full only where the record is in the device's scope, and a row comes back only where
its user's roles may read the collection.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from appliance.api.errors import PluginError, RecordError
from appliance.api.mutations import Issue, Mutation, Outcome, Row
from appliance.sync import envelope as envelopes
from appliance.sync.envelope import Envelope, Malformed
from appliance.sync.intake_rules import (
    End,
    check_numbers,
    check_rights,
    unfit,
)
from appliance.sync.intake_transaction import (
    Answer,
    Earlier,
    Hooks,
    IntakeTransaction,
    Sender,
    StoredRow,
)
from appliance.sync.judging import Judging, standing
from appliance.sync.own_issues import own_issue, said_to
from appliance.sync.registry import CompiledCollection, Registry
from appliance.sync.repeats import fit_to_read, may_know, same_content
from appliance.sync.writes import store_checked


class Intake:
    """Decides mutations one after another, inside a writer's transaction."""

    def __init__(self, registry: Registry, hooks: Hooks, *, max_row: int, max_nesting: int) -> None:
        """Take the collections, the plugins and the limits (bytes of a row, depth of JSON)."""
        self._registry = registry
        self._judging = Judging(registry, hooks)
        self._max_row = max_row
        self._max_nesting = max_nesting

    def receive(
        self, tx: IntakeTransaction, sender: Sender, line: bytes, now_ms: int
    ) -> tuple[Answer, int]:
        """Decide one line of a push.

        Returns:
            The answer, and the device's highest running number after it.
        """
        try:
            if envelopes.too_deep(line, self._max_nesting):
                raise Malformed(f"JSON nests deeper than {self._max_nesting}")
            sent = envelopes.parse(line)
        except Malformed as error:
            issue = own_issue("malformed", why=error)
            return self._malformed(tx, sender, line, issue), sender.last_n
        answer = self._decide(tx, sender, sent, now_ms)
        return answer, max(sender.last_n, sent.n)

    def set_aside(self, tx: IntakeTransaction, sender: Sender, line: bytes) -> tuple[Answer, int]:
        """Keep a line that the appliance itself failed at, so that it stops no other.

        Returns:
            As `receive`.
        """
        issue = own_issue("internal")
        try:
            sent = envelopes.parse(line)
        except Malformed:
            return self._malformed(tx, sender, line, issue), sender.last_n
        digest = envelopes.content_digest(sent.collection, sent.id, sent.op, bytes(sent.row))
        answer = Answer(mid=sent.mid, outcome="quarantined", issues=said_to(tx, sender, [issue]))
        tx.remember(sender, sent, digest, answer, keep=True)
        return answer, max(sender.last_n, sent.n)

    def _malformed(
        self, tx: IntakeTransaction, sender: Sender, line: bytes, issue: Issue
    ) -> Answer:
        digest = envelopes.content_digest("", sender.device_id, "", line)
        answer = Answer(
            mid=envelopes.claimed_mid(line),
            outcome="quarantined",
            issues=said_to(tx, sender, [issue]),
        )
        tx.remember(sender, line, digest, answer, keep=True)
        return answer

    def _decide(self, tx: IntakeTransaction, sender: Sender, sent: Envelope, now_ms: int) -> Answer:
        text = bytes(sent.row) if sent.op == "put" else b""
        row: Row = {}
        fault: End | None = None
        collection = self._registry.get(sent.collection)
        if collection is None:
            fault = End(
                "quarantined",
                own_issue("collection_unknown", collection=sent.collection),
            )
        elif sent.op == "put":
            try:
                if len(text) > self._max_row:
                    raise RecordError(f"the row has more than {self._max_row} bytes")
                row = collection.codec.decode(text)
                text = orjson.dumps(row)
            except RecordError as error:
                fault = unfit(collection, error)
        digest = envelopes.content_digest(sent.collection, sent.id, sent.op, text)
        known = tx.answer_to(sent.mid)
        if known is not None:
            if known.digest == digest:
                return self._repeated(tx, sender, sent, known)
            answer = Answer(
                mid=sent.mid,
                outcome="quarantined",
                issues=said_to(tx, sender, [own_issue("mid_reused")]),
            )
            tx.remember(sender, orjson.dumps(_plain(sent)), digest, answer, keep=True)
            return answer
        issues: list[Issue] = []
        try:
            if collection is not None:
                check_rights(collection, sender)
            if fault is not None:
                raise fault
            assert collection is not None
            present = tx.stored(sent.collection, sent.id)
            earlier = same_content(tx, sent, digest, text, present)
            if earlier is not None and may_know(tx, sender, sent, earlier):
                answer = self._repeated(tx, sender, sent, earlier)
                tx.remember(sender, sent, digest, answer, keep=False)
                return answer
            issues.extend(said_to(tx, sender, check_numbers(sender, sent, now_ms)))
            answer = self._post(tx, sender, collection, sent, present, row, text, issues, now_ms)
        except End as end:
            answer = Answer(
                mid=sent.mid,
                outcome=end.outcome,
                seq=end.seq,
                issues=said_to(tx, sender, (*end.issues, *issues)),
                row=end.row,
            )
        except PluginError as error:
            answer = Answer(
                mid=sent.mid,
                outcome="quarantined",
                issues=said_to(tx, sender, (own_issue("plugin_failed", why=error), *issues)),
            )
        keep = answer.outcome in ("rejected", "conflict", "quarantined")
        answer = fit_to_read(sender, sent, answer)
        tx.remember(sender, sent, digest, answer, keep=keep)
        return answer

    def _repeated(
        self, tx: IntakeTransaction, sender: Sender, sent: Envelope, earlier: Earlier
    ) -> Answer:
        """Repeat an answer, as much of it as the sender may know."""
        first = earlier.answer.first or earlier.answer.outcome
        if not may_know(tx, sender, sent, earlier):
            return Answer(mid=sent.mid, outcome="duplicate", first=first)
        again = msgspec.structs.replace(
            earlier.answer, mid=sent.mid, outcome="duplicate", first=first
        )
        return fit_to_read(sender, sent, again)

    def _post(
        self,
        tx: IntakeTransaction,
        sender: Sender,
        collection: CompiledCollection,
        sent: Envelope,
        present: StoredRow | None,
        row: Row,
        text: bytes,
        issues: list[Issue],
        now_ms: int,
    ) -> Answer:
        """Check and store a mutation that fits its collection.

        Everything that may refuse it comes before the first change to the store, so nothing has
        to be undone where it is refused.
        """
        before = standing(tx, sender, present)
        if sent.op == "put":
            self._judging.check_scope(tx, sender, collection, sent.id, row)
        mutation = Mutation(
            mid=sent.mid,
            n=sent.n,
            collection=sent.collection,
            id=sent.id,
            op=sent.op,
            base=sent.base,
            row=row,
            device_id=sender.device_id,
            user_id=sender.user_id,
            login=sender.login,
            roles=sender.roles,
            org_id=sender.org_id,
            received_at=now_ms,
        )
        merged = self._judging.settle(tx, collection, mutation, present, before)
        if merged is not None:
            mutation = msgspec.structs.replace(mutation, row=merged)
            text = self._judging.encode(collection, merged)
            self._judging.check_scope(tx, sender, collection, sent.id, merged)
        judged = self._judging.judge(collection, mutation, before, text, issues)
        follow_ups = self._judging.follow_ups(
            tx, sender, collection, mutation, judged.follow_ups, issues
        )
        outcome: Outcome = "applied"
        if any(issue.severity in ("reject", "hold", "flag") for issue in issues):
            outcome = "flagged" if collection.spec.kind == "fact" else "held"
        changed = merged is not None or judged.changed
        if sent.op == "put":
            bucket = collection.bucket.of(sent.id, judged.row)
            origin = 0 if changed else sender.device
            seq = tx.put(sent.collection, sent.id, bucket, judged.text, judged.row, origin)
        else:
            deleted = tx.delete(sent.collection, sent.id)
            seq = deleted if deleted is not None else (present.seq if present else 0)
        for checked in (*follow_ups, *judged.writes):
            store_checked(tx, checked)
        return Answer(
            mid=sent.mid,
            outcome=outcome,
            seq=seq,
            issues=tuple(issues),
            row=judged.text if changed and sent.op == "put" else None,
        )


def _plain(sent: Envelope) -> dict[str, Any]:
    row = orjson.Fragment(bytes(sent.row)) if bytes(sent.row) else None
    return {
        "mid": sent.mid,
        "n": sent.n,
        "collection": sent.collection,
        "id": sent.id,
        "op": sent.op,
        "base": sent.base,
        "row": row,
    }
