"""``fieldbox outbox``."""

from __future__ import annotations

from typing import Any


def test_an_empty_outbox(fieldbox: Any) -> None:
    assert fieldbox("outbox", "write").output == "nothing is ready that was not written before\n"
    assert fieldbox("outbox", "write", "orders", "--json").json == []
    assert fieldbox("outbox", "list", "--json").json == []
    assert fieldbox("outbox", "list").code == 0
    assert "outbox" in fieldbox("status").output
    lost = fieldbox("outbox", "again", "3")
    assert (lost.code, "never had a file 3" in lost.errors) == (1, True)
    wrong = fieldbox("outbox", "write", "products")
    assert (wrong.code, "these do: orders" in wrong.errors) == (1, True)
