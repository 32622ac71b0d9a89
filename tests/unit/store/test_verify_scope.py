"""A comparison that a device reads slowly tells it nothing that it may no longer see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from box_bench import Bench, CollectionsPlugin
from twisted.internet.defer import Deferred

from appliance.api import Collection, Field
from appliance.http.identity import DeviceIdentity
from appliance.http.problem import Problem
from appliance.http.request import ApiRequest
from appliance.http.response import Response
from appliance.http.verify import VerifyHandlers
from appliance.store import verify
from appliance.store.identities import Enrolled
from appliance.sync import cursor as cursors

NOTES = Collection(
    name="notes",
    title="notes",
    fields=(Field(name="owner", type="id", required=True), Field(name="n", type="int")),
    bucket=("user:{owner}",),
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, lambda: {"desk": CollectionsPlugin("desk", (NOTES,))})
    yield made
    made.close()


def store(bench: Bench, owner: Enrolled, record: str, n: int) -> None:
    row = {"owner": owner.user.id, "n": n}
    bucket = f"user:{owner.user.id}"
    bench.box.store.write(lambda tx: tx.put("notes", record, bucket, orjson.dumps(row), row, 0))


def listed(bench: Bench, device: Enrolled, numbers: list[int], collection: str = "notes") -> str:
    return bench.box.store.fetch(lambda db: verify.lines(db, device.number, collection, numbers))


def test_rows_that_moved_away_or_were_lost_since_are_left_out(bench: Bench) -> None:
    anna, boris = (bench.add_device(bench.add_user(login)) for login in ("anna", "boris"))
    for one in (anna, boris):
        bench.box.store.write(lambda tx, one=one: bench.box.refresh_grants(tx, one.number))
    stays, moves = bench.new_id(), bench.new_id()
    for record in (stays, moves):
        store(bench, anna, record, 1)
    found = bench.box.store.fetch(lambda db: verify.differing(db, anna.number, "notes", {}))
    numbers = [number for _, rows in found for number in rows]
    assert len(numbers) == 2
    store(bench, boris, moves, 2)
    lines = [orjson.loads(text) for text in listed(bench, anna, numbers).splitlines()]
    assert [line["id"] for line in lines] == [stays]
    assert [orjson.loads(t)["id"] for t in listed(bench, boris, numbers).splitlines()] == [moves]
    assert listed(bench, anna, numbers, "another") == ""
    bench.box.store.write(lambda tx: tx.grants.replace(anna.number, ["all"]))
    assert listed(bench, anna, numbers) == ""


def test_one_comparison_at_a_time_for_a_device(tmp_path: Path) -> None:
    held: list[Callable[[], None]] = []
    plugins = {"desk": CollectionsPlugin("desk", (NOTES,))}
    bench = Bench(tmp_path, plugins, deliver=held.append)
    try:
        anna, boris = (bench.add_device(bench.add_user(login)) for login in ("anna", "boris"))
        handlers = VerifyHandlers(bench.box)

        def ask(who: Enrolled) -> Deferred[Response]:
            state = cursors.Cursor(epoch=bench.box.store.epoch, seq=1)
            key = bench.box.store.cursor_key
            text = cursors.encode(state, key=key, device=who.device.id)
            identity = DeviceIdentity(who, bench.box.rights(who))
            body = {"cursor": text, "collection": "notes", "ranges": {}}
            return handlers.verify(ApiRequest(body=orjson.dumps(body), identity=identity))

        first = ask(anna)
        with pytest.raises(Problem) as refused:
            ask(anna)
        assert refused.value.code == "too_many_requests"
        ask(boris)
        bench.close()  # what waits is done before
        for call in held:
            call()
        answers: list[Response] = []
        first.addCallback(answers.append)
        assert answers[0].status == 200
    finally:
        bench.close()
