"""What the house knows of its goods and customers do not get."""

from __future__ import annotations

from typing import Any

from preselling_branch import PHONE


def test_what_customers_do_not_get(branch: Any) -> None:
    box = branch.box
    box.store("stock_balances", {**STOCK, "warehouse_id": branch.warehouse, **of(branch)})
    branch.change("outlets", branch.outlet, warehouse_id=branch.warehouse)
    branch.change("products", branch.products["T"], min_price=90_000)
    box.run_job("master_data", "move_floors")
    assert "min_price" not in box.records("products")[branch.products["T"]]
    staff, customer = branch.device("anna"), branch.device(PHONE)
    assert len(staff.rows["stock_balances"]) == len(staff.rows["product_floors"]) == 1
    assert customer.rows["products"].keys() == staff.rows["products"].keys()
    assert not customer.rows.get("stock_balances")
    assert not customer.rows.get("product_floors")
    assert all("min_price" not in row for row in customer.rows["products"].values())


def test_a_floor_still_holds_what_is_sold_below_it(branch: Any) -> None:
    """Moved out of the product, it is looked at all the same; with a file it changes."""
    branch.change("products", branch.products["T"], min_price=200_000)
    _, answer = branch.send("anna", branch.order())
    assert (answer.outcome, answer.codes) == ("held", ["price_below_floor"])
    branch.box.run_job("master_data", "move_floors")
    _, answer = branch.send("anna", branch.order(number="A-2"))
    assert (answer.outcome, answer.codes) == ("held", ["price_below_floor"])
    row = {"code": "T", "name": "Tea", "min_price": 50_000}
    assert branch.box.import_rows("products", [row]).problems == ()
    _, answer = branch.send("anna", branch.order(number="A-3"))
    assert answer.outcome == "applied"
    (floor,) = branch.box.records("product_floors").values()
    assert floor["min_price"] == 50_000


STOCK = {"on_hand": 5_000, "as_of": 1}


def of(branch: Any) -> dict[str, str]:
    return {"product_id": branch.products["T"]}
