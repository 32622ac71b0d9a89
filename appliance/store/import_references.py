"""Which records that an import made are named by others meanwhile, so that undoing must keep them.

An order names its products and units; if these were deleted, the order would name nothing. What is
named by a record that stays, stays too, and so does what that names in turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from appliance.api.fields import Field
from appliance.store.connection import Connection
from appliance.sync.registry import Registry

_ID = re.compile(rb'"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"')


class Named(NamedTuple):
    """Records that are kept.

    Attributes:
        rows: their numbers in the store.
        names: how people know the first of them, with the collection.
        by: the collections whose records name them.
    """

    rows: frozenset[int]
    names: tuple[str, ...]
    by: tuple[str, ...]


NOBODY = Named(frozenset(), (), ())
"""Nothing is kept."""


def named_elsewhere(
    connection: Connection, registry: Registry, number: int, shown: int = 5
) -> Named:
    """Find records that an import made and that others name, which it neither made nor changed.

    Args:
        connection: in a read transaction; every record of the collections that may name one is
            gone through.
        registry: the collections.
        number: of the import.
        shown: how many names are wanted.
    """
    made: dict[bytes, int] = {}
    own: set[int] = set()
    of: dict[int, str] = {}
    for row, record_id, before, collection in connection.rows(
        "SELECT c.row, r.id, c.before, k.name FROM box_import_changes c"
        " JOIN box_rows r ON r.num = c.row JOIN box_collections k ON k.num = r.collection"
        " WHERE c.import = ?",
        (number,),
    ):
        own.add(row)
        if before is None:
            made[record_id.encode()] = row
            of[row] = collection
    if not made:
        return NOBODY
    within: dict[int, set[int]] = {}
    kept: set[int] = set()
    by: set[str] = set()
    targets = frozenset(of.values())
    for compiled in registry:
        collection = compiled.name
        if not _may_name(compiled.spec.fields, targets):
            continue
        for row, body in connection.rows(
            "SELECT r.num, r.body FROM box_rows r JOIN box_collections k ON k.num = r.collection"
            " WHERE k.name = ? AND r.deleted = 0",
            (collection,),
        ):
            named = {made[one] for one in _ID.findall(_bytes(body)) if one in made}
            if not named:
                continue
            if row not in own:
                kept |= named
                by.add(collection)
            elif row in of:
                within[row] = named
    _close(kept, within)
    return Named(frozenset(kept), tuple(_names(connection, kept, of, shown)), tuple(sorted(by)))


def _bytes(body: str | bytes) -> bytes:
    return body if isinstance(body, bytes) else body.encode()


def _close(kept: set[int], within: Mapping[int, set[int]]) -> None:
    """Keep what records name that are kept."""
    waiting = list(kept)
    while waiting:
        more = within.get(waiting.pop(), set()) - kept
        kept |= more
        waiting += more


def _may_name(fields: Iterable[Field], targets: frozenset[str]) -> bool:
    """Tell whether records with these fields can name one of some collections."""
    for field in fields:
        if field.type == "ref" and field.of in targets:
            return True
        if field.type == "id" or (field.type == "text" and field.name in ("id", "subject_id")):
            return True
        inner = (*field.fields, *(() if field.items is None else (field.items,)))
        if _may_name(inner, targets):
            return True
    return False


def _names(
    connection: Connection, kept: Iterable[int], of: Mapping[int, str], shown: int
) -> Iterable[str]:
    for row in sorted(kept)[:shown]:
        found = connection.row(
            "SELECT coalesce((SELECT x.ext_id FROM box_external_refs x"
            " WHERE x.collection = r.collection AND x.id = r.id), r.id)"
            " FROM box_rows r WHERE r.num = ?",
            (row,),
        )
        yield f"{of[row]} {row if found is None else found[0]}"
