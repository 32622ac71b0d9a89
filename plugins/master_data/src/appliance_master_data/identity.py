"""The mirror of the appliance's users in the collection `users`."""

from __future__ import annotations

from appliance.api import Row, User


def mirrored(user: User, stored: Row | None) -> Row:
    """Return the record of a user.

    The appliance decides login, name, roles, branch, language and lock; what else the stored
    record says (phone, supervisor, limits) stays.
    """
    row: Row = dict(stored or {})
    row.update(login=user.login, name=user.name, roles=list(user.roles), locked=user.locked)
    for name, value in (("org_id", user.org_id), ("language", user.language)):
        if value is None:
            row.pop(name, None)
        else:
            row[name] = value
    return row
