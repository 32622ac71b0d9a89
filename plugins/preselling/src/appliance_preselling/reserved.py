"""What is reserved at this moment: sums in memory, exact inside the transaction that decides.

Every order asks how much of its products others reserve. Summing that up from the store would cost
a pass over all open orders, and a stored sum for each product a dozen writes an order. So the
sums are kept in memory, and each change of `order_reservations` is added to them when it is seen to
be stored: `Reader.newest` names the state of the collection, also inside the open transaction, and
no seq is ever given twice. Where the store is at a state that memory was at before, something was
undone, and memory goes back to it; where it is at any other, everything is read anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from appliance.api import Context, Row

COLLECTION = "order_reservations"

UNREAD = -1
"""A state that no store is at."""

MOST_STORES = 4
"""Stores that are remembered: the box's, and copies on which imports are rehearsed."""

MOST_UNDONE = 4_000
"""Changes that memory can go back by."""

_OPEN = "SELECT id, warehouse_id, body -> '$.amounts' FROM order_reservations WHERE until >= '0'"
_UNITS = "SELECT id, factor_num, factor_den FROM product_uoms"


class Entry(NamedTuple):
    """What one order reserves: quantities in base units by product."""

    warehouse_id: str
    amounts: Mapping[str, int]


class _Change(NamedTuple):
    state: int  # of the collection before it
    order_id: str
    before: Entry | None


class Reserved:
    """The sums of one store, used by its writer's thread alone."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._state = UNREAD
        self._sums: dict[tuple[str, str], int] = {}
        self._orders: dict[str, Entry] = {}
        self._expected: list[tuple[str, Entry | None]] = []
        self._done: deque[_Change] = deque(maxlen=MOST_UNDONE)
        self._units: dict[str, tuple[int, int]] = {}
        self._units_of = UNREAD

    def by_others(self, warehouse_id: str, order_id: str, context: Context) -> Mapping[str, int]:
        """Return what other orders than one reserve in a warehouse, by product.

        Args:
            warehouse_id: the warehouse.
            order_id: the order that asks.
            context: of the call, inside the writer's transaction.
        """
        self._settle(context)
        return _Others(self._sums, warehouse_id, self._orders.get(order_id))

    def expect(self, order_id: str, row: Row, context: Context) -> None:
        """Learn what an order will reserve once the record that is returned now is stored."""
        self._settle(context)
        self._expected.append((order_id, _entry(row)))

    def forget(self) -> None:
        """Learn that a reservation is written by something else than a step of its order."""
        self._state = UNREAD

    def in_base(self, lines: list[Row], context: Context) -> list[int]:
        """Return the quantity of each line in base units, rounded up; of an unknown unit, 0."""
        state = context.newest("product_uoms")
        if state != self._units_of:
            self._units_of, self._units = state, {}
        missing = {line["uom_id"] for line in lines} - self._units.keys()
        if missing:
            asked = msgspec.json.encode(sorted(missing)).decode()
            found = context.select(
                f"{_UNITS} WHERE id IN (SELECT value FROM json_each(?))", (asked,)
            )
            self._units.update((unit, (num, den)) for unit, num, den in found)
        return [
            -(-line["qty"] * num // den)
            for line in lines
            for num, den in (self._units.get(line["uom_id"], (0, 1)),)
        ]

    def _settle(self, context: Context) -> None:
        """Bring memory to the state that the store is at."""
        state = context.newest(COLLECTION)
        expected, self._expected = self._expected, []
        if self._state == UNREAD:
            self._read(context, state)
        elif state == self._state:
            pass  # what was expected was undone, or nothing was
        elif any(change.state == state for change in self._done):
            self._go_back(state)
        elif len(expected) == 1:
            # Whatever else writes reservations says so, see `forget`: it is the one expected.
            self._put(*expected[0])
            self._state = state
        else:
            self._read(context, state)

    def _put(self, order_id: str, entry: Entry | None) -> None:
        self._done.append(_Change(self._state, order_id, self._orders.get(order_id)))
        self._replace(order_id, entry)

    def _replace(self, order_id: str, entry: Entry | None) -> None:
        for sign, one in ((-1, self._orders.pop(order_id, None)), (1, entry)):
            if one is not None:
                for product, qty in one.amounts.items():
                    key = one.warehouse_id, product
                    self._sums[key] = self._sums.get(key, 0) + sign * qty
        if entry is not None:
            self._orders[order_id] = entry

    def _go_back(self, state: int) -> None:
        while self._state != state:
            change = self._done.pop()
            self._replace(change.order_id, change.before)
            self._state = change.state

    def _read(self, context: Context, state: int) -> None:
        self._sums, self._orders = {}, {}
        self._done.clear()
        for order_id, warehouse_id, text in context.select(_OPEN):
            amounts = msgspec.json.decode(text, type=dict[str, int])
            self._replace(order_id, Entry(warehouse_id, amounts))
        self._state = state


class _Others(dict[str, int]):
    """Sums of a warehouse without those of one order; looked up when asked for."""

    def __init__(
        self, sums: Mapping[tuple[str, str], int], warehouse_id: str, own: Entry | None
    ) -> None:
        super().__init__()
        self._sums = sums
        self._warehouse_id = warehouse_id
        self._own = own.amounts if own is not None and own.warehouse_id == warehouse_id else {}

    def __missing__(self, product_id: str) -> int:
        whole = self._sums.get((self._warehouse_id, product_id), 0)
        return whole - self._own.get(product_id, 0)


def _entry(row: Row) -> Entry | None:
    if row.get("until") is None:
        return None
    return Entry(row["warehouse_id"], row["amounts"])


_STORES: OrderedDict[str, Reserved] = OrderedDict()
_LOCK = threading.Lock()


def of(context: Context) -> Reserved:
    """Return the sums of the store that a call is about; each has its own writer's thread."""
    with _LOCK:
        found = _STORES.pop(context.epoch, None) or Reserved()
        _STORES[context.epoch] = found
        if len(_STORES) > MOST_STORES:
            _STORES.popitem(last=False)
    return found


def forget_all() -> None:
    """Begin anew, as a process does that has just started."""
    with _LOCK:
        _STORES.clear()
