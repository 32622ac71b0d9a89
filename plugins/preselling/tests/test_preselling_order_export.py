"""Orders as files for spreadsheets."""

from __future__ import annotations

import json
from typing import Any

from preselling_branch import Branch

from appliance_preselling.exports import ORDERS


def written(branch: Branch, *ids: str) -> list[Any]:
    """Return the rows of a file as an exporter's SELECT gives them, of these orders or all."""
    asked = {"ids": json.dumps(ids) if ids else None}
    return branch.box.box.store.fetch(lambda db: db.select_guarded(ORDERS.sql, asked, 5.0))


def test_the_basket_of_an_order_even_a_draft(branch: Branch) -> None:
    sent, _ = branch.send("anna", branch.order())
    draft, _ = branch.send("anna", branch.order(state="draft", number="A-2"))
    of_draft = written(branch, draft)
    names = [column.name for column in ORDERS.columns]
    assert len(of_draft[0]) == len(names)
    rows = [dict(zip(names, row, strict=True)) for row in of_draft]
    assert [(row["number"], row["product"], row["qty"], row["total"]) for row in rows] == [
        ("A-2", "T", 3_000, 3_003),
        ("A-2", "J", 3_000, 3_003),
    ]
    assert {row[0] for row in written(branch)} == {sent}
