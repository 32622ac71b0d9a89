"""New records of an import that wait, so that many of them are stored at once.

Whatever has to see them (a row that changes one of them, an importer that looks into the store)
has them stored first, and so has every record that is stored by itself: the order of the file is
the order of the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from appliance.store.bulk import Prepared, insert_new
from appliance.store.external_refs import ExternalRefs
from appliance.store.import_journal import Journal
from appliance.store.import_plan import Key, Step
from appliance.store.looks import Looks
from appliance.store.search_text import search_text
from appliance.store.transaction import WriteTransaction


class HeldSteps:
    """Steps of one batch, inside one transaction."""

    def __init__(
        self,
        tx: WriteTransaction,
        source: str,
        journal: Journal | None,
        looks: Looks,
    ) -> None:
        """Begin with none.

        Args:
            tx: the transaction.
            source: whose external ids the file holds.
            journal: of the import, None for none.
            looks: told of each collection that records are stored in.
        """
        self._tx = tx
        self._source = source
        self._journal = journal
        self._looks = looks
        self._steps: dict[Key, Step] = {}
        self._collections: set[str] = set()

    @property
    def steps(self) -> Mapping[Key, Step]:
        """What waits, in the order it came."""
        return self._steps

    def any_of(self, collections: Set[str]) -> bool:
        """Tell whether a record of one of these collections waits."""
        return not self._collections.isdisjoint(collections)

    @staticmethod
    def takes(step: Step) -> bool:
        """Tell whether a step makes a record that has neither a row nor a name yet."""
        return step.fate == 0 and not step.known and step.number is None

    def add(self, step: Step) -> None:
        """Let a step wait; `takes` holds for it, and no other of its key waits."""
        self._steps[step.key] = step
        self._collections.add(step.key[0])

    def settle(self) -> None:
        """Store what waits."""
        if not self._steps:
            return
        steps = list(self._steps.values())
        self._steps.clear()
        for name in self._collections:
            self._looks.stored(name)
        self._collections.clear()
        log = self._tx.log
        ExternalRefs(self._tx.db).add_many(
            (self._source, log.collection_number(step.key[0]), step.key[1], step.id)
            for step in steps
        )
        seq = log.head + 1
        row = insert_new(self._tx, [self._prepared(step) for step in steps])
        if self._journal is not None:
            for place in range(len(steps)):
                self._journal.gather(row + place, seq + place, None)

    def _prepared(self, step: Step) -> Prepared:
        compiled = self._tx.log.registry[step.key[0]]
        search = search_text(step.row, compiled.searchable) if compiled.searchable else ""
        return Prepared(compiled, step.id, step.bucket, step.text, step.row, search)
