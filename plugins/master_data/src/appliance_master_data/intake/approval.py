"""What the approval of a proposal makes and changes, and what its author hears of the decision."""

from __future__ import annotations

from typing import Any

from appliance.api import Context, Mutation, Row, Write

_LAST_STOP = "SELECT coalesce(max(sort), 0) FROM route_outlets WHERE route_id = ?"

_TOLD = {
    "approved": {
        "en": "Your proposal for {name} was approved.",
        "ru": "Ваше предложение по точке «{name}» одобрено.",
    },
    "rejected": {
        "en": "Your proposal for {name} was rejected: {reason}",
        "ru": "Ваше предложение по точке «{name}» отклонено: {reason}",
    },
}
"""What the author is told, by the state of the proposal and by language."""

MOST_TOLD = 1_000
"""Characters of a notification."""


def carried_out(row: Row, context: Context) -> tuple[Row, list[Write]]:
    """Return what an approved proposal sets in itself, and the records it makes and changes."""
    patch: dict[str, Any] = row.get("patch") or {}
    writes: list[Write] = []
    outlet_id = row.get("outlet_id")
    if outlet_id is not None:
        outlet = context.get("outlets", outlet_id) or {}
        party_id = outlet["party_id"]
        results = {"result_outlet_id": outlet_id}
        changed = _without_nulls({**outlet, **patch})
        if changed != outlet:
            writes.append(Write(collection="outlets", id=outlet_id, row=changed))
    else:
        party_id = row.get("party_id")
        if party_id is None:
            party_id = context.new_id()
            writes.append(Write(collection="parties", id=party_id, row=_party(row["party"])))
        outlet_id = context.new_id()
        outlet = _without_nulls({**patch, "party_id": party_id, "active": True})
        writes.append(Write(collection="outlets", id=outlet_id, row=outlet))
        results = {"result_outlet_id": outlet_id, "result_party_id": party_id}
        if row.get("route_id") is not None:
            writes.append(_stop(row["route_id"], outlet_id, context))
    if row.get("contact") is not None:
        contact = {"party_id": party_id, "outlet_ids": [outlet_id], **row["contact"]}
        writes.append(
            Write(collection="contacts", id=context.new_id(), row=_without_nulls(contact))
        )
    return results, writes


def told(mutation: Mutation, row: Row, context: Context) -> list[Write]:
    """Return the state of the decided proposal, and the notification of its author."""
    reason = row.get("reason") or ""
    name = (row.get("patch") or {}).get("name")
    if not name:
        outlet = context.get("outlets", row.get("outlet_id") or "") or {}
        name = outlet.get("name", "")
    state = {
        "doc_id": mutation.id,
        "doc_type": mutation.collection,
        "state": row["state"],
        "verdict": "accepted" if row["state"] == "approved" else "rejected",
        "at": mutation.received_at,
        "by": mutation.user_id,
        "user_id": row["user_id"],
    }
    notification = {
        "user_id": row["user_id"],
        "kind": f"{mutation.collection}.{row['state']}",
        "text": {
            language: words.format(name=name, reason=reason)[:MOST_TOLD]
            for language, words in _TOLD[row["state"]].items()
        },
        "at": mutation.received_at,
        "ref_type": mutation.collection,
        "ref_id": mutation.id,
    }
    return [
        Write(collection="doc_states", id=context.new_id(), row=state),
        Write(collection="notifications", id=context.new_id(), row=notification),
    ]


def _party(proposed: Row) -> Row:
    return {
        "kind": "company",
        "legal_name": proposed["name"],
        **_without_nulls(proposed),
        "active": True,
        "prospect": True,
    }


def _stop(route_id: str, outlet_id: str, context: Context) -> Write:
    ((last,),) = context.select(_LAST_STOP, (route_id,))
    stop = {"route_id": route_id, "outlet_id": outlet_id, "sort": last + 1}
    return Write(collection="route_outlets", id=context.new_id(), row=stop)


def _without_nulls(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}
