"""Masters out of stored records: ids and JSON bodies, as a context's views give them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import msgspec

Master = TypeVar("Master", bound=msgspec.Struct)
"""A kind of master: `Price`, `Promotion` ..."""


class UnreadRow(NamedTuple):
    """A record that is no such master.

    Attributes:
        id: the record's.
        reason: what is wrong, with the path of the field.
    """

    id: str
    reason: str


def read_rows(
    kind: type[Master], rows: Iterable[tuple[str, str]]
) -> tuple[list[Master], list[UnreadRow]]:
    """Read masters of one kind, and say which records could not be read.

    Fields that pricing does not know are passed over; null is the same as an absent field.

    Args:
        kind: the type.
        rows: id and body of each record, as ``SELECT id, body FROM prices`` gives them.
    """
    decoder = msgspec.json.Decoder(kind)
    found: list[Master] = []
    unread: list[UnreadRow] = []
    for record_id, body in rows:
        # The body is the JSON text of an object without an id: the id is written into it, which
        # costs a third of decoding it twice.
        named = f'{{"id":{msgspec.json.encode(record_id).decode()},{body[1:]}'
        try:
            found.append(decoder.decode(named))
        except msgspec.DecodeError as error:
            unread.append(UnreadRow(record_id, str(error)))
    return found, unread
