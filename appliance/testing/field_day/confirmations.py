"""Confirmations: what the office changed in an order is confirmed.

First by the revision that the rep still has on the screen, which is refused; then, looked at again,
by the newest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from appliance.testing.device import Device
from appliance.testing.field_day.fate import Expected, verdict_of
from appliance.testing.field_day.mistakes import AFTERWARDS, MISTAKES
from appliance.testing.field_day.office import Office
from appliance.testing.field_day.rep import Rep
from appliance.testing.order_desk import ORDERS

ACTIONS = "order_actions"


def confirm(
    device: Device,
    rep: Rep,
    office: Office | None,
    persist: Callable[[Callable[[], Any]], Any],
    sync: Callable[[], None],
) -> None:
    """Let the office change an order, and confirm it.

    Args:
        device: everything is pushed and answered.
        rep: who wrote the orders.
        office: None: there is nobody, and nothing is confirmed.
        persist: does something again until it is done.
        sync: pushes and pulls.
    """
    if office is None or not rep.writes(ACTIONS):
        return
    accepted = [
        one.id
        for one in device.mutations()
        if one.collection == ORDERS
        and one.id not in rep.expected
        and verdict_of(one.answer) == "accepted"
    ]
    if not accepted:
        return
    order = accepted[0]
    seen = device.get(ORDERS, order).row["revision"]
    if order not in persist(lambda: office.change((order,))):
        return
    if rep.makes_mistakes:
        action = rep.act(order, "confirm", seen)
        mistake = MISTAKES[AFTERWARDS]
        rep.expected[action] = Expected(mistake.outcome, frozenset({mistake.code}), AFTERWARDS)
        sync()
    else:
        persist(device.pull)
    rep.act(order, "confirm", device.get(ORDERS, order).row["revision"])
    sync()
