"""Receiving: what a device pushed is decided inside the writer's transaction, line by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from appliance.store.connection import translated
from appliance.store.errors import DeviceRevoked, KeptFull, StoreError
from appliance.store.identities import IdentityBook
from appliance.store.transaction import WriteTransaction
from appliance.store.writer import RunInstead
from appliance.sync.intake import Intake
from appliance.sync.intake_transaction import Answer, Sender

if TYPE_CHECKING:
    from appliance.store.box import Box

_Decide = Callable[[WriteTransaction, Sender, bytes, int], tuple[Answer, int]]


class Receiver:
    """Decides the mutations that devices push to one box; on the writer's thread."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._intake: Intake | None = None

    def receive(
        self,
        tx: WriteTransaction,
        device: int,
        lines: Sequence[bytes],
        *,
        alone: bool = False,
        retried: bool = False,
    ) -> list[Answer]:
        """Decide mutations that a device pushed; one answer for each line, in order.

        There are fewer answers than lines where a line would have to be kept and its device may
        keep no more (`appliance.store.kept`): that line and those after it are not decided.

        A line that the appliance fails at has the whole job undone and the lines taken each
        ``alone``: that line is set aside, so that it is not sent for ever, and holds up none of
        the others. So a job that does more than this asks for ``alone`` from the start.

        Args:
            tx: the transaction.
            device: the device's number.
            lines: of the push.
            retried: a person has kept mutations taken in once more, which the disk holds already.

        Raises:
            DeviceRevoked: it was revoked, or its user locked, meanwhile.
            StoreFull: the disk has no room for more documents.
            StoreError: the disk refuses.
            RunInstead: a line failed that was not alone.
        """
        box = self._box
        tx.answers.kept.bounded = not retried
        if not retried:
            box.reserve.check(tx.db)
        identities = IdentityBook(tx.db)
        enrolled = identities.enrolled_by_number(device)
        if enrolled is None or enrolled.device.state != "active" or enrolled.user.locked:
            raise DeviceRevoked
        box.refresh_grants_if_stale(tx, enrolled)
        if self._intake is None:
            self._intake = Intake(
                box.plugins.registry,
                box.hooks(tx),
                max_row=box.settings.sync.max_row_bytes,
                max_nesting=box.settings.sync.max_nesting,
            )
        holders = enrolled.device.holders(enrolled.user)
        sender = Sender(
            device=device,
            device_id=enrolled.device.id,
            user_id=enrolled.user.id,
            login=enrolled.user.login,
            roles=enrolled.device.effective_roles(enrolled.user),
            org_id=enrolled.user.org_id,
            language=enrolled.user.language,
            readable=box.permissions.readable(holders),
            writable=box.permissions.writable(holders),
            last_n=enrolled.last_n,
        )
        with tx.named_by(box.namer(enrolled)):
            if alone:
                answers, sender = self._all(tx, sender, lines, self._alone)
            else:
                try:
                    with translated():
                        answers, sender = self._all(tx, sender, lines, self._intake.receive)
                except (StoreError, MemoryError):
                    raise
                except Exception:
                    raise RunInstead(
                        lambda tx: self.receive(tx, device, lines, alone=True, retried=retried)
                    ) from None
        if sender.last_n != enrolled.last_n:
            identities.set_last_n(device, sender.last_n)
        return answers

    @staticmethod
    def _all(
        tx: WriteTransaction, sender: Sender, lines: Sequence[bytes], decide: _Decide
    ) -> tuple[list[Answer], Sender]:
        answers: list[Answer] = []
        for line in lines:
            try:
                answer, last_n = decide(tx, sender, line, tx.now_ms)
            except KeptFull:
                break
            answers.append(answer)
            if last_n != sender.last_n:
                sender = sender._replace(last_n=last_n)
        return answers, sender

    def _alone(
        self, tx: WriteTransaction, sender: Sender, line: bytes, now_ms: int
    ) -> tuple[Answer, int]:
        """Decide one line by itself; set it aside where that fails."""
        assert self._intake is not None
        try:
            with translated(), tx.savepoint():
                return self._intake.receive(tx, sender, line, now_ms)
        except (StoreError, MemoryError):
            raise
        except Exception as error:
            structlog.get_logger("appliance.store").error(
                "mutation_failed", device=sender.device_id, exc_info=error
            )
            return self._intake.set_aside(tx, sender, line)
