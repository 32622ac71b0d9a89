"""Pusher: sends the outbox until every mutation has its answer.

The answers received before a cut are kept; what has none is sent again, byte for byte the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from appliance.testing.device_reports import PushReport
from appliance.testing.line_stream import lines
from appliance.testing.link import DeviceProblem, Link, ProtocolBroken
from appliance.testing.outbox import Answer, Outbox, read_answer

MAX_LINES = 500
MAX_BYTES = 256 * 1024
"""One request's mutations. Answers may be streamed while the request is still sent; a request of
this size never waits for its answers to be read."""

_TOO_LARGE = 413


class Pusher:
    """Pushes for one device; `encoding` is the ``Accept-Encoding`` of the answer."""

    def __init__(self, outbox: Outbox, *, encoding: str) -> None:
        self._outbox = outbox
        self._headers = {
            "Content-Type": "application/x-ndjson",
            "Accept": "application/x-ndjson",
            "Accept-Encoding": encoding,
        }

    def push(self, link: Link, max_lines: int = MAX_LINES) -> PushReport:
        """Send all mutations without an answer, in requests of at most `max_lines`.

        A mutation that is too large on its own is set aside as rejected and kept.

        Raises:
            LinkDown: cut; call again.
            DeviceProblem: the request as a whole was refused (overload, revoked, ...).
        """
        report = PushReport()
        limit = max_lines
        while batch := self._outbox.batch(limit, MAX_BYTES):
            answers: list[Answer] = []
            report.requests += 1
            try:
                for answer in self._send(link, batch):
                    answers.append(answer)
                limit = min(max_lines, 2 * limit)
            except DeviceProblem as problem:
                if problem.status != _TOO_LARGE:
                    raise
                if len(batch) == 1:
                    # It will never be taken; those after it must not wait for it.
                    report.outcomes[self._outbox.set_aside(batch[0][0], problem.detail)] += 1
                limit = max(1, len(batch) // 2)
            finally:
                self._outbox.answer(answers)
                report.outcomes.update(a.outcome for a in answers)
        return report

    def _send(self, link: Link, batch: list[tuple[str, bytes]]) -> Iterator[Answer]:
        body = b"".join(line + b"\n" for _, line in batch)
        with link.exchange("POST", "/v1/push", body=body, headers=self._headers) as response:
            expected = iter(batch)
            for text in lines(response.chunks(), response.encoding):
                answer = read_answer(text)
                mid, _ = next(expected, (None, b""))
                if answer.mid != mid:
                    raise ProtocolBroken(f"an answer to {answer.mid} where {mid} was due")
                yield answer
            missing = next(expected, None)
            if missing is not None:
                raise ProtocolBroken(f"the answer ended before the one to {missing[0]}")

    def repeat(self, link: Link) -> list[str]:
        """Send every answered mutation once more and compare the answers with the first ones.

        Returns:
            the mids whose answer is not a repetition: another seq, or another outcome than
            ``duplicate`` and the first one. Each is a document that may exist twice.
        """
        differing: list[str] = []
        known = list(self._outbox.answered())
        for start in range(0, len(known), MAX_LINES):
            part = known[start : start + MAX_LINES]
            answers = self._send(link, [(mid, line) for mid, line, _ in part])
            for (mid, _, first), again in zip(part, answers, strict=True):
                if again.seq != first.seq or not _repeats(again, first):
                    differing.append(mid)
        return differing


def _repeats(again: Answer, first: Answer) -> bool:
    """Whether an answer says the same as the first; either may have been a repetition itself."""
    if again.outcome not in ("duplicate", first.outcome):
        return first.outcome == "duplicate" and again.stored == first.stored
    return again.first in (None, first.result) or first.result == "duplicate"
