"""A clock that jumps ahead does not make the box forget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from box_bench import DAY_MS, Bench, CollectionsPlugin, line
from twisted.internet.task import Clock

from appliance.api import Collection, Field, uuid7
from appliance.daemon.housekeeping import Housekeeping
from appliance.daemon.presence import Presence
from appliance.store.answers import AnswerBook

NOTES = Collection(
    name="notes",
    title="notes",
    fields=(Field(name="n", type="int"),),
    direction="both",
    write=("*",),
)


class NoWorkers:
    """Nothing of this needs threads."""

    def run(self, call: object) -> object:
        raise AssertionError

    def tell(self, call: object) -> None:
        raise AssertionError


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, {"desk": CollectionsPlugin("desk", (NOTES,))})
    yield made
    made.close()


def test_a_jump_of_years_forgets_nothing_and_days_that_pass_do(bench: Bench) -> None:
    device = bench.add_device(bench.add_user("anna")).number
    text = line(uuid7(bench.now_ms), "notes", bench.new_id(), {"n": 1})
    assert bench.receive(device, text)[0].outcome == "applied"
    presence = Presence(lambda: bench.now_ms)
    chores = Housekeeping(bench.box, Clock(), NoWorkers(), presence)  # type: ignore[arg-type]

    def sweep() -> int:
        done = chores.sweep()
        bench.box.store.write(lambda _tx: None)
        assert done.called
        return sum(bench.box.store.read(lambda db: AnswerBook(db).counts()).values())

    began = bench.now_ms
    assert sweep() == 1
    bench.now_ms = began + 5_000 * DAY_MS
    assert sweep() == 1
    bench.now_ms = began + DAY_MS
    assert sweep() == 1
    assert bench.receive(device, text)[0].outcome == "duplicate"
    bench.now_ms = began + 401 * DAY_MS
    assert sweep() == 1
    bench.now_ms += DAY_MS
    assert sweep() == 0
