"""Importing goods takes SQLite as many steps for the last rows of a file as for the first ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest

from appliance.store.importing import ImportRow, ImportSession
from appliance.store.transaction import WriteTransaction
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.importers import IMPORTERS
from appliance_master_data.plugin import plugin

BATCH = 100
BATCHES = 8

COLUMNS = {importer.kind: [column.name for column in importer.columns] for importer in IMPORTERS}


def barcode(number: int) -> str:
    """Return a GTIN-13; the last digit makes the sum with weights 1 and 3 divisible by ten."""
    digits = f"290{number:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def steps(box: PluginBox, kind: str, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Import rows in batches; return the virtual machine's steps for each batch."""
    session = ImportSession("file")
    found: list[int] = []

    def batch(tx: WriteTransaction, part: Sequence[ImportRow]) -> None:
        counted: list[int] = []

        def add(event: Any) -> None:
            # Of what full text search runs inside, SQLite gives the sum since it was prepared.
            if "'main'." not in event["sql"]:
                counted.append(event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"])

        tx.db.raw.trace_v2(apsw.SQLITE_TRACE_PROFILE, add)
        done = session.batch(tx, part, partial(box.box.converter, tx, kind))
        tx.db.raw.trace_v2(0, None)
        assert done.problems == ()
        found.append(sum(counted))

    blank: dict[str, Any] = dict.fromkeys(COLUMNS[kind])
    numbered = [ImportRow(number, {**blank, **row}) for number, row in enumerate(rows, 2)]
    for at in range(0, len(numbered), BATCH):
        box.box.store.write(partial(batch, part=numbered[at : at + BATCH]))
    return found


@pytest.mark.slow
def test_no_row_costs_more_for_those_before_it(tmp_path: Path) -> None:
    box = PluginBox(tmp_path, plugin)
    count = BATCH * BATCHES
    products = [
        {"code": f"A{n}", "name": f"Чай {n}", "unit": "PCE", "barcode": barcode(n)}
        for n in range(count)
    ]
    renamed = [{**row, "name": f"{row['name']}, 100 г"} for row in products]
    prices = [
        {"product": f"A{n}", "price_list": "R", "price": 10_000 + n, "currency": "RUB"}
        for n in range(count)
    ]
    try:
        for kind, rows in (
            ("products", products),
            ("products", renamed),
            ("products", renamed),
            ("prices", prices),
            ("prices", [{**row, "price": row["price"] + 1} for row in prices]),
        ):
            found = steps(box, kind, rows)[1:]  # the first batch makes what all rows mention
            assert max(found) < 1.25 * min(found), (kind, found)
    finally:
        box.box.close()
