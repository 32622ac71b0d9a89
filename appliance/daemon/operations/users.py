"""Users: add, list, change, lock and unlock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from appliance.api.permissions import ROLES
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import nearest, unknown
from appliance.daemon.operations.operation import (
    Empty,
    Listing,
    Operation,
    OperationRefused,
)
from appliance.enrollment.identity import User
from appliance.enrollment.permissions import EVERYONE, PERSON, check_role
from appliance.store.connection import Connection
from appliance.store.identities import IdentityBook
from appliance.store.people import People
from appliance.store.transaction import WriteTransaction

Login = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
RoleName = Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
Roles = Annotated[tuple[RoleName, ...], msgspec.Meta(min_length=1, max_length=50)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Language = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$",
        max_length=40,
        description="a language is a tag such as ru or kk-Cyrl",
    ),
]
OrgId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class AddUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new user.

    Attributes:
        org_id: the id of the branch.
        language: a BCP 47 tag.
        id: for a user that records name already; absent: a new one.
    """

    login: Login
    roles: Roles
    name: Name | None = None
    org_id: OrgId | None = None
    language: Language | None = None
    id: Annotated[str, msgspec.Meta(max_length=36)] | None = None


class ChangeUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a user; what is None stays."""

    login: Login
    roles: Roles | None = None
    name: Name | None = None
    org_id: OrgId | None = None
    language: Language | None = None
    locked: bool | None = None


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """A user as told to people; ``devices`` counts those that are not revoked."""

    id: str
    login: str
    name: str
    roles: tuple[str, ...]
    org_id: str | None
    language: str | None
    locked: bool
    devices: int


def check_known(desk: Desk, roles: Sequence[str]) -> None:
    """Refuse a role that nothing here knows: it is a slip, and could do nothing.

    Raises:
        OperationRefused: with the nearest role.
        PermissionRefused: a name is not of the form.
    """
    known = {*ROLES, *desk.box.settings.roles}
    known.update(row.role for row in desk.box.permissions.rows)
    known = {name for name in known if name != EVERYONE and not name.startswith(PERSON)}
    for role in roles:
        check_role(role)
        if role not in known:
            near = nearest(role, known)
            meant = f"; did you mean {near!r}?" if near else "."
            raise OperationRefused(
                f"no role {role!r} is known{meant} Roles come from plugins and from [roles.NAME] "
                f"with a title in the config; here are: {', '.join(sorted(known))}",
                "unknown_name",
            )


def add(desk: Desk, params: AddUser, actor: str) -> UserView:
    """Add a user."""
    check_known(desk, params.roles)
    people = desk.box.people

    def job(tx: WriteTransaction) -> User:
        return people(tx).add(
            tx,
            params.login,
            _once(params.roles),
            actor,
            name=_printable(params.name) or "",
            org_id=params.org_id,
            language=params.language,
            user_id=params.id,
        )

    return _view(desk.box.store.write(job), 0)


def change(desk: Desk, params: ChangeUser, actor: str) -> UserView:
    """Change a user, or lock and unlock it."""
    given = (params.roles, params.name, params.org_id, params.language, params.locked)
    if all(value is None for value in given):
        raise OperationRefused("nothing to change was given", "invalid")
    check_known(desk, params.roles or ())
    people = desk.box.people

    def job(tx: WriteTransaction) -> UserView:
        maker: People = people(tx)
        if IdentityBook(tx.db).user(params.login) is None:
            raise unknown_user(tx.db, params.login)
        changed = maker.change(
            tx,
            params.login,
            actor,
            roles=None if params.roles is None else _once(params.roles),
            name=_printable(params.name),
            org_id=params.org_id,
            language=params.language,
            locked=params.locked,
        )
        return _view(changed, _devices(tx.db).get(changed.id, 0))

    return desk.box.store.write(job)


def list_users(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return every user by login."""

    def read(connection: Connection) -> list[UserView]:
        devices = _devices(connection)
        return [_view(user, devices.get(user.id, 0)) for user in IdentityBook(connection).users()]

    return Listing(rows=desk.box.store.fetch(read))


def unknown_user(connection: Connection, login: str) -> OperationRefused:
    """Return the refusal for a login that nobody has."""
    logins = [user.login for user in IdentityBook(connection).users()]
    look = "`fieldbox user list` shows all"
    return unknown("user", login, logins, code="not_found", look=look)


def _devices(connection: Connection) -> dict[str, int]:
    return dict(
        connection.rows(
            "SELECT u.id, count(*) FROM box_devices d JOIN box_users u ON u.num = d.user"
            " WHERE d.state = 'active' GROUP BY u.id"
        )
    )


def _once(roles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(roles))


def _printable(name: str | None) -> str | None:
    if name is not None and (not name.isprintable() or not name.strip()):
        raise OperationRefused("a name is text without line breaks and invisible marks", "invalid")
    return name


def _view(user: User, devices: int) -> UserView:
    return UserView(
        id=user.id,
        login=user.login,
        name=user.name,
        roles=user.roles,
        org_id=user.org_id,
        language=user.language,
        locked=user.locked,
        devices=devices,
    )


OPERATIONS = (
    Operation("user.add", AddUser, "write", add),
    Operation("user.change", ChangeUser, "write", change),
    Operation("user.list", Empty, "read", list_users),
)
