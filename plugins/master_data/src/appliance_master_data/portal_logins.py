"""Logins of customers: a contact whom the flags let in is a user, known by his phone.

Both the contact and the party say `portal_access`; the login is the digits of the phone, and the
role ``client`` alone. A user made here is locked when a flag goes and let in again when it comes
back. Whom a technician made or locked is left alone.
"""

from __future__ import annotations

from appliance.api import Context, Login, Row, ScheduledJob, Write

JOB = ScheduledJob(
    name="portal_logins",
    every_s=60,
    doc="Makes users of the contacts with access to the portal, and locks those who lose it.",
)

ROLES = ("client",)
"""What a customer is."""

MOST_AT_ONCE = 200
"""Users that one run makes, locks or lets in."""

_WANTED = """
SELECT contact.phone_e164, min(contact.name), (
    SELECT way.org_id FROM outlets AS place
    JOIN route_outlets AS stop ON stop.outlet_id = place.id
    JOIN routes AS way ON way.id = stop.route_id
    WHERE place.party_id = contact.party_id AND way.org_id IS NOT NULL ORDER BY way.id LIMIT 1)
FROM contacts AS contact JOIN parties ON parties.id = contact.party_id
WHERE contact.portal_access AND parties.portal_access AND parties.active IS NOT 0
    AND contact.phone_e164 IS NOT NULL
GROUP BY contact.phone_e164 ORDER BY contact.phone_e164
"""
_USERS = "SELECT id, login, locked, phone_e164, portal_login FROM users"
_SOURCES = ("contacts", "parties", "users")

_looked: dict[str, int] = {}
"""The newest change that a run of this process has looked at, by epoch."""


def work(context: Context) -> list[Write | Login]:
    """Return the users to make, to lock and to let in again."""
    newest = context.newest(*_SOURCES)
    if not context.settings["portal_logins"] or newest <= _looked.get(context.epoch, -1):
        return []
    wanted = {phone[1:]: (phone, *rest) for phone, *rest in context.select(_WANTED)}
    found: list[Write | Login] = []
    logins, phones = set(), set()
    for user_id, login, locked, phone, given in context.select(_USERS):
        logins.add(login)
        phones.add(phone)
        if given == "given" and not locked and login not in wanted:
            found += _turned(user_id, "withdrawn", context)
        elif given == "withdrawn" and login in wanted:
            found += _turned(user_id, "given", context)
    for login, (phone, name, org_id) in wanted.items():
        if login not in logins and phone not in phones:
            found += _made(login, phone, name, org_id, context)
    if len(found) <= 2 * MOST_AT_ONCE:
        _looked.clear()
        _looked[context.epoch] = newest
    return found[: 2 * MOST_AT_ONCE]


def _made(
    login: str, phone: str, name: str, org_id: str | None, context: Context
) -> tuple[Login, Write]:
    made = Login(user_id=context.new_id(), login=login, roles=ROLES, name=name, org_id=org_id)
    row: Row = {"login": login, "name": name, "roles": list(ROLES), "locked": False}
    row |= {"phone_e164": phone, "portal_login": "given"}
    if org_id is not None:
        row["org_id"] = org_id
    return made, Write(collection="users", id=made.user_id, row=row)


def _turned(user_id: str, state: str, context: Context) -> tuple[Login, Write]:
    row = context.get("users", user_id) or {}
    locked = state == "withdrawn"
    login = Login(
        user_id=user_id,
        login=row["login"],
        roles=ROLES,
        name=row["name"],
        org_id=row.get("org_id"),
        locked=locked,
    )
    changed = {**row, "locked": locked, "portal_login": state}
    return login, Write(collection="users", id=user_id, row=changed)
