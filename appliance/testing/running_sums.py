"""RunningSums: what a device holds, as the checkpoint counts it.

Source: sync protocol, section 3, rule 6. A collection's sum is the sum, modulo 2^64, over its
rows, of the first 8 bytes, big-endian, of SHA-256 of ``collection \\0 id \\0 seq``, with `seq` in
decimal. The order of rows does not matter, so the sum is kept while rows come and go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

MODULUS = 1 << 64


def row_digest(collection: str, row_id: str, seq: int) -> int:
    """Return one row's share of its collection's sum, 0 <= n < 2^64."""
    text = f"{collection}\0{row_id}\0{seq}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def range_of(row_id: str) -> str:
    """Return the range a row is verified in: the first byte of SHA-256 of its id, in hex."""
    return hashlib.sha256(row_id.encode()).hexdigest()[:2]


@dataclass(frozen=True, slots=True)
class Sum:
    """Rows counted and their sum."""

    rows: int = 0
    sum: int = 0

    def plus(self, digest: int) -> Sum:
        """The sum with one row more."""
        return Sum(self.rows + 1, (self.sum + digest) % MODULUS)

    def minus(self, digest: int) -> Sum:
        """The sum with one row less."""
        return Sum(self.rows - 1, (self.sum - digest) % MODULUS)


class RunningSums:
    """One `Sum` per collection; a collection without rows is not listed."""

    def __init__(self, sums: Mapping[str, Sum] | None = None) -> None:
        self._sums = dict(sums or {})

    def replace(self, collection: str, row_id: str, old: int | None, new: int | None) -> None:
        """Take a row from seq `old` to seq `new`; None stands for no row."""
        if old == new:
            return
        total = self._sums.get(collection, Sum())
        if old is not None:
            total = total.minus(row_digest(collection, row_id, old))
        if new is not None:
            total = total.plus(row_digest(collection, row_id, new))
        self._sums[collection] = total

    def __getitem__(self, collection: str) -> Sum:
        return self._sums.get(collection, Sum())

    def __iter__(self) -> Iterator[tuple[str, Sum]]:
        return iter(sorted((k, v) for k, v in self._sums.items() if v.rows))

    def as_dict(self) -> dict[str, Sum]:
        """Collection -> sum, only of collections that hold rows."""
        return dict(self)


def range_sums(collection: str, rows: Iterable[tuple[str, int]]) -> dict[str, Sum]:
    """Sum (id, seq) pairs by range; all 256 ranges are listed, so that an empty one is compared."""
    ranges = {f"{byte:02x}": Sum() for byte in range(256)}
    for row_id, seq in rows:
        key = range_of(row_id)
        ranges[key] = ranges[key].plus(row_digest(collection, row_id, seq))
    return ranges
