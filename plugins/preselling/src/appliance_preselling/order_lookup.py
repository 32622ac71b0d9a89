"""An order as people name it: by its id, or by its number."""

from __future__ import annotations

import json

from appliance.api import Context, Row

_NAMED = """
SELECT id, body FROM orders WHERE id = :order
UNION
SELECT id, body FROM orders WHERE number = :order LIMIT 2
"""


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
