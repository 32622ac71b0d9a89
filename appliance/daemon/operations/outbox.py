"""The outbox: files that another system fetches, each record in one of them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Listing, Operation, OperationRefused
from appliance.daemon.outbox import Outbox, OutboxError
from appliance.store.outbox import OutboxBook, OutboxFile


class WriteOutbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to write; None is all that the configuration names."""

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None


class ListOutbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many files."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 20


class AgainOutbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number of a file."""

    number: Annotated[int, msgspec.Meta(ge=1)]


class OutboxView(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the outbox; see `appliance.store.outbox.OutboxFile`.

    Attributes:
        lies: it is in the folder still.
    """

    number: int
    kind: str
    file: str
    profile: str
    records: int
    made_at: int
    actor: str
    state: str
    lies: bool


def write(desk: Desk, params: WriteOutbox, actor: str) -> Listing:
    """Write what is ready into the outbox; return the new files."""
    outbox = Outbox(desk.box)
    kinds = desk.box.settings.outbox.kinds if params.kind is None else (params.kind,)
    try:
        written = outbox.write(kinds, actor)
    except OutboxError as error:
        raise OperationRefused(str(error), "unavailable") from error
    return Listing(rows=[_view(outbox, one) for one in written])


def listing(desk: Desk, params: ListOutbox, _actor: str) -> Listing:
    """Return files of the outbox, the newest first."""
    outbox = Outbox(desk.box)
    found = desk.box.store.fetch(lambda db: OutboxBook(db).newest(params.limit))
    return Listing(rows=[_view(outbox, one) for one in found])


def again(desk: Desk, params: AgainOutbox, actor: str) -> OutboxView:
    """Write a file once more."""
    outbox = Outbox(desk.box)
    try:
        return _view(outbox, outbox.again(params.number, actor))
    except OutboxError as error:
        raise OperationRefused(str(error), "unavailable") from error


def _view(outbox: Outbox, one: OutboxFile) -> OutboxView:
    members = one._asdict()
    lies = (outbox.folder / one.file).is_file()
    return OutboxView(number=members.pop("num"), lies=lies, **members)


OPERATIONS = (
    Operation("outbox.write", WriteOutbox, "write", write),
    Operation("outbox.list", ListOutbox, "read", listing),
    Operation("outbox.again", AgainOutbox, "write", again),
)
