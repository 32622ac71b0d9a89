"""The track of a van in a real store, with the plugin that owns positions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from appliance.config import load_texts
from appliance.config.kit import Position
from appliance.daemon.power_switch import FLAG, NoSwitch, switch_off
from appliance.daemon.track_log import BATCH, MOST_WAITING, TrackLog
from appliance.store.box import Box
from appliance.store.errors import StoreError
from appliance.store.kit_records import forget_others, store_status, stored_status
from appliance.vehicle.fix import Fix
from appliance.vehicle.kit_status import Thing

NOW = 1_800_000_000_000


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    settings = load_texts([("a.toml", 'state_dir = "state"')], tmp_path, {})
    made = Box(settings, now_ms=lambda: NOW)
    yield made
    made.close()


def stored(box: Box, collection: str) -> list[dict[str, Any]]:
    rows = box.store.fetch(
        lambda db: db.rows(
            "SELECT r.body FROM box_rows r JOIN box_collections k ON k.num = r.collection"
            " WHERE k.name = ? AND r.deleted = 0",
            (collection,),
        )
    )
    return [orjson.loads(body) for (body,) in rows]


def log(box: Box, user: str = "grigory") -> TrackLog:
    return TrackLog(box, Position(source="nmea", user=user, batch_s=60, distance_m=100))


def drive(track: TrackLog, metres: int, start: float = 0.0, **changes: Any) -> float:
    for step in range(metres // 100):
        fix = Fix(lat_e7=569_500_000 + step * 9_100, lon_e7=241_000_000, acc_m=4, **changes)
        track.take(fix, start + step * 5, 873)
    return start + metres // 100 * 5


def flush(box: Box, track: TrackLog) -> None:
    track.store()
    box.store.write(lambda _tx: None)  # what was queued before it is done when this is


def test_a_batch_is_the_persons_and_has_its_span(box: Box) -> None:
    user = box.store.write(lambda tx: box.people(tx).add(tx, "grigory", ["driver"], "test"))
    track = log(box)
    now = drive(track, 500, speed_kmh=72)
    assert not track.due(now)
    assert track.due(61)
    flush(box, track)
    (batch,) = stored(box, "gps_points")
    assert batch["user_id"] == user.id
    assert (batch["first_at"], batch["last_at"]) == (NOW, NOW)
    assert len(batch["points"]) == 5
    assert batch["points"][0] == {
        "t": NOW,
        "lat_e7": 569_500_000,
        "lon_e7": 241_000_000,
        "acc": 4,
        "speed": 72,
        "batt": 87,
    }
    assert track.waiting == 0
    assert not track.due(10_000)


def test_simulated_positions_are_marked(box: Box) -> None:
    box.store.write(lambda tx: box.people(tx).add(tx, "grigory", ["driver"], "test"))
    track = log(box)
    drive(track, 100, mock=True)
    flush(box, track)
    assert stored(box, "gps_points")[0]["points"][0]["mock"] is True


def test_a_long_way_is_several_batches(box: Box) -> None:
    box.store.write(lambda tx: box.people(tx).add(tx, "grigory", ["driver"], "test"))
    track = log(box)
    now = drive(track, 100 * (BATCH + 50))
    assert track.due(now - 5)
    flush(box, track)
    flush(box, track)
    assert sorted(len(batch["points"]) for batch in stored(box, "gps_points")) == [50, BATCH]


def test_a_store_that_fails_loses_nothing_and_repeats_nothing(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.store.write(lambda tx: box.people(tx).add(tx, "grigory", ["driver"], "test"))
    track = log(box)
    drive(track, 300)
    submit = box.store.submit

    def in_doubt(job: Any, done: Any) -> None:
        submit(job, lambda _value, _error: done(None, StoreError("the disk is full")))

    monkeypatch.setattr(box.store, "submit", in_doubt)
    flush(box, track)
    assert track.waiting == 3
    monkeypatch.setattr(box.store, "submit", submit)
    drive(track, 200, start=1_000)
    flush(box, track)
    flush(box, track)
    batches = stored(box, "gps_points")
    assert sorted(len(batch["points"]) for batch in batches) == [2, 3]


def test_what_waits_is_bounded(box: Box) -> None:
    track = log(box)
    drive(track, 100 * (MOST_WAITING + 10))
    assert track.waiting == MOST_WAITING


def test_a_person_there_is_not_is_told_once_and_nothing_piles_up(box: Box) -> None:
    track = log(box, "nobody")
    with capture_logs() as logs:
        for start in (0.0, 1_000.0):
            drive(track, 300, start=start)
            flush(box, track)
    assert ["there is no user 'nobody'" in entry["reason"] for entry in logs] == [True]
    assert track.waiting == 0
    assert stored(box, "gps_points") == []


def test_records_of_things_that_are_gone_are_deleted(box: Box) -> None:
    things = [
        Thing(name=f"printer:{name}", kind="printer", state="idle") for name in ("van", "old")
    ]
    rows = [(thing.record_id, thing.row(NOW, NOW)) for thing in things]
    box.store.write(lambda tx: store_status(tx, box.plugins.registry, rows))
    assert [row["name"] for _, row in box.store.fetch(stored_status)] == [
        "printer:old",
        "printer:van",
    ]
    box.store.write(lambda tx: forget_others(tx, {things[0].record_id}))
    assert [row["name"] for _, row in box.store.fetch(stored_status)] == ["printer:van"]


def test_the_switch_needs_the_units_runtime_directory(tmp_path: Path) -> None:
    with pytest.raises(NoSwitch, match="its unit"):
        switch_off({})
    with pytest.raises(NoSwitch, match="cannot be made: No such file"):
        switch_off({"RUNTIME_DIRECTORY": str(tmp_path / "none")})
    assert switch_off({"RUNTIME_DIRECTORY": str(tmp_path)}) == tmp_path / FLAG
    assert (tmp_path / FLAG).stat().st_mode & 0o777 == 0o600
