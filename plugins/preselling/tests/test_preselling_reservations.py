"""What orders reserve: exact for the next order, told to devices in sums, given back in time."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from preselling_branch import Branch
from test_preselling_outside import Accounting, bring

from appliance.api import Row
from appliance.store.importing import ImportRow, ImportSession
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling import reserved
from appliance_preselling.plugin import plugin
from appliance_preselling.reservations import RESERVING

DAY_MS = 86_400_000
STATES = ("confirmed", "partially_shipped", "shipped", "awaiting_confirmation", "cancelled")


@pytest.fixture
def open_branch(fieldbox_box: Callable[..., PluginBox]) -> Callable[..., Branch]:
    """Open a branch with ten pieces of tea and of jam in its warehouse."""

    def make(settings: str = "") -> Branch:
        config = f"[plugins.preselling]\ncheck_credit = false\n{settings}"
        branch = Branch(fieldbox_box(plugin, master_data, Accounting(), config=config))
        branch.change("outlets", branch.outlet, warehouse_id=branch.warehouse)
        for product in branch.products.values():
            balance = {"warehouse_id": branch.warehouse, "product_id": product, "on_hand": 10_000}
            branch.box.store("stock_balances", {**balance, "as_of": branch.box.now_ms})
        return branch

    return make


@pytest.fixture
def branch(open_branch: Callable[..., Branch]) -> Branch:
    return open_branch()


def order(branch: Branch, *pieces: int, **changes: Any) -> Row:
    """Return an order of so many pieces of tea and of jam."""
    lines = []
    for number, (code, count) in enumerate(zip("TJ", pieces, strict=False), 1):
        amount = count * 1_001
        tax = (amount * 2_000 * 2 + 12_000) // 24_000
        figures = {"gross_amount": amount, "line_amount": amount, "total": amount}
        lines.append(branch.line(number, code, qty=count * 1_000, tax_amount=tax, **figures))
    return branch.order(lines=lines, **changes) | {"totals": {}}


def told(branch: Branch) -> dict[str, int]:
    """Return what devices are told to be reserved, by the codes of products."""
    branch.box.run_job("preselling", "sum_up_reservations")
    names = {product: code for code, product in branch.products.items()}
    rows = branch.device("anna").rows.get("stock_reservations", {}).values()
    return {names[row["product_id"]]: row["qty"] for row in rows}


def kept(branch: Branch) -> dict[tuple[str, str], int]:
    """Return what memory holds, as the next order would be told."""

    def ask(tx: Any) -> dict[tuple[str, str], int]:
        context = branch.box.box.hooks(tx).context("preselling")
        others = reserved.of(context).by_others(branch.warehouse, "", context)
        return {code: others[product] for code, product in branch.products.items()}

    return branch.box.box.store.write(ask)


def summed(orders: Sequence[Row]) -> dict[str, int]:
    """Return what orders reserve by their own rows, of tea and jam."""
    sums = {"T": 0, "J": 0}
    for row in orders:
        if row["state"] in RESERVING:
            for line, code in zip(row["lines"], "TJ", strict=False):
                sums[code] += max(0, line["qty"] - (line.get("shipped_qty") or 0))
    return sums


class Undone(Exception):
    """Undoes the job that raises it."""


def brought(branch: Branch, rows: list[dict[str, Any]], undone: bool, tx: Any) -> None:
    """Import changes of orders in a job, which may be undone."""
    converter = partial(branch.box.box.converter, tx, "order_changes")
    done = ImportSession("test").batch(
        tx, [ImportRow(number, row) for number, row in enumerate(rows)], converter
    )
    assert done.problems == ()
    if undone:
        raise Undone


def test_two_orders_for_the_last_box_in_one_commit(branch: Branch) -> None:
    device = branch.device("anna")
    first, second = (device.put("orders", order(branch, 6, number=n)) for n in ("A-1", "A-2"))
    answers = branch.box.push(device, first, second)
    assert [(one.outcome, one.codes) for one in answers] == [
        ("applied", []),
        ("held", ["stock_short"]),
    ]
    assert "4" in answers[1].issues[0].text
    # Approved all the same, it reserves too, and less than nothing is left.
    branch.edit("sven", second["id"], state="accepted")
    assert branch.stored(second["id"])["state"] == "accepted"
    assert told(branch)["T"] == 12_000
    _, third = branch.send("anna", order(branch, 1, number="A-3"))
    assert third.codes == ["stock_short"]


def test_what_is_not_accepted_reserves_nothing(branch: Branch) -> None:
    branch.send("anna", order(branch, 3, state="draft"))
    branch.send("anna", order(branch, 99))
    assert told(branch) == {}
    assert kept(branch) == {"T": 0, "J": 0}


@pytest.mark.parametrize("end", ["cancelled", "shipped", "expired"])
def test_an_order_that_ends_gives_back_what_it_reserved(branch: Branch, end: str) -> None:
    order_id, _ = branch.send("anna", order(branch, 8, 2))
    assert told(branch) == {"T": 8_000, "J": 2_000}
    if end == "cancelled":
        branch.edit("olga", order_id, state="cancelled")
    elif end == "shipped":
        branch.edit("olga", order_id, state="confirmed")
        branch.edit("olga", order_id, state="shipped")
    else:
        bring(branch, order_id, state="awaiting_confirmation")
        branch.box.now_ms += 8 * DAY_MS
        branch.box.run_job("preselling", "expire")
    assert branch.stored(order_id)["state"] == end
    assert kept(branch) == {"T": 0, "J": 0}
    assert told(branch) == {"T": 0, "J": 0}


def test_what_is_left_of_a_part_shipment_stays_reserved(branch: Branch) -> None:
    order_id, _ = branch.send("anna", order(branch, 8, 2))
    branch.edit("olga", order_id, state="confirmed")
    lines = branch.device("olga").rows["orders"][order_id]["lines"]
    part = [{**lines[0], "shipped_qty": 5_000}, {**lines[1], "status": "cut"}]
    answer = branch.edit("olga", order_id, state="partially_shipped", lines=part)
    assert answer.outcome == "applied"
    assert kept(branch) == {"T": 3_000, "J": 0}
    assert told(branch) == {"T": 3_000}


def test_an_order_that_is_changed_does_not_stand_in_its_own_way(branch: Branch) -> None:
    order_id, _ = branch.send("anna", order(branch, 8))
    branch.edit("olga", order_id, state="awaiting_confirmation", comment="?")
    changed = order(branch, 9)
    answer = branch.edit("anna", order_id, state="submitted", lines=changed["lines"], totals={})
    assert (answer.outcome, answer.codes) == ("applied", [])
    assert kept(branch)["T"] == 9_000


def test_what_accounting_reserves_is_taken_off_beside(branch: Branch) -> None:
    (balance,) = (
        (found, row)
        for found, row in branch.box.records("stock_balances").items()
        if row["product_id"] == branch.products["T"]
    )
    branch.box.store("stock_balances", {**balance[1], "reserved": 3_000}, balance[0])
    branch.send("anna", order(branch, 5))
    _, answer = branch.send("anna", order(branch, 3, number="A-2"))
    assert answer.codes == ["stock_short"]
    # What accounting tells stays as it was told.
    assert branch.box.records("stock_balances")[balance[0]]["reserved"] == 3_000


def test_memory_and_store_agree_whatever_happens_and_whatever_is_undone(branch: Branch) -> None:
    dice = random.Random(7)
    ids: list[str] = []
    gone: set[str] = set()

    def reserving() -> list[Row]:
        return [row for found, row in branch.box.records("orders").items() if found not in gone]

    for turn in range(60):
        what = dice.random()
        if what < 0.35 or not ids:
            pieces = dice.randint(1, 3), dice.randint(1, 3)
            order_id, answer = branch.send("anna", order(branch, *pieces, number=f"N-{turn}"))
            if answer.outcome == "held":
                branch.edit("sven", order_id, state="accepted")
            ids.append(order_id)
        else:
            # Several in a job: what is seen of the first is in memory when all are undone.
            changes = []
            for one in dice.sample(ids, min(len(ids), 3)):
                values = {"order": one, "state": dice.choice(STATES)}
                if dice.random() < 0.4:
                    values["qty"] = dice.randint(1, 5) * 1_000
                changes.append(values)
            undone = what < 0.6
            branch.box.now_ms += 1_000
            job = partial(brought, branch, changes, undone)
            if undone:
                with pytest.raises(Undone):
                    branch.box.box.store.write(job)
            else:
                branch.box.box.store.write(job)
        if dice.random() < 0.1:
            one = dice.choice(list(branch.box.records("order_reservations").items()))
            ended = {k: v for k, v in one[1].items() if k != "until"} | {"released": "lapsed"}
            branch.box.store("order_reservations", ended | {"amounts": {}}, one[0])
            gone.add(one[0])
        if dice.random() < 0.5:
            orders = reserving()
            assert kept(branch) == summed(orders)
    assert told(branch) == summed(reserving())


def test_a_restart_reads_what_is_reserved(branch: Branch) -> None:
    branch.send("anna", order(branch, 8, 1))
    reserved.forget_all()
    assert kept(branch) == {"T": 8_000, "J": 1_000}


def test_what_nobody_ships_is_free_again_some_days_later(
    open_branch: Callable[..., Branch],
) -> None:
    branch = open_branch("reserve_days = 2\nstock_fresh_hours = 720\n")
    order_id, _ = branch.send("anna", order(branch, 8))
    (held,) = branch.box.records("order_reservations").values()
    for days, left in ((4, 8_000), (1, 0)):
        branch.box.now_ms += days * DAY_MS
        branch.box.run_job("preselling", "release_reservations")
        assert kept(branch)["T"] == left, held["until"]
    # It does not come back when the order goes on.
    branch.edit("olga", order_id, state="confirmed")
    assert kept(branch)["T"] == 0
    assert branch.box.records("order_reservations")[order_id]["released"] == "lapsed"


def test_where_accounting_reserves_itself_its_next_stock_ends_ours(
    open_branch: Callable[..., Branch],
) -> None:
    branch = open_branch("accounting_reserves = true\naccounting_lag_minutes = 30\n")
    branch.send("anna", order(branch, 8))
    found = next(iter(branch.box.records("stock_balances").items()))
    for minutes, left in ((20, 8_000), (30, 0)):
        branch.box.now_ms += minutes * 60_000
        branch.box.store("stock_balances", {**found[1], "as_of": branch.box.now_ms}, found[0])
        branch.box.run_job("preselling", "release_reservations")
        assert kept(branch)["T"] == left


def test_nothing_is_reserved_where_the_setting_says_so(open_branch: Callable[..., Branch]) -> None:
    branch = open_branch("reserve_stock = false\n")
    for number in ("A-1", "A-2"):
        _, answer = branch.send("anna", order(branch, 8, number=number))
        assert answer.codes == []
    assert told(branch) == {}


def test_demand_says_what_is_to_be_delivered_when_and_what_is_free(branch: Branch) -> None:
    branch.send("anna", order(branch, 6, 1, requested_date="2025-06-17"))
    branch.send("anna", order(branch, 7, number="A-2", requested_date="2025-06-18"))
    branch.send("anna", order(branch, 2, number="A-3", requested_date="2025-06-18"))
    branch.box.run_job("preselling", "sum_up_reservations")
    rows = branch.box.report("preselling", "demand")
    # day, orders, ordered, of it accepted, on hand, free: the second was held.
    found = [(row[0], row[2], *row[4:]) for row in rows]
    assert found == [
        ("2025-06-17", "J", 1, 1_000, 1_000, 10_000, 9_000),
        ("2025-06-17", "T", 1, 6_000, 6_000, 10_000, 2_000),
        ("2025-06-18", "T", 2, 9_000, 2_000, 10_000, 2_000),
    ]
    assert branch.box.report("preselling", "demand", warehouse="W") == rows
    with pytest.raises(ValueError, match="there is no warehouse 'X'"):
        branch.box.report("preselling", "demand", warehouse="X")
    assert branch.box.report("preselling", "demand", until="2025-06-17") == rows[:2]
    # A leader sees the orders of his team.
    assert branch.box.report("preselling", "demand", device=branch.device("sven")) == rows
