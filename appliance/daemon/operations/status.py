"""Status: how the box stands, in one answer."""

from __future__ import annotations

import platform
import shutil
from contextlib import suppress
from pathlib import Path

import apsw
import msgspec

from appliance import __version__
from appliance.api.manifest import API_VERSION
from appliance.daemon.inbox_folder import InboxFolder
from appliance.daemon.operations import clock
from appliance.daemon.operations.clock import ClockView
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.devices import public_place
from appliance.daemon.operations.operation import Empty, Operation, OperationRefused
from appliance.daemon.operations.plugins import PluginView, views
from appliance.daemon.outbox import Outbox
from appliance.store import meta
from appliance.store.answers import AnswerBook
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.disk_reserve import DiskReserve
from appliance.store.kept import KeptBook, KeptLimits
from appliance.store.outbox import OutboxBook
from appliance.store.waiting import WaitingBook

_DAY_MS = 24 * 60 * 60 * 1000


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """Versions of what runs: Fieldbox, its plugin API, the store's schema, SQLite, Python."""

    fieldbox: str
    api: str
    schema: int
    sqlite: str
    python: str


class DeviceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Devices: that may sync, that were revoked, and that were here in the last 24 hours."""

    active: int
    revoked: int
    seen_today: int


class Queues(msgspec.Struct, frozen=True, kw_only=True):
    """What waits.

    Attributes:
        writes, reads: jobs before the store's threads.
        mutations: by outcome, all that were ever answered and are kept.
        waiting: of these, by outcome, those that wait for a person: not settled yet.
        uploads: files that have not wholly arrived.
    """

    writes: int
    reads: int
    mutations: dict[str, int]
    waiting: dict[str, int]
    uploads: int


class StoreSize(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes: of the database with its log, and free on its disk; and records by collection."""

    bytes: int
    free_bytes: int
    records: dict[str, int]


class DiskRoom(msgspec.Struct, frozen=True, kw_only=True):
    """The disk and what is kept back of it.

    Attributes:
        free_bytes: free on the disk.
        empty_bytes: empty inside the database, filled before its file grows.
        reserve_bytes, files_reserve_bytes: below which pushes, and uploads, wait.
        pushes_wait, uploads_wait: why they wait; "" where they do not.
    """

    free_bytes: int
    empty_bytes: int
    reserve_bytes: int
    files_reserve_bytes: int
    pushes_wait: str
    uploads_wait: str


class DeviceKept(msgspec.Struct, frozen=True, kw_only=True):
    """A device of which hardly more refused mutations are kept; bytes of those that are."""

    device: str
    name: str
    user: str
    bytes: int


class KeptView(msgspec.Struct, frozen=True, kw_only=True):
    """What was refused and is kept for a person.

    Attributes:
        mutations, bytes: of all devices.
        most_bytes, device_most_bytes: that may be kept, of all and of one.
        full: devices of which hardly more is kept.
    """

    mutations: int
    bytes: int
    most_bytes: int
    device_most_bytes: int
    full: tuple[DeviceKept, ...]


class InboxView(msgspec.Struct, frozen=True, kw_only=True):
    """The watched folder.

    Attributes:
        enabled: files put there are imported.
        folder: where it is.
        waiting: files that have come and are not dealt with.
        failed: files that could not be imported and are still there.
    """

    enabled: bool
    folder: str
    waiting: int
    failed: int


class OutboxStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The folder that another system fetches from.

    Attributes:
        enabled: files are written there by themselves.
        folder: where it is.
        waiting: files that lie there.
        half_done: files that could not be written to their end yet.
    """

    enabled: bool
    folder: str
    waiting: int
    half_done: int


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How the box stands.

    Attributes:
        name: of the box.
        running: a daemon serves it.
        started_at: UTC milliseconds, None where none runs.
        url: where devices reach it, None where that is not known.
        ca_sha256: fingerprint of its authority, base64url.
        epoch, head, floor: of the store.
        now, clock: the box's time, UTC milliseconds, and how it is known.
    """

    name: str
    appliance_id: str
    running: bool
    started_at: int | None
    url: str | None
    ca_sha256: str
    versions: Versions
    epoch: str
    head: int
    floor: int
    now: int
    clock: ClockView
    users: int
    devices: DeviceCounts
    queues: Queues
    plugins: tuple[PluginView, ...]
    store: StoreSize
    disk: DiskRoom
    kept: KeptView
    inbox: InboxView
    outbox: OutboxStatus
    state_dir: str


def status(desk: Desk, _params: Empty, _actor: str) -> Status:
    """Return how the box stands."""
    box = desk.box
    now = box.now_ms()
    writes, reads = box.store.writer.waiting, box.store.readers.waiting
    uploads = sum(1 for _ in _files(box.state_dir / "uploads", "*.data"))

    def read(connection: Connection) -> Status:
        return Status(
            name=box.settings.name,
            appliance_id=box.store.appliance_id,
            running=desk.running,
            started_at=desk.serving.started_at,
            url=_url(desk),
            ca_sha256=box.authority.ca_sha256,
            versions=Versions(
                fieldbox=__version__,
                api=".".join(map(str, API_VERSION)),
                schema=_number(connection, "PRAGMA user_version"),
                sqlite=apsw.sqlite_lib_version(),
                python=platform.python_version(),
            ),
            epoch=box.store.epoch,
            head=int(meta.read(connection, "head") or 0),
            floor=int(meta.read(connection, "floor") or 0),
            now=now,
            clock=clock.view(box),
            users=_number(connection, "SELECT count(*) FROM box_users"),
            devices=_devices(connection, now),
            queues=Queues(
                writes=writes,
                reads=reads,
                mutations=AnswerBook(connection).counts(),
                waiting=WaitingBook(connection).counts(),
                uploads=uploads,
            ),
            plugins=tuple(views(desk)),
            store=_size(connection, box.store.path),
            disk=_disk(connection, box.reserve),
            kept=_kept(connection, box.kept_limits),
            inbox=_inbox(box),
            outbox=_outbox(connection, box),
            state_dir=str(box.state_dir),
        )

    return box.store.fetch(read)


def _inbox(box: Box) -> InboxView:
    settings = box.settings.inbox
    folder = InboxFolder(box.state_dir / settings.folder)
    waiting = failed = 0
    if settings.enabled:
        with suppress(OSError):  # it is made when the daemon first looks
            failed = folder.failures()
            waiting = len(folder.waiting(box.plugins.importers)) + len(folder.taken())
    return InboxView(
        enabled=settings.enabled, folder=str(folder.root), waiting=waiting, failed=failed
    )


def _outbox(connection: Connection, box: Box) -> OutboxStatus:
    outbox = Outbox(box)
    return OutboxStatus(
        enabled=box.settings.outbox.enabled,
        folder=str(outbox.folder),
        waiting=outbox.lying(),
        half_done=len(OutboxBook(connection).open()),
    )


def _url(desk: Desk) -> str | None:
    if desk.running and desk.serving.address is None:
        return None
    try:
        host, port = public_place(desk)
    except OperationRefused:
        return None
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def _devices(connection: Connection, now: int) -> DeviceCounts:
    found = connection.row(
        "SELECT coalesce(sum(state = 'active'), 0), coalesce(sum(state = 'revoked'), 0),"
        " coalesce(sum(state = 'active' AND seen_at >= ?), 0) FROM box_devices",
        (now - _DAY_MS,),
    )
    assert found is not None
    return DeviceCounts(active=found[0], revoked=found[1], seen_today=found[2])


def _size(connection: Connection, path: Path) -> StoreSize:
    return StoreSize(
        bytes=sum(file.stat().st_size for file in _files(path.parent, f"{path.name}*")),
        free_bytes=shutil.disk_usage(path.parent).free,
        records=dict(
            connection.rows(
                "SELECT k.name, sum(s.rows) FROM box_sums s JOIN box_collections k"
                " ON k.num = s.collection GROUP BY k.name HAVING sum(s.rows) ORDER BY k.name"
            )
        ),
    )


def _disk(connection: Connection, reserve: DiskReserve) -> DiskRoom:
    space = reserve.measure(connection)
    return DiskRoom(
        free_bytes=space.free,
        empty_bytes=space.empty,
        reserve_bytes=reserve.documents.reserve,
        files_reserve_bytes=reserve.files.reserve,
        pushes_wait=reserve.why_documents_wait(),
        uploads_wait=reserve.why_files_wait(),
    )


def _kept(connection: Connection, limits: KeptLimits) -> KeptView:
    book = KeptBook(connection)
    total = book.total()
    return KeptView(
        mutations=total.mutations,
        bytes=total.bytes,
        most_bytes=limits.all,
        device_most_bytes=limits.device,
        full=tuple(
            DeviceKept(device=one.device_id, name=one.name, user=one.login, bytes=one.kept.bytes)
            for one in book.fullest(limits.nearly(limits.device))
        ),
    )


def _files(folder: Path, pattern: str) -> list[Path]:
    return [path for path in folder.glob(pattern) if path.is_file()]


def _number(connection: Connection, sql: str) -> int:
    found = connection.row(sql)
    assert found is not None
    return int(found[0])


OPERATIONS = (Operation("status", Empty, "read", status),)
