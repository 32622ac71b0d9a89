"""Device: the reference client, a complete offline app without a screen.

It is written from the sync protocol's text alone and shares no code with the appliance, so that
it checks it: whatever the protocol forbids raises `ProtocolBroken`. Everything works offline but
the methods that name the link; those may be cut at any byte and called again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from appliance.api.values import uuid7
from appliance.testing.blob_shelf import BlobShelf
from appliance.testing.device_file import DeviceFile
from appliance.testing.device_identity import DeviceIdentity
from appliance.testing.device_reports import PullReport, PushReport, SyncReport, VerifyReport
from appliance.testing.download import download
from appliance.testing.event_stream import Event, EventStream, head_of
from appliance.testing.invite import Invite
from appliance.testing.link import Link, Traffic
from appliance.testing.outbox import Conflict, Mutation, Outbox
from appliance.testing.puller import Puller
from appliance.testing.pusher import MAX_LINES, Pusher
from appliance.testing.replica import Replica
from appliance.testing.running_sums import Sum

MAX_BLOB_BYTES = 64 * 1024 * 1024
LIVE_SILENCE_SECONDS = 65.0
"""Three comment lines of the live stream may be missed before the link counts as down."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row as the app shows it.

    Attributes:
        seq: of the replicated row; 0 if the appliance has not sent one yet.
        pending: the device's own change is shown, which the replica does not hold yet.
    """

    id: str
    seq: int
    row: Mapping[str, Any]
    pending: bool


class Device:
    """One device and its file; one thread at a time, but `live` may run beside in another.

    Args:
        path: its SQLite file, made if missing; see `DeviceFile`.
        address: speak to the appliance at this ``https://HOST:PORT`` instead of the invite's
            (a box that moved, or a `FaultyLink`). It must still prove to be the same appliance.
        knows: the collections this app stores; None for all. An old app ignores the others.
        collections: ask the appliance for these only; None for all.
        segments: accept segments.
        encoding: the ``Accept-Encoding`` of streams.
        timeout: seconds a connection may stand still.
        clock: UTC milliseconds, for ids.
    """

    def __init__(
        self,
        path: Path,
        *,
        address: str | None = None,
        knows: Iterable[str] | None = None,
        collections: Iterable[str] | None = None,
        segments: bool = True,
        encoding: str = "zstd, gzip",
        timeout: float = 30.0,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._file = DeviceFile(path)
        self._address = address
        self._timeout = timeout
        self._clock = clock
        self._link: Link | None = None
        self.traffic = Traffic()
        self.identity = DeviceIdentity(self._file)
        self._replica = Replica(self._file)
        self._outbox = Outbox(self._file)
        self._blobs = BlobShelf(self._file)
        self._puller = Puller(
            self._replica,
            self._outbox,
            self._file.folder,
            knows=None if knows is None else frozenset(knows),
            encoding=encoding,
            segments=segments,
            collections=None if collections is None else list(collections),
        )
        self._pusher = Pusher(self._outbox, encoding=encoding)

    # The link

    def enroll(
        self,
        invite: Invite | str | Mapping[str, Any],
        *,
        name: str,
        platform: str = "simulated",
        app_version: str = "1",
    ) -> None:
        """Spend an invite; see `DeviceIdentity.enroll` for what it may raise."""
        found = invite if isinstance(invite, Invite) else Invite.parse(invite)
        if self._address is not None:
            found = Invite(self._address, found.code, found.ca_sha256)
        about = {"name": name, "platform": platform, "app_version": app_version}
        self.identity.enroll(found, about, timeout=self._timeout, traffic=self.traffic)

    def use_address(self, address: str | None) -> None:
        """Speak to the same appliance at another address from now on; None for the invite's."""
        self._address = address
        self._drop_link()

    def _connect(self) -> Link:
        return Link(
            self._address or self.identity.url,
            ca_pem=self.identity.authority,
            identity=self.identity.credential,
            timeout=self._timeout,
            traffic=self.traffic,
        )

    def _linked(self) -> Link:
        if self._link is None:
            self._link = self._connect()
        return self._link

    def _drop_link(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def renew(self) -> None:
        """Get a new certificate and use it from the next connection on."""
        self.identity.renew(self._linked())
        self._drop_link()

    def renewal_due(self) -> bool:
        """Whether the certificate should be renewed now."""
        return self.identity.renewal_due(self._clock())

    def hello(self) -> Any:
        """What the appliance says about itself."""
        return self._linked().get_json("/v1/hello")

    def schema(self) -> Any:
        """The collections as the appliance describes them."""
        return self._linked().get_json("/v1/schema")

    def printers(self) -> Any:
        """The printers of the appliance, as `GET /v1/printers` gives them."""
        return self._linked().get_json("/v1/printers")["printers"]

    def print(self, job_id: str, kind: str, record_id: str, **options: Any) -> Any:
        """Ask for a document on paper; the same id again is the same job.

        Args:
            job_id: a UUID.
            kind: of document.
            record_id: that it shows.
            options: ``printer``, ``language``, ``priority``.
        """
        document = {"id": job_id, "kind": kind, "record_id": record_id, **options}
        return self._linked().post_json("/v1/print/jobs", document)

    def print_job(self, job_id: str, verb: str = "", **body: Any) -> Any:
        """Return a print job, or do something with it: ``answer``, ``copy``, ``cancel``."""
        path = f"/v1/print/jobs/{job_id}"
        link = self._linked()
        if not verb:
            return link.get_json(path)
        return link.post_json(f"{path}/{verb}", body) if body else link.post_none(f"{path}/{verb}")

    def pull(self, limit_bytes: int | None = None) -> PullReport:
        """Bring the rows to the appliance's head; compare the sums, repair where they differ.

        Raises:
            LinkDown: cut; what was covered by a mark is kept, call again.
            DeviceProblem, ProtocolBroken, ForeignAppliance, NotEnrolled.
        """
        return self._puller.pull(self._linked(), limit_bytes)

    def push(self, max_lines: int = MAX_LINES) -> PushReport:
        """Send every mutation without an answer; see `Pusher.push`."""
        return self._pusher.push(self._linked(), max_lines)

    def repeat(self) -> list[str]:
        """Send everything again and return the mids answered otherwise; see `Pusher.repeat`."""
        return self._pusher.repeat(self._linked())

    def upload_blobs(self) -> int:
        """Upload the blobs that wait and return how many; see `BlobShelf.upload`."""
        return self._blobs.upload(self._linked())

    def verify(self) -> VerifyReport:
        """Compare the running sums with the last checkpoint's and repair what differs."""
        return self._puller.verify(self._linked())

    def sync(self) -> SyncReport:
        """Upload, push, pull and compare."""
        uploads = self.upload_blobs()
        push = self.push()
        return SyncReport(uploads, push, self.pull())

    def live(self) -> Iterator[int]:
        """Yield the head each time the appliance says that it moved, until it ends the stream.

        Raises:
            LinkDown: the stream was cut or stood still for `LIVE_SILENCE_SECONDS`.
        """
        link = self._connect()  # its own connection: pulls go on beside it
        stream = EventStream()
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
        try:
            with link.exchange(
                "GET", "/v1/live", headers=headers, timeout=LIVE_SILENCE_SECONDS
            ) as answer:
                for chunk in answer.chunks():
                    for item in stream.feed(chunk):
                        if isinstance(item, Event) and item.name == "head":
                            yield head_of(item)
        finally:
            link.close()

    def download_blob(self, sha256: str) -> Path:
        """Download a blob that a visible row refers to; the file's content is checked.

        It is fetched even if this device made it: what comes is what the appliance holds.
        """
        target = self._file.folder / f"{sha256}.fetched"
        download(self._linked(), f"/v1/blobs/{sha256}", sha256, target, MAX_BLOB_BYTES)
        return target

    # Offline

    @property
    def next_n(self) -> int:
        """The device_seq of the next mutation."""
        return self._outbox.next_n

    def create(self, collection: str, row: Mapping[str, Any], row_id: str | None = None) -> str:
        """Make a record offline and return its id (a new UUIDv7 unless given)."""
        made = row_id or str(uuid7(self._clock()))
        self._outbox.add(self._mid(), collection, made, "put", dict(row), None)
        return made

    def edit(self, collection: str, row_id: str, changes: Mapping[str, Any]) -> None:
        """Change fields of a record offline; KeyError if the app does not show it."""
        record = self.get(collection, row_id)
        row = {**record.row, **changes}
        self._outbox.add(self._mid(), collection, row_id, "put", row, record.seq or None)

    def delete(self, collection: str, row_id: str) -> None:
        """Delete a record offline; KeyError if the app does not show it."""
        record = self.get(collection, row_id)
        self._outbox.add(self._mid(), collection, row_id, "del", None, record.seq or None)

    def _mid(self) -> str:
        return str(uuid7(self._clock()))

    def attach_blob(self, data: bytes) -> str:
        """Keep a photo for upload and return its SHA-256 in hex."""
        return self._blobs.add(data)

    def rows(self, collection: str) -> Iterator[Record]:
        """Yield the records of a collection as the app shows them, own changes included."""
        own = self._outbox.overlay(collection)
        for row_id, seq, body in self._replica.rows(collection):
            op, mine = own.pop(row_id, ("", None))
            if op != "del":
                pending = mine is not None
                yield Record(row_id, seq, orjson.loads(mine or body), pending)
        for row_id, (op, mine) in own.items():
            if op == "put" and mine is not None:
                yield Record(row_id, 0, orjson.loads(mine), True)

    def get(self, collection: str, row_id: str) -> Record:
        """Return one record as the app shows it; KeyError if it does not."""
        op, mine = self._outbox.overlay(collection).get(row_id, ("", None))
        held = self._replica.get(collection, row_id)
        if op == "del" or (held is None and mine is None):
            raise KeyError(f"{collection} {row_id}")
        seq, body = held or (0, b"")
        return Record(row_id, seq, orjson.loads(mine or body), mine is not None)

    def replicated(self, collection: str) -> Iterator[tuple[str, int]]:
        """Yield (id, seq) of what the appliance sent, without own changes."""
        return ((row_id, seq) for row_id, seq, _ in self._replica.rows(collection))

    def mutations(self) -> list[Mutation]:
        """All mutations made on this device, with their answers."""
        return self._outbox.mutations()

    def waiting(self) -> int:
        """How many mutations have no answer yet."""
        return self._outbox.waiting()

    def conflicts(self) -> list[Conflict]:
        """Edits that met a newer version; both versions are kept."""
        return self._outbox.conflicts()

    def sums(self) -> dict[str, Sum]:
        """The running sums of the replicated rows."""
        return self._replica.sums().as_dict()

    @property
    def head(self) -> int:
        """The head the visible rows stand at."""
        return self._replica.head

    @property
    def cursor(self) -> str | None:
        """The cursor the next pull starts from."""
        return self._replica.cursor

    def close(self) -> None:
        """Close the connections and the file."""
        self._drop_link()
        self._file.close()
