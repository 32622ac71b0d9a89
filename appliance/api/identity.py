"""Who is asking: the user and the device, as plugins see them."""

from __future__ import annotations

import msgspec


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person with a login.

    Attributes:
        id: the user's id.
        login: unique name.
        name: for people.
        roles: role names, at least one.
        org_id: the branch, where known.
        language: BCP 47 tag, where known.
        locked: a locked user's devices are refused.
    """

    id: str
    login: str
    name: str
    roles: tuple[str, ...]
    org_id: str | None = None
    language: str | None = None
    locked: bool = False


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A person whom a plugin wants to have a login, as a job returns him beside its writes.

    Where nobody has the login, the user is made; else name and lock of the user who has it become
    these. A plugin makes, changes and locks users of the roles alone that its manifest's ``logins``
    names.

    Attributes:
        user_id: the id of a user that is made, a new one of `Context.new_id`.
        login: 1 to 64 lower-case letters, digits and ``. _ @ + -``.
        roles: of a user that is made, at least one.
        name: for people.
        org_id: of a user that is made: the branch, where known.
        language: of a user that is made: BCP 47 tag, where known.
        locked: whether the devices of the user are refused; nobody is made to be locked.
    """

    user_id: str
    login: str
    roles: tuple[str, ...]
    name: str
    org_id: str | None = None
    language: str | None = None
    locked: bool = False


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolled device and the user it is bound to.

    Attributes:
        id: the device's id.
        name: as the device called itself.
        platform: as the device called it, ``android`` or ``web`` for instance.
        user: whose device it is.
    """

    id: str
    name: str
    platform: str
    user: User
