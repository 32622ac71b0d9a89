"""Upload and blob handlers without a server: workers that the test runs one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from structlog.testing import capture_logs
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from appliance.http.blobs import BlobHandlers
from appliance.http.body import BodyFeed, BodyLost
from appliance.http.decoding import IdentityDecoder
from appliance.http.problem import CATALOGUE, Problem
from appliance.http.request import ApiRequest
from appliance.http.response import Response
from appliance.http.upload_sink import HIGH_WATER
from appliance.http.uploads import UploadHandlers, disk_problem, upload_problem
from appliance.store.disk import DiskFailed, DiskFull, DiskReadOnly, SystemDisk
from appliance.store.uploads import UploadStore
from appliance.sync import uploads as decisions
from appliance.sync.upload_headers import CHUNK_TYPE, UploadRefused


class Device(NamedTuple):
    subject: str


class Workers:
    """Work waits until the test runs it."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def run(self, call):
        done: Deferred = Deferred()

        def work() -> None:
            try:
                result = call()
            except Exception:
                done.errback(Failure())
            else:
                done.callback(result)

        self.waiting.append(work)
        return done

    def tell(self, call: Callable[[], None]) -> None:
        self.waiting.append(call)

    def step(self) -> None:
        self.waiting.pop(0)()

    def all(self) -> None:
        while self.waiting:
            self.step()


class Wire:
    """One request's body, and what it was answered."""

    def __init__(self, limit: int = 1 << 20) -> None:
        self.reading = True
        self.feed = BodyFeed(
            limit=limit,
            decoder=IdentityDecoder(),
            set_reading=lambda reading: setattr(self, "reading", reading),
            failed=lambda _reason: None,
        )
        self.result: Response | Problem | None = None

    def take(self, answer: Deferred[Response]) -> None:
        answer.addCallbacks(
            lambda response: setattr(self, "result", response),
            lambda failure: setattr(self, "result", failure.value),
        )


class Fixture:
    def __init__(self, root: Path) -> None:
        self.disk = SystemDisk()
        self.workers = Workers()
        self.store = UploadStore(root, lambda: 0, 1 << 20, 1_000_000, 0, disk=self.disk)
        self.store.recover()
        self.handlers = UploadHandlers(self.store, self.workers, lambda: 0)

    def request(self, method: str, upload_id: str = "", **headers: str) -> tuple[ApiRequest, Wire]:
        wire = Wire()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = ApiRequest(
            method=method,
            params={"upload_id": upload_id},
            headers={"Tus-Resumable": "1.0.0"} | named,
            identity=Device("d"),
            feed=wire.feed,
        )
        return request, wire

    def create(self, length: int) -> str:
        request, wire = self.request("POST", Upload_Length=str(length))
        wire.take(self.handlers.create(request))
        self.workers.all()
        assert isinstance(wire.result, Response)
        return wire.result.headers["Location"].rsplit("/", 1)[1]

    def patch(self, upload_id: str, offset: int, size: int, **headers: str) -> Wire:
        request, wire = self.request(
            "PATCH",
            upload_id,
            Upload_Offset=str(offset),
            Content_Type=CHUNK_TYPE,
            Content_Length=str(size),
            **headers,
        )
        wire.take(self.handlers.append(request))
        return wire

    def offset(self, upload_id: str) -> int:
        request, wire = self.request("HEAD", upload_id)
        wire.take(self.handlers.report(request))
        self.workers.all()
        assert isinstance(wire.result, Response)
        return int(wire.result.headers["Upload-Offset"])


@pytest.fixture
def box(tmp_path: Path) -> Fixture:
    return Fixture(tmp_path)


def test_every_refusal_has_the_status_of_its_problem() -> None:
    refusals = [
        decisions.missing(),
        decisions.mismatch(1),
        decisions.taken_over(),
        decisions.too_long(1),
        decisions.too_many(1),
        decisions.wrong_content("0" * 64),
        *(
            UploadRefused(*step)
            for step in decisions.STEPS.values()
            if not isinstance(step, decisions.Step)
        ),
    ]
    for refused in refusals:
        assert CATALOGUE[refused.code].status == refused.status
        assert upload_problem(refused).headers["Tus-Resumable"] == "1.0.0"


@pytest.mark.parametrize(
    ("error", "status"), [(DiskFull("x"), 507), (DiskReadOnly("x"), 503), (DiskFailed("x"), 503)]
)
def test_a_failing_disk_is_never_the_clients_fault(error, status: int) -> None:
    problem = disk_problem(error)
    assert problem.status == status
    assert int(problem.headers["Retry-After"]) > 0


def test_nothing_is_read_before_the_upload_is_taken(box: Fixture) -> None:
    wire = box.patch(box.create(10), 0, 10)
    wire.feed.arrived(b"12345")
    assert not wire.reading
    box.workers.all()
    assert wire.reading
    wire.feed.arrived(b"67890")
    wire.feed.ended()
    box.workers.all()
    assert isinstance(wire.result, Response) and wire.result.status == 204
    assert wire.result.headers["Fieldbox-Blob"] == hashlib.sha256(b"1234567890").hexdigest()


def test_a_slow_disk_stops_the_socket(box: Fixture) -> None:
    size = 1 << 20
    wire = box.patch(box.create(size), 0, size)
    box.workers.all()
    held = 0
    while wire.reading:
        wire.feed.arrived(bytes(65_536))
        held += 65_536
    assert HIGH_WATER <= held <= 256 * 1024
    box.workers.step()
    box.workers.all()
    assert wire.reading
    for _ in range((size - held) // 65_536):
        wire.feed.arrived(bytes(65_536))
        box.workers.all()
    wire.feed.ended()
    box.workers.all()
    assert isinstance(wire.result, Response) and wire.result.status == 204


@pytest.mark.parametrize("taken_first", [False, True])
def test_what_came_before_a_cut_is_kept(box: Fixture, taken_first: bool) -> None:
    upload_id = box.create(100)
    wire = box.patch(upload_id, 0, 100)
    if taken_first:
        box.workers.all()
    wire.feed.arrived(b"x" * 30)
    wire.feed.close(BodyLost("gone"))
    box.workers.all()
    # Before the upload was taken nothing flowed, so there was nothing to keep.
    assert box.offset(upload_id) == (30 if taken_first else 0)


def test_a_first_chunk_that_is_cut_leaves_nothing(box: Fixture) -> None:
    request, wire = box.request(
        "POST", Upload_Length="100", Content_Type=CHUNK_TYPE, Content_Length="100"
    )
    wire.take(box.handlers.create(request))
    box.workers.all()
    wire.feed.arrived(b"x" * 30)
    wire.feed.close(BodyLost("gone"))
    box.workers.all()
    assert box.store.sweep() == 0
    assert list((box.store.blobs.path("0" * 64).parents[2] / "uploads").iterdir()) == []


def test_a_later_request_ends_an_earlier_one(box: Fixture) -> None:
    upload_id = box.create(100)
    old = box.patch(upload_id, 0, 100)
    box.workers.all()
    old.feed.arrived(b"x" * 30)
    box.workers.all()
    assert box.offset(upload_id) == 30
    assert isinstance(old.result, Problem) and old.result.status == 423
    old.feed.arrived(b"y" * 30)
    old.feed.close(BodyLost("gone"))
    box.workers.all()
    assert box.offset(upload_id) == 30


def test_a_malformed_patch_takes_nothing_from_the_one_under_way(box: Fixture) -> None:
    upload_id = box.create(100)
    good = box.patch(upload_id, 0, 100)
    box.workers.all()
    with pytest.raises(Problem):
        box.patch(upload_id, 0, 10, Upload_Checksum="md5 x")
    request, _ = box.request("HEAD", upload_id)
    request.identity = Device("stranger")
    with pytest.raises(Problem) as caught:
        box.handlers.report(request)
    assert caught.value.status == 404
    good.feed.arrived(b"x" * 100)
    good.feed.ended()
    box.workers.all()
    assert isinstance(good.result, Response)


def test_a_disk_that_fails_in_the_middle(box: Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_id = box.create(100)
    wire = box.patch(upload_id, 0, 100)
    box.workers.all()

    def full(*_arguments: object) -> None:
        raise DiskFull("injected")

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(box.disk, "write_at", full)
        wire.feed.arrived(b"x" * 30)
        box.workers.all()
    assert isinstance(wire.result, Problem) and wire.result.status == 507
    assert [entry["event"] for entry in logs] == ["upload_disk"]
    wire.feed.arrived(b"x" * 30)
    wire.feed.close(BodyLost("gone"))
    box.workers.all()
    assert box.offset(upload_id) == 0


def test_a_disk_that_fails_after_a_cut_is_logged(
    box: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = box.create(100)
    wire = box.patch(upload_id, 0, 100)
    box.workers.all()
    wire.feed.arrived(b"x" * 30)
    box.workers.all()

    def fails(*_arguments: object) -> None:
        raise DiskFailed("injected")

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(box.disk, "sync", fails)
        wire.feed.close(BodyLost("gone"))
        box.workers.all()
    assert [entry["event"] for entry in logs] == ["upload_chunk_failed"]
    assert box.offset(upload_id) == 0


class Taker:
    """An outlet that keeps what it is given."""

    def __init__(self) -> None:
        self.data = b""
        self.end = ""

    def write(self, data: bytes) -> None:
        self.data += data

    def finish(self) -> None:
        self.end = "finished"

    def abort(self) -> None:
        self.end = "aborted"

    def later(self, _seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        call()
        return lambda: None


def get_blob(box: Fixture, name: str, may_read, **headers: str) -> Response | Problem | None:
    handlers = BlobHandlers(box.store.blobs, box.workers, may_read)
    wire = Wire()
    request = ApiRequest(params={"sha256": name}, headers=headers, identity=Device("d"))
    wire.take(handlers.download(request))
    box.workers.all()
    return wire.result


@pytest.mark.parametrize("later", [False, True])
def test_a_blob_is_read_only_where_it_may_be(box: Fixture, later: bool) -> None:
    content = bytes(range(256)) * 3000
    name = box.store.blobs.put([content])
    asked: list[tuple[str, str]] = []

    def rule(allowed: bool):
        def may_read(identity: Device, sha256: str):
            asked.append((identity.subject, sha256))
            if not later:
                return allowed
            answer: Deferred[bool] = Deferred()
            answer.callback(allowed)
            return answer

        return may_read

    refused = get_blob(box, name, rule(False))
    unknown = get_blob(box, "0" * 64, rule(True))
    assert isinstance(refused, Problem) and isinstance(unknown, Problem)
    assert (refused.status, refused.detail) == (unknown.status, unknown.detail)
    answer = get_blob(box, name, rule(True), Range="bytes=1-700000")
    assert isinstance(answer, Response) and answer.status == 206
    assert answer.body.length == 700_000
    taker = Taker()
    answer.body.start(taker)
    box.workers.all()
    assert (taker.data, taker.end) == (content[1:700_001], "finished")
    assert asked == [("d", name), ("d", "0" * 64), ("d", name)]


def test_a_blob_that_is_shorter_than_its_size_is_not_passed_off_as_whole(box: Fixture) -> None:
    name = box.store.blobs.put([b"x" * 1000])
    answer = get_blob(box, name, lambda *_: True)
    assert isinstance(answer, Response)
    box.store.blobs.path(name).write_bytes(b"x" * 10)
    taker = Taker()
    with capture_logs():
        answer.body.start(taker)
        box.workers.all()
    assert taker.end == "aborted"


def test_a_download_that_is_lost_closes_its_file(box: Fixture) -> None:
    name = box.store.blobs.put([b"x" * 1000])
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    answer = get_blob(box, name, lambda *_: True)
    assert isinstance(answer, Response)
    answer.body.start(Taker())
    answer.body.lost()
    box.workers.all()
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before
