"""The command ``fieldbox x master_data demo-company``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from appliance.api import Command, CommandOption, CommandResult, Context, User
from appliance_master_data.demo import company
from appliance_master_data.demo.names import names

COMMAND = Command(
    name="demo-company",
    doc="Fill an empty box with a small invented company: 60 products, 30 outlets, a route for"
    " each person. Does nothing where it is there already; refuses where other data is.",
    options=(
        CommandOption(
            name="users",
            doc="Who look after the outlets: LOGIN=ID,... of users of the box, 30 at most.",
            required=True,
        ),
        CommandOption(
            name="org-unit", doc="The id for its org unit, a UUID; absent: the same in every box."
        ),
    ),
)

MOST_PEOPLE = 30
"""With more, a route would have no outlet."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_PRESENT = " UNION ALL ".join(
    f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})"
    for name in (
        "org_units",
        "products",
        "product_groups",
        "price_lists",
        "parties",
        "outlets",
        "warehouses",
        "routes",
    )
)


def make(options: Mapping[str, str], context: Context) -> CommandResult:
    """Return the records of the demo company to store, or why there are none."""
    org_unit = options.get("org-unit", company.record_id("org_units", "own"))
    if _UUID.fullmatch(org_unit) is None:
        return _refused(f"--org-unit {org_unit!r} is no UUID in lower-case letters with hyphens")
    if context.get("org_units", org_unit) is not None:
        return CommandResult(text="The demo company is there already; nothing was changed.")
    present = [name for (name,) in context.select(_PRESENT)]
    if present:
        return _refused(
            f"this box holds data of its own ({', '.join(present)}); the demo company is for an"
            " empty one: start another with a state_dir of its own"
        )
    people: list[User] = []
    for pair in options["users"].split(","):
        login, _, user_id = pair.strip().partition("=")
        stored = context.get("users", user_id)
        if stored is None or stored["login"] != login:
            return _refused(
                f"--users: {pair.strip()!r} names no user; write LOGIN=ID as"
                " `fieldbox user list --json` tells them"
            )
        people.append(User(id=user_id, login=login, name=stored["name"], roles=()))
    if len(people) > MOST_PEOPLE or len({person.id for person in people}) < len(people):
        return _refused(f"--users takes each person once and {MOST_PEOPLE} at most")
    writes = tuple(company.records(org_unit, people, context.now_ms))
    counts = Counter(write.collection for write in writes)
    return CommandResult(
        columns=("collection", "records"),
        rows=tuple(counts.items()),
        writes=writes,
        names=tuple(names(writes)),
    )


def _refused(why: str) -> CommandResult:
    return CommandResult(text=why, failed=True)
