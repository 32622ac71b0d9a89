"""Papers of orders that come as files."""

from __future__ import annotations

import re

import pytest
from preselling_branch import Branch

from appliance_preselling.document_import import IMPORTER


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("A-1_payment_invoice", ("A-1", "payment_invoice", None)),
        ("A_1_delivery_note_TN_7", ("A_1", "delivery_note", "TN_7")),
        ("A-1_receipt_", None),
        ("A-1", None),
        ("_quotation", None),
        ("A-1_invoice", None),
    ],
)
def test_names_of_papers(name: str, said: tuple[str | None, ...] | None) -> None:
    found = re.fullmatch(IMPORTER.file_names, name)
    assert (found and found.group("order", "kind", "number")) == said


def test_papers_come_in_a_folder_named_by_their_orders(branch: Branch) -> None:
    order_id, _ = branch.send("anna", branch.order())
    row = {"order": "A-1", "kind": "delivery_note", "number": None, "file": "A-1_delivery_note.pdf"}
    ((_, column, text),) = branch.box.import_rows("order_documents", [row]).problems
    assert (column, "A-1_delivery_note.pdf itself is missing" in text) == ("file", True)
    sent = {"sha256": "ab" * 32, "mime": "application/pdf", "size": 4}
    assert branch.box.import_rows("order_documents", [{**row, **sent}]).problems == ()
    (held,) = branch.device("anna").rows["order_documents"].values()
    assert held.items() >= {"order_id": order_id, "kind": "delivery_note", **sent}.items()
