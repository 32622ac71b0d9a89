"""Orders that no device wrote: an import of accounting, a job, an import undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from preselling_branch import Branch

from appliance.api import ImportColumn, Importer, ImportRecord, Manifest, Write, hookimpl
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.differences import content
from appliance_preselling.order_history import at_revision
from appliance_preselling.plugin import plugin

DAY_MS = 86_400_000


class Accounting:
    """An exchange: its file names an order by its id, with a state and a quantity of its line 1."""

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(
            name="accounting", version="1", title="exchange", requires=("preselling", "master_data")
        )

    @hookimpl
    def importers(self) -> Sequence[Importer]:
        columns = tuple(
            ImportColumn(name=name, headers=(name,), type=kind)
            for name, kind in (("order", "text"), ("state", "text"), ("qty", "int"))
        )
        return (Importer(kind="order_changes", title="Changes of orders", columns=columns),)

    @hookimpl
    def import_row(self, values: Any, context: Any) -> Sequence[ImportRecord]:
        order = context.get("orders", values["order"])
        row = {"state": values.get("state") or order["state"]}
        if values.get("qty"):
            row["lines"] = [{**order["lines"][0], "qty": values["qty"]}, *order["lines"][1:]]
        return [
            ImportRecord(
                collection="orders",
                external_id=values["order"],
                row=row,
                record_id=values["order"],
            )
        ]


@pytest.fixture
def branch(fieldbox_box: Callable[..., PluginBox]) -> Branch:
    return Branch(fieldbox_box(plugin, master_data, Accounting()))


def bring(branch: Branch, order_id: str, **values: Any) -> Any:
    """Import a change of an order from accounting's file."""
    branch.box.now_ms += 1_000
    done = branch.box.import_rows("order_changes", [{"order": order_id, **values}])
    assert done.problems == ()
    return done


def notices(branch: Branch, login: str) -> list[str]:
    """Return the kinds of what a person was told."""
    rows = branch.device(login).rows.get("notifications", {})
    return sorted(row["kind"] for row in rows.values())


def test_what_accounting_rewrites_gets_a_revision_and_its_author_hears(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    first = branch.stored(order_id)
    bring(branch, order_id, qty=2_000)
    order = branch.stored(order_id)
    assert (order["state"], order["revision"], order["parent_revision"]) == ("accepted", 2, 1)
    (made,) = branch.box.records("order_revisions").values()
    assert made["changed"] == [
        {"line_no": 1, "fields": [{"name": "qty", "old": 3_000, "new": 2_000}]}
    ]
    assert "author" not in made
    assert at_revision(order, [made], 1) == content(first)
    assert branch.states(order_id) == ["accepted", "accepted"]
    assert notices(branch, "anna") == ["orders.changed"]
    # What was approved was the revision before.
    stale = branch.act("mia", "confirm", order_id, revision=1)
    assert stale.codes == ["revision_stale"]


def test_states_that_accounting_brings_are_told_and_make_no_revision(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    for state in ("confirmed", "shipped", "completed"):
        bring(branch, order_id, state=state)
        order = branch.stored(order_id)
        assert (order["state"], order["state_at"]) == (state, branch.box.now_ms)
    assert branch.states(order_id) == ["accepted", "confirmed", "shipped", "completed"]
    told = branch.device("anna").rows["doc_states"].values()
    assert [row for row in told if row["state"] != "accepted" and "by" in row] == []
    assert branch.box.records("order_revisions") == {}
    assert branch.stored(order_id)["revision"] == 1


def test_a_file_imported_again_tells_nothing_twice(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    bring(branch, order_id, state="awaiting_confirmation", qty=1_000)
    counts = [len(branch.box.records(name)) for name in ("doc_states", "order_revisions")]
    again = bring(branch, order_id, state="awaiting_confirmation", qty=1_000)
    assert (again.created, again.changed, again.unchanged) == (0, 0, 1)
    assert counts == [len(branch.box.records(name)) for name in ("doc_states", "order_revisions")]
    assert notices(branch, "anna") == ["orders.awaiting_confirmation"]


def test_documents_are_shown_when_accounting_brings_the_state(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    document = {
        "order_id": order_id,
        "kind": "tax_invoice",
        "date": "2025-06-17",
        "sha256": "a" * 64,
        "mime": "application/pdf",
        "size": 1,
        "visible_from_state": "shipped",
    }
    branch.box.store("order_documents", document)
    assert branch.device("anna").rows.get("order_documents", {}) == {}
    bring(branch, order_id, state="confirmed")
    bring(branch, order_id, state="shipped")
    assert len(branch.device("anna").rows["order_documents"]) == 1


def test_an_order_whose_customer_answered_does_not_expire_after_all(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    bring(branch, order_id, state="awaiting_confirmation")
    waiting = branch.stored(order_id)
    branch.act("anna", "confirm", order_id)
    # The job had looked before the answer came.
    branch.box.store("orders", {**waiting, "state": "expired"}, order_id)
    assert branch.stored(order_id)["state"] == "confirmed"
    assert branch.states(order_id)[-1] == "confirmed"


def test_an_order_expires_once_and_is_told_once(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    bring(branch, order_id, state="awaiting_confirmation")
    branch.box.now_ms += 8 * DAY_MS
    branch.box.run_job("preselling", "expire")
    assert branch.states(order_id) == ["accepted", "awaiting_confirmation", "expired"]
    assert notices(branch, "anna") == ["orders.awaiting_confirmation", "orders.expired"]


def test_a_write_of_another_collection_is_none_of_its_business(branch: Branch) -> None:
    found = plugin.apply_write(Write(collection="outlets", id="x", row={}), None, None)  # type: ignore[arg-type]
    assert found is None
