"""What is kept beside a record so that it is found: its text for search and the blobs it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from appliance.api.mutations import Row
from appliance.store.blob_names import BlobNames, Namer
from appliance.store.connection import Connection
from appliance.store.search_text import search_text
from appliance.sync.registry import CompiledCollection


def index_record(
    connection: Connection,
    compiled: CompiledCollection,
    row_number: int,
    row: Row,
    namer: Namer | None,
    *,
    new: bool,
) -> None:
    """Index a record that was just written.

    Args:
        connection: the writer's.
        compiled: its collection.
        row_number: its number.
        row: as it stands; empty where it was deleted.
        namer: the device whose mutation it is, None for the appliance's own.
        new: whether it was not there before.
    """
    if compiled.searchable:
        if not new:
            connection.rows("DELETE FROM box_search WHERE rowid = ?", (row_number,))
        text = search_text(row, compiled.searchable)
        if text:
            connection.rows(
                "INSERT INTO box_search (rowid, text) VALUES (?, ?)", (row_number, text)
            )
    if compiled.blobs:
        BlobNames(connection).replace(row_number, blobs_of(compiled, row), namer, new=new)


def blobs_of(compiled: CompiledCollection, row: Row) -> list[str]:
    """Return the blobs that a record names."""
    return [value for path in compiled.blobs for value in _at(row, path)]


def _at(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the texts at a path of names; ``[]`` stands for every item of a list."""
    if not path:
        if isinstance(value, str):
            yield value
    elif path[0] == "[]":
        for item in value if isinstance(value, list) else ():
            yield from _at(item, path[1:])
    elif isinstance(value, dict):
        yield from _at(value.get(path[0]), path[1:])
