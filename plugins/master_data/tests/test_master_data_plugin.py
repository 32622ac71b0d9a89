from __future__ import annotations

from collections.abc import Callable, Iterator
from string import Formatter

import pluggy
import pytest

from appliance.api import Field, Mutation, Row, User, hookspecs
from appliance.testing.fake_context import SCALAR_TYPES, FakeContext
from appliance_master_data.collections import COLLECTIONS
from appliance_master_data.intake import RULES
from appliance_master_data.plugin import plugin


def test_every_hook_fits_its_specification() -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()
    assert manager.hook.manifest().name == "master_data"


def walk(fields: tuple[Field, ...]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from walk(field.fields)
        if field.items is not None:
            yield from walk((field.items,))


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda collection: collection.name)
def test_a_declaration_agrees_with_itself_and_the_others(collection) -> None:  # type: ignore[no-untyped-def]
    fields = {field.name: field for field in collection.fields}
    names = {other.name for other in COLLECTIONS}
    assert len(fields) == len(collection.fields)
    assert not {"id", "seq", "body"} & set(fields), "these are columns of every view"
    assert set(collection.key) <= set(fields)
    for field in walk(collection.fields):
        assert (field.type == "ref") == (field.of is not None), field.name
        assert field.of is None or field.of in names, field.name
        assert (field.type == "list") == (field.items is not None), field.name
        assert not field.index or field.type in SCALAR_TYPES, field.name
    *others, last = collection.bucket
    used = {name for _, name, _, _ in Formatter().parse(last) if name}
    assert all(name == "id" or fields[name].required for name in used), "a row without a bucket"
    assert all(set(fields) > {n for _, n, _, _ in Formatter().parse(b) if n} for b in others)


def test_masters_go_down_and_no_device_writes_them() -> None:
    for collection in COLLECTIONS:
        master = collection.kind == "master"
        assert (collection.direction == "down") == master, collection.name
        assert (collection.write == ()) == master, collection.name


def test_what_devices_write_has_a_rule() -> None:
    assert {c.name for c in COLLECTIONS if c.direction != "down"} == set(RULES)


def test_customers_read_nothing_that_is_for_the_staff() -> None:
    closed = {c.name for c in COLLECTIONS if "client" not in c.read and "*" not in c.read}
    assert {"notes", "visits", "assortments", "targets", "gps_points"} <= closed


def test_a_user_is_mirrored_and_what_others_set_is_kept(
    make_context: Callable[..., FakeContext],
) -> None:
    context = make_context()
    user = User(id="u1", login="anna", name="Anna", roles=("agent",), org_id="o", language="ru")
    context.apply(plugin.identity_changed(user, context))
    assert context.get("users", "u1") == {
        "login": "anna",
        "name": "Anna",
        "roles": ["agent"],
        "org_id": "o",
        "language": "ru",
        "locked": False,
    }
    assert plugin.identity_changed(user, context) == ()
    context.put("users", "u1", {**(context.get("users", "u1") or {}), "supervisor_id": "s"})
    locked = User(id="u1", login="anna", name="Anna", roles=("agent",), locked=True)
    context.apply(plugin.identity_changed(locked, context))
    row = context.get("users", "u1") or {}
    assert (row["locked"], row["supervisor_id"]) == (True, "s")
    assert "org_id" not in row


def photo(row: Row, *roles: str) -> Mutation:
    return Mutation(
        mid="m",
        n=1,
        collection="attachments",
        id="a1",
        op="put",
        base=None,
        row={"sha256": "0" * 64, "mime": "image/jpeg", "size": 1, **row},
        device_id="d",
        user_id="anna",
        login="anna",
        roles=roles,
        org_id=None,
        received_at=0,
    )


@pytest.mark.parametrize(
    ("row", "role", "owner"),
    [
        ({}, "agent", "anna"),
        ({"outlet_id": "o1"}, "driver", "anna"),
        ({"user_id": "boris"}, "agent", "anna"),
        ({"user_id": "boris"}, "admin", "anna"),
        ({"user_id": "anna"}, "agent", "anna"),
        ({}, "admin", None),
    ],
)
def test_who_sends_an_attachment_owns_it(
    make_context: Callable[..., FakeContext], row: Row, role: str, owner: str | None
) -> None:
    mutation = photo(row, role)
    effect = plugin.apply_mutation(mutation, None, make_context())
    stored = mutation.row if effect is None or effect.row is None else effect.row
    assert stored.get("user_id") == owner


def test_reports_and_exports_run_and_fit_their_columns(
    make_context: Callable[..., FakeContext],
) -> None:
    context = make_context(
        {
            "products": {"p": {"code": "P", "name": {"ru": "Чай"}, "active": True}},
            "product_uoms": {"u": {"product_id": "p", "uom_code": "PCE", "is_base": True}},
            "price_lists": {"l": {"code": "L", "currency": "RUB"}},
            "prices": {
                "x": {"product_id": "p", "price_list_id": "l", "uom_id": "u", "price": 10_000}
            },
            "warehouses": {"w": {"code": "W", "name": "Main"}},
            "stock_balances": {
                "b": {"product_id": "p", "warehouse_id": "w", "on_hand": 5_000, "reserved": 1_000}
            },
            "parties": {"c": {"name": "Corner"}},
            "receivables": {
                str(days): {
                    "party_id": "c",
                    "currency": "RUB",
                    "due_date": day,
                    "open_amount": amount,
                }
                for days, day, amount in (
                    (0, "2026-06-30", 1),
                    (1, "2026-06-29", 10),
                    (30, "2026-05-31", 100),
                    (31, "2026-05-30", 1_000),
                    (90, "2026-04-01", 10_000),
                    (91, "2026-03-31", 100_000),
                    (9, "2026-03-31", 0),
                )
            },
        }
    )
    for report in plugin.reports():
        defaults = {parameter.name: parameter.default for parameter in report.parameters}
        rows = context.select(report.sql, {**defaults, "caller_languages": "ru"})
        assert [len(row) for row in rows] == [len(report.columns)], report.name
    for exporter in plugin.exporters():
        rows = context.select(exporter.sql, {"caller_languages": "ru"})
        assert [len(row) for row in rows] == [len(exporter.columns)], exporter.kind
    sql = {report.name: report.sql for report in plugin.reports()}
    asked = {"warehouse": "W", "unit": "", "caller_languages": "kk,ru"}
    stock = context.select(sql["stock_by_warehouse"], asked)
    assert stock[0][3:7] == ("Чай", 5_000, 1_000, 4_000)
    assert context.select(sql["stock_by_warehouse"], {**asked, "warehouse": "none"}) == []
    assert context.select(sql["receivables_by_age"], {"date": "2026-06-30", "unit": ""}) == [
        ("Corner", "RUB", 111_111, 1, 110, 1_000, 10_000, 100_000, 91)
    ]
