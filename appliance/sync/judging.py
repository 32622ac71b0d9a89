"""Judging: what a mutation that fits its collection comes up against, before it is stored. No I/O.

Its scope, its base, the plugins, and whatever else they ask to have decided along with it. Nothing
is stored here: whatever may refuse a mutation does so before the first change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import orjson

from appliance.api.errors import PluginError, RecordError
from appliance.api.mutations import Issue, Mutation, Row, Write
from appliance.sync.conflicts import merge_fields
from appliance.sync.intake_rules import End, check_rights, ill_formed, out_of_scope, refuse
from appliance.sync.intake_transaction import Hooks, IntakeTransaction, Sender, StoredRow
from appliance.sync.own_issues import own_issue
from appliance.sync.registry import CompiledCollection, Registry
from appliance.sync.writes import CheckedWrite, check_write


class Judged(NamedTuple):
    """What the plugins make of a mutation.

    Attributes:
        row, text: the record to store, and its JSON text.
        changed: whether it is another one than the mutation's.
        writes: further changes, checked.
        follow_ups: further changes that are to be decided like mutations.
    """

    row: Row
    text: bytes
    changed: bool
    writes: Sequence[CheckedWrite]
    follow_ups: Sequence[Write]


class Judging:
    """Asks the rules and the plugins about mutations, inside a writer's transaction."""

    def __init__(self, registry: Registry, hooks: Hooks) -> None:
        """Take the collections and the plugins."""
        self._registry = registry
        self._hooks = hooks

    def judge(
        self,
        collection: CompiledCollection,
        mutation: Mutation,
        before: Row | None,
        text: bytes,
        issues: list[Issue],
    ) -> Judged:
        """Ask the plugins about a mutation; add to `issues`, and end it where one rejects it."""
        issues.extend(self._hooks.validate(mutation, before))
        refuse(collection, issues)
        effect = self._hooks.apply(collection.owner, mutation, before, tuple(issues))
        if effect is None:
            return Judged(mutation.row, text, False, (), ())
        issues.extend(effect.issues)
        row, changed = mutation.row, False
        if effect.row is not None and effect.row != row:
            row, changed = effect.row, True
            text = self.encode(collection, row)
        refuse(collection, issues)
        writes = [self._checked(collection, write) for write in effect.writes]
        return Judged(row, text, changed, writes, effect.follow_ups)

    def _checked(self, cause: CompiledCollection, write: Write) -> CheckedWrite:
        """Check a write of an effect; what it is of the owner's own, the owner has decided."""
        checked = check_write(self._registry, write)
        own = self._registry[write.collection].owner == cause.owner
        return checked._replace(decided=True) if own else checked

    def follow_ups(
        self,
        tx: IntakeTransaction,
        sender: Sender,
        cause: CompiledCollection,
        mutation: Mutation,
        writes: Sequence[Write],
        issues: list[Issue],
    ) -> list[CheckedWrite]:
        """Decide what follows from a mutation as if its sender had sent it too; store nothing yet.

        Where one of them is refused, so is the mutation.
        """
        records = [(write.collection, write.id) for write in writes]
        if writes and cause.spec.kind == "fact":
            raise PluginError(f"{cause.owner}: a fact has no follow-ups: they may be refused")
        if len(set(records)) < len(records) or (mutation.collection, mutation.id) in records:
            raise PluginError(f"{cause.owner}: follow-ups of one mutation name a record twice")
        found: list[CheckedWrite] = []
        for write in writes:
            try:
                found += self._follow_up(tx, sender, cause, mutation, write, issues)
            except End as end:
                raise End(end.outcome, *end.issues) from None  # seq and row are not the mutation's
        return found

    def _follow_up(
        self,
        tx: IntakeTransaction,
        sender: Sender,
        cause: CompiledCollection,
        mutation: Mutation,
        write: Write,
        issues: list[Issue],
    ) -> list[CheckedWrite]:
        collection = self._registry.get(write.collection)
        if collection is None or write.op != "put":
            raise PluginError(f"{cause.owner}: a follow-up must put a record of a collection")
        text = self.encode(collection, write.row)
        check_rights(collection, sender)
        present = tx.stored(write.collection, write.id)
        before = standing(tx, sender, present)
        self.check_scope(tx, sender, collection, write.id, write.row)
        also = msgspec.structs.replace(
            mutation,
            collection=write.collection,
            id=write.id,
            op="put",
            base=None if present is None else present.seq,
            row=write.row,
        )
        self.settle(tx, collection, also, present, before)
        judged = self.judge(collection, also, before, text, issues)
        if judged.follow_ups:
            raise PluginError(f"{collection.owner}: a follow-up has follow-ups")
        bucket = collection.bucket.of(write.id, judged.row)
        put = Write(collection=write.collection, id=write.id, row=judged.row)
        return [CheckedWrite(put, judged.text, bucket, decided=True), *judged.writes]

    def encode(self, collection: CompiledCollection, row: Row) -> bytes:
        """Check a row that did not come from a device; its maker is at fault."""
        try:
            return collection.codec.encode(row)
        except RecordError as error:
            where = error.pointer or "the row"
            raise PluginError(f"{collection.owner} made a wrong record: {where}: {error}") from None

    def check_scope(
        self,
        tx: IntakeTransaction,
        sender: Sender,
        collection: CompiledCollection,
        record_id: str,
        row: Row,
    ) -> None:
        """End a mutation that would put a record into a bucket its device is not granted."""
        try:
            bucket = collection.bucket.of(record_id, row)
        except RecordError as error:
            raise End("quarantined", ill_formed(error)) from None
        if not tx.granted(sender.device, bucket):
            raise out_of_scope()

    def settle(
        self,
        tx: IntakeTransaction,
        collection: CompiledCollection,
        mutation: Mutation,
        present: StoredRow | None,
        before: Row | None,
    ) -> Row | None:
        """Check the base; return a merged row where the policy merged one."""
        policy = collection.spec.conflict
        if mutation.op == "del" and not collection.spec.deletable:
            raise End("rejected", own_issue("delete_denied"))
        if present is None:
            if mutation.base is None or mutation.op == "del":
                return None
            raise End("conflict", own_issue("record_unknown"))
        if policy == "append_only":
            raise End(
                "rejected",
                own_issue("hash_conflict"),
                seq=present.seq,
            )
        if mutation.base == present.seq:
            return None
        if before is None:
            raise End(
                "conflict",
                own_issue("record_deleted"),
                seq=present.seq,
            )
        if mutation.op == "put" and policy in ("field_merge", "hook"):
            was = None
            if mutation.base is not None:
                was = tx.version(collection.name, mutation.id, mutation.base)
            base = orjson.loads(was) if was else None
            if policy == "hook":
                merged = self._hooks.resolve(collection.owner, mutation, before, base)
            else:
                merged = merge_fields(base, before, mutation.row) if base is not None else None
            if merged is not None:
                return merged
        raise End(
            "conflict",
            own_issue("revision_stale"),
            seq=present.seq,
            row=present.text,
        )


def standing(tx: IntakeTransaction, sender: Sender, present: StoredRow | None) -> Row | None:
    """Return a record as it stands, None where there is none; end what is out of scope."""
    if present is None:
        return None
    if not tx.granted(sender.device, present.bucket):
        raise out_of_scope()
    row: Row | None = None if present.deleted else orjson.loads(present.text)
    return row
