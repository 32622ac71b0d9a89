"""What devices are told of the kit, and how often."""

from __future__ import annotations

from appliance.store.own_collections import COLLECTIONS
from appliance.sync.registry import CompiledCollection, Registry
from appliance.vehicle.fix import Fix
from appliance.vehicle.kit_book import SETTLE_S, KitBook
from appliance.vehicle.kit_status import KIT_STATUS, Thing, electric, place, power_thing
from appliance.vehicle.power import Power
from appliance.vehicle.reading import Reading

NOW = 1_800_000_000_000


def battery(millivolts: int, state: str = "reading") -> Thing:
    figures = electric(Reading(voltage_mv=millivolts, current_ma=-500, soc_permille=500))
    return Thing(name="battery", kind="battery", state=state, figures=figures)  # type: ignore[arg-type]


def told(book: KitBook, thing: Thing, now: float) -> bool:
    return bool(book.due([thing], now, NOW + round(now * 1_000)))


def test_figures_that_hardly_change_are_told_seldom_and_such_that_do_more_often() -> None:
    book = KitBook(60)
    assert told(book, battery(12_600), 0)
    assert sum(told(book, battery(12_600 + second % 50), second) for second in range(1, 3_600)) == 0
    assert told(book, battery(12_700), 3_600)
    falling = [
        told(book, battery(12_700 - second * 10), 3_600 + second) for second in range(1, 600)
    ]
    assert sum(falling) == 9


def test_a_new_state_is_told_at_once_and_a_flapping_one_at_most_every_other_second() -> None:
    book = KitBook(60)
    assert told(book, battery(12_600), 0)
    assert told(book, battery(12_600, "silent"), SETTLE_S)
    changes = [
        told(book, battery(12_600, "silent" if tick % 2 else "reading"), 3 + tick / 10)
        for tick in range(100)
    ]
    assert 1 <= sum(changes) <= 10 / SETTLE_S + 1


def test_what_could_not_be_stored_is_told_again() -> None:
    book = KitBook(60)
    ((thing, _),) = book.due([battery(12_600)], 0, NOW)
    assert not told(book, battery(12_600), 1)
    book.untold([thing])
    assert told(book, battery(12_600), 2)


def test_a_record_says_since_when_its_state_is() -> None:
    book = KitBook(5)
    ((_, first),) = book.due([battery(12_600)], 0, NOW)
    ((_, second),) = book.due([battery(12_000)], 10, NOW + 10_000)
    ((_, third),) = book.due([battery(12_000, "silent")], 20, NOW + 20_000)
    assert (first["since"], second["since"], third["since"]) == (NOW, NOW, NOW + 20_000)
    assert second["at"] == NOW + 10_000


def test_every_record_fits_the_collection() -> None:
    assert KIT_STATUS in COLLECTIONS
    registry = Registry([CompiledCollection(KIT_STATUS, "appliance")])
    collection = registry.get("kit_status")
    assert collection is not None
    fix = Fix(
        lat_e7=-1, lon_e7=2, acc_m=3, speed_kmh=4, heading_deg=5, satellites=6, at_ms=7, mock=True
    )
    whole = Reading(
        voltage_mv=1,
        current_ma=-2,
        power_w=3,
        soc_permille=4,
        temperature_c=-5,
        minutes_left=6,
        charge="bulk",
        error=7,
    )
    things = [
        power_thing(
            Power(stage="stopping", voltage_mv=11_000, stale=True, off_in_s=12.5), "x" * 999
        ),
        power_thing(Power(), ""),
        Thing(name="battery", kind="battery", state="reading", figures=electric(whole)),
        Thing(name="charger", kind="charger", state="absent", figures=electric(None)),
        Thing(name="position", kind="position", state="fix", figures=place(fix)),
        Thing(name="printer:van", kind="printer", state="stopped", reasons=("power-low",) * 30),
    ]
    for thing in things:
        row = thing.row(NOW, NOW)
        assert collection.codec.decode(collection.codec.encode(row)) == row
    assert len({thing.record_id for thing in things}) == 5
