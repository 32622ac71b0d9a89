"""Invites: pairing codes that are open, listed and taken back; the secrets are not kept."""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.enrollment.pairing_code import PairingCode
from appliance.enrollment.pairing_secret import read_prefix
from appliance.store.connection import Connection
from appliance.store.identities import IdentityBook
from appliance.store.transaction import WriteTransaction

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class Uninvite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ids of open codes, or all of them.

    Attributes:
        ids: as `device.invites` gives them, or codes that begin with them.
    """

    ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=100)] = ()
    every: bool = False


class InviteView(msgspec.Struct, frozen=True, kw_only=True):
    """An open pairing code as told to people; its secret is not known to the box.

    Attributes:
        id: the first 4 characters of the code.
        user: the login.
        roles: what the device will act as.
        created_at, expires_at: UTC milliseconds.
        tries_left: wrong tries until it closes.
    """

    id: str
    user: str
    roles: tuple[str, ...]
    created_at: int
    expires_at: int
    tries_left: int


def invites(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return the open codes, the oldest first."""
    now = desk.box.now_ms()

    def read(connection: Connection) -> list[InviteView]:
        codes = desk.box.enroller.open_codes(connection, now)
        return [_view(desk, connection, code) for code in codes]

    return Listing(rows=desk.box.store.fetch(read))


def uninvite(desk: Desk, params: Uninvite, actor: str) -> Listing:
    """Take codes back, all that are named or, where one is not open, none.

    Returns:
        Those that were taken back.
    """
    if params.every == bool(params.ids):
        raise OperationRefused("either ids of codes or all of them", "invalid")
    prefixes = dict.fromkeys(map(read_prefix, params.ids))

    def job(tx: WriteTransaction) -> Listing:
        open_codes = {c.prefix: c for c in desk.box.enroller.open_codes(tx.db, tx.now_ms)}
        for prefix in prefixes:
            if prefix not in open_codes:
                raise OperationRefused(
                    f"no code that begins with {prefix} is open: it was used, taken back or is "
                    "past its time; `fieldbox device invites` lists those that are open",
                    "not_found",
                )
        chosen = [c for p, c in open_codes.items() if params.every or p in prefixes]
        views = [_view(desk, tx.db, code) for code in chosen]
        for code, view in zip(chosen, views, strict=True):
            desk.box.enroller.cancel(tx, code, view.user, actor)
        return Listing(rows=views)

    return desk.box.store.write(job)


def _view(desk: Desk, connection: Connection, code: PairingCode) -> InviteView:
    user = IdentityBook(connection).user_by_id(code.user_id)
    return InviteView(
        id=code.prefix,
        user=user.login if user is not None else "",
        roles=code.roles,
        created_at=code.created_at_ms,
        expires_at=code.expires_at_ms,
        tries_left=desk.box.enroller.tries_left(code),
    )


OPERATIONS = (
    Operation("device.invites", Empty, "read", invites),
    Operation("device.uninvite", Uninvite, "write", uninvite),
)
