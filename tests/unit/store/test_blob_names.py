"""Who may read a blob through whose record: knowing its name is not enough."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from box_bench import Bench, CollectionsPlugin, line

from appliance.api import Collection, Context, Device, Effect, Field, Manifest, Write, hookimpl
from appliance.store.visibility import blob_is_visible
from appliance.sync.uploads import Chunk, Creation
from appliance.sync.writes import store_write

PHOTO = b"a photo of a shelf"
NAME = hashlib.sha256(PHOTO).hexdigest()
OWN = "own"
"""A place that only the user's own devices see."""

OTHER = hashlib.sha256(b"another").hexdigest()


def declare(name: str, **options: Any) -> Collection:
    fields = (
        Field(name="place", type="text"),
        Field(name="photo", type="blob"),
        Field(name="text", type="text"),
        Field(name="more", type="list", items=Field(name="one", type="blob")),
    )
    options = {"direction": "both", "write": ("*",)} | options
    return Collection(
        name=name, title=name, fields=fields, bucket=("place:{place}", "all"), **options
    )


class Places(CollectionsPlugin):
    """Gives each user a place of their own; a visit that says so is copied to everybody."""

    def __init__(self) -> None:
        super().__init__(
            "places",
            (
                declare("visits", conflict="field_merge", deletable=True),
                declare("notices", direction="down"),
                declare("reports", direction="up"),
            ),
        )

    @hookimpl
    def manifest(self) -> Manifest:
        return Manifest(name="places", version="1.0", title="places", grant_sources=())

    @hookimpl
    def device_buckets(self, device: Device, context: Context) -> Sequence[str]:
        return ["all", f"place:{device.user.id}"]

    @hookimpl
    def apply_mutation(self, mutation: Any, stored: Any, context: Context) -> Any:
        if mutation.row.get("text") != "copy":
            return None
        row = {"photo": mutation.row["photo"]}
        return Effect(writes=(Write(collection="notices", id=context.new_id(), row=row),))


class Phone:
    """A device that sends photos and records."""

    def __init__(self, bench: Bench, login: str, user: Any = None) -> None:
        self.bench = bench
        self.enrolled = bench.add_device(user or bench.add_user(login))
        self.number = self.enrolled.number
        self.login = login

    def upload(self, content: bytes = PHOTO) -> str:
        store = self.bench.box.uploads
        holder, _ = store.create(
            self.enrolled.device.id, Creation(len(content), "", None, None), lambda: None
        )
        writer = store.append(holder, Chunk(0, None, len(content), None))
        writer.write(content)
        done = writer.finish()
        assert done.blob is not None
        return done.blob

    def put(self, row: Any, record: str | None = None, base: int | None = None, **to: str) -> Any:
        record = record or self.bench.new_id()
        if row.get("place") == OWN:
            row = {**row, "place": self.enrolled.user.id}
        text = line(
            self.bench.new_id(), to.get("collection", "visits"), record, row, n=1, base=base
        )
        (answer,) = self.bench.receive(self.number, text)
        assert answer.outcome == "applied", answer
        return record, answer.seq

    def may_read(self, name: str = NAME) -> bool:
        box = self.bench.box
        readable = box.rights(self.bench.enrolled(self.enrolled.device.id)).readable
        return box.store.read(lambda db: blob_is_visible(db, name, self.number, readable))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, {"places": Places()})
    yield made
    made.close()


@pytest.fixture
def anna(bench: Bench) -> Phone:
    return Phone(bench, "anna")


@pytest.fixture
def boris(bench: Bench) -> Phone:
    phone = Phone(bench, "boris")
    phone.put({"place": OWN})  # its grants are computed
    return phone


def test_a_photo_may_come_before_its_record_or_after_it(anna: Phone, boris: Phone) -> None:
    anna.upload()
    assert not anna.may_read(), "no record names it"
    anna.put({"photo": NAME})
    assert anna.may_read() and boris.may_read()
    late = b"a photo that comes late"
    name = hashlib.sha256(late).hexdigest()
    anna.put({"more": [name, name]})
    assert not boris.may_read(name)
    assert anna.upload(late) == name
    assert anna.may_read(name) and boris.may_read(name)


def test_knowing_a_name_is_not_enough(anna: Phone, boris: Phone) -> None:
    anna.upload()
    anna.put({"place": OWN, "photo": NAME})
    assert anna.may_read()
    boris.put({"place": OWN, "photo": NAME})
    boris.put({"photo": NAME})
    assert not boris.may_read()
    boris.upload()
    assert boris.may_read(), "whoever has the content may read it"


def test_another_device_of_the_user_may_send_it(bench: Bench, anna: Phone, boris: Phone) -> None:
    tablet = Phone(bench, "anna", anna.enrolled.user)
    anna.put({"photo": NAME})
    tablet.upload()
    assert boris.may_read()
    tablet.put({"place": OWN, "photo": NAME})
    assert tablet.may_read()


def test_the_same_photo_of_two_users_is_stored_once_and_both_records_count(
    bench: Bench, anna: Phone, boris: Phone
) -> None:
    boris.put({"place": OWN, "photo": NAME})
    anna.upload()
    anna.put({"place": OWN, "photo": NAME})
    assert (anna.may_read(), boris.may_read()) == (True, False)
    boris.upload()
    assert boris.may_read()
    assert list(bench.box.uploads.blobs.names()) == [NAME]


def test_what_a_user_can_read_can_be_named_on(bench: Bench, anna: Phone, boris: Phone) -> None:
    vera = Phone(bench, "vera")
    vera.put({"place": OWN})
    anna.upload()
    shared, _ = anna.put({"photo": NAME})
    mine, _ = boris.put({"place": OWN, "photo": NAME})
    anna.bench.box.store.write(lambda tx: tx.delete("visits", shared))
    assert boris.may_read(), "it could read it when it wrote its own record"
    assert not anna.may_read() and not vera.may_read()
    assert mine


def test_an_edit_that_leaves_a_name_in_changes_nothing(anna: Phone, boris: Phone) -> None:
    anna.upload()
    record, seq = anna.put({"photo": NAME})
    _, seq = boris.put({"photo": NAME, "text": "seen"}, record, seq)
    assert anna.may_read() and boris.may_read()
    late = b"late"
    name = hashlib.sha256(late).hexdigest()
    record, seq = anna.put({"photo": name})
    boris.put({"photo": name, "text": "seen"}, record, seq)
    assert not boris.may_read(name)
    anna.upload(late)
    assert boris.may_read(name), "it is still hers to send"


def test_either_of_those_who_named_it_may_send_it(anna: Phone, boris: Phone) -> None:
    record, seq = anna.put({"photo": NAME})
    boris.put({"photo": NAME, "text": "seen"}, record, seq)
    boris.upload()
    assert anna.may_read()


def test_a_name_that_is_taken_out_or_deleted_counts_no_more(anna: Phone, boris: Phone) -> None:
    anna.upload()
    record, seq = anna.put({"photo": NAME})
    _, seq = anna.put({"photo": OTHER}, record, seq)
    assert not anna.may_read()
    _, seq = anna.put({"photo": NAME}, record, seq)
    assert boris.may_read()
    anna.bench.box.store.write(lambda tx: tx.delete("visits", record))
    assert not boris.may_read()
    claims = anna.bench.box.store.read(lambda db: db.rows("SELECT * FROM box_blob_claims"))
    assert claims == []


def test_what_the_appliance_writes_itself_counts(bench: Bench, anna: Phone, boris: Phone) -> None:
    write = Write(collection="notices", id=bench.new_id(), row={"photo": NAME})
    bench.box.store.write(lambda tx: store_write(tx, bench.box.plugins.registry, write))
    assert boris.may_read()


def test_what_a_plugin_writes_for_a_mutation_counts_as_its_senders(
    anna: Phone, boris: Phone
) -> None:
    anna.upload()
    anna.put({"place": OWN, "photo": NAME})
    boris.put({"place": OWN, "text": "copy", "photo": NAME})
    assert not boris.may_read()
    anna.put({"place": OWN, "text": "copy", "photo": NAME})
    assert boris.may_read(), "hers to show to everybody"


def test_a_record_that_does_not_come_down_lets_nobody_name_its_blobs(
    anna: Phone, boris: Phone
) -> None:
    anna.upload()
    anna.put({"photo": NAME}, collection="reports")
    boris.put({"photo": NAME})
    assert not boris.may_read() and not anna.may_read()


def test_a_job_after_a_push_names_for_the_appliance_again(bench: Bench, boris: Phone) -> None:
    boris.put({"photo": NAME})
    write = Write(collection="notices", id=bench.new_id(), row={"photo": OTHER})
    bench.box.store.write(lambda tx: store_write(tx, bench.box.plugins.registry, write))
    assert boris.may_read(OTHER) and not boris.may_read(NAME)
