"""Changes that the appliance or a plugin makes itself: checked first, stored then. No I/O."""

from __future__ import annotations

from typing import NamedTuple

from appliance.api.errors import PluginError, RecordError
from appliance.api.mutations import Write
from appliance.sync.intake_transaction import IntakeTransaction
from appliance.sync.registry import Registry


class CheckedWrite(NamedTuple):
    """A write that fits its collection; ``text`` and ``bucket`` are empty for a deletion.

    Attributes:
        decided: whether its owner decided it already, as it does a mutation.
    """

    write: Write
    text: bytes
    bucket: str
    decided: bool = False


def store_write(tx: IntakeTransaction, registry: Registry, write: Write) -> int | None:
    """Store a change that a plugin or the appliance makes itself; return its seq.

    Raises:
        PluginError: the collection is unknown, or the record does not fit it.
    """
    return store_checked(tx, check_write(registry, write))


def check_write(registry: Registry, write: Write) -> CheckedWrite:
    """Check a change; `PluginError` as of `store_write`."""
    collection = registry.get(write.collection)
    if collection is None:
        raise PluginError(f"a write names no collection {write.collection!r}")
    if write.op == "del":
        return CheckedWrite(write, b"", "")
    try:
        text = collection.codec.encode(write.row)
        return CheckedWrite(write, text, collection.bucket.of(write.id, write.row))
    except RecordError as error:
        raise PluginError(f"{write.collection}: {error.pointer or 'the row'}: {error}") from None


def store_checked(tx: IntakeTransaction, checked: CheckedWrite) -> int | None:
    """Store a change that was checked, and what its owner says follows from it; return its seq.

    Raises:
        PluginError: its owner, which follows its records, fails.
    """
    if checked.decided or not tx.follows(checked.write.collection):
        return _store(tx, checked)
    first, *others = tx.complete(checked)
    seq = _store(tx, first)
    for other in others:
        _store(tx, other)
    return seq


def _store(tx: IntakeTransaction, checked: CheckedWrite) -> int | None:
    write, text, bucket, _decided = checked
    if write.op == "del":
        return tx.delete(write.collection, write.id)
    return tx.put(write.collection, write.id, bucket, text, write.row, 0)
