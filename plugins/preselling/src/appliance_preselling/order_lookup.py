"""An order as people name it: by its id, or by its number."""

from __future__ import annotations

import json

from appliance.api import Context, Row

_NAMED = """
SELECT id, body FROM orders WHERE id = :order
UNION
SELECT id, body FROM orders WHERE number = :order LIMIT 2
"""


_OF_ACCOUNTING = "SELECT id, body FROM orders WHERE server_number = ? LIMIT 2"


def find_any(named: str, context: Context) -> tuple[str, Row]:
    """Return an order by its id, its number, or else the number that accounting gave it.

    Raises:
        LookupError: there is none, or more than one; the text says which.
    """
    try:
        return find(named, context)
    except LookupError:
        found = context.select(_OF_ACCOUNTING, (named,))
        if len(found) != 1:
            raise
    order_id, body = found[0]
    order: Row = json.loads(body)
    return order_id, order


def find(named: str, context: Context) -> tuple[str, Row]:
    """Return the id and the record of an order.

    Raises:
        LookupError: there is none, or more than one has the number; the text says which.
    """
    found = context.select(_NAMED, {"order": named})
    if len(found) != 1:
        why = "there is no order" if not found else "more than one order has the number"
        raise LookupError(f"{why} {named}")
    order_id, body = found[0]
    row: Row = json.loads(body)
    return order_id, row
