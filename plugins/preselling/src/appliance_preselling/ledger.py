"""Running sums over orders, and what each order added to them.

An order counts in the states that a ledger says, mostly from when it is accepted until it is
cancelled, rejected or expired; a new revision takes the place of the one before. What an order adds
is kept beside it, so it can be taken away again whatever changed meanwhile. Sums and parts are
written in the transaction that decides the order, and there is one writer, so two orders never get
the same last of something.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from appliance.api import Context, Row, Write
from appliance.api.values import MAX_INTEGER
from appliance_preselling.step import Step

COUNTED = frozenset(
    {
        "accepted",
        "awaiting_confirmation",
        "confirmed",
        "partially_shipped",
        "shipped",
        "completed",
    }
)
"""States of an order that stands."""

_NAMES = uuid.UUID("5d1c2c1e-6f0e-4f0a-9d0c-1b7f1f6b3a10")
"""What the ids of sums are derived from, so that one is found without looking for it."""

Parts = Mapping[str, Row]
"""What an order adds, by what it adds to."""


class Place(NamedTuple):
    """A sum that a part of an order is added to.

    Attributes:
        id: of its record.
        begins: the record before anything is added.
    """

    id: str
    begins: Row


def stands(_part: Row, state: str) -> bool:
    """Tell whether an order in a state stands."""
    return state in COUNTED


class Ledger(NamedTuple):
    """One kind of sums.

    Attributes:
        parts: the collection of what orders add; it has ``order_id``, ``outlet_id``, ``revision``,
            ``counts`` and ``at`` besides fields of its own.
        about: its field that names what is added to.
        sums: the collection of sums.
        adds: fields of a part, each with the field of a sum that it is added to.
        places: what a part is added to.
        counts: whether a part counts in a state of its order.
        moment: the field of a sum that says when it last changed; "" where it has none.
    """

    parts: str
    about: str
    sums: str
    adds: Mapping[str, str]
    places: Callable[[Row, Context], Iterable[Place]]
    counts: Callable[[Row, str], bool] = stands
    moment: str = ""

    def of_order(self, order_id: str, context: Context) -> dict[str, tuple[str, Row]]:
        """Return the parts of an order, each with the id of its record, by what they add to."""
        found: dict[str, tuple[str, Row]] = {}
        rows = context.select(f"SELECT id, body FROM {self.parts} WHERE order_id = ?", (order_id,))
        for record_id, body in rows:
            row: Row = json.loads(body)
            found[row[self.about]] = (record_id, row)
        return found


class Book:
    """A ledger while steps of orders are written into it; each sum is read and written once."""

    def __init__(self, ledger: Ledger, context: Context) -> None:
        """Begin with the sums as they are stored."""
        self._ledger = ledger
        self._context = context
        self._sums: dict[str, Row] = {}

    def follow(self, step: Step, now: Parts | None) -> list[Write]:
        """Return what is kept of a step of an order, the sums aside.

        Args:
            step: what happens to the order.
            now: what its content adds; None where the content is the stored one.
        """
        ledger, context = self._ledger, self._context
        known = step.before is not None and step.source != "draft"
        before = ledger.of_order(step.order_id, context) if known else {}
        writes: list[Write] = []
        if now is not None:
            for about, (record_id, row) in before.items():
                if about not in now:
                    self._add(row, -1, step.at)
                    writes.append(Write(collection=ledger.parts, id=record_id, op="del"))
        for about in before if now is None else now:
            record_id, stored = before.get(about, ("", None))
            row = dict(stored or {})
            if now is not None:
                row |= {
                    "order_id": step.order_id,
                    "outlet_id": step.after["outlet_id"],
                    "revision": step.after["revision"],
                    ledger.about: about,
                    **now[about],
                }
            row["counts"] = ledger.counts(row, step.after["state"])
            if stored is not None:
                if row == stored:
                    continue
                self._add(stored, -1, step.at)
            row["at"] = step.at
            self._add(row, 1, step.at)
            record_id = record_id or context.new_id()
            writes.append(Write(collection=ledger.parts, id=record_id, row=row))
        return writes

    def writes(self) -> list[Write]:
        """Return the sums as they are after all steps."""
        return [
            Write(collection=self._ledger.sums, id=record_id, row=row)
            for record_id, row in self._sums.items()
        ]

    def _add(self, part: Row, sign: int, at: int) -> None:
        """Add a part to its sums, or take it away, if it counts."""
        if not part["counts"]:
            return
        for place in self._ledger.places(part, self._context):
            found = self._sums.get(place.id)
            if found is None:
                stored = self._context.get(self._ledger.sums, place.id)
                found = self._sums[place.id] = dict(place.begins if stored is None else stored)
            for field, total in self._ledger.adds.items():
                found[total] = fit((found.get(total) or 0) + sign * part[field])
            if self._ledger.moment:
                found[self._ledger.moment] = at


def sum_id(*names: str | None) -> str:
    """Return the id of the record of a sum, by what it is of."""
    return str(uuid.uuid5(_NAMES, "/".join(one or "" for one in names)))


def fit(amount: int) -> int:
    """Return an amount, or the greatest that a record holds."""
    return max(-MAX_INTEGER, min(MAX_INTEGER, amount))
