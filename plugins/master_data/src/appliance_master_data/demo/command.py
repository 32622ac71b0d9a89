"""The commands ``fieldbox x master_data demo-people`` and ``demo-company``.

`fieldbox demo` runs them one after the other: the people become users of the appliance first, then
the company is made around them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from appliance.api import Command, CommandOption, CommandResult, Context
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.demo import messages
from appliance_master_data.demo.company import company_of
from appliance_master_data.demo.people import org_id, people
from appliance_master_data.demo.plan import Plan, plan_of
from appliance_master_data.demo.sizes import SIZES

_OPTIONS = (
    CommandOption(name="size", doc=f"How large: {', '.join(SIZES)}.", default="small"),
    CommandOption(name="seed", doc="A number; each makes another company.", default="1"),
    CommandOption(name="day", doc="What its dates count from, YYYY-MM-DD; absent: today."),
    CommandOption(name="beside", doc="yes: beside data that is there; absent: refuse."),
)

PEOPLE = Command(
    name="demo-people",
    doc="List the people of the demo company, for `fieldbox demo` to add as users.",
    options=_OPTIONS,
)
COMPANY = Command(
    name="demo-company",
    doc="Make the records of the demo company, whose people are users already; `fieldbox demo` does"
    " both.",
    options=_OPTIONS,
)
COMMANDS = (PEOPLE, COMPANY)

MOST_SEEDS = 1_000_000
_COLUMNS = ("login", "id", "name", "role", "org_id", "language")

_PRESENT = " UNION ALL ".join(
    f"SELECT '{collection.name}' WHERE EXISTS (SELECT 1 FROM {collection.name})"
    for collection in COLLECTIONS
    if collection.name != "users"
)


def run(command: str, options: Mapping[str, str], resume: str, context: Context) -> CommandResult:
    """Run one of the commands, or its next part."""
    try:
        plan = _plan(options, context)
    except ValueError as error:
        return CommandResult(text=str(error), failed=True)
    stands = None if resume else _stands(plan, options, context)
    if command == PEOPLE.name and (stands is None or not stands.failed):
        rows = tuple(_people(plan, context))
        return CommandResult(columns=_COLUMNS, rows=rows, text=stands.text if stands else "")
    if stands is not None:
        return stands
    if not resume:
        wanted = [plan.id("users", person.number) for person in people(plan)]
        missing = context.missing("users", wanted)
        if missing:
            text = f"{len(missing)} of its people are no users yet; `fieldbox demo` adds them"
            return CommandResult(text=text, failed=True)
    company = company_of(plan)
    part = company.part(resume, context)
    # Beside other data the names may be taken, by another demo for instance.
    names = () if options.get("beside") == "yes" else tuple(company.names(part.writes))
    return CommandResult(
        writes=part.writes, names=names, resume=part.resume, done=part.done, total=part.total
    )


def _plan(options: Mapping[str, str], context: Context) -> Plan:
    """Read what company is wanted.

    Raises:
        ValueError: an option is wrong; the text says how.
    """
    size, seed = options["size"], options["seed"]
    if size not in SIZES:
        raise ValueError(f"--size {size!r}: there are {', '.join(SIZES)}")
    if not (seed.isascii() and seed.isdigit() and int(seed) < MOST_SEEDS):
        raise ValueError(f"--seed {seed!r} is no number below {MOST_SEEDS}")
    if "day" not in options:
        day = datetime.fromtimestamp(context.now_ms / 1_000, UTC).date()
    else:
        try:
            day = date.fromisoformat(options["day"])
        except ValueError:
            raise ValueError(f"--day {options['day']!r} is no day YYYY-MM-DD") from None
        if not 2000 <= day.year <= 2100:
            raise ValueError(f"--day {day} is not between 2000 and 2100")
    return plan_of(size, int(seed), day)


def _people(plan: Plan, context: Context) -> Iterator[tuple[str, ...]]:
    """Yield the people, under logins that are theirs or nobody's."""
    taken = dict(context.select("SELECT login, id FROM users"))
    for person in people(plan):
        user_id, login, times = plan.id("users", person.number), person.login, 1
        while taken.get(login, user_id) != user_id:
            times += 1
            login = f"{person.login}.{times}"
        taken[login] = user_id
        unit = org_id(plan, person.branch)
        yield login, user_id, person.name, person.role, unit, person.country.language


def _stands(plan: Plan, options: Mapping[str, str], context: Context) -> CommandResult | None:
    """Return why the company is not made, or None where it is; one that was cut short is."""
    beside = options.get("beside") == "yes"
    if context.get("org_units", org_id(plan, None)) is not None:
        welcome = plan.id("announcements", messages.WELCOME)
        if beside or context.get("announcements", welcome) is None:
            return None
        return CommandResult(text="The demo company is there already; nothing was changed.")
    present = [] if beside else [name for (name,) in context.select(_PRESENT)]
    if not present:
        return None
    more = " and more" if len(present) > 6 else ""
    text = f"this box holds data already ({', '.join(present[:6])}{more})"
    return CommandResult(text=text, failed=True)
