"""BoxDevice: a device of a `PluginBox`, without a network: mutations out, rows in.

It speaks the lines of the sync protocol (docs/device-protocol.md) and keeps what it pulled in
memory, so that a test sees exactly what an app would see.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import orjson

from appliance.api import Issue, Row, uuid7
from appliance.testing.running_sums import RunningSums


class PushAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one mutation, as the device reads it.

    Attributes:
        mid: of the mutation; None where the line named none.
        outcome: see `appliance.api.mutations.OUTCOMES`.
        seq: of the stored record, where there is one.
        issues: what is wrong.
        row: the server's record, only where it differs from what was sent.
        first: of a duplicate, the first outcome.
    """

    mid: str | None
    outcome: str
    seq: int | None
    issues: tuple[Issue, ...]
    row: Row | None = None
    first: str | None = None

    @property
    def codes(self) -> list[str]:
        """The codes of the issues, in order."""
        return [issue.code for issue in self.issues]


class SumsDiffer(AssertionError):
    """What the device holds is not what the checkpoint counts: an error of the appliance."""


class BoxDevice:
    """One device; made by `PluginBox.device`.

    Attributes:
        id: the device's id.
        number: its number in the store.
        login: whose device it is.
        rows: what it holds: records by collection and id; once pulled, each collection that its
            roles may read is there.
        seqs: their seqs, by collection and id: the `base` of an edit.
        cursor: of the last mark or checkpoint.
    """

    def __init__(self, device_id: str, number: int, login: str, now_ms: Callable[[], int]) -> None:
        self.id = device_id
        self.number = number
        self.login = login
        self.rows: dict[str, dict[str, Row]] = {}
        self.seqs: dict[tuple[str, str], int] = {}
        self.cursor: str | None = None
        self._now_ms = now_ms
        self._numbers = itertools.count(1)
        self._sent: dict[tuple[str, str, int], Row] = {}

    # --- up ------------------------------------------------------------------------------------

    def put(
        self,
        collection: str,
        row: Row,
        record_id: str | None = None,
        *,
        base: int | None = None,
    ) -> dict[str, Any]:
        """Make a mutation that stores a record.

        Args:
            collection: where.
            row: the record.
            record_id: a new UUID where None.
            base: the seq of the version that was edited; where None, that of the version the
                device holds, if it holds one.
        """
        record_id = record_id or uuid7(self._now_ms())
        mutation = self._mutation(collection, record_id, "put", base)
        return {**mutation, "row": row}

    def delete(self, collection: str, record_id: str, *, base: int | None = None) -> dict[str, Any]:
        """Make a mutation that deletes a record; ``base`` as of `put`."""
        return self._mutation(collection, record_id, "del", base)

    def _mutation(
        self, collection: str, record_id: str, op: str, base: int | None
    ) -> dict[str, Any]:
        return {
            "mid": uuid7(self._now_ms()),
            "n": next(self._numbers),
            "collection": collection,
            "id": record_id,
            "op": op,
            "base": self.seqs.get((collection, record_id)) if base is None else base,
        }

    def answered(self, mutations: Sequence[Any], lines: Sequence[bytes]) -> list[PushAnswer]:
        """Read the answers to some mutations, one line each, in order."""
        answers = [msgspec.json.decode(line, type=PushAnswer) for line in lines]
        for mutation, answer in zip(mutations, answers, strict=True):
            stored = answer.first or answer.outcome
            if (
                isinstance(mutation, dict)
                and answer.seq is not None
                and stored in ("applied", "flagged", "held")
            ):
                key = (mutation["collection"], mutation["id"])
                self._sent[(*key, answer.seq)] = mutation.get("row") or {}
                # The answer to a repetition may be older than what came since.
                self.seqs[key] = max(answer.seq, self.seqs.get(key, 0))
        return answers

    # --- down ----------------------------------------------------------------------------------

    def take(self, lines: bytes) -> None:
        """Take lines of a pull.

        Raises:
            SumsDiffer: at the checkpoint.
        """
        for text in lines.splitlines():
            line = orjson.loads(text)
            if "begin" in line and "reset" in line["begin"]:
                self.rows.clear()
                self.seqs.clear()
            elif "put" in line:
                self._store(line["put"], line["id"], line["seq"], line["row"])
            elif "ack" in line:
                key = (line["ack"], line["id"], line["seq"])
                self._store(*key, self._sent[key])
            elif "del" in line:
                self.rows.get(line["del"], {}).pop(line["id"], None)
                self.seqs.pop((line["del"], line["id"]), None)
            elif "mark" in line:
                self.cursor = line["mark"]
            elif "checkpoint" in line:
                self.cursor = line["checkpoint"]["cursor"]
                self._compare(line["checkpoint"]["collections"])

    def _store(self, collection: str, record_id: str, seq: int, row: Row) -> None:
        self.rows.setdefault(collection, {})[record_id] = row
        self.seqs[collection, record_id] = seq

    def _compare(self, counted: dict[str, dict[str, Any]]) -> None:
        for gone in self.rows.keys() - counted.keys():  # its roles may not read it any more
            for record_id in self.rows.pop(gone):
                del self.seqs[gone, record_id]
        sums = RunningSums()
        for collection, records in self.rows.items():
            for record_id in records:
                sums.replace(collection, record_id, None, self.seqs[collection, record_id])
        for collection, there in counted.items():
            self.rows.setdefault(collection, {})
            here = sums[collection]
            if (here.rows, str(here.sum)) != (there["rows"], there["sum"]):
                raise SumsDiffer(f"{collection}: {here} on the device, {there} at the checkpoint")
