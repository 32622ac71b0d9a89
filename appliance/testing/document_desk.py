"""DocumentDesk: makes documents of collections that nobody here knows, a partner's or a config's,
from nothing but their schemas.

Every second document has all members that can be made up, the others what is required alone.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from typing import Any

from appliance.testing.device import Device
from appliance.testing.held_records import HeldRecords
from appliance.testing.schema_sample import CannotSample, SchemaSample

OF_FIELDBOX = frozenset(
    {
        "attachments",
        "gps_points",
        "notes",
        "notifications",
        "order_actions",
        "order_notes",
        "orders",
        "outlet_changes",
        "visits",
    }
)
"""Collections of the plugins that come with Fieldbox, whose rules no schema tells: they are left to
desks that know them."""

BLOB_BYTES = 2_000
"""Size of a photo that stands for any file."""


class DocumentDesk:
    """Makes documents on one device.

    Args:
        device: pulled at least once.
        schemas: collection -> JSON Schema of its rows, of those the device may write; those of
            `OF_FIELDBOX` are left out.
        held: what the device holds.
        source: makes the choices.
        now_ms: UTC milliseconds by the device's clock.
        label: stands in every text, so that it can be told where the document came from.
    """

    def __init__(
        self,
        device: Device,
        schemas: Mapping[str, Mapping[str, Any]],
        held: HeldRecords,
        source: random.Random,
        now_ms: int,
        label: str,
    ) -> None:
        self._device = device
        self._schemas = {n: schema for n, schema in schemas.items() if n not in OF_FIELDBOX}
        self._held = held
        self._source = source
        self._now_ms = now_ms
        self._today = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC).date()
        self._label = label

    def fill(self, count: int) -> tuple[dict[str, int], dict[str, str]]:
        """Make some documents of each collection.

        A collection that refers to another of them is tried again when that one has documents.

        Args:
            count: of each collection.

        Returns:
            How many were made of each, and why none could be made of the others.
        """
        made: dict[str, int] = {}
        refused: dict[str, str] = {}
        waiting = sorted(self._schemas) if count else []
        while waiting:
            before = len(waiting)
            for name in tuple(waiting):
                try:
                    for number in range(count):
                        self._make(name, everything=number % 2 == 0)
                except CannotSample as reason:
                    refused[name] = str(reason)
                    continue
                waiting.remove(name)
                refused.pop(name, None)
                made[name] = count
            if len(waiting) == before:
                break
        return made, refused

    def _make(self, collection: str, *, everything: bool) -> None:
        sample = SchemaSample(
            self._schemas[collection],
            self._pick,
            self._source,
            self._today,
            now_ms=self._now_ms,
            blob=self._photo,
            label=self._label,
        )
        self._device.create(collection, sample.row({}, everything=everything))
        self._held.forget(collection)

    def _pick(self, collection: str) -> str | None:
        # What a person writes is the person's own.
        own = self._held.user_id() if collection == "users" else None
        return own if own is not None else self._held.pick(collection)

    def _photo(self) -> str:
        data = b"\xff\xd8\xff\xe0" + self._source.randbytes(BLOB_BYTES - 6) + b"\xff\xd9"
        return self._device.attach_blob(data)
