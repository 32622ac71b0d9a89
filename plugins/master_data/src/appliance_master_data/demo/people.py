"""Who works for the demo company, and whom of its customers it lets in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from appliance.api import Context, User, Write
from appliance_master_data.demo.countries.country import Country
from appliance_master_data.demo.plan import Branch, Plan
from appliance_master_data.identity import mirrored

TEAM = 8
"""People that one supervisor leads."""

STAFF_PHONES = 90_000_000


class Person(NamedTuple):
    """A user of the demo.

    Attributes:
        number: of the user's id; agents come first, then drivers and merchandisers.
        login, name, role: of the user.
        branch: where he works; None for the whole company.
        country: whose language he speaks.
        leader: the number of his supervisor.
        phone: E.164.
    """

    number: int
    login: str
    name: str
    role: str
    branch: Branch | None
    country: Country
    leader: int | None
    phone: str


class _Staff:
    """People as they are taken on."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.people: list[Person] = []
        self._logins: Counter[str] = Counter()
        self._named: Counter[str] = Counter()

    def add(self, role: str, branch: Branch | None, login: str = "", phone: str = "") -> None:
        """Take somebody on; the login is that of the name unless one is given."""
        country = (branch or self.plan.branches[0]).country
        met = self._named[country.code]
        self._named[country.code] += 1
        surname = met + met // len(country.surnames) * 5
        name, own = country.person(met // 2, surname, woman=met % 2 == 0)
        base = login or own
        self._logins[base] += 1
        times = self._logins[base]
        number = len(self.people)
        self.people.append(
            Person(
                number,
                base if times == 1 else f"{base}{times}",
                name,
                role,
                branch,
                country,
                None,
                phone or country.phone(STAFF_PHONES + number),
            )
        )


def people(plan: Plan) -> Sequence[Person]:
    """Return everybody: first those in the field, in the order of the plan's numbers."""
    staff = _Staff(plan)
    for role, share in (
        ("agent", "agents"),
        ("driver", "drivers"),
        ("merchandiser", "merchandisers"),
    ):
        for branch in plan.branches:
            for _ in getattr(branch, share):
                staff.add(role, branch)
    field = len(staff.people)
    for branch in plan.branches:
        own = [p.number for p in staff.people[:field] if p.branch is branch]
        for team in range(0, len(own), TEAM):
            leader = len(staff.people)
            staff.add("supervisor", branch, "lead")
            for number in own[team : team + TEAM]:
                staff.people[number] = staff.people[number]._replace(leader=leader)
        staff.add("manager", branch, "office")
        staff.add("checker", branch, "warehouse")
        staff.add("cashier", branch, "cashier")
    for role, login in (("hq", "director"), ("accounting", "accounts"), ("technician", "service")):
        staff.add(role, None, login)
    for client in range(plan.size.clients):
        branch, party = plan.client(client)
        staff.add("client", branch, "client", branch.country.phone(party))
    return staff.people


def org_id(plan: Plan, branch: Branch | None) -> str:
    """Return the id of a branch's unit, or of the company's."""
    return plan.id("org_units", branch.number + 1 if branch is not None else root_number(plan))


def root_number(plan: Plan) -> int:
    """Return the number of the company's own unit: a company of one branch is that branch."""
    return 1 if len(plan.branches) == 1 else 0


def records(plan: Plan, context: Context) -> Iterator[Write]:
    """Yield `users` with what the appliance's own users do not have: phone, leader, limits."""
    for person in people(plan):
        user_id = plan.id("users", person.number)
        row: dict[str, Any] = dict(context.get("users", user_id) or _row(plan, person))
        row["phone_e164"] = person.phone
        if person.leader is not None:
            row["supervisor_id"] = plan.id("users", person.leader)
        if person.role in ("agent", "driver"):
            row["limits"] = {
                "max_manual_discount_bp": 500,
                "max_order_minor": person.country.minor(500_000),
                "cash_limit_minor": person.country.minor(100_000),
            }
        yield Write(collection="users", id=user_id, row=row)


def _row(plan: Plan, person: Person) -> dict[str, Any]:
    user = User(
        id=plan.id("users", person.number),
        login=person.login,
        name=person.name,
        roles=(person.role,),
        org_id=org_id(plan, person.branch),
        language=person.country.language,
    )
    return mirrored(user, None)
