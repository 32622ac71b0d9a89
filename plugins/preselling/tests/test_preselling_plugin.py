from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from string import Formatter
from typing import Any

import pluggy
import pytest

from appliance.api import Device, EndpointRequest, Field, PluginError, Row, User, hookspecs
from appliance.api.document_data import Issuer, Quotation, Sums, TaxTotal
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.order_copy import local_time
from appliance_preselling.order_fields import ORDERS, SERVER_FIELDS
from appliance_preselling.plugin import plugin

OUTLET = "01920000-0000-7000-8000-000000000001"
DAY = 86_400_000


def test_every_hook_fits_its_specification() -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()
    assert manager.hook.manifest().requires == ("master_data",)


def test_the_declaration_agrees_with_itself_and_master_data(order: Row) -> None:
    fields = {field.name: field for field in ORDERS.fields}
    assert len(fields) == len(ORDERS.fields)
    assert not {"id", "seq", "body"} & fields.keys()
    assert fields.keys() >= SERVER_FIELDS
    assert not any(fields[name].required for name in SERVER_FIELDS)
    for name in [n for _, n, _, _ in Formatter().parse(ORDERS.bucket[-1]) if n]:
        assert fields[name].required
    known = {one.name for one in (*master_data.collections(), *plugin.collections())}

    def refs(field: Field) -> set[str]:
        inner = (*field.fields, *((field.items,) if field.items else ()))
        return {field.of} - {None} | {of for one in inner for of in refs(one)}  # type: ignore[return-value]

    assert {of for field in ORDERS.fields for of in refs(field)} <= known
    assert order.keys() <= fields.keys()
    lines = fields["lines"].items
    assert lines is not None
    required = {field.name for field in lines.fields if field.required}
    assert required <= order["lines"][0].keys()


@pytest.mark.parametrize(
    ("hook", "arguments"),
    [
        (plugin.run_job, ("other", None)),
        (plugin.run_command, ("other", {}, None)),
        (plugin.render_document, ("other", "id", {}, "", None)),
        (plugin.handle_request, ("other", None, None, None)),
    ],
)
def test_what_was_not_declared_is_refused(hook: Callable[..., Any], arguments: Any) -> None:
    with pytest.raises(PluginError, match="'other'"):
        hook(*arguments)


def put(desk: Any, order: Row, order_id: str, **changes: Any) -> None:
    desk.context.put("orders", order_id, {**order, **changes})


def test_orders_expire_when_nobody_confirms(make_desk: Callable[..., Any], order: Row) -> None:
    desk = make_desk(confirm_days=7)
    now = desk.context.now_ms
    waiting = {"state": "awaiting_confirmation"}
    put(desk, order, "late", **waiting, state_at=now - 7 * DAY - 1)
    put(desk, order, "in-time", **waiting, state_at=now - 7 * DAY)
    put(desk, order, "imported", **waiting, created_at=now - 30 * DAY)
    put(desk, order, "accepted", state="accepted", state_at=0)
    writes = list(plugin.run_job("expire", desk.context) or ())
    expired = [write.id for write in writes if write.collection == "orders"]
    assert expired == ["imported", "late"]
    desk.context.apply(writes)
    late = desk.context.get("orders", "late")
    assert (late["state"], late["state_at"], late["number"]) == ("expired", now, "A-1")
    assert list(plugin.run_job("expire", desk.context) or ()) == []
    never = make_desk(confirm_days=0)
    put(never, order, "late", **waiting, state_at=0)
    assert list(plugin.run_job("expire", never.context) or ()) == []


def render(desk: Any, order: Row, kind: str = "order_copy", language: str = "") -> Any:
    return plugin.render_document(kind, "order-1", order, language, desk.context)


def test_the_order_copy(desk: Any, order: Row) -> None:
    order["totals"]["discount"] = 150
    order["lines"][0] |= {"net_price": 90_090, "comment": "cold"}
    data = render(desk, order)
    assert (data.number, data.language, data.agent) == ("A-1", "en", "anna")
    assert (data.outlet, data.delivery_address) == ("Corner shop", "Main St 1")
    assert (data.buyer.name, data.payer.name) == ("Corner Ltd", "Payer Ltd")
    assert (data.state, data.payment_form) == ("submitted", "cash")
    assert data.sums == Sums(
        gross=6_006,
        discount=150,
        net=5_004,
        taxes=(TaxTotal(rate_bp=2_000, net=5_004, tax=1_002),),
        total=6_006,
        payable=6_006,
    )
    tea, jam = data.lines
    assert (tea.name, tea.unit, tea.qty, tea.price) == ("Tea", "pcs", 3_000, 100_100)
    assert (tea.discount_bp, tea.net, tea.total, tea.comment) == (1_000, 2_502, 3_003, "cold")
    assert (jam.code, jam.discount_bp) == ("J", 0)


def test_documents_of_an_order_speak_the_language_that_is_asked_for(desk: Any, order: Row) -> None:
    assert render(desk, {**order, "org_id": "south"}).language == "bg"
    russian = render(desk, order, language="ru")
    assert (russian.lines[0].name, russian.lines[1].name) == ("Чай", "Jam")
    assert russian.state != "submitted"


def test_the_issuer_is_the_legal_party_of_the_branch_or_above(desk: Any, order: Row) -> None:
    firm = {
        "legal_name": "Aquilon Ltd",
        "tax_id": "1",
        "tax_id2": "2",
        "addresses": [{"kind": "post", "text": "Box 3"}, {"kind": "legal", "text": "Quay 1"}],
    }
    desk.context.put("parties", "firm", firm)
    land = {"code": "L", "legal_party_id": "firm", "country": "RU", "language": "en"}
    desk.context.put("org_units", "land", land)
    desk.context.put("org_units", "north", {"parent_id": "land", "name": {"en": "North"}})
    issuer = render(desk, order).issuer
    assert (issuer.name, issuer.address, issuer.org_unit) == ("Aquilon Ltd", "Quay 1", "North")
    assert [(one.name, one.number) for one in issuer.tax_ids] == [("", "1"), ("КПП", "2")]


def test_the_offer_of_an_order(desk: Any, order: Row) -> None:
    data = render(desk, order, "quotation")
    assert isinstance(data, Quotation)
    assert data.state == ""
    assert data.handed_over.name == "anna"


def test_the_check_goes_by_what_the_customer_agreed_to(desk: Any, order: Row) -> None:
    first = render(desk, order)
    assert re.fullmatch("order-1:[0-9a-f]{8}", first.check)
    assert render(desk, {**order, "state": "accepted"}).check == first.check
    dearer = copy.deepcopy(order)
    dearer["lines"][0]["total"] += 1
    assert render(desk, dearer).check != first.check


def test_an_order_copy_needs_no_masters_and_no_totals(desk: Any, order: Row) -> None:
    for name, record in (("products", "tea"), ("outlets", "o1"), ("parties", "p2")):
        desk.context.delete(name, record)
    desk.context.delete("users", "anna")
    bare = {k: v for k, v in order.items() if k not in ("totals", "number")}
    data = render(desk, bare)
    assert (data.number, data.sums.payable, data.sums.gross) == ("order-1", 6_006, 6_006)
    assert data.sums.taxes == (TaxTotal(rate_bp=2_000, net=5_004, tax=1_002),)
    assert (data.lines[0].name, data.outlet, data.issuer) == ("tea", "", Issuer())


@pytest.mark.parametrize("moment", [2**53 - 1, -(2**53) + 1])
def test_a_time_that_no_calendar_holds(moment: int) -> None:
    assert local_time(moment, 840) == "-"


def ask(desk: Any, role: str, **query: str) -> Any:
    user = User(id="anna", login="anna", name="Anna", roles=(role,))
    device = Device(id="d", name="phone", platform="android", user=user)
    return plugin.handle_request(
        "orders_summary", EndpointRequest(query=query), device, desk.context
    )


def test_the_summary_counts_open_orders(desk: Any, order: Row) -> None:
    put(desk, order, "1", outlet_id=OUTLET, state="accepted")
    put(desk, order, "2", outlet_id=OUTLET, state="accepted", user_id="boris")
    put(desk, order, "3", outlet_id=OUTLET, state="held", totals=None)
    put(desk, order, "4", outlet_id=OUTLET, state="cancelled")
    put(desk, order, "5", state="shipped")
    office = ask(desk, "manager", outlet_id=OUTLET)
    assert (office.status, office.body) == (
        200,
        {
            "outlet_id": OUTLET,
            "open": 3,
            "states": [
                {"state": "accepted", "currency": "EUR", "orders": 2, "payable": 12_012},
                {"state": "held", "currency": "EUR", "orders": 1, "payable": 0},
            ],
        },
    )
    assert ask(desk, "agent", outlet_id=OUTLET).body["open"] == 2
    assert ask(desk, "agent").body["open"] == 3
    assert ask(desk, "admin").body["open"] == 4


def test_recent_orders(desk: Any, order: Row) -> None:
    assert plugin.run_command("recent", {}, desk.context).text == "There are no orders."
    put(desk, order, "1")
    put(desk, order, "2", created_at=order["created_at"] + 1, state="held", totals=None)
    result = plugin.run_command("recent", {}, desk.context)
    assert [row[-1] for row in result.rows] == ["2", "1"]
    assert dict(zip(result.columns, result.rows[1], strict=True)) == {
        "created": "2025-06-15 18:06",
        "number": "A-1",
        "state": "submitted",
        "outlet": "Corner shop",
        "by": "anna",
        "lines": 2,
        "payable": "60.06",
        "currency": "EUR",
        "id": "1",
    }
    assert len(plugin.run_command("recent", {"limit": "1"}, desk.context).rows) == 1
    assert len(plugin.run_command("recent", {"state": "held"}, desk.context).rows) == 1
    for options in ({"limit": "0"}, {"limit": "x"}, {"limit": "9999"}, {"state": "lost"}):
        wrong = plugin.run_command("recent", options, desk.context)
        assert wrong.failed
        assert "must be" in wrong.text


def test_orders_by_day_uses_the_local_day(desk: Any, order: Row) -> None:
    midnight = 1_750_032_000_000  # 2025-06-16 00:00 UTC
    put(desk, order, "1", created_at=midnight - 1, tz_offset_min=0)
    put(desk, order, "2", created_at=midnight - 1, tz_offset_min=300, state="held")
    put(desk, order, "3", created_at=midnight, tz_offset_min=-60, state="draft")
    report = next(one for one in plugin.reports() if one.name == "orders_by_day")
    defaults: Any = {parameter.name: parameter.default for parameter in report.parameters}
    rows = desk.context.select(report.sql, defaults)
    assert rows == [
        ("2025-06-15", "EUR", 1, 2, 1, 0, 6_006),
        ("2025-06-16", "EUR", 1, 2, 1, 1, 6_006),
    ]
    assert all(len(row) == len(report.columns) for row in rows)
    day = {**defaults, "since": "2025-06-16", "until": "2025-06-16"}
    one_day = desk.context.select(report.sql, day)
    assert one_day == rows[1:]


def test_only_orders_that_stand_go_to_the_outbox(desk: Any, order: Row) -> None:
    (exporter,) = plugin.exporters()
    states = ("accepted", "held", "submitted", "shipped", "cancelled", "draft", "confirmed")
    for state in states:
        put(desk, order, f"the {state}", state=state)
    asked = json.dumps([f"the {state}" for state in states])
    found = {row[0] for row in desk.context.select(exporter.ready, {"ids": asked})}
    assert found == {"the accepted", "the shipped", "the confirmed"}
    rows = desk.context.select(exporter.sql, {"ids": json.dumps(["the shipped"])})
    assert {row[0] for row in rows} == {"the shipped"}


def test_the_file_of_orders_has_a_row_for_each_line(desk: Any, order: Row) -> None:
    desk.context.put("parties", order["party_id"], {"name": "Ромашка", "tax_id": "7701"})
    put(desk, order | {"payer_party_id": order["party_id"]}, "1")
    put(desk, order, "2", state="draft")
    (exporter,) = plugin.exporters()
    rows = desk.context.select(exporter.sql, {"ids": None})
    assert len(rows) == 2
    named = dict(zip((column.name for column in exporter.columns), rows[1], strict=True))
    assert (named["line_no"], named["product"], named["unit"], named["qty"]) == (
        2,
        "J",
        "PCE",
        3_000,
    )
    assert (named["party"], named["payer_tax_id"]) == ("Ромашка", "7701")
