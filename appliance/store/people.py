"""Users inside the writer's transaction: added and changed, mirrored by plugins, audited."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from appliance.api.errors import PluginError
from appliance.api.identity import Login
from appliance.api.values import uuid7
from appliance.enrollment.errors import PermissionRefused
from appliance.enrollment.identity import User
from appliance.enrollment.permissions import check_role
from appliance.store.audit import AuditBook
from appliance.store.identities import IdentityBook
from appliance.store.plugin_hooks import PluginHooks
from appliance.store.transaction import WriteTransaction
from appliance.sync.codec import is_uuid
from appliance.sync.writes import store_write

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+\-]{0,63}")


class UserRefused(Exception):
    """A user cannot be added or changed like this; the text says why."""


class LoginRefused(UserRefused):
    """The login is not of the form that logins have."""


class People:
    """Adds and changes users."""

    def __init__(self, hooks: PluginHooks) -> None:
        self._hooks = hooks

    def add(
        self,
        tx: WriteTransaction,
        login: str,
        roles: Sequence[str],
        actor: str,
        *,
        name: str = "",
        org_id: str | None = None,
        language: str | None = None,
        user_id: str | None = None,
    ) -> User:
        """Add a user, under a new id unless one is given.

        Raises:
            UserRefused: the login is taken, or the id is taken or not of the form.
            LoginRefused: it is not of the form.
            PermissionRefused: a role's name is not of the form.
        """
        if not _LOGIN.fullmatch(login):
            raise LoginRefused(
                f"login {login!r}: use up to 64 lower-case letters, digits and . _ @ + -"
            )
        if not roles:
            raise UserRefused("a user needs at least one role")
        book = IdentityBook(tx.db)
        if book.user(login) is not None:
            raise UserRefused(f"login {login!r} is taken")
        if user_id is not None and (not is_uuid(user_id) or book.user_by_id(user_id) is not None):
            raise UserRefused(f"the id {user_id!r} is taken, or no UUID in lower-case letters")
        user = User(
            id=user_id or uuid7(tx.now_ms),
            login=login,
            name=name or login,
            roles=tuple(check_role(role) for role in roles),
            org_id=org_id,
            language=language,
        )
        book.add_user(user, tx.now_ms)
        AuditBook(tx.db).add(
            tx.now_ms, actor, "user.add", f"user:{login}", {"roles": list(user.roles)}
        )
        self._mirror(tx, user)
        return user

    def change(
        self,
        tx: WriteTransaction,
        login: str,
        actor: str,
        *,
        roles: Sequence[str] | None = None,
        name: str | None = None,
        org_id: str | None = None,
        language: str | None = None,
        locked: bool | None = None,
    ) -> User:
        """Change what is given of a user.

        Raises:
            UserRefused: there is no such login.
            PermissionRefused: a role's name is not of the form.
        """
        book = IdentityBook(tx.db)
        user = book.user(login)
        if user is None:
            raise UserRefused(f"there is no user {login!r}")
        changes = {
            "roles": None if roles is None else tuple(check_role(role) for role in roles),
            "name": name,
            "org_id": org_id,
            "language": language,
            "locked": locked,
        }
        given = {key: value for key, value in changes.items() if value is not None}
        changed = msgspec.structs.replace(user, **given)
        book.change_user(changed)
        detail = {
            key: list(value) if isinstance(value, tuple) else value for key, value in given.items()
        }
        AuditBook(tx.db).add(tx.now_ms, actor, "user.change", f"user:{login}", detail)
        self._mirror(tx, changed)
        return changed

    def settle(
        self, tx: WriteTransaction, wanted: Login, plugin: str, allowed: Sequence[str]
    ) -> None:
        """Make, lock or let in a user as a plugin wants it; without the need, do nothing.

        Args:
            tx: the transaction.
            wanted: the user.
            plugin: whose wish it is, for the audit log.
            allowed: roles that the users of this plugin have, and no others.

        Raises:
            PluginError: the plugin may not, or the user cannot be like this.
        """
        user = IdentityBook(tx.db).user(wanted.login)
        roles = wanted.roles if user is None else user.roles
        foreign = sorted(set(roles) - set(allowed))
        if foreign:
            raise PluginError(
                f"{plugin} wants the login {wanted.login!r} with the role {foreign[0]!r}; its"
                f" manifest's `logins` names: {', '.join(allowed) or 'none'}"
            )
        actor = f"plugin:{plugin}"
        try:
            if user is None and not wanted.locked:
                self.add(
                    tx,
                    wanted.login,
                    wanted.roles,
                    actor,
                    name=wanted.name,
                    org_id=wanted.org_id,
                    language=wanted.language,
                    user_id=wanted.user_id,
                )
            elif user is not None and (user.name, user.locked) != (wanted.name, wanted.locked):
                self.change(tx, wanted.login, actor, name=wanted.name, locked=wanted.locked)
        except (UserRefused, PermissionRefused) as error:
            raise PluginError(f"{plugin}: {error}") from None

    def _mirror(self, tx: WriteTransaction, user: User) -> None:
        for write in self._hooks.identity_changed(user.for_plugins()):
            try:
                with tx.savepoint():
                    store_write(tx, tx.log.registry, write)
            except PluginError as error:
                raise UserRefused(f"a plugin cannot store the user: {error}") from None
