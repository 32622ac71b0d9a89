"""Buckets: the unit in which records are granted to devices.

Each record lives in exactly one bucket. A collection names it by templates such as
``outlet:{outlet_id}``; the first template whose fields are all present is taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from appliance.api.errors import PluginError, RecordError

MAX_BUCKET = 200
"""Longest name of a bucket, in characters."""

_PART = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_TEMPLATE = re.compile(r"[a-z0-9_:.\-]*(?:\{[a-z][a-z0-9_]*\}[a-z0-9_:.\-]*)*")


class BucketRule:
    """The compiled templates of one collection."""

    def __init__(self, templates: tuple[str, ...], fields: frozenset[str]) -> None:
        """Compile the templates.

        Args:
            templates: tried in order.
            fields: names that may stand in braces, beside ``id``.

        Raises:
            PluginError: a template is not of the form, or names an unknown field.
        """
        if not templates:
            raise PluginError("a collection needs at least one bucket template")
        self._rules: list[tuple[str, tuple[str, ...]]] = []
        for template in templates:
            if not template or not _TEMPLATE.fullmatch(template):
                raise PluginError(
                    f"bucket template {template!r} is not like 'outlet:{{outlet_id}}'"
                )
            names = tuple(_PART.findall(template))
            unknown = [name for name in names if name != "id" and name not in fields]
            if unknown:
                raise PluginError(f"bucket template {template!r} names no field {unknown[0]!r}")
            self._rules.append((template, names))
        first, names = self._rules[0]
        # Nearly every record lives in a bucket of one field, and every record asks.
        self._quick = names[0] if len(names) == 1 and names[0] != "id" else ""
        self._before, _, self._after = first.partition(f"{{{self._quick}}}")

    def of(self, record_id: str, row: Mapping[str, Any]) -> str:
        """Return the name of the bucket that a record lives in.

        Raises:
            RecordError: no template fits, or the name grows too long.
        """
        if self._quick:
            value = row.get(self._quick)
            if type(value) is str and 0 < len(value) <= MAX_BUCKET - len(
                self._before + self._after
            ):
                return self._before + value + self._after
        for template, names in self._rules:
            if not names:
                return template
            values: dict[str, str] = {}
            for name in names:
                value = record_id if name == "id" else row.get(name)
                if value is None or value == "":
                    break
                values[name] = str(value)
            else:
                bucket = template.format_map(values)
                if len(bucket) > MAX_BUCKET:
                    raise RecordError("the bucket's name grows too long", pointer=f"/{names[0]}")
                return bucket
        first = self._rules[0][1][0]
        raise RecordError(f"{first} is needed to know who may see the record", pointer=f"/{first}")
