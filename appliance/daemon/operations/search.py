"""Search: records by a part of their names, whatever its case."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Listing, Operation, OperationRefused
from appliance.store.connection import Connection
from appliance.store.plugin_context import StoreContext

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=63)]


class SearchFor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a name; the collections to look in, all with names where none is given."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    collections: Annotated[tuple[Name, ...], msgspec.Meta(max_length=100)] = ()
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 20


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was found; ``title`` holds its searchable texts."""

    collection: str
    id: str
    title: str
    row: dict[str, Any]


def search(desk: Desk, params: SearchFor, _actor: str) -> Listing:
    """Return records that contain the text, at most ``limit`` of each collection."""
    if not params.text.strip():
        raise OperationRefused("there is nothing to look for in an empty text", "invalid")
    registry = desk.box.plugins.registry
    searchable = {c.name: c.searchable for c in registry if c.searchable}
    for name in params.collections:
        if name not in searchable:
            what = "searchable " if name in registry else ""
            raise unknown(f"{what}collection", name, searchable)
    timeout_s = desk.box.query_timeout_s

    def read(connection: Connection) -> list[Hit]:
        context = StoreContext(
            connection, desk.box.now_ms, {}, registry=registry, query_timeout_s=timeout_s
        )
        hits: list[Hit] = []
        for name in params.collections or tuple(searchable):
            for record_id in context.search(name, params.text, params.limit):
                row = context.get(name, record_id) or {}
                texts = [text for field in searchable[name] for text in _texts(row.get(field))]
                hits.append(Hit(collection=name, id=record_id, title=", ".join(texts), row=row))
        return hits

    return Listing(rows=list(desk.box.store.fetch(read)))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


OPERATIONS = (Operation("search", SearchFor, "read", search),)
