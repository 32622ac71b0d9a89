"""A print job and its states: what may happen to it, and what then becomes of it.

States and reasons are those of the Internet Printing Protocol (RFC 8011, 5.3.7 and 5.3.8), with
one reason of our own, `OUTCOME_UNKNOWN`: the link to the printer broke after it had accepted a
part of the job, so nobody but a person in front of the printer knows what is on the paper.

One rule decides everything here: a job goes to the printer again by itself only while the printer
has accepted not one byte of it. In every other case a person is asked.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

State = Literal["pending", "processing", "stopped", "held", "canceled", "aborted", "completed"]
"""``pending``: it waits for the printer. ``processing``: it is being sent. ``stopped``: it is being
sent and the printer has stopped, out of paper for instance; it goes on by itself. ``held``: a
person must act. The last three are final."""

Reason = Literal[
    "none",
    "outcome-unknown",
    "job-hold-until-specified",
    "printer-stopped",
    "job-canceled-by-user",
    "aborted-by-system",
    "job-aged-out",
    "document-unprintable-error",
    "job-reprinted",
]
"""Why a job is in its state."""

Confirmed = Literal["none", "sent", "processed", "printed", "person"]
"""How a completed job is known to be so, from weak to strong: every byte was accepted; the printer
answered after the last byte; it said that the last line is on paper; a person said so."""

OUTCOME_UNKNOWN: Reason = "outcome-unknown"
FINAL = frozenset({"canceled", "aborted", "completed"})
"""States that a job never leaves."""

SENDING = frozenset({"processing", "stopped"})
"""States in which a part of the job may be at the printer."""

MIN_PRIORITY, USUAL_PRIORITY, MAX_PRIORITY = 1, 50, 100
"""RFC 8011, 5.2.1: a larger number comes first."""

Answer = Literal["printed", "again"]
"""What a person says of a job whose outcome is unknown: it is on paper, or print it again."""

ANSWERS: tuple[Answer, ...] = get_args(Answer)


class JobRefused(Exception):
    """What was asked of a job cannot be done in its state; the text says why and what can."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One document on its way to one printer.

    Attributes:
        id: a UUID; given by who asks, so that asking twice makes one job.
        number: counts up; what people call the job by.
        printer: its name in the configuration.
        title: of the document, for people.
        kind: of document, such as ``order_copy``; empty for a page that the appliance makes itself.
        collection, record: the record it was made from; empty where there is none.
        language: of the document.
        copy: 0 for the original, n for its copy number n.
        copy_of: the id of the job this one is a copy of, or empty.
        device, user: ids of who asked; empty for a technician.
        priority: 1 to 100.
        state, reason, confirmed: see the types.
        detail: the reason in words, or empty.
        sent: bytes that the printer's side accepted in the newest attempt.
        total: bytes of the job; 0 until it was made ready for its printer.
        attempts: how often it was begun.
        created_at, changed_at: UTC milliseconds.
        waits_from: since when it waits for its printer, UTC milliseconds: since it was added, or
            released by a person. What is said of it meanwhile changes nothing here.
    """

    id: str
    number: int
    printer: str
    title: str
    created_at: int
    kind: str = ""
    collection: str = ""
    record: str = ""
    language: str = "en"
    copy: int = 0
    copy_of: str = ""
    device: str = ""
    user: str = ""
    priority: int = USUAL_PRIORITY
    state: State = "pending"
    reason: Reason = "none"
    confirmed: Confirmed = "none"
    detail: str = ""
    sent: int = 0
    total: int = 0
    attempts: int = 0
    changed_at: int = 0
    waits_from: int = 0

    @property
    def final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state in FINAL

    @property
    def asks(self) -> bool:
        """Whether a person must say what is on the paper."""
        return self.state == "held" and self.reason == OUTCOME_UNKNOWN

    # --- the printer's side ----------------------------------------------------------------------

    def begun(self, total: int, now_ms: int) -> Job:
        """The first byte is about to go; to be on the disk before it does.

        Args:
            total: bytes of the job.
            now_ms: UTC milliseconds.

        Raises:
            JobRefused: it does not wait.
        """
        self._must_be("pending")
        return self._moved(
            "processing", "none", now_ms, total=total, sent=0, attempts=self.attempts + 1
        )

    def delayed(self, why: str, now_ms: int) -> Job:
        """It is next, and its printer is not ready: what it waits for, such as paper."""
        self._must_be("pending")
        return self._moved("pending", "printer-stopped", now_ms, detail=why)

    def waiting(self, why: str, now_ms: int) -> Job:
        """The printer has stopped in the middle, and goes on once a person has seen to it."""
        self._must_be(*SENDING)
        return self._moved("stopped", "printer-stopped", now_ms, detail=why)

    def going_on(self, now_ms: int) -> Job:
        """The printer takes bytes again."""
        self._must_be(*SENDING)
        return self._moved("processing", "none", now_ms)

    def finished(self, confirmed: Confirmed, now_ms: int) -> Job:
        """Every byte was accepted, and that much is known of the paper."""
        self._must_be(*SENDING)
        return self._moved("completed", "none", now_ms, sent=self.total, confirmed=confirmed)

    def broken(self, sent: int, why: str, now_ms: int) -> Job:
        """The link broke after so many accepted bytes: again if there were none, else ask.

        Args:
            sent: bytes accepted in this attempt; 0 only where that is certain.
            why: in words.
            now_ms: UTC milliseconds.
        """
        self._must_be(*SENDING)
        if sent == 0:
            return self._moved("pending", "none", now_ms, detail=why, sent=0)
        return self._moved("held", OUTCOME_UNKNOWN, now_ms, detail=why, sent=sent)

    def found_at_start(self, now_ms: int) -> Job:
        """The daemon died while the job was being sent; nobody knows how far it came."""
        self._must_be(*SENDING)
        why = "the appliance stopped while the job was being sent"
        return self._moved("held", OUTCOME_UNKNOWN, now_ms, detail=why)

    def unprintable(self, why: str, now_ms: int) -> Job:
        """The document cannot be put on this printer's paper."""
        self._must_be("pending")
        return self._moved("aborted", "document-unprintable-error", now_ms, detail=why)

    def aged_out(self, now_ms: int) -> Job:
        """It waited longer than a job may."""
        self._must_be("pending")
        why = "it waited longer than [printing] job_age_h allows; print it again if it is needed"
        return self._moved("aborted", "job-aged-out", now_ms, detail=why)

    # --- people ----------------------------------------------------------------------------------

    def hold(self, now_ms: int) -> Job:
        """Keep a waiting job from the printer.

        Raises:
            JobRefused: it does not wait.
        """
        if self.state == "held":
            return self
        self._must_be("pending")
        return self._moved("held", "job-hold-until-specified", now_ms)

    def released(self, now_ms: int) -> Job:
        """Let a job that a person held go to the printer.

        Raises:
            JobRefused: it is not held, or its outcome is unknown.
        """
        if self.state == "pending":
            return self
        if self.asks:
            raise JobRefused(self._question())
        self._must_be("held")
        freed = self._moved("pending", "none", now_ms)
        return msgspec.structs.replace(freed, waits_from=now_ms)

    def canceled(self, now_ms: int, *, sent: int = 0) -> Job:
        """Give a job up. One that is being sent stops where it is: what is on paper stays there.

        Raises:
            JobRefused: it is finished.
        """
        if self.state == "canceled":
            return self
        if self.final:
            raise JobRefused(f"job {self.number} is {self.state} and cannot be canceled")
        detail = "a part of it may be on paper" if self.asks or sent or self._sending else ""
        return self._moved(
            "canceled", "job-canceled-by-user", now_ms, detail=detail, sent=sent or self.sent
        )

    def on_paper(self, now_ms: int) -> Job:
        """A person saw that a job of unknown outcome is on paper.

        Raises:
            JobRefused: its outcome is not unknown.
        """
        if self.state == "completed" and self.confirmed == "person":
            return self
        self._must_ask()
        return self._moved("completed", "none", now_ms, confirmed="person")

    def not_on_paper(self, now_ms: int) -> Job:
        """A person wants a job of unknown outcome printed again; a copy takes its place.

        Raises:
            JobRefused: its outcome is not unknown.
        """
        self._must_ask()
        return self._moved("aborted", "job-reprinted", now_ms)

    def copied(self, new_id: str, number: int, copy: int, now_ms: int) -> Job:
        """Return a new job with a copy of the document, which carries a copy mark.

        Args:
            new_id: its id.
            number: its number.
            copy: which copy of the original it is, 1 or more.
            now_ms: UTC milliseconds.

        Raises:
            JobRefused: this one is still on its way: there would be two.
        """
        if not self.final:
            raise JobRefused(
                self._question()
                if self.asks
                else f"job {self.number} is {self.state}; it can be printed again once it is done"
            )
        return Job(
            id=new_id,
            number=number,
            printer=self.printer,
            title=self.title,
            created_at=now_ms,
            changed_at=now_ms,
            kind=self.kind,
            collection=self.collection,
            record=self.record,
            language=self.language,
            copy=copy,
            copy_of=self.copy_of or self.id,
            device=self.device,
            user=self.user,
            priority=self.priority,
        )

    # --- inside ----------------------------------------------------------------------------------

    @property
    def _sending(self) -> bool:
        return self.state in SENDING

    def _moved(
        self,
        state: State,
        reason: Reason,
        now_ms: int,
        *,
        detail: str = "",
        sent: int | None = None,
        total: int | None = None,
        attempts: int | None = None,
        confirmed: Confirmed = "none",
    ) -> Job:
        return msgspec.structs.replace(
            self,
            state=state,
            reason=reason,
            detail=detail,
            confirmed=confirmed,
            sent=self.sent if sent is None else sent,
            total=self.total if total is None else total,
            attempts=self.attempts if attempts is None else attempts,
            changed_at=now_ms,
        )

    def _must_be(self, *states: str) -> None:
        if self.state not in states:
            raise JobRefused(
                self._question()
                if self.asks
                else f"job {self.number} is {self.state}, not {' or '.join(sorted(states))}"
            )

    def _must_ask(self) -> None:
        if not self.asks:
            raise JobRefused(
                f"job {self.number} is {self.state}; only of a job whose outcome is unknown can a "
                "person say whether it is on paper"
            )

    def _question(self) -> str:
        return (
            f"nobody knows whether job {self.number} is on paper: look, and answer `printed` or "
            "`again`"
        )
