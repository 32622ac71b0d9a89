"""What people in the field do: steps of visits, reasons, shelves, plans to reach."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Any

from appliance.api import Write
from appliance_master_data.demo.catalogue import Catalogue
from appliance_master_data.demo.countries.country import CHANNELS
from appliance_master_data.demo.goods.family import Names, names
from appliance_master_data.demo.organisation import own_words
from appliance_master_data.demo.people import org_id, people
from appliance_master_data.demo.plan import Plan

_SCENARIOS: tuple[tuple[str, Names, tuple[tuple[str, bool, dict[str, Any]], ...]], ...] = (
    (
        "agent",
        (
            "Визит торгового представителя",
            "Сауда өкілінің сапары",
            "Savdo vakili tashrifi",
            "Посещение на търговец",
            "Sales visit",
        ),
        (
            ("arrive", True, {}),
            ("photo", True, {"min_count": 1}),
            ("stock_check", False, {}),
            ("payment", True, {"condition": {"debt": True}}),
            ("order", True, {}),
            ("presentation", False, {"condition": {"segment": "A"}}),
            ("depart", True, {}),
        ),
    ),
    (
        "driver",
        (
            "Доставка и продажа с борта",
            "Жеткізу және сату",
            "Yetkazish va sotish",
            "Доставка и продажба от буса",
            "Delivery and van sale",
        ),
        (
            ("arrive", True, {}),
            ("return", False, {}),
            ("sale", True, {}),
            ("payment", True, {"condition": {"debt": True}}),
            ("depart", True, {}),
        ),
    ),
    (
        "merchandiser",
        (
            "Выкладка и аудит",
            "Сөрелеу және аудит",
            "Joylashtirish va audit",
            "Мърчандайзинг и одит",
            "Merchandising and audit",
        ),
        (
            ("arrive", True, {}),
            ("photo", True, {"min_count": 2}),
            ("facings", True, {}),
            ("price_audit", True, {}),
            ("stock_check", True, {}),
            ("task", False, {"condition": {"weekday": 1}}),
            ("depart", True, {}),
        ),
    ),
    (
        "supervisor",
        (
            "Совместный визит",
            "Бірлескен сапар",
            "Birgalikda tashrif",
            "Съвместно посещение",
            "Visit together",
        ),
        (
            ("arrive", True, {}),
            ("photo", False, {}),
            ("presentation", True, {"condition": {"first_visit": True}}),
            ("depart", True, {}),
        ),
    ),
)
"""Role, name and steps; the first three are those of routes, in the order of their kinds."""

_ASSORTMENT: Names = ("Матрица", "Матрица", "Matritsa", "Асортимент", "Range")
_MUST: dict[str, int] = {
    "supermarket": 150,
    "minimarket": 80,
    "shop": 40,
    "kiosk": 15,
    "cafe": 12,
}
"""How many products an outlet of each channel should have."""


class FieldWork:
    """Scenarios, reasons, assortments and targets of a plan."""

    def __init__(self, plan: Plan, catalogue: Catalogue) -> None:
        self._plan = plan
        self._catalogue = catalogue

    def rules(self, _unit: int) -> Iterator[Write]:
        """Yield scenarios of visits, reasons to tick, and what should be on shelves."""
        plan, first = self._plan, self._plan.branches[0]
        for number, (role, name, steps) in enumerate(_SCENARIOS):
            yield plan.put(
                "visit_scenarios",
                number,
                name=own_words(first, name),
                role=role,
                version=1,
                order_fixed=False,
                steps=[
                    {"step_id": f"{place + 1}-{kind}", "kind": kind, "mandatory": needed, **more}
                    for place, (kind, needed, more) in enumerate(steps)
                ],
            )
        for number, line in enumerate(_reasons()):
            about, text = line.split(";")
            kind, code, *photo = about.split()
            yield plan.put(
                "reason_codes",
                number,
                code=f"{kind}.{code}",
                kind=kind,
                text=plan.text(names(text)),
                needs_photo=True if photo else None,
                sort=number + 1,
                active=True,
            )
        for number, channel in enumerate(CHANNELS):
            yield self._assortment(number, channel)

    def _assortment(self, number: int, channel: str) -> Write:
        plan, catalogue = self._plan, self._catalogue
        first = plan.branches[0]
        count = min(_MUST[channel], plan.size.products)
        # Norms hang on the channel; which outlets are of it, their field `channel` says.
        return plan.put(
            "assortments",
            number,
            code=f"VB-{channel}",
            name=f"{own_words(first, _ASSORTMENT)}: {channel}",
            audience={"segments": ["horeca"]} if channel == "cafe" else None,
            items=[
                {
                    "product_id": plan.id("products", product),
                    "must_have": product < count // 3,
                    "norm_qty": catalogue.product(product).pack.box * 1_000,
                    "norm_facings": 1 + product % 4,
                }
                for product in range(count)
            ],
        )

    def targets(self, _unit: int) -> Iterator[Write]:
        """Yield what everybody in the field and each branch is to reach this month."""
        plan = self._plan
        month = plan.months[-1]
        number = 0

        def target(subject: str, of: str, measure: str, value: int, **more: Any) -> Write:
            nonlocal number
            number += 1
            return plan.put(
                "targets",
                number,
                period=month,
                measure=measure,
                subject_kind=subject,
                subject_id=of,
                **more,
                plan_value=value,
            )

        for person in people(plan):
            if person.role not in ("agent", "driver", "merchandiser"):
                continue
            of = plan.id("users", person.number)
            dice = plan.dice(f"target/{person.number}")
            if person.role != "merchandiser":
                amount = person.country.minor(dice.between(900_000, 1_600_000))
                yield target("user", of, "amount", amount, currency=person.country.currency)
            yield target("user", of, "visits", dice.between(480, 620))
            yield target("user", of, "outlets", dice.between(110, 150))
            brand = self._catalogue.product(dice.below(min(200, plan.size.products))).brand
            only = {"kind": "brand", "id": brand}
            yield target("user", of, "lines", dice.between(90, 240), filter=only)
        for branch in plan.branches:
            amount = branch.country.minor(1_200_000 * len(branch.agents))
            unit = org_id(plan, branch)
            yield target("org", unit, "amount", amount, currency=branch.country.currency)


def _reasons() -> list[str]:
    """Return the reasons as they are written down: kind, code, ``photo`` if one is needed; text."""
    return resources.files(__package__).joinpath("reasons.txt").read_text("utf-8").splitlines()
