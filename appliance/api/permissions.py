"""Permissions: which role may do what."""

from __future__ import annotations

from typing import Literal

import msgspec

Verb = Literal["read", "write"]
"""What a permission is for."""

ROLES: dict[str, str] = {
    "admin": "administers the appliance",
    "manager": "runs a branch",
    "supervisor": "leads a team of reps",
    "agent": "takes orders (pre-selling)",
    "driver": "sells from the van",
    "merchandiser": "checks shelves",
    "checker": "counts goods in the warehouse",
    "cashier": "takes in cash",
    "technician": "looks after equipment and boxes",
    "client": "a customer who orders for himself",
    "accounting": "the account of the accounting system's exchange",
    "hq": "head office, reads all branches",
}
"""The roles the field trade knows; plugins and the config may name further ones."""

STAFF = tuple(role for role in ROLES if role != "client")
"""Everybody who works for the company: what customers are not to see is read by these alone. A role
that a partner adds is named in the config, or by the partner's plugin."""


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """One role may do one thing to one object.

    Attributes:
        role: a role's name, ``"*"`` for everyone.
        object: a collection, or ``endpoint:PLUGIN.NAME``, ``report:NAME``.
        verb: ``read`` or ``write``.
    """

    role: str
    object: str
    verb: Verb
