"""Mutations that devices push, and what a plugin says of them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Op = Literal["put", "del"]
"""What a mutation does: store a whole record, or delete it."""

Outcome = Literal["applied", "flagged", "held", "duplicate", "conflict", "rejected", "quarantined"]
"""The name of an outcome; see `OUTCOMES`."""

OUTCOMES: dict[str, str] = {
    "applied": "stored",
    "flagged": "a fact was stored with issues that people must settle",
    "held": "a request waits for approval",
    "duplicate": "this mutation was already answered; the first answer is repeated",
    "conflict": "the base is old; the stored row comes back and the device's version is kept",
    "rejected": "a request broke a rule; the issues say which; the payload is kept",
    "quarantined": "it could not be posted at all; kept with its reason",
}
"""Every outcome of a mutation and what it means."""

Severity = Literal["reject", "hold", "flag", "warn"]
"""How much an issue weighs. ``reject`` and ``hold`` act on requests; on a fact both count as
``flag``, because a fact has happened. ``warn`` changes no outcome."""

Row = dict[str, Any]
"""A record's fields as JSON values, without the id."""


class Issue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong with a mutation.

    Attributes:
        code: stable, lower-case with underscores, for programs: ``ref_unknown``.
        severity: see `Severity`.
        pointer: JSON Pointer (RFC 6901) into the row, ``""`` for the whole.
        text: one plain sentence for the person who made the document.
    """

    code: str
    severity: Severity
    text: str
    pointer: str = ""


class Mutation(msgspec.Struct, frozen=True, kw_only=True):
    """One change that a device sent, checked against its collection's fields.

    Attributes:
        mid: the mutation's id, a UUIDv7 made on the device.
        n: the device's running number.
        collection, id: the record.
        op: ``put`` or ``del``.
        base: the seq of the version the device edited; None for a new record.
        row: the record, ``{}`` for ``del``.
        device_id, user_id, login, roles, org_id: who sent it.
        received_at: UTC milliseconds, the server's clock.
    """

    mid: str
    n: int
    collection: str
    id: str
    op: Op
    base: int | None
    row: Row
    device_id: str
    user_id: str
    login: str
    roles: tuple[str, ...]
    org_id: str | None
    received_at: int


class Write(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A change that a plugin makes itself, in the transaction of what caused it.

    Attributes:
        collection, id: the record.
        op: ``put`` or ``del``.
        row: the whole new record, ``{}`` for ``del``.
    """

    collection: str
    id: str
    op: Op = "put"
    row: Row = {}


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin makes of a mutation of its own collection.

    Attributes:
        row: the record to store in place of what the device sent; None stores that.
        issues: added to those of `validate_mutation`.
        writes: further changes, stored in the same transaction or not at all.
        follow_ups: further records to put as if the sender had sent them too, each with the
            present version as its base: his rights and scope are checked, every plugin's
            `validate_mutation` and the owner's `apply_mutation` are asked, and where one of them
            is refused, so is the mutation. Of a request or master only.
    """

    row: Row | None = None
    issues: tuple[Issue, ...] = ()
    writes: tuple[Write, ...] = ()
    follow_ups: tuple[Write, ...] = ()


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin's answer to a conflict in a collection with the policy ``hook``.

    Attributes:
        row: the merged record to go on with; None leaves it a conflict.
    """

    row: Row | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A committed change, as told after the commit.

    Attributes:
        collection, id: the record.
        seq: its place in the store's order of commits.
        op: ``put`` or ``del``.
    """

    collection: str
    id: str
    seq: int
    op: Op
