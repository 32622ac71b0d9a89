"""The text of a record that search looks in: its searchable fields, without case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from appliance.api.mutations import Row


def search_text(row: Row, names: Iterable[str]) -> str:
    """Return the texts of some fields of a record, one a line, folded as search folds."""
    return "\n".join(text for name in names for text in _texts(row.get(name))).casefold()


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts of a value: itself, one for each language, one for each item."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, str):
                yield item
