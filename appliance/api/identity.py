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
