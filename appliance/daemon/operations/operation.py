"""Operations: what a technician can ask of the box, the same beside a daemon and without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

if TYPE_CHECKING:  # commands that reach a daemon need this file and nothing of the store
    from appliance.daemon.operations.desk import Desk

REFUSALS: dict[str, str] = {
    "invalid": "what was asked is not of the form that the operation takes",
    "unknown_name": "it names a kind, report, printer, plugin, command or operation there is not",
    "not_found": "it names a user, device, mutation or record there is not",
    "conflict": "the box stands in a way that forbids it",
    "plugin_failed": "a plugin failed at it",
    "unavailable": "the store or the disk cannot do it now",
}
"""Every code of `OperationRefused`. The first two are wrong use (exit code 2), the others a
failure (exit code 1)."""

WRONG_USE = frozenset({"invalid", "unknown_name"})
"""Codes that mean: ask otherwise."""


class OperationRefused(Exception):
    """The operation is not done, for a reason that a person can act on.

    Attributes:
        code: one of `REFUSALS`.
    """

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        if code not in REFUSALS:
            raise KeyError(code)
        self.code = code


class Listing(msgspec.Struct, kw_only=True):
    """A result with many rows; on the wire they travel in several lines before the rest.

    Attributes:
        rows: plain data.
    """

    rows: list[Any]


class Empty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of an operation that takes none."""


class Operation(NamedTuple):
    """One operation.

    Attributes:
        name: ``user.add``.
        params: the type of its parameters, a msgspec Struct.
        needs: ``read`` changes nothing; ``write`` may change the store or write a file.
        run: takes desk, parameters and actor; blocks, so never call it on the reactor's thread.
            Raises `OperationRefused`.
    """

    name: str
    params: type[msgspec.Struct]
    needs: Literal["read", "write"]
    run: Callable[[Desk, Any, str], Any]
