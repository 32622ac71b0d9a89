"""Devices: invite, list, revoke."""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.daemon.lan_address import lan_address
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.daemon.operations.users import Login, Roles, unknown_user
from appliance.enrollment.identity import User
from appliance.enrollment.pairing_code import PairingCode
from appliance.enrollment.pairing_secret import PairingSecret
from appliance.enrollment.pairing_url import PairingUrl
from appliance.store.audit import AuditBook
from appliance.store.connection import Connection
from appliance.store.identities import Enrolled, IdentityBook
from appliance.store.transaction import WriteTransaction

DeviceName = Annotated[str, msgspec.Meta(min_length=4, max_length=36)]


class InviteDevice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose device may enroll; without roles it acts as all that its user has."""

    user: Login
    roles: Roles | None = None


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What a device needs to enroll. It holds a secret: show it, never log it.

    Attributes:
        url: what the QR code holds, ``fieldbox://HOST:PORT/enroll?...``.
        code: the same for typing, four groups of four.
        ca_sha256: of the authority's certificate (DER), base64url.
        expires_at: UTC milliseconds.
    """

    url: str
    code: str
    ca_sha256: str
    expires_at: int


class RevokeDevice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The device: its id, or a beginning of it that no other device has."""

    device: DeviceName


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """A device as told to people.

    Attributes:
        user: the login.
        roles: what it may act as now.
        enrolled_at, seen_at, revoked_at: UTC milliseconds.
        synced_seq: of the newest state it came back with.
        last_n: highest running number of its mutations.
    """

    id: str
    user: str
    name: str
    platform: str
    app_version: str
    kind: str
    state: str
    roles: tuple[str, ...]
    enrolled_at: int
    seen_at: int
    revoked_at: int | None
    synced_seq: int
    last_n: int


def invite(desk: Desk, params: InviteDevice, actor: str) -> Invitation:
    """Make a pairing code."""
    box = desk.box
    box.store.fetch(lambda connection: _invitable(connection, params))
    host, port = public_place(desk)

    def job(tx: WriteTransaction) -> tuple[PairingCode, PairingSecret]:
        user = _invitable(tx.db, params)
        return box.enroller.invite(tx, user, params.roles or user.roles, actor)

    code, secret = box.store.write(job)
    fingerprint = box.authority.ca_sha256
    return Invitation(
        url=PairingUrl(host, port, secret, fingerprint).text(),
        code=secret.typed,
        ca_sha256=fingerprint,
        expires_at=code.expires_at_ms,
    )


def _invitable(connection: Connection, params: InviteDevice) -> User:
    """Return the user whose device may be invited so.

    Raises:
        OperationRefused: it may not.
    """
    user = IdentityBook(connection).user(params.user)
    if user is None:
        raise unknown_user(connection, params.user)
    if user.locked:
        raise OperationRefused(
            f"the user {user.login} is locked; `fieldbox user unlock {user.login}` first",
            "conflict",
        )
    foreign = [role for role in params.roles or () if role not in user.roles]
    if foreign:
        raise OperationRefused(
            f"the user {user.login} has no role {foreign[0]!r}, only {', '.join(user.roles)}",
            "conflict",
        )
    return user


def public_place(desk: Desk) -> tuple[str, int]:
    """Return host and port that devices reach the box at.

    Raises:
        OperationRefused: the port is picked at the start and nothing runs.
    """
    http = desk.box.settings.http
    if desk.serving.address is not None:
        return desk.serving.address.host, desk.serving.address.port
    if http.listen.port == 0:
        raise OperationRefused(
            "the port is not known: http.listen has port 0, which picks a free one when the "
            "daemon starts; start it with `fieldbox run` and invite again",
            "conflict",
        )
    if http.public_host is not None:
        return http.public_host, http.listen.port
    host = lan_address() if http.listen.is_unspecified else http.listen.host
    return host, http.listen.port


def list_devices(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every device, the oldest first."""
    return Listing(
        rows=desk.box.store.fetch(
            lambda connection: [_view(e) for e in IdentityBook(connection).all_enrolled()]
        )
    )


def revoke(desk: Desk, params: RevokeDevice, actor: str) -> DeviceView:
    """Revoke a device for good; one that is revoked already stays so."""

    def job(tx: WriteTransaction) -> DeviceView:
        found = find_device(tx.db, params.device)
        if found.device.state == "active":
            book = IdentityBook(tx.db)
            book.revoke_device(found.device.id, tx.now_ms)
            AuditBook(tx.db).add(
                tx.now_ms,
                actor,
                "device.revoke",
                f"device:{found.device.id}",
                {"user": found.user.login, "name": found.device.name[:100]},
            )
            found = book.enrolled(found.device.id) or found
        return _view(found)

    return desk.box.store.write(job)


def find_device(connection: Connection, text: str) -> Enrolled:
    """Return the one device whose id begins like this.

    Raises:
        OperationRefused: there is none, or more than one.
    """
    begin = text.lower()
    found = [e for e in IdentityBook(connection).all_enrolled() if e.device.id.startswith(begin)]
    if not found:
        raise OperationRefused(
            f"there is no device {text!r}; `fieldbox device list` shows all", "not_found"
        )
    if len(found) > 1:
        some = ", ".join(e.device.id for e in found[:3])
        raise OperationRefused(
            f"{len(found)} devices begin with {text!r}: {some}; give more of the id", "conflict"
        )
    return found[0]


def _view(enrolled: Enrolled) -> DeviceView:
    device = enrolled.device
    return DeviceView(
        id=device.id,
        user=enrolled.user.login,
        name=device.name,
        platform=device.platform,
        app_version=device.app_version,
        kind=device.kind,
        state=device.state,
        roles=device.effective_roles(enrolled.user),
        enrolled_at=device.enrolled_at_ms,
        seen_at=enrolled.seen_at,
        revoked_at=device.revoked_at_ms,
        synced_seq=enrolled.synced_seq,
        last_n=enrolled.last_n,
    )


OPERATIONS = (
    Operation("device.invite", InviteDevice, "write", invite),
    Operation("device.list", Empty, "read", list_devices),
    Operation("device.revoke", RevokeDevice, "write", revoke),
)
