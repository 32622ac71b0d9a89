"""Completing: the owner of a record is asked about a write that no device sent. No I/O.

A mutation is decided by its owner's `apply_mutation`. An import, a job or another plugin writes
without asking, so an owner whose records have consequences names them in its manifest's
``follows``; then every such write goes past its `apply_write` first, inside the transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import orjson

from appliance.api.errors import PluginError
from appliance.api.mutations import Effect, Row, Write
from appliance.sync.intake_transaction import StoredRow
from appliance.sync.registry import Registry
from appliance.sync.writes import CheckedWrite, check_write

Ask = Callable[[str, Write, Row | None], Effect | None]
"""Asks an owner about a write and the record as it stands."""


class _Stored(Protocol):
    def stored(self, collection: str, record_id: str) -> StoredRow | None: ...


class Completing:
    """Asks the owners that follow their records.

    Attributes:
        collections: names of those that are followed.
    """

    def __init__(self, registry: Registry, collections: frozenset[str], ask: Ask) -> None:
        """Take the collections and what asks their owners."""
        self.collections = collections
        self._registry = registry
        self._ask = ask

    def complete(self, tx: _Stored, checked: CheckedWrite) -> tuple[CheckedWrite, ...]:
        """Return what is stored for a write: the record first, then what follows from it.

        One that changes nothing is not asked about.

        Raises:
            PluginError: the owner fails, is out of service, or makes a wrong record.
        """
        write = checked.write
        present = tx.stored(write.collection, write.id)
        there = present is not None and not present.deleted
        if present is not None and there:
            same = present.text == checked.text and present.bucket == checked.bucket
            if write.op == "put" and same:
                return (checked,)
        elif write.op == "del":
            return (checked,)
        stored = orjson.loads(present.text) if present is not None and there else None
        owner = self._registry[write.collection].owner
        effect = self._ask(owner, write, stored)
        if effect is None:
            return (checked,)
        if write.op == "put" and effect.row is not None:
            completed = Write(collection=write.collection, id=write.id, row=effect.row)
            checked = check_write(self._registry, completed)
        followers = [check_write(self._registry, one) for one in effect.writes]
        if any(
            (one.write.collection, one.write.id) == (write.collection, write.id)
            for one in followers
        ):
            raise PluginError(f"{owner}: what follows from a write names its own record")
        return (checked, *followers)
