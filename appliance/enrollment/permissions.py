"""Which roles may read and write what: one table, built from three layers.

Plugins declare defaults, the config adds rows, and an administrator's stored overrides allow or
deny. A deny wins over every allow, for any of a user's roles. The table is never changed in place:
whoever changes a layer builds a new one and swaps it in, so a request sees one whole table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal, get_args

import msgspec

from appliance.api.permissions import ROLES, Permission, Verb
from appliance.enrollment.errors import PermissionRefused

EVERYONE: Final = "*"
PERSON: Final = "user:"
"""What stands before the login where a row is about one person and no role."""

Origin = Literal["plugin", "config", "stored"]

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@+\-]{0,63}\Z")
_ROLE: Final = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_OBJECT: Final = re.compile(r"(?:[a-z]+:)?[A-Za-z][A-Za-z0-9_.-]{0,126}\Z")
_MAX_CACHED: Final = 1_024


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A stored decision of an administrator.

    Attributes:
        role: a role's name, ``"*"`` for everyone, ``"user:LOGIN"`` for one person.
        object: as in `Permission`.
        verb: ``read`` or ``write``.
        effect: ``allow`` adds; ``deny`` takes away whatever any layer allows.
    """

    role: str
    object: str
    verb: Verb
    effect: Literal["allow", "deny"]


class Ruling(msgspec.Struct, frozen=True):
    """One row that bears on a question, and where it came from.

    Attributes:
        origin: the layer.
        role, object, verb: the row.
        effect: what it says.
    """

    origin: Origin
    role: str
    object: str
    verb: Verb
    effect: Literal["allow", "deny"]


def is_known_role(name: str) -> bool:
    """Whether the field trade knows the role by itself; others may be declared by partners."""
    return name in ROLES


def check_role(name: str) -> str:
    """`name`, if it can name a role, known or a partner's.

    Raises:
        PermissionRefused: it is not 1 to 63 lower-case letters, digits and ``_``, starting
            with a letter. ``"*"`` is not a role a user can have.
    """
    if _ROLE.match(name) is None:
        raise PermissionRefused(
            f"{name[:80]!r} cannot name a role: 1 to 63 of a-z, 0-9 and _, starting with a "
            f"letter; known are {', '.join(ROLES)}"
        )
    return name


def person(login: str) -> str:
    """Return what stands in place of a role where a row is about one person."""
    return PERSON + login


class Permissions:
    """The whole table; immutable. Answers are kept for each set of roles asked about.

    Args:
        defaults: what plugins declare.
        additions: what the config adds.
        overrides: what is stored.

    Raises:
        PermissionRefused: a row is malformed; the text names the layer and the row.
    """

    def __init__(
        self,
        defaults: Iterable[Permission] = (),
        additions: Iterable[Permission] = (),
        overrides: Iterable[Override] = (),
    ) -> None:
        layers: tuple[tuple[Origin, Iterable[Permission | Override]], ...] = (
            ("plugin", defaults),
            ("config", additions),
            ("stored", overrides),
        )
        self.rows: Final = tuple(
            dict.fromkeys(_ruling(origin, row) for origin, rows in layers for row in rows)
        )
        self._named = frozenset(row.role for row in self.rows)
        self._answers: dict[tuple[frozenset[str], Verb], frozenset[str]] = {}

    def readable(self, roles: Iterable[str]) -> frozenset[str]:
        """Objects that somebody with these roles may read."""
        return self._allowed(frozenset(roles), "read")

    def writable(self, roles: Iterable[str]) -> frozenset[str]:
        """Objects that somebody with these roles may write. Writing does not include reading."""
        return self._allowed(frozenset(roles), "write")

    def allows(self, roles: Iterable[str], object_: str, verb: Verb) -> bool:
        """Whether somebody with these roles may do this."""
        return object_ in self._allowed(frozenset(roles), verb)

    def explain(self, roles: Iterable[str], object_: str, verb: Verb) -> tuple[Ruling, ...]:
        """Every row that bears on the question; one deny among them decides it."""
        held = {*roles, EVERYONE}
        return tuple(
            row
            for row in self.rows
            if row.role in held and row.object == object_ and row.verb == verb
        )

    def _allowed(self, held: frozenset[str], verb: Verb) -> frozenset[str]:
        # What no row is about is left out, so that people without rows of their own share answers.
        roles = held & self._named
        known = self._answers.get((roles, verb))
        if known is not None:
            return known
        said: dict[str, set[str]] = {"allow": set(), "deny": set()}
        for row in self.rows:
            if row.verb == verb and (row.role in roles or row.role == EVERYONE):
                said[row.effect].add(row.object)
        answer = frozenset(said["allow"] - said["deny"])
        if len(self._answers) >= _MAX_CACHED:
            self._answers.clear()
        self._answers[roles, verb] = answer
        return answer


def _ruling(origin: Origin, row: Permission | Override) -> Ruling:
    where = f"{origin} permission ({row.role!r}, {row.object!r}, {row.verb!r})"
    own = origin == "stored" and row.role.startswith(PERSON)
    if own and _LOGIN.match(row.role.removeprefix(PERSON)) is None:
        raise PermissionRefused(f"{where}: {row.role[:80]!r} names no login")
    if row.role != EVERYONE and not own:
        try:
            check_role(row.role)
        except PermissionRefused as error:
            raise PermissionRefused(f"{where}: {error}") from error
    if _OBJECT.match(row.object) is None:
        raise PermissionRefused(
            f"{where}: the object must be a collection, endpoint:NAME or report:NAME"
        )
    if row.verb not in get_args(Verb):
        raise PermissionRefused(f"{where}: the verb must be read or write")
    effect = row.effect if isinstance(row, Override) else "allow"
    if effect not in ("allow", "deny"):
        raise PermissionRefused(f"{where}: the effect must be allow or deny")
    return Ruling(origin, row.role, row.object, row.verb, effect)
