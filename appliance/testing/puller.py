"""Puller: brings a replica to the appliance's checkpoint, whatever happens to the link.

A stream is read line by line and stored mark by mark. Segments are fetched after the stream that
named them, so that a large file does not hold the stream open; their rows take the place in the
stream at which they were named. The checkpoint becomes visible when nothing is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import orjson

from appliance.testing.device_reports import Difference, PullReport, VerifyReport
from appliance.testing.download import download, segment_rows
from appliance.testing.line_stream import lines
from appliance.testing.link import DeviceProblem, Link, ProtocolBroken
from appliance.testing.outbox import Outbox
from appliance.testing.pull_lines import (
    Begin,
    Checkpoint,
    PullReader,
    RowLine,
    Segment,
    parse,
    row_line,
)
from appliance.testing.replica import Page, Replica
from appliance.testing.running_sums import Sum

_GONE = frozenset({403, 404, 410})
_JSON = {"Content-Type": "application/json", "Accept": "application/x-ndjson"}


class Puller:
    """Pulls and verifies for one device.

    Args:
        knows: the collections the app stores; None for all. Others are ignored.
        encoding: the ``Accept-Encoding`` of streams.
        segments: whether segments are accepted.
        collections: the ``collections`` member of the request; None leaves it out.
        folder: where segment files are kept while they arrive.
    """

    def __init__(
        self,
        replica: Replica,
        outbox: Outbox,
        folder: Path,
        *,
        knows: frozenset[str] | None,
        encoding: str,
        segments: bool,
        collections: list[str] | None,
    ) -> None:
        self._replica = replica
        self._outbox = outbox
        self._folder = folder
        self._knows = knows
        self._segments = segments
        self._collections = collections
        self._headers = {**_JSON, "Accept-Encoding": encoding}

    def pull(self, link: Link, limit_bytes: int | None) -> PullReport:
        """Pull up to a checkpoint and make it visible; compare the sums and repair."""
        report = PullReport()
        if self._replica.reached is not None:
            self._finish(link, report)
        while True:
            before = self._replica.cursor
            self._stream(link, limit_bytes, report)
            if self._replica.reached is None:
                if self._replica.cursor == before:
                    raise ProtocolBroken("a pull ended without a checkpoint and without progress")
            elif self._finish(link, report):
                break
        verified = self.verify(link)
        report.repaired, report.unequal = verified.repaired, verified.unequal
        return report

    def _stream(self, link: Link, limit_bytes: int | None, report: PullReport) -> None:
        cursor = self._replica.cursor
        request: dict[str, object] = {"cursor": cursor}
        if self._segments:
            request["accept"] = ["segments"]
        if self._collections is not None:
            request["collections"] = self._collections
        if limit_bytes is not None:
            request["limit_bytes"] = limit_bytes
        reader = PullReader(from_null=cursor is None, segments=self._segments)
        report.requests += 1
        body = orjson.dumps(request)
        with link.exchange("POST", "/v1/pull", body=body, headers=self._headers) as answer:
            page = Page()
            for text in lines(answer.chunks(), answer.encoding):
                item = reader.read(text)
                if isinstance(item, Begin):
                    page.reset = item.reset is not None
                    report.reset = item.reset or report.reset
                elif isinstance(item, Segment):
                    page.items.append(item)
                elif isinstance(item, RowLine):
                    self._count(item, page, report)
                else:
                    mark = item.cursor if isinstance(item, Checkpoint) else item
                    reached = item if isinstance(item, Checkpoint) else None
                    report.repeated += self._replica.commit(page, mark, reached)
                    report.marks += 1
                    page = Page()
        if reader.begin is None:
            raise ProtocolBroken("a pull without a begin line")
        report.oversights += reader.oversights

    def _count(self, line: RowLine, page: Page, report: PullReport) -> None:
        if self._knows is not None and line.collection not in self._knows:
            report.unknown += 1
            return
        if line.kind == "ack":
            report.acks += 1
            body = self._outbox.acknowledged(line.collection, line.id, line.seq)
            if body is None:
                report.unresolved += 1
                return
            line = RowLine("put", line.collection, line.id, line.seq, body)
        elif line.kind == "put":
            report.puts += 1
        else:
            report.deletions += 1
        page.items.append(line)

    def _finish(self, link: Link, report: PullReport) -> bool:
        """Fetch what the checkpoint needs and make it visible; False if all must start over."""
        for position, segment in self._replica.pending_segments():
            path = self._folder / f"{segment.sha256}.segment"
            try:
                if not path.exists():
                    report.resumed += download(
                        link, segment.url, segment.sha256, path, limit=segment.bytes
                    )
            except DeviceProblem as problem:
                if problem.status not in _GONE:
                    raise
                self._replica.start_over()
                return False
            self._replica.apply_segment(position, self._known(path, segment.rows, report))
            path.unlink(missing_ok=True)
            report.segments += 1
        report.removed += self._replica.promote()
        report.head = self._replica.head
        return True

    def _known(self, path: Path, rows: int, report: PullReport) -> Iterable[RowLine]:
        for line in segment_rows(path, rows):
            if self._knows is None or line.collection in self._knows:
                report.puts += 1
                yield line
            else:
                report.unknown += 1

    def differences(self) -> list[Difference]:
        """Compare the running sums with those of the checkpoint the rows stand at."""
        checkpoint = self._replica.checkpoint
        if checkpoint is None:
            return []
        sums = self._replica.sums()
        theirs = {
            name: Sum(value.rows, _decimal(value.sum))
            for name, value in checkpoint.collections.items()
            if self._knows is None or name in self._knows
        }
        names = sorted(set(theirs) | set(sums.as_dict()))
        found = (Difference(name, sums[name], theirs.get(name, Sum())) for name in names)
        return [d for d in found if d.device != d.appliance]

    def verify(self, link: Link) -> VerifyReport:
        """Repair every collection whose sum differs, range by range."""
        report = VerifyReport(self.differences())
        if report.differences:
            # The running sums may be wrong instead of the rows.
            self._replica.recount()
        for difference in self.differences():
            report.repaired[difference.collection] = self._repair(link, difference.collection)
        if report.repaired:
            self._replica.recount()
        report.unequal = [d.collection for d in self.differences()]
        return report

    def _repair(self, link: Link, collection: str) -> list[str]:
        checkpoint = self._replica.checkpoint
        assert checkpoint is not None
        ranges = self._replica.range_sums(collection)
        request = {
            "cursor": checkpoint.cursor,
            "collection": collection,
            "ranges": {key: [value.rows, str(value.sum)] for key, value in ranges.items()},
        }
        repaired: list[str] = []
        body = orjson.dumps(request)
        with link.exchange("POST", "/v1/verify", body=body, headers=self._headers) as answer:
            rows: list[RowLine] = []
            for text in lines(answer.chunks(), answer.encoding):
                kind, line = parse(text)
                if kind == "range":
                    # The range before is whole now; the last one is when the body ends.
                    if repaired:
                        self._replica.repair(collection, repaired[-1], rows)
                    assert isinstance(line.range, str)
                    if line.range not in ranges:
                        raise ProtocolBroken(f"the range {line.range!r} is none of 00 to ff")
                    repaired.append(line.range)
                    rows = []
                elif kind == "put" and repaired and line.put == collection:
                    rows.append(row_line(kind, line))
                else:
                    raise ProtocolBroken(f"a {kind} line does not belong in this verification")
            if repaired:
                self._replica.repair(collection, repaired[-1], rows)
        return repaired


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 20:
        raise ProtocolBroken(f"a sum {text[:40]!r} that is no decimal number")
    return int(text)
