"""When an order can be delivered, what it weighs, and whether a vehicle gets there."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.api import Row

HOUR_MS = 3_600_000
# The desk stands at 2025-06-15 15:06:40 UTC, a Sunday; in Sofia it is three hours later.


def found(desk: Any, order: Row, **changes: Any) -> list[tuple[str, str, str]]:
    issues = desk.post({**order, **changes}).issues
    return [(issue.code, issue.severity, issue.pointer) for issue in issues]


def change(desk: Any, collection: str, record_id: str, **fields: Any) -> None:
    row = desk.context.get(collection, record_id) or {}
    desk.context.put(collection, record_id, {**row, **fields})


DATE = ("delivery_date_invalid", "hold", "/requested_date")
WINDOW = ("delivery_date_invalid", "hold", "/time_window")


@pytest.mark.parametrize(
    ("date", "expected"),
    [("2025-06-14", [DATE]), ("2025-06-15", []), ("2025-06-16", []), ("9999-12-31", [])],
)
def test_a_delivery_is_not_in_the_past(
    desk: Any, order: Row, date: str, expected: list[Any]
) -> None:
    assert found(desk, order, requested_date=date) == expected


def test_the_day_is_that_of_the_branch(desk: Any, order: Row) -> None:
    desk.context.now_ms += 6 * HOUR_MS  # 21:06 UTC on Sunday is 00:06 on Monday in Sofia
    assert found(desk, order, requested_date="2025-06-15") == [DATE]
    change(desk, "org_units", "north", timezone="Atlantic/Azores")
    assert found(desk, order, requested_date="2025-06-15") == []
    change(desk, "org_units", "north", timezone="No/Where")
    assert found(desk, order, requested_date="2025-06-15") == []


def test_without_branches_the_day_is_that_of_the_device(desk: Any, order: Row) -> None:
    for unit in ("land", "north", "south"):
        desk.context.delete("org_units", unit)
    desk.context.now_ms += 6 * HOUR_MS
    assert found(desk, order, requested_date="2025-06-15", tz_offset_min=180) == [DATE]
    assert found(desk, order, requested_date="2025-06-15", tz_offset_min=0) == []


def test_deliveries_are_on_working_days(desk: Any, order: Row) -> None:
    change(desk, "org_units", "land", working_days=[1, 2, 3, 4, 5])
    assert found(desk, order, requested_date="2025-06-20") == []
    assert found(desk, order, requested_date="2025-06-21") == [DATE]
    change(desk, "org_units", "north", working_days=[6])
    assert found(desk, order, requested_date="2025-06-21") == [], "the nearer unit says so"
    assert found(desk, order, requested_date="2025-06-20") == [DATE]
    (issue,) = desk.post({**order, "requested_date": "2025-06-20"}).issues
    assert issue.text == "The delivery date 2025-06-20 is no working day."


def test_an_outlet_takes_deliveries_in_its_windows(desk: Any, order: Row) -> None:
    windows = [
        {"dow": 2, "from": "08:00", "to": "10:00"},
        {"dow": 2, "from": "16:00", "to": "18:00"},
        {"dow": 4, "from": "08:00", "to": "24:00"},
    ]
    change(desk, "outlets", "o1", time_windows=windows)
    tuesday, wednesday = "2025-06-17", "2025-06-18"
    assert found(desk, order, requested_date=tuesday) == []
    assert found(desk, order, requested_date=wednesday) == [DATE]
    for begins, ends, expected in (
        ("09:30", "12:00", []),
        ("10:00", "16:00", [WINDOW]),
        ("17:59", "23:00", []),
        ("06:00", "08:00", [WINDOW]),
    ):
        window = {"from": begins, "to": ends}
        assert found(desk, order, requested_date=tuesday, time_window=window) == expected
    picked_up = {"delivery": "pickup", "time_window": {"from": "12:00", "to": "13:00"}}
    assert found(desk, order, requested_date=wednesday, **picked_up) == []


def test_the_hours_of_the_outlet_are_told(desk: Any, order: Row) -> None:
    change(desk, "outlets", "o1", time_windows=[{"dow": 2, "from": "08:00", "to": "10:00"}])
    (issue,) = desk.post({**order, "time_window": {"from": "11:00", "to": "12:00"}}).issues
    assert issue.text == "On that day the outlet takes deliveries at other times: 08:00–10:00."


@pytest.mark.parametrize(
    ("begins", "ends"),
    [("8:00", "10:00"), ("10:00", "09:00"), ("10:00", "10:00"), ("25:00", "26:00"), ("aa", "bb")],
)
def test_a_window_that_is_none_is_refused(desk: Any, order: Row, begins: str, ends: str) -> None:
    window = {"from": begins, "to": ends}
    assert found(desk, order, time_window=window) == [
        ("time_window_invalid", "reject", "/time_window")
    ]


def test_a_draft_may_have_any_date(desk: Any, order: Row) -> None:
    assert found(desk, order, state="draft", requested_date="2020-01-01") == []


# --- weight and volume ----------------------------------------------------------------------------


def weigh(desk: Any, **units: dict[str, Any]) -> None:
    for name, fields in units.items():
        change(desk, "product_uoms", name.replace("_", "-"), **fields)


def totals(desk: Any, order: Row) -> tuple[Any, Any]:
    row = desk.post(order).row["totals"]
    return row.get("weight_g"), row.get("volume_cm3")


def test_an_order_weighs_what_its_units_weigh(desk: Any, order: Row) -> None:
    order["lines"][0]["qty"] = 1_255
    weigh(desk, tea_pce={"gross_g": 1_001, "volume_cm3": 10}, jam_pce={"gross_g": 350})
    assert totals(desk, order) == (1_256 + 1_050, None), "1256.255 g, and 3 of 350 g"
    weigh(desk, jam_pce={"volume_cm3": 7})
    assert totals(desk, order) == (1_256 + 1_050, 13 + 21)


def test_what_the_device_says_gives_way_to_what_is_known(desk: Any, order: Row) -> None:
    order["totals"] |= {"weight_g": 5, "volume_cm3": 6}
    weigh(desk, tea_pce={"gross_g": 100}, jam_pce={"gross_g": 100})
    assert totals(desk, order) == (600, 6)


def test_a_box_weighs_by_its_base_unit_where_it_says_nothing(desk: Any, order: Row) -> None:
    box = {"product_id": "tea", "uom_code": "CT", "name": "box", "factor_num": 25, "factor_den": 2}
    desk.context.put("product_uoms", "tea-box", box)
    weigh(desk, tea_pce={"gross_g": 101, "volume_cm3": 40}, jam_pce={"gross_g": 0, "volume_cm3": 0})
    order["lines"][0] |= {"uom_id": "tea-box", "qty": 1_000}
    assert totals(desk, order) == (1_263, 500), "12.5 pieces of 101 g are 1262.5 g"
    weigh(desk, tea_box={"gross_g": 1_400})
    assert totals(desk, order) == (1_400, 500)


def test_a_draft_keeps_what_the_device_says(desk: Any, order: Row) -> None:
    weigh(desk, tea_pce={"gross_g": 100}, jam_pce={"gross_g": 100})
    order["totals"]["weight_g"] = 5
    assert desk.post({**order, "state": "draft"}).row["totals"]["weight_g"] == 5


def test_a_weight_beyond_every_number_is_none(desk: Any, order: Row) -> None:
    weigh(desk, tea_pce={"gross_g": 2**53 - 1}, jam_pce={"gross_g": 1})
    for line in order["lines"]:
        line["qty"] = 2**53 - 1
    assert totals(desk, order) == (None, None)


def test_a_heavy_order_is_warned_of_where_no_heavy_vehicle_gets(desk: Any, order: Row) -> None:
    change(desk, "outlets", "o1", vehicle_max_kg=3)
    weigh(desk, tea_pce={"gross_g": 1_000})
    assert found(desk, order) == []
    weigh(desk, jam_pce={"gross_g": 1})
    assert found(desk, order) == [("vehicle_capacity", "warn", "/lines")]
    assert found(desk, order, delivery="pickup") == []
    effect = desk.send(order)
    assert effect.row["state"] == "accepted"
    assert effect.issues[0].text == (
        "The order weighs 3.003 kg; the heaviest vehicle that gets to the outlet carries 3 kg."
    )


def test_what_is_known_to_be_too_heavy_is_warned_of_though_more_is_not_known(
    desk: Any, order: Row
) -> None:
    change(desk, "outlets", "o1", vehicle_max_kg=3)
    weigh(desk, tea_pce={"gross_g": 1_001})
    assert found(desk, order) == [("vehicle_capacity", "warn", "/lines")]
    assert totals(desk, order) == (None, None)
