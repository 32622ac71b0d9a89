"""What changed from one version of an order to the next, and the older one made from it again.

A difference names each field that changed with its old and new value, and of the lines those that
were added and removed, whole, and the changed fields of the others, all by ``line_no``. It is about
the content of an order: what people ordered and on what terms. States, comments and what has been
shipped change without a new revision and are no part of it.

An absent field and one that is null are the same, and lines have no order but their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from appliance.api import Row
from appliance_preselling import states
from appliance_preselling.checks import ALWAYS_FREE, COLLECTION_FIELDS, SHIPMENT_FIELDS

Values = Mapping[str, Any]


class Difference(NamedTuple):
    """A difference, in the shape that a record of ``order_revisions`` has.

    Attributes:
        fields: ``{name, old?, new?}`` of each field that changed; an absent side was not there.
        added, removed: lines, whole.
        changed: ``{line_no, fields}`` of each line that is in both and differs.
    """

    fields: list[Row]
    added: list[Row]
    removed: list[Row]
    changed: list[Row]

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return any(self[:])

    def as_row(self) -> Row:
        """Return it as fields of a record: those that are not empty."""
        return {name: value for name, value in self._asdict().items() if value}


def content(order: Row) -> Row:
    """Return the content of an order: what its revisions are about."""
    is_return = order.get("order_kind") == states.RETURN
    left_out = COLLECTION_FIELDS if is_return else SHIPMENT_FIELDS
    row = {name: value for name, value in _there(order).items() if name not in ALWAYS_FREE}
    row["lines"] = [
        {name: value for name, value in _there(line).items() if name not in left_out}
        for line in sorted(order["lines"], key=lambda line: line["line_no"])
    ]
    return row


def difference(old: Row, new: Row) -> Difference:
    """Return what changed between the contents of two versions of an order."""
    before = {line["line_no"]: line for line in old["lines"]}
    after = {line["line_no"]: line for line in new["lines"]}
    changed = (
        {"line_no": number, "fields": fields}
        for number, line in before.items()
        if number in after and (fields := _fields(line, after[number]))
    )
    return Difference(
        fields=_fields(_header(old), _header(new)),
        added=[line for number, line in after.items() if number not in before],
        removed=[line for number, line in before.items() if number not in after],
        changed=list(changed),
    )


def undone(new: Row, made: Values) -> Row:
    """Return the content of an order before a change.

    Args:
        new: its content after the change.
        made: the record of ``order_revisions`` that tells of it.
    """
    row = _undone(_header(new), made.get("fields") or ())
    gone = {line["line_no"] for line in made.get("added") or ()}
    changes = {one["line_no"]: one["fields"] for one in made.get("changed") or ()}
    lines = [
        _undone(line, changes.get(line["line_no"], ()))
        for line in new["lines"]
        if line["line_no"] not in gone
    ]
    lines += [_there(line) for line in made.get("removed") or ()]
    row["lines"] = sorted(lines, key=lambda line: line["line_no"])
    return row


def _there(values: Values) -> Row:
    return {name: value for name, value in values.items() if value is not None}


def _header(order: Row) -> Row:
    return {name: value for name, value in order.items() if name != "lines"}


def _fields(old: Values, new: Values) -> list[Row]:
    found = []
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            sides = {"old": old.get(name), "new": new.get(name)}
            found.append({"name": name, **_there(sides)})
    return found


def _undone(values: Values, fields: Iterable[Values]) -> Row:
    row = dict(values)
    for field in fields:
        row.pop(field["name"], None)
        if field.get("old") is not None:
            row[field["name"]] = field["old"]
    return row
