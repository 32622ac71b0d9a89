"""The records a box keeps of who may talk to it: users, devices and their credentials.

Plugins never see these. They get `appliance.api.identity`, which holds no credential.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.api import identity as api
from appliance.enrollment.permissions import person


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person with a login.

    Attributes:
        id: the user's id.
        login: unique name.
        name: for people.
        roles: role names, at least one.
        org_id: the branch, where known.
        language: BCP 47 tag, where known.
        locked: every device of a locked user is refused.
    """

    id: str
    login: str
    name: str
    roles: tuple[str, ...]
    org_id: str | None = None
    language: str | None = None
    locked: bool = False

    def for_plugins(self, roles: tuple[str, ...] | None = None) -> api.User:
        """This user as plugins see it.

        Args:
            roles: where given, what the user acts as instead of all roles.
        """
        return api.User(
            id=self.id,
            login=self.login,
            name=self.name,
            roles=self.roles if roles is None else roles,
            org_id=self.org_id,
            language=self.language,
            locked=self.locked,
        )


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolled device.

    Attributes:
        id: the device's id; the CN of its certificates.
        user_id: whose device it is.
        roles: what it may act as, from its pairing code.
        name, platform, app_version: as the device called itself.
        kind: ``native`` (client certificate) or ``browser`` (DPoP token).
        state: ``active`` or ``revoked``; a revoked device stays revoked.
        enrolled_at_ms: ms since 1970.
        revoked_at_ms: ms since 1970, once revoked.
    """

    id: str
    user_id: str
    roles: tuple[str, ...]
    name: str
    platform: str
    app_version: str
    kind: Literal["native", "browser"]
    state: Literal["active", "revoked"] = "active"
    enrolled_at_ms: int
    revoked_at_ms: int | None = None

    def effective_roles(self, user: User) -> tuple[str, ...]:
        """What the device may act as now: its roles that its user still has, in their order."""
        return tuple(role for role in self.roles if role in user.roles)

    def holders(self, user: User) -> tuple[str, ...]:
        """Whose rights it has: those of its roles in effect, and those of its user alone."""
        return (*self.effective_roles(user), person(user.login))

    def for_plugins(self, user: User) -> api.Device:
        """This device as plugins see it, its user with the effective roles only."""
        return api.Device(
            id=self.id,
            name=self.name,
            platform=self.platform,
            user=user.for_plugins(self.effective_roles(user)),
        )


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What a device proves itself with. A device has several while it renews.

    Attributes:
        id: a certificate's serial number in lower-case hex, or the hex SHA-256 of a token.
        kind: ``certificate`` or ``token``.
        device_id: whose it is.
        key_thumbprint: of a certificate's key (`device_request.key_thumbprint`) or of a token's
            (RFC 7638); base64url.
        not_before_ms, not_after_ms: its life, ms since 1970; the end is outside.
        revoked_at_ms: ms since 1970 if it was revoked by itself.
    """

    id: str
    kind: Literal["certificate", "token"]
    device_id: str
    key_thumbprint: str
    not_before_ms: int
    not_after_ms: int
    revoked_at_ms: int | None = None
