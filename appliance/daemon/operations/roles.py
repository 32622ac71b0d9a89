"""Roles: what each may read and write, and what an administrator decided about it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.api.permissions import ROLES, Verb
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.daemon.operations.users import Login, RoleName, check_known, unknown_user
from appliance.enrollment.permissions import (
    EVERYONE,
    PERSON,
    Override,
    Permissions,
    Ruling,
    person,
)
from appliance.store.audit import AuditBook
from appliance.store.connection import Connection
from appliance.store.declared_rights import configured_permissions, default_permissions
from appliance.store.identities import IdentityBook
from appliance.store.permissions import PermissionBook
from appliance.store.transaction import WriteTransaction

ObjectName = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Right(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One role, one object (a collection, ``endpoint:PLUGIN.NAME``, ``report:NAME``), one verb."""

    role: RoleName
    object: ObjectName
    verb: Verb


class OwnRight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same of one person, whatever the roles."""

    login: Login
    object: ObjectName
    verb: Verb


class Rights(Listing, kw_only=True):
    """Every row of the permission table, as `Ruling`.

    Attributes:
        roles: role names and what they stand for; "" for those that others brought.
    """

    roles: dict[str, str]


def list_rights(desk: Desk, _params: Empty, _actor: str) -> Rights:
    """Return every right and every role."""
    rows = desk.box.store.fetch(lambda connection: _table(desk, connection)).rows
    named = {row.role for row in rows if not row.role.startswith(PERSON)}
    brought = sorted(named - ROLES.keys() - {EVERYONE})
    titled = {name: role.title for name, role in desk.box.settings.roles.items() if role.title}
    roles = dict(ROLES) | dict.fromkeys(brought, "") | titled
    return Rights(rows=list(rows), roles=roles)


def allow(desk: Desk, params: Right, actor: str) -> Ruling:
    """Let a role do something."""
    check_known(desk, [role for role in (params.role,) if role != EVERYONE])
    return _decide(desk, params.role, params, actor, allowed=True)


def deny(desk: Desk, params: Right, actor: str) -> Ruling:
    """Keep a role from doing something, whatever else allows it."""
    check_known(desk, [role for role in (params.role,) if role != EVERYONE])
    return _decide(desk, params.role, params, actor, allowed=False)


def forget(desk: Desk, params: Right, actor: str) -> Right:
    """Take a stored decision back."""
    _forget(desk, params.role, params, actor)
    return params


def allow_person(desk: Desk, params: OwnRight, actor: str) -> Ruling:
    """Let one person do something."""
    return _decide(desk, _person(desk, params), params, actor, allowed=True)


def deny_person(desk: Desk, params: OwnRight, actor: str) -> Ruling:
    """Keep one person from doing something, whatever the roles allow."""
    return _decide(desk, _person(desk, params), params, actor, allowed=False)


def forget_person(desk: Desk, params: OwnRight, actor: str) -> OwnRight:
    """Take back what is stored about one person."""
    _forget(desk, _person(desk, params), params, actor)
    return params


def _person(desk: Desk, params: OwnRight) -> str:
    def look(connection: Connection) -> str:
        if IdentityBook(connection).user(params.login) is None:
            raise unknown_user(connection, params.login)
        return person(params.login)

    return desk.box.store.fetch(look)


def _forget(desk: Desk, holder: str, params: Right | OwnRight, actor: str) -> None:
    def job(tx: WriteTransaction) -> None:
        if not PermissionBook(tx.db).forget(holder, params.object, params.verb):
            raise OperationRefused(
                f"nothing is stored about {holder} {params.verb} {params.object}; rows of "
                "plugins and of the config cannot be forgotten, only denied",
                "not_found",
            )
        _note(tx, actor, "forget", holder, params)

    desk.box.store.write(job)
    desk.box.store.fetch(desk.box.reload_permissions)


def _decide(
    desk: Desk, holder: str, params: Right | OwnRight, actor: str, *, allowed: bool
) -> Ruling:
    override = Override(
        role=holder,
        object=params.object,
        verb=params.verb,
        effect="allow" if allowed else "deny",
    )
    (ruling,) = Permissions(overrides=[override]).rows
    if params.verb == "write" and ":" in params.object:
        raise OperationRefused(
            f"nobody writes {params.object}: who may use it has the verb read", "invalid"
        )

    def job(tx: WriteTransaction) -> None:
        known = {row.object for row in _table(desk, tx.db).rows}
        known.update(collection.name for collection in desk.box.plugins.registry)
        if params.object not in known:
            raise unknown("collection, endpoint or report", params.object, known)
        collection = desk.box.plugins.registry.get(params.object)
        down = collection is not None and collection.spec.direction == "down"
        if allowed and down and params.verb == "write":
            raise OperationRefused(
                f"{params.object} only goes down to devices, whatever their role: its declaration "
                f"decides that (for a data set of the config, [collections.{params.object}] write)",
                "conflict",
            )
        PermissionBook(tx.db).save(override)
        _note(tx, actor, override.effect, holder, params)

    desk.box.store.write(job)
    desk.box.store.fetch(desk.box.reload_permissions)
    return ruling


def _table(desk: Desk, connection: Connection) -> Permissions:
    """Return the table as it is stored now."""
    return Permissions(
        default_permissions(desk.box.plugins.host, desk.box.plugins.registry),
        configured_permissions(desk.box.settings),
        PermissionBook(connection).all(),
    )


def _note(
    tx: WriteTransaction, actor: str, action: str, holder: str, right: Right | OwnRight
) -> None:
    of_one = holder.startswith(PERSON)
    AuditBook(tx.db).add(
        tx.now_ms,
        actor,
        f"user.{action}" if of_one else f"role.{action}",
        holder if of_one else f"role:{holder}",
        {"object": right.object, "verb": right.verb},
    )


OPERATIONS = (
    Operation("role.list", Empty, "read", list_rights),
    Operation("role.allow", Right, "write", allow),
    Operation("role.deny", Right, "write", deny),
    Operation("role.forget", Right, "write", forget),
    Operation("user.allow", OwnRight, "write", allow_person),
    Operation("user.deny", OwnRight, "write", deny_person),
    Operation("user.forget", OwnRight, "write", forget_person),
)
