"""Kept payloads: what devices sent and no row holds, and how much of it there may be.

What was refused is kept for a person, and a device that is broken or hostile could fill the disk
with it. So there is a bound for each device and one for all. At the bound first goes what a person
has settled, the oldest first; where that is not enough, the mutation is not answered at all: its
device keeps it and comes back. Nothing that was acknowledged is dropped to make room.

So that a flood of some devices never shuts out the others, each device may keep a small share
whatever the others hold. The bytes of all payloads are therefore at most those of the bound for
all, and a share for each device.
"""

from __future__ import annotations

from typing import NamedTuple

from appliance.store.connection import Connection
from appliance.store.errors import KeptFull

SHARE = 1_048_576
"""Bytes that a device may keep whatever the others hold, where one mutation is no larger."""

_MOST_DROPPED = 500
"""Settled payloads that make room for one mutation, at most."""


class KeptLimits(NamedTuple):
    """Bytes of payloads that may be kept.

    Attributes:
        device: of one device.
        all: of all devices together.
        share: that a device may keep whatever the others hold.
    """

    device: int
    all: int
    share: int = SHARE

    def allow(self, held: int, total: int, size: int) -> bool:
        """Tell whether a device that holds so much, of so much in all, may keep more."""
        if held + size <= self.share:
            return True
        return held + size <= self.device and total + size <= self.all

    @staticmethod
    def nearly(bound: int) -> int:
        """Return the bytes from which on a person is told that a bound is near."""
        return bound * 4 // 5


class Kept(NamedTuple):
    """Payloads that are kept: how many, and their bytes."""

    mutations: int
    bytes: int


class KeptOfDevice(NamedTuple):
    """The same of one device, with its id, its name and its user's login."""

    device_id: str
    name: str
    login: str
    kept: Kept


class KeptBook:
    """Counts kept payloads and bounds them, on one connection.

    Attributes:
        limits: None for no bound.
        bounded: whether the limits hold now; they do not for what is kept already and is taken in
            once more.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self.limits: KeptLimits | None = None
        self.bounded = True

    def total(self) -> Kept:
        """Return what is kept of all devices."""
        found = self._db.row("SELECT total(mutations), total(bytes) FROM box_kept")
        assert found is not None
        return Kept(int(found[0]), int(found[1]))

    def of(self, device: int) -> Kept:
        """Return what is kept of one device."""
        found = self._db.row("SELECT mutations, bytes FROM box_kept WHERE device = ?", (device,))
        return Kept(0, 0) if found is None else Kept(*found)

    def fullest(self, least: int) -> list[KeptOfDevice]:
        """Return the devices that hold at least so many bytes, the fullest first."""
        return [
            KeptOfDevice(device_id, name, login, Kept(mutations, size))
            for device_id, name, login, mutations, size in self._db.rows(
                "SELECT d.id, d.name, u.login, k.mutations, k.bytes FROM box_kept k"
                " JOIN box_devices d ON d.num = k.device JOIN box_users u ON u.num = d.user"
                " WHERE k.bytes >= ? ORDER BY k.bytes DESC LIMIT 100",
                (least,),
            )
        ]

    def make_room(self, device: int, mid: bytes, size: int) -> None:
        """See to it that a device may keep a mutation more, dropping settled ones if need be.

        Args:
            device: its number.
            mid: of the mutation; one that is kept already needs no room.
            size: bytes of its payload.

        Raises:
            KeptFull: it may not.
        """
        if self.limits is None or not self.bounded:
            return
        held, total = self.of(device).bytes, self.total().bytes
        if self.limits.allow(held, total, size) or self._is_there(mid):
            return
        dropped: list[int] = []
        for num, owner, freed in self._settled(device):
            dropped.append(num)
            held -= freed if owner == device else 0
            total -= freed
            if self.limits.allow(held, total, size):
                for one in dropped:
                    self._db.rows("UPDATE box_mutations SET payload = NULL WHERE num = ?", (one,))
                return
        raise KeptFull("no more of what this device sends and cannot be stored is kept")

    def _is_there(self, mid: bytes) -> bool:
        return self._db.row("SELECT 1 FROM box_mutations WHERE mid = ?", (mid,)) is not None

    def _settled(self, device: int) -> list[tuple[int, int, int]]:
        """Return settled payloads, the device's own first, the oldest first."""
        return [
            (num, owner, size)
            for num, owner, size in self._db.rows(
                "SELECT num, device, length(payload) FROM box_mutations"
                " WHERE settled IS NOT NULL AND payload IS NOT NULL"
                " ORDER BY device <> ?, num LIMIT ?",
                (device, _MOST_DROPPED),
            )
        ]
