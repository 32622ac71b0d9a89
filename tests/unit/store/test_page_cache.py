"""Pages of a pull: within their room, and the same from the cache as from the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from box_bench import Bench, CollectionsPlugin, line
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.api import Collection, Field, Write, uuid7
from appliance.store.connection import Connection
from appliance.store.page_cache import PageCache
from appliance.store.pages import MIN_SHARED, PullReader
from appliance.sync.pull import Pull, PullRequest, Reader
from appliance.sync.pull_transaction import Room, SharedLines
from appliance.sync.writes import store_write

GOODS = Collection(
    name="goods",
    title="goods",
    direction="both",
    write=("*",),
    fields=(Field(name="text", type="text", max_length=5_000),),
)
ROOM = Room(50, 4_000)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, {"shop": CollectionsPlugin("shop", [GOODS])})
    yield made
    made.close()


def put(bench: Bench, *texts: str) -> list[str]:
    """Store new goods in one commit each; return their ids."""
    ids = []
    for text in texts:
        ids.append(bench.new_id())
        write = Write(collection="goods", id=ids[-1], row={"text": text})
        bench.box.store.write(
            lambda tx, write=write: store_write(tx, bench.box.plugins.registry, write)
        )
    return ids


def parts(
    bench: Bench, number: int, cursor: str | None, cache: PageCache | None, room: Room = ROOM
) -> list[bytes]:
    """Pull everything; return the parts of every step."""
    enrolled = next(e for e in bench.box.store.read(all_devices) if e.number == number)
    pull = Pull(
        Reader(number, enrolled.device.id, frozenset({"goods"})),
        PullRequest(cursor=cursor),
        epoch=bench.box.store.epoch,
        key=bench.box.store.cursor_key,
        page=room,
    )
    found: list[bytes] = []
    while True:
        step = bench.box.store.read(
            lambda db: pull.step(
                PullReader(
                    db,
                    bench.box.sources,
                    cache,
                    numbers=bench.box.store.numbers,
                    device=number,
                )
            )
        )
        found += step.parts
        if step.stale:
            bench.box.store.write(lambda tx: bench.box.refresh_grants(tx, number))
        if step.done:
            return found


def all_devices(db: Connection) -> list:  # type: ignore[type-arg]
    from appliance.store.identities import IdentityBook

    return IdentityBook(db).all_enrolled()


def cursor_of(found: list[bytes]) -> str:
    cursor: str = orjson.loads(found[-1])["checkpoint"]["cursor"]
    return cursor


def kinds(found: list[bytes]) -> list[str]:
    names = [next(iter(orjson.loads(text))) for text in b"".join(found).splitlines()]
    return [name for name in names if name in ("put", "del", "ack")]


def shared(found: list[bytes]) -> list[SharedLines]:
    return [part for part in found if isinstance(part, SharedLines)]


def test_two_devices_get_the_same_page_object(bench: Bench) -> None:
    user = bench.add_user("anna")
    devices = [bench.add_device(user).number, bench.add_device(bench.add_user("olga")).number]
    cache = PageCache()
    held = [cursor_of(parts(bench, number, None, cache)) for number in devices]
    put(bench, *("x" * MIN_SHARED))
    first, second = (
        parts(bench, number, cursor, cache) for number, cursor in zip(devices, held, strict=True)
    )
    assert shared(first)
    assert shared(first)[0] is shared(second)[0]
    assert cursor_of(first) != cursor_of(second)


def test_the_sender_of_a_row_in_a_shared_page_still_gets_its_ack(bench: Bench) -> None:
    user = bench.add_user("anna")
    sender, other = bench.add_device(user).number, bench.add_device(user).number
    cache = PageCache()
    held = {number: cursor_of(parts(bench, number, None, cache)) for number in (sender, other)}
    put(bench, *("x" * MIN_SHARED))
    [answer] = bench.receive(
        sender, line(uuid7(bench.now_ms), "goods", bench.new_id(), {"text": "mine"})
    )
    assert answer.outcome == "applied"
    for number in (other, sender, other, sender):
        found = parts(bench, number, held[number], cache)
        last = "ack" if number == sender else "put"
        assert kinds(found) == ["put"] * MIN_SHARED + [last]
        assert bool(shared(found)) == (number == other)


def test_a_row_changed_since_is_not_served_from_the_cache(bench: Bench) -> None:
    number = bench.add_device(bench.add_user("anna")).number
    cache = PageCache()
    held = cursor_of(parts(bench, number, None, cache))
    ids = put(bench, *("x" * MIN_SHARED))
    parts(bench, number, held, cache)
    write = Write(collection="goods", id=ids[3], row={"text": "new"})
    bench.box.store.write(lambda tx: store_write(tx, bench.box.plugins.registry, write))
    found = b"".join(parts(bench, number, held, cache))
    assert found.count(ids[3].encode()) == 1
    assert b'"new"' in found


def test_devices_that_stand_at_the_same_seq_share_a_page_by_what_they_ask(bench: Bench) -> None:
    numbers = [bench.add_device(bench.add_user(name)).number for name in ("anna", "olga")]
    cache = PageCache()
    for number in numbers:
        parts(bench, number, None, cache)  # grants are computed with the first pull
    held = {number: cursor_of(parts(bench, number, None, cache)) for number in numbers}
    put(bench, *("x" * MIN_SHARED))
    parts(bench, numbers[0], held[numbers[0]], cache)
    kept = len(cache)
    parts(bench, numbers[1], held[numbers[1]], cache)
    assert len(cache) == kept


def test_what_was_used_longest_ago_makes_room() -> None:
    cache = PageCache(max_bytes=40)
    one, two, three = (SharedLines(b"x" * 10) for _ in range(3))
    cache.put("a" * 5, one)
    cache.put("b" * 5, two)
    assert cache.get("a" * 5) is one
    cache.put("c" * 5, three)
    assert cache.get("b" * 5) is None
    assert cache.get("a" * 5) is one
    assert cache.get("c" * 5) is three
    cache.put("d" * 5, SharedLines(b"x" * 100))
    assert len(cache) == 0


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sizes=st.lists(st.sampled_from([1, 10, 300, 3_900, 5_000]), min_size=1, max_size=70),
    room=st.builds(Room, st.integers(1, 40), st.sampled_from([1, 500, 4_000, 60_000])),
)
def test_pages_hold_every_row_once_within_their_room(
    bench: Bench, sizes: list[int], room: Room
) -> None:
    number = bench.add_device(bench.add_user(f"u{bench.new_id()}")).number
    cache = PageCache()
    start = cursor_of(parts(bench, number, None, cache))
    ids = put(bench, *("x" * size for size in sizes))
    for cursor, wanted in ((start, ids), (None, ids)):
        plain = parts(bench, number, cursor, None, room)
        for _ in range(2):
            assert parts(bench, number, cursor, cache, room) == plain
        text = b"".join(plain).splitlines()
        puts = [orjson.loads(row)["id"] for row in text if row.startswith(b'{"put"')]
        assert [record for record in puts if record in set(wanted)] == wanted
        rows = size = largest = 0
        for row in text:
            if row.startswith(b'{"put"'):
                rows, size, largest = rows + 1, size + len(row), max(largest, len(row))
                assert rows <= room.rows
                assert size - len(row) <= room.bytes
            else:
                rows = size = 0
