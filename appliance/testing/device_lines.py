"""DeviceLines: which goods an outlet may order, by the product lines that a device has pulled.

Of the lines that are for an outlet those with ``only`` let it order their goods and nothing else;
what one with ``never`` names it does not order in any case.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from appliance.api.pricing import Audience, ProductChoice, Subject
from appliance.testing.held_records import HeldRecords

Key = tuple[str, str | None]


class DeviceLines:
    """The product lines of one device, as of its last pull.

    Args:
        held: what the device holds.
    """

    def __init__(self, held: HeldRecords) -> None:
        rows = (one.row for one in held.rows("product_lines").values())
        self._lines = [_Line(row) for row in rows if row.get("active") is not False]

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._lines)

    def allows(self, subject: Subject, keys: Collection[Key]) -> bool:
        """Tell whether a subject's outlet may order a product, by what it may be named by."""
        own = [one for one in self._lines if one.is_for(subject)]
        only = [one for one in own if one.rule == "only"]
        if any(one.names(keys) for one in own if one.rule == "never"):
            return False
        return not only or any(one.names(keys) for one in only)


class _Line:
    def __init__(self, row: Mapping[str, Any]) -> None:
        choice = msgspec.convert(row.get("products") or {}, ProductChoice)
        self.rule = row["rule"]
        self._org_id: str | None = row.get("org_id")
        self._audience = msgspec.convert(row.get("audience") or {}, Audience)
        self._include = {one.key for one in choice.include or ()}
        self._exclude = {one.key for one in choice.exclude or ()}

    def is_for(self, subject: Subject) -> bool:
        near = self._org_id is None or self._org_id in subject.org_ids
        return near and self._audience.has(subject)

    def names(self, keys: Collection[Key]) -> bool:
        included = not self._include or not self._include.isdisjoint(keys)
        return included and self._exclude.isdisjoint(keys)
