"""Files imported onto the demo company update it, whatever kind they are of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import pytest

from appliance.api import ExternalName, Row, Write
from appliance.api.importing import DEFAULT_SOURCE
from appliance.testing.fake_context import FakeContext
from appliance.testing.plugin_box import PluginBox
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.demo.company import Company
from appliance_master_data.demo.names import UNNAMED
from appliance_master_data.demo.plan import Plan
from appliance_master_data.importers import IMPORTERS
from appliance_master_data.plugin import plugin

pytestmark = pytest.mark.slow

Rows = list[dict[str, Any]]


class Demo(NamedTuple):
    """What the command writes into a box."""

    box: PluginBox
    writes: list[Write]
    names: list[ExternalName]

    def named(self, collection: str) -> list[tuple[Row, list[str]]]:
        """Return the records of a collection with the parts of their external ids."""
        names = {one.id: one.external_id for one in self.names if one.collection == collection}
        return [(w.row, names[w.id].split("|")) for w in self.of(collection)]

    def of(self, collection: str) -> list[Write]:
        return [write for write in self.writes if write.collection == collection]

    def party(self, row: Row) -> str:
        """Return the external id of a record's party."""
        (name,) = (one.external_id for one in self.names if one.id == row["party_id"])
        return name

    def bring(self, kind: str, rows: Rows) -> Any:
        """Import rows as the command does where no --source is given."""
        return self.box.import_rows(kind, rows, source=DEFAULT_SOURCE)


@pytest.fixture
def demo(fieldbox_box: Callable[..., PluginBox]) -> Demo:
    box = fieldbox_box(plugin)
    for login, user_id, _, role, org_id, language in box.run_command(
        "master_data", "demo-people"
    ).rows:
        box.user(login, role, org_id=org_id, language=language, user_id=user_id)
    box.run_command("master_data", "demo-company")
    day = date.fromtimestamp(box.now_ms / 1_000)
    company = Company(Plan("small", 1, day))
    writes = list(company.records(FakeContext(COLLECTIONS)))
    return Demo(box, writes, list(company.names(writes)))


FILES: dict[str, Callable[[Demo], Rows]] = {
    "org_units": lambda d: [
        {
            **taken(row, "code", "name", "kind", "country", "currency", "timezone", "language"),
            "party": "OWN",
        }
        for row in (w.row for w in d.of("org_units"))
    ],
    "tax_rates": lambda d: [
        {
            **taken(row, "country", "rate_bp", "valid_from"),
            "category": row["tax_category"],
        }
        for row in (w.row for w in d.of("tax_rates"))
    ],
    "product_groups": lambda d: [
        {"code": code, "name": row["name"]} for row, (code,) in d.named("product_groups")
    ],
    "products": lambda d: [
        {**taken(row, "code", "article", "name", "brand", "active"), "unit": row["base_uom"]}
        for row, _ in d.named("products")
    ],
    "product_uoms": lambda d: [
        {
            "product": code,
            "unit": row["uom_code"],
            "factor": row["factor_num"] * 10**6,
            **taken(row, "name", "net_g"),
        }
        for row, (code, *_) in d.named("product_uoms")
    ],
    "price_lists": lambda d: [
        taken(row, "code", "name", "currency", "tax_included") for row, _ in d.named("price_lists")
    ],
    "prices": lambda d: [
        {"product": code, "price_list": name, "price": row["price"], "currency": "RUB"}
        for row, (name, code, *_) in d.named("prices")
    ],
    "warehouses": lambda d: [
        taken(row, "code", "name", "kind") for row, _ in d.named("warehouses")
    ],
    "stock_balances": lambda d: [
        {"product": code, "warehouse": name, **taken(row, "on_hand", "reserved")}
        for row, (name, code, _) in d.named("stock_balances")
    ],
    "parties": lambda d: [
        {"code": code, **taken(row, "name", "legal_name", "kind", "tax_id", "tax_id2")}
        for row, (code,) in d.named("parties")
    ],
    "outlets": lambda d: [
        {"party": d.party(row), **taken(row, "code", "name", "address", "channel")}
        for row, _ in d.named("outlets")
    ],
    "routes": lambda d: [taken(row, "code", "name", "kind") for row, _ in d.named("routes")],
    "route_outlets": lambda d: [
        {"route": route, "outlet": outlet, **taken(row, "sort")}
        for row, (route, outlet) in d.named("route_outlets")
    ],
    "contracts": lambda d: [
        {"party": party, "number": number, **taken(row, "date", "currency", "payment_terms_days")}
        for row, (party, number) in d.named("contracts")
    ],
    "receivables": lambda d: [
        {
            "party": party,
            **taken(row, "doc_number", "doc_date", "due_date"),
            **taken(row, "amount", "open_amount", "currency"),
        }
        for row, (party, *_) in d.named("receivables")
    ],
    "licences": lambda d: [
        {
            "party": party,
            "outlet": outlet or None,
            **taken(row, "regulation", "number", "valid_from", "valid_to"),
        }
        for row, (party, outlet, *_) in d.named("licences")
    ],
    "reason_codes": lambda d: [
        taken(row, "code", "kind", "text", "sort") for row, _ in d.named("reason_codes")
    ],
}


def taken(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names if name in row}


def test_every_kind_of_file_that_has_records_here_is_tried_or_said_to_have_no_names(
    demo: Demo,
) -> None:
    made = {write.collection for write in demo.writes}
    kinds = {importer.kind for importer in IMPORTERS} & made
    assert set(FILES) - {"org_units", "tax_rates"} == kinds - UNNAMED
    assert {one.collection for one in demo.names} == made - UNNAMED
    assert len({(one.collection, one.external_id) for one in demo.names}) == len(demo.names)


def test_a_mid_company_has_no_name_twice() -> None:
    company = Company(Plan("mid", 1, date(2026, 11, 25)))
    found: set[tuple[str, str]] = set()
    count = 0
    for chapter in company.chapters:
        if chapter.name in ("history", "discounts"):
            continue
        for unit in range(0, chapter.units, 1 if chapter.units < 100 else 7):
            names = [(n.collection, n.external_id) for n in company.names(chapter.make(unit))]
            found.update(names)
            count += len(names)
    assert len(found) == count > 40_000


@pytest.mark.parametrize("kind", FILES)
def test_a_file_finds_the_records_of_the_demo(demo: Demo, kind: str) -> None:
    rows = FILES[kind](demo)
    before = {name: len(demo.box.records(name)) for name in {w.collection for w in demo.writes}}
    assert len(rows) == before[kind]
    done = demo.bring(kind, rows)
    assert (done.created, done.changed, done.problems) == (0, 0, ())
    assert done.unchanged == len(rows) * (2 if kind == "products" else 1)
    assert {name: len(demo.box.records(name)) for name in before} == before


def test_a_change_in_a_file_reaches_the_record(demo: Demo) -> None:
    price = {"product": "VB00001", "price_list": "NN-OPT", "price": 950_000, "currency": "RUB"}
    assert demo.bring("prices", [price]).changed == 1
    row = {"code": "VB00121", "name": "Чай новый", "group": "G101", "barcode": "", "unit": "PCE"}
    new = demo.bring("products", [row])
    assert new[:4] == (2, 0, 0, ())
    stored = {row["code"]: row for row in demo.box.records("products").values()}
    parents = demo.box.records("product_groups")
    (group,) = stored["VB00121"]["group_ids"]
    assert parents[group]["name"] == "Вода"
    other = demo.box.import_rows("products", [{"code": "VB00001", "name": "Чай"}], source="other")
    assert other.created == 2


def test_a_base_unit_keeps_its_name_unless_the_file_has_another(demo: Demo) -> None:
    def unit() -> tuple[str, str]:
        products = demo.box.records("products")
        (row,) = [
            row
            for row in demo.box.records("product_uoms").values()
            if row["is_base"] and products[row["product_id"]]["code"] == "VB00001"
        ]
        return row["uom_code"], row["name"]

    demo.bring("products", [{"code": "VB00001", "name": "Вода", "unit": "PCE"}])
    assert unit() == ("PCE", "шт")
    demo.bring("products", [{"code": "VB00001", "name": "Вода", "unit": "KGM"}])
    assert unit() == ("KGM", "KGM")
