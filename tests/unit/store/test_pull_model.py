"""A stateful model of several devices over the real store.

Rows are written, moved, deleted and brought back, grants and rights come and go, segments are
built, retention runs, the box restarts or is restored, and pulls are cut anywhere. After a pull in
quiet a device holds what its grants allow, exactly.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import orjson
import pytest
from box_bench import DAY_MS, Bench, CollectionsPlugin, line
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from model_device import Key, ModelDevice, sums

from appliance.api import Collection, Context, Device, Field, Manifest, hookimpl
from appliance.enrollment.permissions import Override
from appliance.store import meta, pages, segments
from appliance.store.identities import IdentityBook
from appliance.store.page_cache import PageCache
from appliance.store.pages import PullReader
from appliance.store.permissions import PermissionBook
from appliance.store.retention import Retention, Terms
from appliance.sync.checksums import to_signed
from appliance.sync.pull import Pull, PullRequest, Reader
from appliance.sync.pull_transaction import Room

pytestmark = pytest.mark.slow

PLACES = ("p1", "p2", "p3")
DATA = ("goods", "notes", "extras")
IDS = {
    name: [f"00000000-0000-7000-8000-0000000{number}{record:04d}" for record in range(4)]
    for number, name in enumerate((*DATA, "grants"))
}
TOMBSTONE_DAYS = 30


def one_chunk_a_step() -> Retention:
    """Retention whose every step looks at one kind of thing, so that rounds stop anywhere."""
    return Retention(Terms(TOMBSTONE_DAYS, 400, 400), seconds=itertools.count().__next__)


def _collection(name: str, conflict: Any) -> Collection:
    return Collection(
        name=name,
        title=name,
        fields=(Field(name="place", type="text"), Field(name="n", type="int")),
        bucket=("b:{place}", "all"),
        direction="both",
        conflict=conflict,
        deletable=True,
        write=("*",),
    )


class GrantingPlugin(CollectionsPlugin):
    """Grants follow from records: each names a user and a place."""

    def __init__(self) -> None:
        grants = Collection(
            name="grants",
            title="grants",
            fields=(
                Field(name="user_id", type="text", index=True),
                Field(name="place", type="text"),
            ),
            bucket=("office",),
        )
        data = [
            _collection("goods", "server_wins"),
            _collection("notes", "field_merge"),
            _collection("extras", "server_wins"),
        ]
        super().__init__("granting", [grants, *data])

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(
            name="granting", version="1.0", title="grants by records", grant_sources=("grants",)
        )

    @hookimpl
    def device_buckets(self, device: Device, context: Context) -> list[str]:
        rows = context.select("SELECT place FROM grants WHERE user_id = ?", (device.user.id,))
        return [f"b:{place}" for (place,) in rows]


class _Running:
    """A pull that has begun."""

    def __init__(self, pull: Pull, names: frozenset[str]) -> None:
        self.pull = pull
        self.names = names


class PullMachine(RuleBasedStateMachine):
    """The appliance, its devices, and what the model knows of both."""

    def __init__(self) -> None:
        super().__init__()
        root = "/dev/shm" if Path("/dev/shm").is_dir() else None
        self.folder = Path(tempfile.mkdtemp(dir=root))
        self.bench = Bench(self.folder, lambda: {"granting": GrantingPlugin()})
        self.cache = PageCache()
        self.retention = one_chunk_a_step()
        self.rows: dict[Key, tuple[int, str, Any]] = {}
        self.denied: set[str] = set()
        self.moved: set[Key] = set()
        self.devices: list[ModelDevice] = []
        self.ids: list[tuple[int, str]] = []
        self.users: list[Any] = []
        self.running: dict[int, _Running] = {}
        self.numbers: dict[int, int] = {}
        self.backup: tuple[Any, ...] | None = None

    @initialize()
    def enroll(self) -> None:
        for login in ("anna", "boris"):
            self.users.append(self.bench.add_user(login))
        for user in (self.users[0], self.users[0], self.users[1]):
            enrolled = self.bench.add_device(user)
            self.ids.append((enrolled.number, enrolled.device.id))
            self.devices.append(ModelDevice(self._segment, self.moved))
        for name in DATA:
            for record in range(3):
                self._write(name, IDS[name][record], _row(PLACES[record], 0))
        for record, (user, place) in enumerate(((0, "p1"), (0, "p2"), (1, "p2"))):
            self.grant(record, user, place)
        for device in (0, 2):
            self.pull_in_quiet(device)

    def teardown(self) -> None:
        try:
            if self.devices:
                for number in range(len(self.devices)):
                    self.pull_in_quiet(number)
                self._check_store()
        finally:
            self.bench.close()
            shutil.rmtree(self.folder)

    # --- what the model knows -----------------------------------------------------------------

    def _owner(self, device: int) -> Any:
        return self.users[0] if device < 2 else self.users[1]

    def _granted(self, device: int) -> set[str]:
        user = self._owner(device)
        places = {
            row["place"]
            for (name, _), (_, _, row) in self.rows.items()
            if name == "grants" and row["user_id"] == user.id
        }
        own = {f"device:{self.ids[device][1]}", f"user:{user.id}", "role:agent", "all"}
        return own | {f"b:{place}" for place in places}

    def _readable(self) -> frozenset[str]:
        return frozenset({*DATA, "grants"} - self.denied)

    def _expected(self, device: int, names: Iterable[str]) -> dict[Key, tuple[int, Any]]:
        granted = self._granted(device)
        return {
            key: (seq, row)
            for key, (seq, bucket, row) in self.rows.items()
            if bucket in granted and key[0] in names
        }

    def _segment(self, sha256: str) -> bytes:
        return self.bench.box.segments.path(sha256).read_bytes()

    # --- the office ---------------------------------------------------------------------------

    def _write(self, collection: str, record_id: str, row: Any) -> None:
        bucket = "office" if collection == "grants" else _bucket(row)
        text = orjson.dumps(row)
        put = self.bench.box.store.write(
            lambda tx: tx.put(collection, record_id, bucket, text, row, 0)
        )
        self._note((collection, record_id), put, bucket, row)

    def _note(self, key: Key, seq: int, bucket: str, row: Any) -> None:
        if key in self.rows and self.rows[key][1] != bucket:
            self.moved.add(key)
        self.rows[key] = (seq, bucket, row)

    def _stored(self, collection: str, record_id: str) -> Any:
        found = self.bench.box.store.read(
            lambda db: db.row(f"SELECT body FROM {collection} WHERE id = ?", (record_id,))
        )
        assert found is not None
        return orjson.loads(found[0])

    def _delete(self, collection: str, record_id: str) -> None:
        self.bench.box.store.write(lambda tx: tx.delete(collection, record_id))
        self.rows.pop((collection, record_id), None)

    @rule(
        name=st.sampled_from(DATA),
        record=st.integers(0, 3),
        place=st.sampled_from((*PLACES, None)),
        n=st.integers(0, 3),
    )
    def put(self, name: str, record: int, place: str | None, n: int) -> None:
        self._write(name, IDS[name][record], _row(place, n))

    @rule(
        name=st.sampled_from(DATA),
        changes=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(PLACES)), min_size=2),
        n=st.integers(0, 3),
    )
    def put_many_in_one_commit(self, name: str, changes: Any, n: int) -> None:
        def job(tx: Any) -> list[int]:
            return [
                tx.put(
                    name,
                    IDS[name][record],
                    f"b:{place}",
                    orjson.dumps(_row(place, n)),
                    _row(place, n),
                    0,
                )
                for record, place in changes
            ]

        for (record, place), seq in zip(changes, self.bench.box.store.write(job), strict=True):
            self._note((name, IDS[name][record]), seq, f"b:{place}", _row(place, n))

    @rule(name=st.sampled_from(DATA), record=st.integers(0, 3))
    def delete(self, name: str, record: int) -> None:
        self._delete(name, IDS[name][record])

    @rule(
        record=st.integers(0, 3),
        user=st.sampled_from((0, 0, 1)),
        place=st.sampled_from((*PLACES, "absent")),
    )
    def grant(self, record: int, user: int, place: str) -> None:
        self._write(
            "grants", IDS["grants"][record], {"user_id": self.users[user].id, "place": place}
        )

    @rule(record=st.integers(0, 3))
    def revoke(self, record: int) -> None:
        self._delete("grants", IDS["grants"][record])

    @rule(device=st.integers(0, 2))
    def compute_grants(self, device: int) -> None:
        box = self.bench.box
        box.store.write(lambda tx: box.refresh_grants(tx, self.ids[device][0]))

    @rule(name=st.sampled_from(("notes", "extras")), denied=st.booleans())
    def permit(self, name: str, denied: bool) -> None:
        def job(tx: Any) -> None:
            book = PermissionBook(tx.db)
            if denied:
                book.save(Override(role="agent", object=name, verb="read", effect="deny"))
            else:
                book.forget("agent", name, "read")
            self.bench.box.reload_permissions(tx.db)

        self.bench.box.store.write(job)
        (self.denied.add if denied else self.denied.discard)(name)

    # --- maintenance --------------------------------------------------------------------------

    @rule(place=st.sampled_from((*PLACES, None)))
    def build_segments(self, place: str | None) -> None:
        box = self.bench.box
        bucket = "all" if place is None else f"b:{place}"
        found = box.store.read(
            lambda db: db.row("SELECT num FROM box_buckets WHERE name = ?", (bucket,))
        )
        if found is None:
            return
        parts = box.store.read(lambda db: segments.build(db, box.segments, found[0], 1))
        box.store.write(lambda tx: segments.publish(tx.db, found[0], parts, self.bench.now_ms))

    @rule()
    def build_stale_segments(self) -> None:
        box = self.bench.box
        for bucket in box.store.read(lambda db: segments.stale_buckets(db, 1)):
            parts = box.store.read(lambda db, one=bucket: segments.build(db, box.segments, one, 1))
            box.store.write(
                lambda tx, one=bucket, parts=parts: segments.publish(
                    tx.db, one, parts, self.bench.now_ms
                )
            )
        keep = box.store.write(lambda tx: segments.forget_retired(tx.db, self.bench.now_ms))
        box.segments.sweep(keep)

    @rule(days=st.sampled_from((0, 0, 1, TOMBSTONE_DAYS + 2)), steps=st.sampled_from((1, 3, 99)))
    def sweep(self, days: int, steps: int = 99) -> None:
        """Let days pass between two rounds of retention; the second may stop half-way."""

        def step(tx: Any) -> bool:
            return self.retention.step(tx.db, tx.log.head, self.bench.now_ms)

        while self.bench.box.store.write(step):
            pass
        self.bench.now_ms += days * DAY_MS
        for _ in range(steps):
            if not self.bench.box.store.write(step):
                break

    @rule()
    def restart(self) -> None:
        """Restart the box, and back it up while it is down."""
        for device in list(self.running):
            self.lose(device)
        self.bench.close()
        self.cache = PageCache()
        self.retention = one_chunk_a_step()
        data = self.bench.box.store.path.read_bytes()
        self.backup = (data, dict(self.rows), set(self.denied))
        self.bench.open()

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self) -> None:
        for device in list(self.running):
            self.lose(device)
        assert self.backup is not None
        data, rows, denied = self.backup
        self.bench.close()
        self.cache = PageCache()
        self.retention = one_chunk_a_step()
        self.bench.box.store.path.write_bytes(data)
        self.rows, self.denied = dict(rows), set(denied)
        box = self.bench.open()
        box.store.write(lambda tx: meta.write(tx.db, "epoch", box.entropy(8).hex()))
        self.bench.reopen()

    # --- devices ------------------------------------------------------------------------------

    @rule(
        device=st.integers(0, 2),
        name=st.sampled_from(DATA),
        record=st.integers(0, 3),
        place=st.sampled_from((*PLACES, None)),
        n=st.integers(0, 3),
        gone=st.sampled_from((False, False, True)),
        stale=st.sampled_from((False, False, True)),
        answered=st.booleans(),
    )
    def push(
        self,
        device: int,
        name: str,
        record: int,
        place: str | None,
        n: int,
        gone: bool,
        stale: bool,
        answered: bool,
    ) -> None:
        number, model = self.ids[device][0], self.devices[device]
        key = (name, IDS[name][record])
        held = model.disk.rows.get(key)
        base = None if held is None else held[0]
        if key in self.rows and not stale:
            base = self.rows[key][0]
        row = _row(place, n)
        self.numbers[device] = self.numbers.get(device, 0) + 1
        text = line(
            self.bench.new_id(),
            *key,
            row,
            n=self.numbers[device],
            base=base,
            op="del" if gone else "put",
        )
        (answer,) = self.bench.receive(number, text)
        if answer.outcome == "applied":
            assert answer.seq is not None
            if gone:
                self.rows.pop(key, None)
            else:
                stored = row if answer.row is None else orjson.loads(answer.row)
                if name in self.denied:
                    # The device is not told how its edit was merged with what it may not read.
                    stored = self._stored(*key)
                self._note(key, answer.seq, _bucket(stored), stored)
                if answered:
                    model.sent[*key, answer.seq] = stored
                    model.open.pop(key, None)
                else:
                    model.open[key] = stored

    @rule(
        device=st.integers(0, 2),
        names=st.one_of(st.none(), st.sets(st.sampled_from(DATA), min_size=1)),
        accept=st.booleans(),
        rows=st.integers(1, 5),
        size=st.sampled_from((150, 100_000)),
    )
    def begin_pull(
        self, device: int, names: set[str] | None, accept: bool, rows: int, size: int
    ) -> None:
        self.running.pop(device, None)
        self._begin(device, names, accept, Room(rows, size))

    def _begin(self, device: int, names: set[str] | None, accept: bool, room: Room) -> None:
        box, (number, device_id) = self.bench.box, self.ids[device]
        readable = box.rights(self.bench.enrolled(device_id)).readable
        assert readable >= self._readable()
        request = PullRequest(
            cursor=self.devices[device].begin(room.rows),
            collections=None if names is None else sorted(names),
            accept=["segments"] if accept else [],
        )
        pull = Pull(
            Reader(number, device_id, readable),
            request,
            epoch=box.store.epoch,
            key=box.store.cursor_key,
            page=room,
        )
        box.store.write(
            lambda tx: IdentityBook(tx.db).touch_device(
                number, seen_at=self.bench.now_ms, synced_seq=pull.seq or None
            )
        )
        wanted = readable if names is None else readable & names
        self.running[device] = _Running(pull, wanted)

    @rule(
        device=st.sampled_from((0, 0, 0, 1, 2)),
        accept=st.booleans(),
        rows=st.integers(1, 3),
        steps=st.integers(1, 6),
        cut=st.booleans(),
    )
    def pull_some(self, device: int, accept: bool, rows: int, steps: int, cut: bool) -> None:
        self.lose(device)
        self._begin(device, None, accept, Room(rows, 100_000))
        for _ in range(steps):
            if device in self.running:
                self._step(device)
        if cut:
            self.lose(device)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), steps=st.integers(1, 4))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        device = data.draw(st.sampled_from(sorted(self.running)))
        for _ in range(steps):
            if device in self.running:
                self._step(device)

    def _step(self, device: int) -> None:
        box, running = self.bench.box, self.running[device]
        number = self.ids[device][0]

        def read(db: Any) -> Any:
            numbers = box.store.numbers
            reader = PullReader(db, box.sources, self.cache, numbers=numbers, device=number)
            return running.pull.step(reader), set(reader.granted(number, reader.head()))

        step, granted = box.store.read(read)
        names = dict(box.store.read(lambda db: db.rows("SELECT name, num FROM box_buckets")))

        def may_hold(collection: str, record_id: str) -> bool:
            seq_bucket = self.rows.get((collection, record_id))
            return (
                seq_bucket is not None
                and names[seq_bucket[1]] in granted
                and collection in running.names
            )

        ended = self.devices[device].take(step.lines, may_hold)
        if step.done:
            del self.running[device]
            if ended:
                self._check_checkpoint(device, running.names, granted, names)
        elif step.stale:
            box.store.write(lambda tx: box.refresh_grants(tx, number))

    def _check_checkpoint(
        self, device: int, names: Iterable[str], granted: set[int], numbers: dict[str, int]
    ) -> None:
        """What is held is what the grants of the store allow, however late they are."""
        wanted = {
            key: (seq, row)
            for key, (seq, bucket, row) in self.rows.items()
            if numbers[bucket] in granted and key[0] in names
        }
        assert self.devices[device].disk.rows == wanted

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def lose_one(self, data: st.DataObject) -> None:
        self.lose(data.draw(st.sampled_from(sorted(self.running))))

    def lose(self, device: int) -> None:
        self.running.pop(device, None)
        self.devices[device].lose()

    @rule(device=st.integers(0, 2), names=st.none() | st.sets(st.sampled_from(DATA), min_size=1))
    def pull_in_quiet(self, device: int, names: set[str] | None = None) -> None:
        self.lose(device)
        for _ in range(200):
            self._begin(device, names, False, Room(3, 100_000))
            running = self.running[device]
            for _ in range(500):
                if device not in self.running:
                    break
                self._step(device)
            checkpoint = self.devices[device].checkpoint
            if self.devices[device].disk.cursor == (checkpoint or {}).get("cursor"):
                break
        assert self.devices[device].disk.rows == self._expected(device, running.names)
        assert checkpoint is not None
        head = self.bench.box.store.read(lambda db: meta.read(db, "head")) or 0
        assert checkpoint["head"] == head

    # --- the store itself ---------------------------------------------------------------------

    @invariant()
    def stores_what_the_model_holds(self) -> None:
        found = self.bench.box.store.read(
            lambda db: db.rows(
                "SELECT k.name, r.id, r.seq, b.name, r.body FROM box_rows r JOIN box_collections k"
                " ON k.num = r.collection JOIN box_buckets b ON b.num = r.bucket"
                " WHERE r.deleted = 0"
            )
        )
        assert {
            (name, record_id): (seq, bucket, orjson.loads(body))
            for name, record_id, seq, bucket, body in found
        } == self.rows

    def _check_store(self) -> None:
        """Sums and log are what a computation from the rows gives."""
        db = self.bench.box.store.read
        found = db(
            lambda c: c.rows(
                "SELECT s.bucket, k.name, s.rows, s.sum, s.bytes FROM box_sums s"
                " JOIN box_collections k ON k.num = s.collection WHERE s.rows OR s.sum OR s.bytes"
            )
        )
        wanted: dict[tuple[int, str], tuple[int, int]] = {}
        numbers = dict(db(lambda c: c.rows("SELECT name, num FROM box_buckets")))
        for bucket in {bucket for _, bucket, _ in self.rows.values()}:
            inside = [(*key, seq) for key, (seq, b, _) in self.rows.items() if b == bucket]
            for name, (count, total) in sums(inside).items():
                wanted[numbers[bucket], name] = (count, to_signed(total))
        assert {(b, n): (rows, total) for b, n, rows, total, _ in found} == wanted
        puts = db(
            lambda c: c.rows(
                "SELECT c.bucket, c.pos >> 1, r.bucket, r.seq, r.deleted FROM box_changes c"
                " LEFT JOIN box_rows r ON r.num = c.row WHERE c.pos & 1"
            )
        )
        assert len(puts) == len(self.rows)
        assert all(b == rb and s == rs and not gone for b, s, rb, rs, gone in puts)


def _row(place: str | None, n: int) -> dict[str, Any]:
    return {"n": n} if place is None else {"place": place, "n": n}


def _bucket(row: dict[str, Any]) -> str:
    return f"b:{row['place']}" if row.get("place") else "all"


COMMON = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}


@pytest.fixture(autouse=True)
def _share_small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MIN_SHARED", 1)


def test_devices_hold_what_their_grants_allow() -> None:
    run_state_machine_as_test(
        PullMachine, settings=settings(max_examples=60, stateful_step_count=30, **COMMON)
    )


# --- histories that were wrong once ---------------------------------------------------------------


@pytest.fixture
def machine() -> Iterator[PullMachine]:
    """The model with device 0 at a checkpoint: it sees p1 and p2, one record of each collection."""
    made = PullMachine()
    made.enroll()
    yield made
    made.teardown()  # pulls in quiet and compares


def go(machine: PullMachine, device: int, steps: int) -> None:
    for _ in range(steps):
        if device in machine.running:
            machine._step(device)


def test_a_deletion_before_the_bucket_is_lost_in_the_middle_of_a_pull(
    machine: PullMachine,
) -> None:
    for n in (1, 2, 3):
        machine.put("notes", 0, "p1", n)
    machine.put("goods", 1, "p2", 5)
    machine.delete("goods", 0)
    machine._begin(0, None, False, Room(1, 100_000))
    go(machine, 0, 1)
    machine.revoke(0)
    machine.compute_grants(0)
    go(machine, 0, 2)
    machine.lose(0)


@pytest.mark.parametrize("steps", range(1, 8))
def test_a_grant_that_is_lost_and_regained_while_its_bucket_is_filled(
    machine: PullMachine, steps: int
) -> None:
    machine._begin(1, None, False, Room(1, 100_000))
    go(machine, 1, steps)
    machine.lose(1)
    machine.revoke(0)
    machine.compute_grants(1)
    machine._begin(1, None, False, Room(1, 100_000))
    go(machine, 1, 2)
    machine.lose(1)
    machine.grant(0, 0, "p1")
    machine.compute_grants(1)


@pytest.mark.parametrize("steps", range(1, 8))
def test_changes_of_a_bucket_that_was_lost_for_a_while(machine: PullMachine, steps: int) -> None:
    for name in DATA:
        machine.put(name, 0, "p1", 7)
        machine.put(name, 1, "p2", 7)
    machine._begin(0, None, False, Room(1, 100_000))
    go(machine, 0, 2)
    machine.revoke(0)
    machine.compute_grants(0)
    go(machine, 0, steps)
    machine.lose(0)
    machine.grant(0, 0, "p1")
    machine.compute_grants(0)


def test_a_record_moves_from_a_kept_bucket_into_a_new_one(machine: PullMachine) -> None:
    machine.put("goods", 0, "p3", 1)
    machine.grant(3, 0, "p3")
    machine.pull_in_quiet(0)


def test_a_record_moves_from_a_new_bucket_into_a_kept_one(machine: PullMachine) -> None:
    machine.grant(3, 0, "p3")
    machine.put("goods", 2, "p1", 1)
    machine.pull_in_quiet(0)


@pytest.mark.parametrize("steps", range(1, 7))
def test_a_right_is_lost_between_a_mark_and_the_next_attempt(
    machine: PullMachine, steps: int
) -> None:
    machine._begin(1, None, False, Room(1, 100_000))
    go(machine, 1, steps)
    machine.lose(1)
    machine.permit("extras", True)
    machine._begin(1, None, False, Room(1, 100_000))
    go(machine, 1, 2)
    machine.lose(1)
    machine.permit("extras", False)


@pytest.mark.parametrize("old", PLACES)
@pytest.mark.parametrize("new", PLACES)
@pytest.mark.parametrize("steps", [2, 4, 50])
def test_a_record_moves_after_the_segments_were_built(
    machine: PullMachine, old: str, new: str, steps: int
) -> None:
    machine.grant(3, 0, "p3")
    for name in DATA:
        machine.put(name, 3, old, 1)
    machine.build_stale_segments()
    machine.pull_in_quiet(0)
    for name in DATA:
        machine.put(name, 3, new, 2)
    machine.build_segments(new)
    machine._begin(1, None, True, Room(1, 100_000))
    go(machine, 1, steps)
    machine.lose(1)


def test_segments_below_the_floor_are_not_used(machine: PullMachine) -> None:
    machine.build_stale_segments()
    machine.delete("goods", 0)
    machine.put("notes", 3, None, 1)
    machine.pull_in_quiet(0)
    machine.sweep(TOMBSTONE_DAYS + 2)
    machine._begin(1, None, True, Room(5, 100_000))
    go(machine, 1, 50)


def test_a_segment_that_falls_below_the_floor_while_it_is_applied(machine: PullMachine) -> None:
    machine.build_stale_segments()
    for name in DATA:
        machine.put(name, 0, "p2", 1)
        machine.delete(name, 1)
    machine._begin(1, None, True, Room(1, 100_000))
    go(machine, 1, 2)
    machine.sweep(TOMBSTONE_DAYS + 2)
    go(machine, 1, 3)


def test_no_ack_comes_to_a_device_that_began_with_nothing(machine: PullMachine) -> None:
    machine._begin(1, None, False, Room(2, 100_000))
    go(machine, 1, 2)
    machine.push(1, "goods", 0, "p1", 9, False, False, True)
    machine.put("goods", 1, "p2", 9)
    go(machine, 1, 50)


@pytest.mark.deep
def test_devices_hold_what_their_grants_allow_in_long_histories() -> None:
    run_state_machine_as_test(
        PullMachine, settings=settings(max_examples=1_000, stateful_step_count=60, **COMMON)
    )
