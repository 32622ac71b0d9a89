"""What an importer looks at in the store while it turns the rows of a batch into records.

New records wait, to be stored many at once; they are stored first only where the importer looks at
a collection that some of them belong to. What it was told stays true until a record of such a
collection is stored, so a question that every row asks is answered once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from appliance.api.context import SqlValue

KEPT = 2_000
"""Answers that are kept; a file asks few questions many times."""

MAX_ROWS = 20
"""Rows of an answer that is kept."""

_PLAIN = (str, int, type(None))

Question = tuple[Any, ...]
"""A query and what is bound to it."""


@lru_cache(maxsize=1_000)
def read_by(sql: str, collections: frozenset[str]) -> frozenset[str]:
    """Return the collections that a query can read: those whose names stand in it as words."""
    return collections.intersection(re.findall(r"\w+", sql.casefold()))


def question(sql: str, parameters: Sequence[SqlValue] | Mapping[str, SqlValue]) -> Question | None:
    """Return what an answer is kept by, None where it cannot be kept."""
    bound = tuple(parameters.items()) if isinstance(parameters, Mapping) else tuple(parameters)
    values = parameters.values() if isinstance(parameters, Mapping) else bound
    return (sql, bound) if all(isinstance(value, _PLAIN) for value in values) else None


class Looks:
    """The looks of one batch, inside one transaction.

    Attributes:
        at: collections that were looked at since `begin_row`.
    """

    def __init__(self) -> None:
        self.at: set[str] = set()
        self._told: dict[Question, list[tuple[Any, ...]]] = {}
        self._about: dict[str, set[Question]] = {}

    def begin_row(self) -> None:
        """Forget what was looked at; answers stay."""
        self.at.clear()

    def told(self, asked: Question) -> list[tuple[Any, ...]] | None:
        """Return the answer to a question, None where it is not known."""
        found = self._told.get(asked)
        return None if found is None else found.copy()

    def keep(
        self, asked: Question, collections: Iterable[str], answer: list[tuple[Any, ...]]
    ) -> None:
        """Keep an answer until a record of these collections is stored."""
        if len(answer) > MAX_ROWS:
            return
        if len(self._told) >= KEPT:
            self.forget()
        self._told[asked] = answer.copy()
        for name in collections:
            self._about.setdefault(name, set()).add(asked)

    def forget(self) -> None:
        """Forget all answers: any record may have been stored."""
        self._told.clear()
        self._about.clear()

    def stored(self, collection: str) -> None:
        """Forget what was told of a collection: one of its records is stored."""
        for asked in self._about.pop(collection, ()):
            self._told.pop(asked, None)
