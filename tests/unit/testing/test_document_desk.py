"""Documents of collections that nobody but their maker knows, made and brought by devices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from appliance.api import Collection
from appliance.testing.document_desk import OF_FIELDBOX
from appliance.testing.field_day.workload import Workload
from appliance.testing.invite import Invite
from appliance.testing.simulation import Simulation, SimulationReport
from appliance_master_data.plugin import plugin as master_data
from appliance_preselling.plugin import plugin as preselling

REF = {"type": "string", "pattern": "^[0-9a-f-]"}
TEXT = {"type": "string", "maxLength": 40}


def about(name: str, **properties: Any) -> dict[str, Any]:
    """What the schema says of a collection; all members are required."""
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return {"name": name, "schema": schema}


KITS = about("kits", outlet_id={**REF, "x-collection": "outlets"}, code=TEXT)
# By name it comes before what it refers to.
BITS = about("bits", kit_id={**REF, "x-collection": "kits"}, photo={**REF, "x-blob": True})
VANS = about("vans_seen", van_id={**REF, "x-collection": "vans"})


def test_what_comes_with_fieldbox_is_left_to_desks_that_know_it() -> None:
    """Every collection of our plugins that a device writes is named, and no other."""
    names = {c.name for p in (master_data, preselling) for c in p.collections() if _is_sent(c)}
    assert names == OF_FIELDBOX


def _is_sent(collection: Collection) -> bool:
    return collection.direction != "down"


def run(mini: Any, tmp_path: Any, devices: int, workload: Workload) -> SimulationReport:
    def invites() -> Iterator[Invite]:
        for number in range(devices):
            mini.codes.add(f"sim-{number}")
            yield Invite.parse(mini.invite(f"sim-{number}"))

    folder = tmp_path / "devices"
    folder.mkdir()
    return Simulation(invites(), devices, folder, workload).run()


def stored(mini: Any, collection: str) -> list[dict[str, Any]]:
    return [row for (name, _), (_, row) in mini.rows.items() if name == collection]


def test_devices_bring_documents_of_every_collection_that_can_be_filled(
    mini: Any, tmp_path: Any
) -> None:
    mini.stock_shop()
    mini.more = [BITS, KITS, VANS]
    report = run(
        mini, tmp_path, 2, Workload(mistakes=0, orders=1, photos=0, documents=3, cuts=3, timeout=5)
    )
    assert report.passed, report.as_json()
    assert dict(report.made) == {"bits": 6, "kits": 6, "orders": 2}
    assert report.as_json()["collections"] == {"bits": 6, "kits": 6, "orders": 2}
    kits = {i for (name, i) in mini.rows if name == "kits"}
    assert {row["kit_id"] for row in stored(mini, "bits")} <= kits
    assert {row["outlet_id"] for row in stored(mini, "kits")} == {"out-1"}
    assert len({row["code"] for row in stored(mini, "kits")}) == 6
    assert dict(report.notes) == {
        "vans_seen: not made: /van_id needs one of vans, and the device sees none": 2
    }


def test_no_documents_are_made_where_none_are_wanted(mini: Any, tmp_path: Any) -> None:
    mini.more = [KITS]
    report = run(mini, tmp_path, 1, Workload(mistakes=0, orders=0, photos=0, documents=0, cuts=0))
    assert (report.passed, dict(report.made), report.notes) == (True, {}, {})


def test_a_collection_that_the_device_may_not_write_is_left_alone(mini: Any, tmp_path: Any) -> None:
    mini.stock_shop()
    mini.more = [{**KITS, "writable": False}]
    report = run(mini, tmp_path, 1, Workload(mistakes=0, orders=0, photos=0, cuts=0))
    assert dict(report.made) == {}


def test_a_device_without_outlets_makes_the_others_all_the_same(mini: Any, tmp_path: Any) -> None:
    mini.more = [about("moods", text=TEXT)]
    report = run(mini, tmp_path, 1, Workload(mistakes=0, cuts=0))
    assert dict(report.made) == {"moods": 2}
    assert dict(report.notes) == {"the device sees no outlet": 1}


def test_what_the_appliance_does_not_store_is_told_with_its_reason(
    mini: Any, tmp_path: Any
) -> None:
    mini.stock_shop()
    mini.more = [KITS]
    original = mini._mutate

    def refusing(change: dict[str, Any]) -> dict[str, Any]:
        if change["collection"] == "kits":
            issue = {"code": "no", "severity": "reject", "text": "the kit is unknown"}
            mini.outcomes[change["id"]] = {"outcome": "rejected", "issues": [issue]}
        answer: dict[str, Any] = original(change)
        return answer

    mini._mutate = refusing
    report = run(mini, tmp_path, 1, Workload(mistakes=0, orders=0, photos=0, cuts=0))
    assert dict(report.outcomes) == {"rejected": 2}
    assert dict(report.notes) == {"kits: rejected: the kit is unknown": 2}
