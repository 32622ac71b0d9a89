"""What is forgotten goes by the time known to have passed, not by the time that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from box_bench import DAY_MS, Bench, CollectionsPlugin, line
from twisted.internet.task import Clock

from appliance.api import Collection, Field, uuid7
from appliance.daemon.housekeeping import Housekeeping
from appliance.daemon.presence import Presence
from appliance.enrollment.clock import ClockState
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


class Keeper:
    """A box and its housekeeping, whose days a test lets pass."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder, {"desk": CollectionsPlugin("desk", (NOTES,))})
        self.device = self.bench.add_device(self.bench.add_user("anna")).number
        self.reactor = Clock()
        self.chores = self._chores()

    def _chores(self) -> Housekeeping:
        presence = Presence(lambda: self.bench.now_ms)
        return Housekeeping(self.bench.box, self.reactor, NoWorkers(), presence)  # type: ignore[arg-type]

    def run(self, days: int) -> None:
        """Let the box run."""
        for _ in range(days * 2):
            self.bench.now_ms += DAY_MS // 2
            self.bench.counter_ms += DAY_MS // 2
            self.look()

    def look(self) -> ClockState:
        done = self.chores.look_at_clock()
        self.bench.box.store.write(lambda _tx: None)
        assert done.called
        return self.bench.box.clock.state

    def restart(self, off_ms: int) -> None:
        """Switch the box off for a while; its clock runs on."""
        self.bench.close()
        self.bench.now_ms += off_ms
        self.bench.counter_ms = 0
        self.bench.open()
        self.chores = self._chores()

    def answers_after_sweep(self) -> int:
        done = self.chores.sweep()
        self.bench.box.store.write(lambda _tx: None)
        while not done.called:
            self.reactor.advance(1)
            self.bench.box.store.write(lambda _tx: None)
        return sum(self.bench.box.store.read(lambda db: AnswerBook(db).counts()).values())


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    made = Keeper(tmp_path)
    yield made
    made.bench.close()


def test_a_jump_of_years_forgets_nothing_and_days_that_pass_do(keeper: Keeper) -> None:
    bench = keeper.bench
    text = line(uuid7(bench.now_ms), "notes", bench.new_id(), {"n": 1})
    assert bench.receive(keeper.device, text)[0].outcome == "applied"
    assert keeper.answers_after_sweep() == 1
    bench.now_ms += 5_000 * DAY_MS
    keeper.run(6)
    assert bench.box.clock.state is ClockState.AHEAD
    assert keeper.answers_after_sweep() == 1
    bench.now_ms -= 5_000 * DAY_MS
    assert keeper.look() is ClockState.RIGHT
    assert bench.receive(keeper.device, text)[0].outcome == "duplicate"
    keeper.run(394)
    assert keeper.answers_after_sweep() == 1
    keeper.run(1)
    assert keeper.answers_after_sweep() == 0


def test_a_box_that_was_off_for_years_forgets_when_its_clock_is_believed(keeper: Keeper) -> None:
    bench = keeper.bench
    text = line(uuid7(bench.now_ms), "notes", bench.new_id(), {"n": 1})
    bench.receive(keeper.device, text)
    keeper.answers_after_sweep()
    keeper.run(1)
    keeper.restart(500 * DAY_MS)
    assert keeper.look() is ClockState.AHEAD
    assert keeper.answers_after_sweep() == 1
    bench.synchronised = True
    assert keeper.look() is ClockState.RIGHT
    assert keeper.answers_after_sweep() == 0


def test_what_is_known_outlives_a_restart_of_a_box_without_a_battery_clock(keeper: Keeper) -> None:
    bench = keeper.bench
    keeper.run(2)
    knew = bench.now_ms
    bench.now_ms = 0
    keeper.restart(0)
    assert bench.box.clock.state is ClockState.BEHIND
    assert bench.box.now_ms() == knew
    keeper.run(1)
    assert bench.box.now_ms() == knew + DAY_MS
    text = line(uuid7(knew), "notes", bench.new_id(), {"n": 1})
    (answer,) = bench.receive(keeper.device, text)
    assert (answer.outcome, answer.issues) == ("applied", ())
