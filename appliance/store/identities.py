"""Users, devices and their credentials."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from appliance.enrollment.identity import Credential, Device, User
from appliance.store.connection import Connection

_USER = "u.id, u.login, u.name, u.roles, u.org_id, u.language, u.locked"
_DEVICE = (
    "d.id, u.id, d.roles, d.name, d.platform, d.app_version, d.kind, d.state, d.enrolled_at,"
    " d.revoked_at"
)
_CREDENTIAL = "c.id, c.kind, d.id, c.thumbprint, c.not_before, c.not_after, c.revoked_at"


class Enrolled(NamedTuple):
    """A device, its user and what the store counts about it.

    Attributes:
        number: the device's number in the store.
        device, user: who it is.
        seen_at: UTC milliseconds of its last request.
        last_n: highest running number of its mutations.
        synced_seq: of the newest cursor it came back with.
        grants_seq: head when its grants were computed; 0 for anew.
    """

    number: int
    device: Device
    user: User
    seen_at: int
    last_n: int
    synced_seq: int
    grants_seq: int


class IdentityBook:
    """Reads and writes identities on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add_user(self, user: User, now_ms: int) -> None:
        """Store a new user."""
        self._db.rows(
            "INSERT INTO box_users (id, login, name, roles, org_id, language, locked, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                user.id,
                user.login,
                user.name,
                orjson.dumps(user.roles).decode(),
                user.org_id,
                user.language,
                int(user.locked),
                now_ms,
            ),
        )

    def change_user(self, user: User) -> None:
        """Store a user's new data; grants of the user's devices are computed anew."""
        self._db.touched.add("identities")
        self._db.rows(
            "UPDATE box_users SET login = ?, name = ?, roles = ?, org_id = ?, language = ?,"
            " locked = ? WHERE id = ?",
            (
                user.login,
                user.name,
                orjson.dumps(user.roles).decode(),
                user.org_id,
                user.language,
                int(user.locked),
                user.id,
            ),
        )
        self._db.rows(
            "UPDATE box_devices SET grants_seq = 0"
            " WHERE user = (SELECT num FROM box_users WHERE id = ?)",
            (user.id,),
        )

    def user(self, login: str) -> User | None:
        """Return the user of a login, or None."""
        found = self._db.row(
            f"SELECT {_USER} FROM box_users u WHERE u.login = ?",
            (login,),
        )
        return None if found is None else _user(found)

    def user_by_id(self, user_id: str) -> User | None:
        """Return a user by id, or None."""
        found = self._db.row(
            f"SELECT {_USER} FROM box_users u WHERE u.id = ?",
            (user_id,),
        )
        return None if found is None else _user(found)

    def users(self) -> list[User]:
        """Return all users by login."""
        found = self._db.rows(f"SELECT {_USER} FROM box_users u ORDER BY u.login")
        return [_user(row) for row in found]

    def add_device(self, device: Device) -> int:
        """Store a new device and return its number."""
        found = self._db.row(
            "INSERT INTO box_devices (id, user, roles, name, platform, app_version, kind, state,"
            " enrolled_at, seen_at) SELECT ?, num, ?, ?, ?, ?, ?, ?, ?, ? FROM box_users"
            " WHERE id = ? RETURNING num",
            (
                device.id,
                orjson.dumps(device.roles).decode(),
                device.name,
                device.platform,
                device.app_version,
                device.kind,
                device.state,
                device.enrolled_at_ms,
                device.enrolled_at_ms,
                device.user_id,
            ),
        )
        assert found is not None
        return int(found[0])

    def revoke_device(self, device_id: str, now_ms: int) -> None:
        """Revoke a device for good."""
        self._db.touched.add("identities")
        self._db.rows(
            "UPDATE box_devices SET state = 'revoked', revoked_at = ?"
            " WHERE id = ? AND state = 'active'",
            (now_ms, device_id),
        )

    def touch_device(self, number: int, *, seen_at: int, synced_seq: int | None = None) -> None:
        """Note that a device was here, and what it holds."""
        self._db.rows(
            "UPDATE box_devices SET seen_at = max(seen_at, ?), synced_seq = coalesce(?, synced_seq)"
            " WHERE num = ?",
            (seen_at, synced_seq, number),
        )

    def set_last_n(self, number: int, last_n: int) -> None:
        """Note the highest running number of a device's mutations."""
        self._db.rows("UPDATE box_devices SET last_n = ? WHERE num = ?", (last_n, number))

    def enrolled(self, device_id: str) -> Enrolled | None:
        """Return a device by id, or None."""
        found = self._enrolled("WHERE d.id = ?", (device_id,))
        return found[0] if found else None

    def enrolled_by_number(self, number: int) -> Enrolled | None:
        """Return a device by its number, or None."""
        found = self._enrolled("WHERE d.num = ?", (number,))
        return found[0] if found else None

    def all_enrolled(self) -> list[Enrolled]:
        """Return all devices by the time of enrollment."""
        return self._enrolled("ORDER BY d.num", ())

    def _enrolled(self, which: str, values: tuple[Any, ...]) -> list[Enrolled]:
        found = self._db.rows(
            f"SELECT d.num, d.seen_at, d.last_n, d.synced_seq, d.grants_seq, {_DEVICE}, {_USER}"
            f" FROM box_devices d JOIN box_users u ON u.num = d.user {which}",
            values,
        )
        return [Enrolled(row[0], _device(row[5:15]), _user(row[15:]), *row[1:5]) for row in found]

    def add_credential(self, credential: Credential) -> None:
        """Store a new credential of a device."""
        self._db.rows(
            "INSERT INTO box_credentials SELECT ?, ?, num, ?, ?, ?, NULL FROM box_devices"
            " WHERE id = ?",
            (
                credential.id,
                credential.kind,
                credential.key_thumbprint,
                credential.not_before_ms,
                credential.not_after_ms,
                credential.device_id,
            ),
        )

    def credential(self, credential_id: str) -> tuple[Credential, Enrolled] | None:
        """Return a credential and its device, or None."""
        found = self._db.row(
            f"SELECT {_CREDENTIAL} FROM box_credentials c"
            " JOIN box_devices d ON d.num = c.device WHERE c.id = ?",
            (credential_id,),
        )
        if found is None:
            return None
        enrolled = self.enrolled(found[2])
        assert enrolled is not None
        return _credential(found), enrolled

    def keep_credentials(self, device_id: str, most: int) -> None:
        """Forget all credentials of a device but those that end last."""
        self._db.rows(
            "DELETE FROM box_credentials WHERE id IN (SELECT c.id FROM box_credentials c"
            " JOIN box_devices d ON d.num = c.device WHERE d.id = ?"
            " ORDER BY c.not_after DESC LIMIT -1 OFFSET ?)",
            (device_id, most),
        )

    def credentials_of(self, device_id: str) -> list[Credential]:
        """Return a device's credentials, the newest first."""
        found = self._db.rows(
            f"SELECT {_CREDENTIAL} FROM box_credentials c"
            " JOIN box_devices d ON d.num = c.device WHERE d.id = ? ORDER BY c.not_after DESC",
            (device_id,),
        )
        return [_credential(row) for row in found]


def _credential(row: tuple[Any, ...]) -> Credential:
    return Credential(
        id=row[0],
        kind=row[1],
        device_id=row[2],
        key_thumbprint=row[3],
        not_before_ms=row[4],
        not_after_ms=row[5],
        revoked_at_ms=row[6],
    )


def _user(row: tuple[Any, ...]) -> User:
    return User(
        id=row[0],
        login=row[1],
        name=row[2],
        roles=tuple(orjson.loads(row[3])),
        org_id=row[4],
        language=row[5],
        locked=bool(row[6]),
    )


def _device(row: tuple[Any, ...]) -> Device:
    return Device(
        id=row[0],
        user_id=row[1],
        roles=tuple(orjson.loads(row[2])),
        name=row[3],
        platform=row[4],
        app_version=row[5],
        kind=row[6],
        state=row[7],
        enrolled_at_ms=row[8],
        revoked_at_ms=row[9],
    )
