"""Proposals about outlets: pending until somebody of the office approves or rejects them.

What is approved is done in the same transaction as the approval: the outlet is changed, or made
with its party, its contact and its place on a route. So no approval is ever without its effect.
"""

from __future__ import annotations

from collections.abc import Iterator

from appliance.api import Context, Device, Effect, Issue, Mutation, Row, User, Write
from appliance_master_data.collections.proposals import SERVER_FIELDS
from appliance_master_data.collections.roles import OFFICE
from appliance_master_data.grants import buckets
from appliance_master_data.intake import approval
from appliance_master_data.intake.words import as_rows, issue, state_word, what_word
from appliance_master_data.phones import PhoneError, e164

REFERENCES = {
    "outlet_id": ("outlets", "outlet"),
    "party_id": ("parties", "party"),
    "route_id": ("routes", "route"),
}
"""Fields that must lie in the sender's scope: the collection, and the word for people. The bucket
of each is named by that word and its id."""

NEEDED = ("name", "address")
"""What no outlet is without."""


def decide(mutation: Mutation, stored: Row | None, context: Context) -> Effect | None:
    """Take in a proposal, a change of it, or a decision."""
    if mutation.op != "put":
        return None
    row = {name: value for name, value in mutation.row.items() if name not in SERVER_FIELDS}
    before = stored or {}
    row.update((name, before[name]) for name in SERVER_FIELDS if name in before)
    found = list(_transition(mutation, stored))
    if any(one.severity == "reject" for one in found):
        return Effect(issues=tuple(found))
    state = row["state"]
    if state == "rejected":
        if not (row.get("reason") or "").strip():
            found.append(issue("reason_missing", "/reason"))
    else:
        found += _content(mutation, row, before, context)
    if any(one.severity == "reject" for one in found):
        return Effect(issues=tuple(found))
    if state == "pending":
        waits = issue("approval_required")
        row["issues"] = as_rows((*found, waits))
        return Effect(row=row, issues=(*found, waits))
    row.pop("issues", None)
    row |= {"decided_by": mutation.user_id, "decided_at": mutation.received_at}
    writes: list[Write] = []
    if state == "approved":
        results, writes = approval.carried_out(row, context)
        row |= results
    writes += approval.told(mutation, row, context)
    return Effect(row=row, issues=tuple(found), writes=tuple(writes))


def _transition(mutation: Mutation, stored: Row | None) -> Iterator[Issue]:
    target, author = mutation.row["state"], mutation.row["user_id"]
    office = any(role in OFFICE for role in mutation.roles)
    if stored is None:
        if author != mutation.user_id:
            yield issue("user_wrong:new", "/user_id")
        if target != "pending":
            yield issue("state_transition:new", "/state", target=state_word(target))
        return
    if author != stored["user_id"]:
        yield issue("user_wrong:changed", "/user_id")
    if stored["state"] != "pending":
        words = {"source": state_word(stored["state"]), "target": state_word(target)}
        yield issue("state_transition", "/state", **words)
    elif target != "pending" and not office:
        yield issue("role_denied:decide", "/state", roles=", ".join(OFFICE))
    elif mutation.user_id != stored["user_id"] and not office:
        yield issue("user_wrong:edit", "/user_id")


def _content(mutation: Mutation, row: Row, before: Row, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with what is proposed."""
    yield from _references(mutation, row, before, context)
    patch = row.get("patch") or {}
    if row.get("outlet_id") is not None:
        for name in ("party_id", "party", "route_id"):
            if row.get(name) is not None:
                yield issue("field_superfluous:outlet", f"/{name}")
        for name in NEEDED:
            if name in patch and not (patch[name] or "").strip():
                yield issue("field_missing:clear", f"/patch/{name}", what=what_word(name))
        if not (patch or row.get("photos") or row.get("contact")):
            yield issue("nothing_changed", "/patch")
    else:
        for name in NEEDED:
            if not (patch.get(name) or "").strip():
                yield issue("field_missing", f"/patch/{name}", what=what_word(name))
        known, new = row.get("party_id") is not None, row.get("party") is not None
        if known and new:
            yield issue("field_superfluous:party", "/party")
        elif not (known or new):
            yield issue("field_missing", "/party", what=what_word("party_either"))
        elif new:
            yield from _same_party(row, context)
    yield from _phone(row)


def _references(mutation: Mutation, row: Row, before: Row, context: Context) -> Iterator[Issue]:
    """Yield an issue for each reference to nothing, and to what the sender does not work with."""
    named = {name: row[name] for name in REFERENCES if row.get(name) is not None}
    photos = list(row.get("photos") or ())
    photo = (row.get("patch") or {}).get("photo_id")
    if photo is not None:
        photos.append(photo)
    if photos and context.missing("attachments", photos):
        yield issue("ref_unknown", "/photos", what=what_word("photo"))
    for name, record_id in named.items():
        collection, what = REFERENCES[name]
        if context.missing(collection, [record_id]):
            known = before.get(name) == record_id
            yield issue("ref_deleted" if known else "ref_unknown", f"/{name}", what=what_word(what))
    if not named:
        return
    user = User(
        id=mutation.user_id,
        login=mutation.login,
        name=mutation.login,
        roles=mutation.roles,
        org_id=mutation.org_id,
    )
    device = Device(id=mutation.device_id, name="", platform="", user=user)
    seen = set(buckets(device, context))
    for name, record_id in named.items():
        _collection, what = REFERENCES[name]
        if f"{what}:{record_id}" not in seen:
            yield issue("scope_denied", f"/{name}", what=what_word(what))


def _same_party(row: Row, context: Context) -> Iterator[Issue]:
    tax_id = row["party"].get("tax_id")
    if not tax_id:
        return
    found = context.select(
        "SELECT name FROM parties WHERE tax_id = ? AND coalesce(tax_id2, '') = ? LIMIT 1",
        (tax_id, row["party"].get("tax_id2") or ""),
    )
    if found:
        key = "party_exists" if row["state"] == "pending" else "party_exists:approve"
        yield issue(key, "/party/tax_id", name=found[0][0])


def _phone(row: Row) -> Iterator[Issue]:
    phone: str | None = (row.get("contact") or {}).get("phone_e164")
    if phone is None:
        return
    try:
        right = e164(phone)
    except PhoneError:
        yield issue("phone_wrong", "/contact/phone_e164", phone=phone)
        return
    if phone != right:
        yield issue("phone_wrong:form", "/contact/phone_e164", right=right)
