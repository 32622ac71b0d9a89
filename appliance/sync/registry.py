"""The registry: every collection of the appliance, compiled, with the plugin that owns it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from appliance.api.collections import Collection
from appliance.api.errors import PluginError
from appliance.api.fields import Field
from appliance.sync.buckets import BucketRule
from appliance.sync.codec import RecordCodec, is_scalar

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_RESERVED = ("box_", "sqlite_")
_COLUMNS = frozenset({"id", "seq", "body", "rowid"})


class CompiledCollection:
    """A collection ready for use.

    Attributes:
        spec: the declaration.
        name: the collection's.
        owner: the plugin's name, or ``config``.
        stands_in: the declaration is remembered of a plugin that does not serve; what is sent
            into the collection waits for it.
        codec: checks and encodes records.
        bucket: finds a record's bucket.
        indexed: scalar fields with an index.
        searchable: text fields that search covers.
        keeps_versions: earlier versions of its records are kept.
        blobs: paths to the values that hold a blob's SHA-256; ``[]`` for every item of a list.
    """

    def __init__(self, spec: Collection, owner: str, *, stands_in: bool = False) -> None:
        if not _NAME.fullmatch(spec.name) or spec.name.startswith(_RESERVED):
            raise PluginError(f"collection name {spec.name!r} is not allowed")
        names = frozenset(field.name for field in spec.fields)
        clash = names & _COLUMNS
        if clash:
            raise PluginError(f"{spec.name}: a field may not be called {min(clash)!r}")
        unknown = [name for name in spec.key if name not in names and name != "id"]
        if unknown:
            raise PluginError(f"{spec.name}: the key names no field {unknown[0]!r}")
        if spec.direction == "down" and spec.conflict == "hook":
            raise PluginError(f"{spec.name}: a collection that only goes down has no conflicts")
        self.spec = spec
        self.name = spec.name
        self.owner = owner
        self.stands_in = stands_in
        self.codec = RecordCodec(spec.name, spec.fields)
        self.bucket = BucketRule(spec.bucket, names)
        self.indexed = tuple(f for f in spec.fields if f.index and is_scalar(f))
        self.searchable = tuple(f.name for f in spec.fields if f.search)
        self.keeps_versions = spec.history or spec.conflict in ("field_merge", "hook")
        self.blobs = tuple((f.name, *path) for f in spec.fields for path in _blob_paths(f))


def _blob_paths(field: Field) -> Iterator[tuple[str, ...]]:
    """Yield the paths to blobs in a value of a field; ``[]`` stands for every item of a list."""
    if field.type == "blob":
        yield ()
    elif field.type == "list" and field.items is not None:
        for path in _blob_paths(field.items):
            yield ("[]", *path)
    elif field.type == "object":
        for inner in field.fields:
            for path in _blob_paths(inner):
                yield (inner.name, *path)


class Registry:
    """All collections by name."""

    def __init__(self, collections: Iterable[CompiledCollection] = ()) -> None:
        self._by_name: dict[str, CompiledCollection] = {}
        for collection in collections:
            self.add(collection)

    def add(self, collection: CompiledCollection) -> None:
        """Add one.

        Raises:
            PluginError: another plugin has declared the name.
        """
        present = self._by_name.get(collection.name)
        if present is not None:
            raise PluginError(
                f"collection {collection.name!r} is declared by {present.owner} already"
            )
        self._by_name[collection.name] = collection

    def get(self, name: str) -> CompiledCollection | None:
        """Return the collection of that name, or None."""
        return self._by_name.get(name)

    def __getitem__(self, name: str) -> CompiledCollection:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[CompiledCollection]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)
