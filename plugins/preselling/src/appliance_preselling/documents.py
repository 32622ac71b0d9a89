"""When devices get the documents of an order: not before it reached a state.

What decides is the bucket. A document that is not to be seen yet lies in one that no device is
granted, neither the record nor the blob it names; in the transaction in which its order reaches the
state it moves into the bucket of the outlet. One that comes when its order is there already is put
there at once by the import, or by a job where something else stored it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from appliance.api import Context, Row, ScheduledJob, Write
from appliance_preselling import states
from appliance_preselling.step import Step

JOB = ScheduledJob(
    name="show_documents",
    every_s=60,
    doc="Shows documents of orders that had reached the state when the document came.",
)

MOST_AT_ONCE = 500
"""Documents that one run shows; the others wait for the next."""

_WAY: Mapping[str, tuple[str, ...]] = {
    "sale": (
        *("draft", "submitted", "held", "accepted", "awaiting_confirmation", "confirmed"),
        *("partially_shipped", "shipped", "completed"),
    ),
    states.RETURN: ("draft", "submitted", "approved", "collected", "credited"),
}
"""The states on the way to the end, in order: who is in one has passed those before."""

_OF_ORDER = """
SELECT id, body FROM order_documents WHERE order_id = ? AND visible_outlet_id IS NULL ORDER BY id
"""


def _place(way: tuple[str, ...], column: str) -> str:
    """Return the expression for where a state stands on a way; NULL where it is not on it."""
    cases = " ".join(f"WHEN '{state}' THEN {place}" for place, state in enumerate(way))
    return f"CASE {column} {cases} END"


def _passed(kind: str) -> str:
    """Return the condition that an order of a kind has passed the state of a document."""
    here, wanted = (
        _place(_WAY[kind], column) for column in ("orders.state", "document.visible_from_state")
    )
    return f"{here} >= {wanted}"


_DUE = f"""
SELECT document.id, document.body, orders.outlet_id
FROM order_documents AS document JOIN orders ON orders.id = document.order_id
WHERE document.visible_outlet_id IS NULL
    AND (document.visible_from_state IS NULL OR document.visible_from_state = orders.state
        OR CASE WHEN orders.order_kind = '{states.RETURN}'
            THEN {_passed(states.RETURN)} ELSE {_passed("sale")} END)
ORDER BY document.id LIMIT ?
"""


def reached(kind: str, state: str, wanted: str | None) -> bool:
    """Tell whether an order has reached a state.

    Args:
        kind: its ``order_kind``.
        state: the one it is in.
        wanted: the one it must have reached; None: any.
    """
    if wanted is None or state == wanted:
        return True
    way = _WAY[states.RETURN if kind == states.RETURN else "sale"]
    return state in way and wanted in way and way.index(state) >= way.index(wanted)


def shown(step: Step, context: Context) -> list[Write]:
    """Return the documents that devices get with a step of their order."""
    after = step.after
    found = context.select(_OF_ORDER, (step.order_id,))
    return [
        _show(document_id, row, after["outlet_id"])
        for document_id, body in found
        if reached(
            after["order_kind"],
            after["state"],
            (row := json.loads(body)).get("visible_from_state"),
        )
    ]


def show_due(context: Context) -> list[Write]:
    """Return the documents whose order has reached their state, as devices get them."""
    return [
        _show(document_id, json.loads(body), outlet_id)
        for document_id, body, outlet_id in context.select(_DUE, (MOST_AT_ONCE,))
    ]


def _show(document_id: str, row: Row, outlet_id: str) -> Write:
    shown = {**row, "visible_outlet_id": outlet_id}
    return Write(collection="order_documents", id=document_id, row=shown)
