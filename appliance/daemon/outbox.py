"""The outbox: records that another system fetches as files, each record in one file.

A file's records are marked first; then its bytes are written under a hidden name; then it is noted
that they are; then the file is given its name, which is the moment another program sees it. If the
power fails in between, the next turn goes on from there: a hidden file is given its name, and one
that has it already is never made again, even if it has been fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from appliance.api.errors import QueryError
from appliance.api.reports import Exporter
from appliance.daemon.durable import alone, settle, write_through
from appliance.daemon.saved_profiles import SavedProfiles
from appliance.exchange.profile import Profile, find_profile
from appliance.exchange.refusal import ExchangeError
from appliance.exchange.write import write_table
from appliance.exchange.write_sheet import write_sheet
from appliance.store.audit import AuditBook
from appliance.store.box import Box
from appliance.store.connection import Connection
from appliance.store.outbox import OutboxBook, OutboxFile, choose, ready, rows_of
from appliance.store.transaction import WriteTransaction

PIECE = 50
"""Records whose rows are read at a stretch; each may have hundreds."""

_log = structlog.get_logger("appliance.outbox")


class OutboxError(Exception):
    """A file could not be written; its text is a sentence for a person."""


class Outbox:
    """The outbox of one box. All of it blocks."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._settings = box.settings.outbox
        self.folder = box.state_dir / self._settings.folder

    def exporters(self) -> dict[str, Exporter]:
        """Return what can go to the outbox, by kind."""
        declared = self._box.plugins.host.declared
        found = [exporter for d in declared.values() for exporter in d.exporters]
        return {exporter.kind: exporter for exporter in found if exporter.ready}

    def write(self, kinds: Iterable[str], actor: str) -> list[OutboxFile]:
        """Write what is ready and was not told of, and what was left half done before.

        Args:
            kinds: of `exporters`.
            actor: who asks, for the audit log.

        Returns:
            The files that lie in the folder now and did not before.

        Raises:
            OutboxError: something cannot be written; all else is, and this is tried again.
        """
        done: list[OutboxFile] = []
        errors: list[OutboxError] = []
        with self._alone():
            for one in self._open():
                try:
                    done.append(self._deliver(one))
                except OutboxError as error:
                    errors.append(error)
            for kind in kinds:
                try:
                    self._write_new(kind, actor, done)
                except OutboxError as error:
                    errors.append(error)
        if errors:
            raise errors[0]
        return done

    def _write_new(self, kind: str, actor: str, done: list[OutboxFile]) -> None:
        exporter = self.exporters().get(kind)
        if exporter is None:
            known = ", ".join(sorted(self.exporters())) or "none"
            raise OutboxError(f"no kind {kind!r} goes to the outbox; these do: {known}")
        while (one := self._chosen(exporter, actor)) is not None:
            done.append(self._deliver(one))

    def again(self, num: int, actor: str) -> OutboxFile:
        """Write a file once more, with its records as they are now.

        Raises:
            OutboxError: there is no such file, or it cannot be written.
        """
        one = self._box.store.fetch(lambda db: OutboxBook(db).get(num))
        if one is None:
            raise OutboxError(f"the outbox never had a file {num}")

        def choose_again(tx: WriteTransaction) -> None:
            OutboxBook(tx.db).mark(num, "chosen")
            AuditBook(tx.db).add(tx.now_ms, actor, "outbox.again", f"outbox:{num}")

        with self._alone():
            self._box.store.write(choose_again)
            return self._deliver(one._replace(state="chosen"))

    def lying(self) -> int:
        """Return how many files lie in the folder, not fetched yet."""
        if not self.folder.is_dir():
            return 0
        return sum(not path.name.startswith(".") for path in self.folder.iterdir())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one turn at a time work on the folder."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with alone(self.folder):
                yield
        except OSError as error:
            reason = error.strerror or error
            raise OutboxError(f"{self.folder} cannot be written to: {reason}") from error

    def _open(self) -> list[OutboxFile]:
        return self._box.store.fetch(lambda db: OutboxBook(db).open())

    def _chosen(self, exporter: Exporter, actor: str) -> OutboxFile | None:
        """Mark what is ready for a new file; None where nothing is."""
        profile = self._profile(self._settings.profile)
        most, timeout_s = self._settings.records, self._box.query_timeout_s
        try:
            ids = self._box.store.fetch(lambda db: ready(db, exporter, most, timeout_s=timeout_s))
        except QueryError as error:
            raise OutboxError(f"the query of {exporter.kind}: {error}") from error
        if not ids:
            return None
        now = datetime.fromtimestamp(self._box.now_ms() / 1000, UTC)
        name = f"{exporter.kind}-{now:%Y%m%dT%H%M%SZ}-{{num}}.{_ending(profile)}"

        def job(tx: WriteTransaction) -> OutboxFile | None:
            one = choose(tx, exporter, ids, profile=profile.name, name=name, actor=actor)
            if one is not None:
                detail = {"file": one.file, "records": one.records}
                AuditBook(tx.db).add(
                    tx.now_ms, actor, "outbox.write", f"kind:{exporter.kind}", detail
                )
            return one

        return self._box.store.write(job)

    def _deliver(self, one: OutboxFile) -> OutboxFile:
        """Bring a file into the folder, from wherever it was left."""
        store = self._box.store
        if one.state == "chosen":
            # With the profile of today: the one that it was chosen with may be what was wrong.
            profile = self._profile(self._settings.profile)
            file = f"{one.file.rpartition('.')[0]}.{_ending(profile)}"
            one = one._replace(file=file, profile=profile.name)
            write_through(self._hidden(one), self._chunks(one, profile))
            written = one
            store.write(lambda tx: OutboxBook(tx.db).written(written))
        hidden, path = self._hidden(one), self.folder / one.file
        if hidden.exists():
            hidden.rename(path)
        settle(self.folder)
        store.write(lambda tx: OutboxBook(tx.db).mark(one.num, "delivered"))
        _log.info("outbox_file", file=one.file, records=one.records)
        return one._replace(state="delivered")

    def _hidden(self, one: OutboxFile) -> Path:
        return self.folder / f".{one.file}.new"

    def _chunks(self, one: OutboxFile, profile: Profile) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        exporter = self.exporters().get(one.kind)
        if exporter is None:
            raise OutboxError(f"{one.file}: no plugin in service writes {one.kind}")
        rows = self._rows(exporter, one.num)
        try:
            if profile.format == "workbook":
                yield from write_sheet(exporter.columns, rows, exporter.title)
            else:
                yield from write_table(exporter.columns, rows, profile)
        except (QueryError, ExchangeError) as error:
            raise OutboxError(f"{one.file}: {error}") from error

    def _rows(self, exporter: Exporter, num: int) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a file, those of some records at a time."""
        ids = self._box.store.fetch(lambda db: OutboxBook(db).ids(num))
        timeout_s = self._box.query_timeout_s
        for start in range(0, len(ids), PIECE):

            def read(
                connection: Connection, some: list[str] = ids[start : start + PIECE]
            ) -> list[tuple[Any, ...]]:
                return rows_of(connection, exporter, some, timeout_s=timeout_s)

            yield from self._box.store.fetch(read)

    def _profile(self, name: str) -> Profile:
        try:
            return find_profile(name, SavedProfiles(self._box.state_dir).known())
        except ExchangeError as error:
            raise OutboxError(str(error)) from error


def _ending(profile: Profile) -> str:
    return "xlsx" if profile.format == "workbook" else "csv"
