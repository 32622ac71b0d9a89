"""One file on its way into the box: read here, decided by the operations that `ask` reaches.

Where all of the file or nothing is wanted, or a full load, the file is gone through twice: a dry
run finds out what would happen, and only if that is as it must be, the rows are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import msgspec

from appliance.api.importing import Importer
from appliance.daemon.attaching import Attaching
from appliance.daemon.row_batch import RowBatch
from appliance.exchange.gathering import Gathered, gathered
from appliance.exchange.profile import Profile
from appliance.exchange.refusal import FileRefused
from appliance.exchange.rows import RowProblem, RowReader, read_rows
from appliance.exchange.summary import Deactivation, ImportSummary

MAX_REPORTED = 50_000
"""Refused rows whose reasons are remembered for a report; a file with more is wrong as a whole."""

Ask = Callable[[str, Mapping[str, Any]], Any]
"""Does an operation and returns its result as plain data."""


class FileImport:
    """The import of one file.

    Attributes:
        summary: what became of it so far.
        refused: reasons by line, of rows that are left out; the first `MAX_REPORTED`.
    """

    def __init__(
        self,
        ask: Ask,
        importer: Importer,
        profile: Profile,
        *,
        source: str,
        file: str,
        sha256: str,
        read_as: str,
        dry_run: bool = False,
        whole: bool = False,
        full: bool = False,
        unlimited: bool = False,
        claim: str | None = None,
        attaching: Attaching | None = None,
    ) -> None:
        """Prepare; `run` does it.

        Args:
            ask: reaches the box.
            importer: of the file's kind.
            profile: how the file is read.
            source: whose external ids it holds.
            file: its name.
            sha256: of its bytes.
            read_as: how it is read, in words, where that was found out; "" with a profile.
            dry_run: find out what would happen and store nothing.
            whole: store all of it or nothing.
            full: put out of use what it does not name.
            unlimited: however much that is.
            claim: names a file taken from a watched folder.
            attaching: the files that come with the rows.
        """
        self._attaching = attaching
        self._ask = ask
        self._importer = importer
        self._profile = profile
        self._begin = {
            "kind": importer.kind,
            "source": source,
            "file": file[:200],
            "sha256": sha256,
            "profile": (read_as or profile.name)[:200],
            "full": full,
            "whole": whole,
            "claim": claim,
        }
        self._read_as = read_as
        self._dry_run = dry_run
        self._whole = whole
        self._full = full
        self._unlimited = unlimited
        self.summary = self._new_summary(dry_run=dry_run)
        self._by_box = 0
        self._lines: dict[int, tuple[int, ...]] = {}
        self.refused: dict[int, list[str]] = {}

    def run(self, stream: BinaryIO) -> ImportSummary:
        """Read the file, send its rows, and return what became of them.

        Args:
            stream: of the file; it is gone back in.

        Raises:
            FileRefused: not even its header can be used; nothing was sent.
            BaseException: what `ask` raises.
        """
        if not self._dry_run and (self._whole or self._full):
            self._through(stream, dry_run=True)
            if self._whole and not self.summary.clean:
                self.summary.kept_out = "rows of it cannot be used, and it is all or nothing"
            elif self.summary.too_many:
                self.summary.kept_out = f"{self.summary.too_many}; --yes does it all the same"
            if self.summary.kept_out:
                self.summary.dry_run = False
                return self.summary
        self._through(stream, dry_run=self._dry_run)
        return self.summary

    def _new_summary(self, *, dry_run: bool) -> ImportSummary:
        return ImportSummary(
            kind=self._importer.kind,
            profile=self._profile.name,
            read_as=self._read_as,
            dry_run=dry_run,
            full=self._full,
        )

    def _through(self, stream: BinaryIO, *, dry_run: bool) -> None:
        self.summary = summary = self._new_summary(dry_run=dry_run)
        self.refused = {}
        self._by_box = 0
        self._lines = {}
        rows = read_rows(stream, self._profile, self._importer)
        summary.unknown_columns = rows.unknown
        begun = self._ask("import.begin", {**self._begin, "dry_run": dry_run})
        number = begun["number"]
        summary.number = begun["entry"]
        if not number:
            done = begun["state"] == "done"
            summary.kept_out = "it was imported already" if done else "it broke off earlier"
            summary.already = done
            return
        try:
            self._send_all(rows, number)
            more = True
            while more:
                more = self._take(self._ask("import.rest", {"number": number}))
            if self._whole and not dry_run and not summary.clean:
                # The dry run found nothing; the box has changed since.
                self._ask("import.cancel", {"number": number})
                summary.kept_out = "what was stored of it is undone, because it is all or nothing"
                return
            self._end(number, summary)
        except BaseException:
            self._give_up(number)
            raise

    def _send_all(self, rows: RowReader, number: int) -> None:
        batch = RowBatch()
        try:
            for item in gathered(rows, self._importer.together):
                if isinstance(item, Gathered):
                    self._lines[item.number] = item.numbers
                    self.summary.rows += len(item.numbers) - 1
                if self._attaching is not None and not isinstance(item, RowProblem):
                    item = self._attaching.row(item, dry_run=self.summary.dry_run)
                if not isinstance(item, RowProblem) and batch.too_large(item):
                    item = RowProblem(number=item.number, column=None, text="the row is too large")
                if self._attaching is not None and isinstance(item, RowProblem):
                    item = self._attaching.told(item)
                self.summary.saw(item)
                if isinstance(item, RowProblem):
                    self._refuse(item)
                    continue
                batch.add(item)
                if batch.full:
                    self._send(number, batch)
        except FileRefused as error:
            # What came before is imported: the file is mended and imported again.
            self.summary.stopped = str(error)
        self._send(number, batch)

    def _end(self, number: int, summary: ImportSummary) -> None:
        # A record whose row is refused is not known by name: it would count as not named.
        ended = self._ask(
            "import.end",
            {
                "number": number,
                "unlimited": self._unlimited,
                "deactivate": summary.clean,
                "left_out": max(0, summary.refused_rows - self._by_box),
            },
        )
        summary.deactivated = msgspec.convert(ended["deactivated"], dict[str, Deactivation])
        summary.too_many = ended["refused"]

    def _give_up(self, number: int) -> None:
        try:
            self._ask("import.cancel", {"number": number})
        except Exception:
            return  # the box settles it when it notices that nobody asks any more

    def _send(self, number: int, batch: RowBatch) -> None:
        rows = batch.taken()
        if rows:
            self._take(self._ask("import.batch", {"number": number, "rows": rows}))

    def _take(self, done: Mapping[str, Any]) -> bool:
        """Count what a batch did; return whether there is more to ask for."""
        for one in done["problems"]:
            problem = _row_problem(one)
            if self._attaching is not None:
                problem = self._attaching.told(problem)
            rows = len(self._lines.get(problem.number, (problem.number,)))
            self._by_box += rows
            self.summary.problem(problem)
            self.summary.refused_rows += rows - 1
            self._refuse(problem)
        for one in done["notes"]:
            self.summary.note(_row_problem(one))
        for name, (created, changed, unchanged) in done["collections"].items():
            self.summary.add(name, created=created, changed=changed, unchanged=unchanged)
        return bool(done["more"])

    def _refuse(self, problem: RowProblem) -> None:
        column = "" if problem.column is None else f"{problem.column}: "
        # Rows that belong together are told of once and refused all.
        for number in self._lines.get(problem.number, (problem.number,)):
            if number in self.refused or len(self.refused) < MAX_REPORTED:
                self.refused.setdefault(number, []).append(f"{column}{problem.text}")


def _row_problem(one: Mapping[str, Any]) -> RowProblem:
    return RowProblem(number=one["number"], column=one["column"] or None, text=one["text"])
