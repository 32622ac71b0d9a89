"""A box for benchmarks: configured and filled while it is closed, served by `Daemon`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from appliance.api.mutations import Write
from appliance.api.values import uuid7
from appliance.config import load
from appliance.enrollment.device_request import DeviceRequest, key_thumbprint
from appliance.enrollment.identity import Device
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.enrolling import Admission
from appliance.store.identities import IdentityBook
from appliance.store.pages import PullReader
from appliance.store.transaction import WriteTransaction
from appliance.sync.cursor import Cursor, encode
from appliance.sync.writes import store_write
from benchmarks import catalogue

BATCH = 20_000

_CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:0"
max_connections = 20000
max_connections_per_address = 20000
[mdns]
enabled = false
[log]
level = "warning"
[sync]
segment_min_rows = {segments}
group_commit_mutations = {batch}
"""


class Peer(NamedTuple):
    """An enrolled device, as a client needs it.

    Attributes:
        address: host and port of the daemon.
        authority: PEM file of the box's authority.
        credential: PEM file with the device's key and certificate.
        device_id, user_id: who it is.
    """

    address: tuple[str, int]
    authority: str
    credential: str
    device_id: str
    user_id: str


class BenchBox:
    """One box in a folder of its own."""

    def __init__(self, folder: Path, *, segments: int = 0, batch: int = 256) -> None:
        """Write its configuration.

        Args:
            folder: made where it is missing.
            segments: `sync.segment_min_rows`.
            batch: `sync.group_commit_mutations`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.config = folder / "fieldbox.toml"
        self.peers: list[Peer] = []
        self.configure(segments=segments, batch=batch)

    def configure(self, *, segments: int = 0, batch: int = 256) -> None:
        """Write the configuration anew; it holds from the next start."""
        text = _CONFIG.format(segments=segments, batch=batch)
        self.config.write_text(text + catalogue.CONFIG)

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.folder / "state"

    def open(self) -> Box:
        """Open the closed box in this process; close it before the daemon starts."""
        return Box(load(self.config, {}))

    def fill(self, goods: int, devices: int, *, start: int = 0) -> None:
        """Store goods, and enroll devices that each have a user, a route and an outlet."""
        box = self.open()
        try:
            write_all(
                box,
                (
                    Write(collection="goods", id=catalogue.fast_id(n), row=catalogue.goods(n))
                    for n in range(start, start + goods)
                ),
            )
            if devices:
                self._enroll(box, devices)
        finally:
            box.close()

    def change(self, count: int, passes: int = 1) -> list[int]:
        """Change the price of so many goods, that often; return the head before each pass.

        The log keeps one entry a record, so a device that stands anywhere before the last pass
        has the same number of changes to pull.
        """
        box = self.open()
        heads = []
        try:
            for version in range(1, passes + 1):
                heads.append(box.store.read(lambda db: PullReader(db, frozenset()).head()))
                write_all(
                    box,
                    (
                        Write(
                            collection="goods",
                            id=catalogue.fast_id(n),
                            row=catalogue.goods(n, price=version + heads[-1]),
                        )
                        for n in range(count)
                    ),
                )
        finally:
            box.close()
        return heads

    def cursors(self, seqs: Sequence[int]) -> list[str]:
        """Return the cursors that the devices would hold at these seqs, one for each in turn."""
        box = self.open()
        try:

            def look(db: Connection) -> dict[str, tuple[int, ...]]:
                reader = PullReader(db, frozenset())
                return {
                    enrolled.device.id: tuple(reader.collections(box.rights(enrolled).readable))
                    for enrolled in IdentityBook(db).all_enrolled()
                }

            held = box.store.read(look)
            found = []
            for place, seq in enumerate(seqs):
                device = self.peers[place % len(self.peers)].device_id
                cursor = Cursor(epoch=box.store.epoch, seq=seq, collections=held[device])
                found.append(encode(cursor, key=box.store.cursor_key, device=device))
            return found
        finally:
            box.close()

    def _enroll(self, box: Box, count: int) -> None:
        write_all(
            box,
            (Write(collection=c, id=i, row=row) for c, i, row in catalogue.masters(count)),
        )
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        request = DeviceRequest(key.public_key(), key_thumbprint(key.public_key()))
        (self.folder / "devices").mkdir(exist_ok=True)
        authority = self.folder / "ca.pem"
        authority.write_text(box.authority.certificate_pem)

        def enroll(tx: WriteTransaction, number: int) -> tuple[str, str, str]:
            user = box.people(tx).add(tx, f"agent{number}", ["agent"], "cli")
            route = catalogue.stable_id("route", number)
            outlet = catalogue.stable_id("outlet", number)
            way = {"code": f"R{number}", "name": f"Маршрут {number}", "owner_user_id": user.id}
            stop = {"route_id": route, "outlet_id": outlet}
            for write in (
                Write(collection="routes", id=route, row=way),
                Write(
                    collection="route_outlets",
                    id=catalogue.stable_id("stop", number),
                    row=stop,
                ),
            ):
                store_write(tx, box.plugins.registry, write)
            device = Device(
                id=uuid7(tx.now_ms),
                user_id=user.id,
                roles=("agent",),
                name=f"bench {number}",
                platform="benchmark",
                app_version="1",
                kind="native",
                enrolled_at_ms=tx.now_ms,
            )
            IdentityBook(tx.db).add_device(device)
            admission = box.enroller.renew(tx, device, user, request)
            assert isinstance(admission, Admission)
            assert admission.certificate is not None
            enrolled = IdentityBook(tx.db).enrolled(device.id)
            assert enrolled is not None
            box.refresh_grants(tx, enrolled.number)
            return device.id, user.id, admission.certificate

        def enroll_all(tx: WriteTransaction) -> list[tuple[str, str, str]]:
            return [enroll(tx, number) for number in range(count)]

        self.peers = []
        for number, (device, user, certificate) in enumerate(box.store.write(enroll_all)):
            credential = self.folder / "devices" / f"{number}.pem"
            credential.write_text(private + certificate)
            self.peers.append(Peer(("", 0), str(authority), str(credential), device, user))


def write_all(box: Box, writes: Iterable[Write]) -> None:
    """Store records in batches."""
    batch: list[Write] = []

    def store(tx: WriteTransaction) -> None:
        for write in batch:
            store_write(tx, box.plugins.registry, write)

    for write in writes:
        batch.append(write)
        if len(batch) == BATCH:
            box.store.write(store)
            batch.clear()
    box.store.write(store)
