"""Repeats: what asks for what is stored already, and how much of an answer its sender may know."""

from __future__ import annotations

import msgspec

from appliance.sync.envelope import Envelope
from appliance.sync.intake_transaction import (
    Answer,
    Earlier,
    IntakeTransaction,
    Sender,
    StoredRow,
)


def may_know(tx: IntakeTransaction, sender: Sender, sent: Envelope, earlier: Earlier) -> bool:
    """Tell whether a sender may be told all of an answer: its user's own, or one in its scope."""
    if earlier.user_id == sender.user_id:
        return True
    if earlier.answer.seq is None:
        return False
    present = tx.stored(sent.collection, sent.id)
    return present is not None and tx.granted(sender.device, present.bucket)


def fit_to_read(sender: Sender, sent: Envelope, answer: Answer) -> Answer:
    """Leave the row out where the sender writes the collection and does not read it."""
    if answer.row is None or sent.collection in sender.readable:
        return answer
    return msgspec.structs.replace(answer, row=None)


def same_content(
    tx: IntakeTransaction,
    sent: Envelope,
    digest: bytes,
    text: bytes,
    present: StoredRow | None,
) -> Earlier | None:
    """Return the answer that a record's present content was given, where this asks for the same.

    An edit of the present version back to earlier content is an edit, no duplicate.
    """
    if present is None:
        return None  # nothing was ever stored, so no answer speaks of what is stored
    last = tx.last_answer(sent.collection, sent.id)
    if last is None or last.digest != digest:
        return None
    if sent.base == present.seq and text != present.text:
        return None
    return last
