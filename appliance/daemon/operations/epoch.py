"""The epoch: what tells devices that the store they knew was put back from a copy."""

from __future__ import annotations

import msgspec

from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.operation import Empty, Operation
from appliance.store import meta
from appliance.store.audit import AuditBook
from appliance.store.transaction import WriteTransaction


class EpochView(msgspec.Struct, frozen=True, kw_only=True):
    """The store's epoch.

    Attributes:
        epoch: 16 hex digits.
    """

    epoch: str


def renew_epoch(desk: Desk, _params: Empty, actor: str) -> EpochView:
    """Begin a new epoch: at its next pull every device compares all it holds with the store."""
    epoch = desk.box.entropy(8).hex()

    def job(tx: WriteTransaction) -> None:
        AuditBook(tx.db).add(tx.now_ms, actor, "epoch.renew", epoch)
        meta.write(tx.db, "epoch", epoch)

    desk.box.store.write(job)
    desk.box.store.epoch = epoch
    return EpochView(epoch=epoch)


OPERATIONS = (Operation("epoch.renew", Empty, "write", renew_epoch),)
