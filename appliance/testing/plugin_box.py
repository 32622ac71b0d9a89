"""PluginBox: a real appliance in a folder of the test, for tests of plugins.

Store, intake, grants, permissions, guarded calls and the plan of a pull are the appliance's own;
only the network, TLS and background chores are left out. What a daemon does by itself (telling
plugins of commits, running jobs) is done here when the test says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson

from appliance.api import (
    CommandResult,
    Context,
    Document,
    EndpointRequest,
    EndpointResponse,
    ExternalName,
    ImportValues,
    PluginError,
    Row,
    User,
    Write,
    uuid7,
)
from appliance.config import load_texts
from appliance.enrollment.identity import Device as StoredDevice
from appliance.exchange.gathering import together
from appliance.plugin_host.discovery import Found
from appliance.plugin_host.request_schema import RequestSchema
from appliance.printing.library import fill
from appliance.store.box import Box
from appliance.store.bulk import prepare, store_many
from appliance.store.connection import Connection
from appliance.store.external_refs import ExternalRefs
from appliance.store.identities import Enrolled, IdentityBook
from appliance.store.importing import Counts, ImportRow, ImportSession
from appliance.store.job_results import store_results
from appliance.store.pages import PullReader
from appliance.store.plugin_states import PluginFailure, PluginStates
from appliance.store.reports import Caller
from appliance.store.transaction import WriteTransaction
from appliance.store.writer import Commit
from appliance.sync.pull import Pull, PullRequest, Reader
from appliance.sync.pull_transaction import Room
from appliance.testing.box_device import BoxDevice, PushAnswer
from appliance.testing.box_report import told
from appliance.testing.fake_context import DEFAULT_NOW_MS

T = TypeVar("T")
SELECT_S = 10.0
"""Seconds that reading all records of a collection may take."""


class PluginBox:
    """An appliance with the given plugins and nothing else.

    Attributes:
        now_ms: what the clock shows, UTC milliseconds; assign it to move the clock.
        box: the appliance's core, for what this class does not offer.
    """

    def __init__(
        self,
        folder: Path,
        *plugins: Any,
        config: str = "",
        now_ms: int = DEFAULT_NOW_MS,
        may_fail: bool = False,
    ) -> None:
        """Make the appliance.

        Args:
            folder: for its files; empty, or that of an earlier box to go on with.
            plugins: the objects that entry points would name, in any order.
            config: TOML as a technician writes it, without ``state_dir``: the place for
                ``[plugins.NAME]``.
            now_ms: where the clock stands.
            may_fail: go on where a plugin cannot be used, as an appliance in the field does.

        Raises:
            ConfigError: the configuration is wrong.
            PluginError: a plugin cannot be used; the text says why.
        """
        self.now_ms = now_ms
        self._commits: list[Commit] = []
        self._looked_at_failures = False
        text = f"state_dir = {orjson.dumps(str(folder / 'box')).decode()}\n{config}"
        self.box = Box(
            load_texts([("test", text)], folder, {}),
            now_ms=lambda: self.now_ms,
            on_commit=self._commits.append,
            found=[_found(plugin) for plugin in plugins],
        )
        for status in self.box.plugins.host.status():
            if status.state == "failed" and not may_fail:
                self.box.close()
                raise PluginError(f"{status.name}: {status.reason}")

    # --- people and devices --------------------------------------------------------------------

    def user(
        self,
        login: str,
        *roles: str,
        org_id: str | None = None,
        language: str | None = None,
        user_id: str | None = None,
    ) -> User:
        """Add a user, under a new id unless one is given; plugins mirror it as in the field."""
        user = self._write(
            lambda tx: self.box.people(tx).add(
                tx, login, roles, "test", org_id=org_id, language=language, user_id=user_id
            )
        )
        return user.for_plugins()

    def device(self, login: str, *roles: str, platform: str = "test") -> BoxDevice:
        """Enroll a device of a user, with all roles of the user unless some are given.

        Raises:
            KeyError: there is no such user.
        """

        def add(tx: WriteTransaction) -> BoxDevice:
            book = IdentityBook(tx.db)
            user = book.user(login)
            if user is None:
                raise KeyError(login)
            device = StoredDevice(
                id=self.new_id(),
                user_id=user.id,
                roles=roles or user.roles,
                name=f"{login}'s device",
                platform=platform,
                app_version="1",
                kind="native",
                enrolled_at_ms=tx.now_ms,
            )
            return BoxDevice(device.id, book.add_device(device), login, lambda: self.now_ms)

        return self._write(add)

    def new_id(self) -> str:
        """Make an id for a record."""
        return uuid7(self.now_ms)

    # --- sync ----------------------------------------------------------------------------------

    def push(self, device: BoxDevice, *mutations: Mapping[str, Any] | bytes) -> list[PushAnswer]:
        """Send mutations, as `BoxDevice.put` makes them or as raw lines; one answer each."""
        lines = [m if isinstance(m, bytes) else orjson.dumps(m) for m in mutations]
        answers = self._write(lambda tx: self.box.receive(tx, device.number, lines))
        return device.answered(mutations, [answer.line() for answer in answers])

    def pull(self, device: BoxDevice) -> dict[str, dict[str, Row]]:
        """Bring a device up to date and return what it holds: records by collection and id.

        Raises:
            SumsDiffer: the device and the appliance do not agree; an error of the appliance.
        """
        box = self.box
        enrolled = self._enrolled(device)
        pull = Pull(
            Reader(device.number, device.id, box.rights(enrolled).readable),
            PullRequest(cursor=device.cursor),
            epoch=box.store.epoch,
            key=box.store.cursor_key,
            page=Room(box.settings.sync.page_rows, box.settings.sync.page_bytes),
        )
        done = False
        while not done:
            step = box.store.fetch(lambda db: pull.step(PullReader(db, box.sources)))
            device.take(step.lines)
            done = step.done
            if step.stale:
                self._write(lambda tx: box.refresh_grants(tx, device.number))
        return device.rows

    # --- records -------------------------------------------------------------------------------

    def store(self, collection: str, row: Row, record_id: str | None = None) -> str:
        """Store a record as the appliance's own and return its id.

        Raises:
            PluginError: the record does not fit its collection.
        """
        record_id = record_id or self.new_id()
        self._write_all([Write(collection=collection, id=record_id, row=row)])
        return record_id

    def records(self, collection: str) -> dict[str, Row]:
        """Return all records of a collection by id."""
        sql = f'SELECT id, body FROM "{collection}" ORDER BY id'
        found = self.box.store.fetch(lambda db: db.select_guarded(sql, (), SELECT_S))
        return {record_id: orjson.loads(body) for record_id, body in found}

    def import_rows(
        self, kind: str, rows: Sequence[ImportValues], *, source: str = "test"
    ) -> Counts:
        """Import rows of a file, each the values by column name, those that belong together as one.

        Returns:
            How many records were created, changed and left unchanged; the problems, for each row
            that was left out its number (from 1), the column and the text; and the notes, likewise
            of rows that were imported all the same.

        Raises:
            KeyError: no importer has this kind.
        """
        session = ImportSession(source)
        read = together(rows, self.box.plugins.importers[kind][1].together)
        numbered = [ImportRow(row.number, row.values) for row in read]
        convert = self.box.converter
        done = self._write(lambda tx: session.batch(tx, numbered, partial(convert, tx, kind)))
        more = True
        while more:
            counts, more = self._write(
                lambda tx: session.end(tx, partial(convert, tx, kind), len(rows) or 1)
            )
            done = done.plus(counts)
        return done

    # --- the other hooks -----------------------------------------------------------------------

    def request(
        self,
        device: BoxDevice,
        plugin: str,
        endpoint: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> EndpointResponse:
        """Call an endpoint; what it writes is stored before this returns.

        Raises:
            KeyError: there is no such endpoint.
            PermissionError: the device's roles may not.
            ValueError: the request does not fit the endpoint's schema, or its query names a
                parameter that the endpoint does not declare.
            PluginError: the plugin failed.
        """
        declared = {e.name: e for e in self.box.plugins.host.declared[plugin].endpoints}
        known = declared[endpoint].request_schema.get("properties", {})
        unknown = set(query or ()) - set(known)
        if unknown:
            raise ValueError(f"{endpoint} declares no query parameter {min(unknown)!r}")
        schema = RequestSchema(declared[endpoint].request_schema)
        posts = declared[endpoint].method == "POST"
        faults = schema.faults(body) if posts else schema.query_faults(query or {})
        if faults:
            told = ", ".join(f"{one.pointer or 'the body'}: {one.detail}" for one in faults)
            raise ValueError(f"{endpoint} does not take this: {told}")
        enrolled = self._enrolled(device)
        self._needs(enrolled, f"endpoint:{plugin}.{endpoint}")
        found: EndpointResponse = self._call(
            plugin,
            "handle_request",
            endpoint=endpoint,
            request=EndpointRequest(query=dict(query or {}), body=body),
            device=enrolled.device.for_plugins(enrolled.user),
        )
        self._write_all(found.writes)
        return found

    def run_job(self, plugin: str, job: str) -> None:
        """Run a scheduled job once."""
        if found := self._call(plugin, "run_job", job=job):
            self._write(lambda tx: store_results(tx, self.box, plugin, found))

    def run_command(self, plugin: str, command: str, **options: str) -> CommandResult:
        """Run a command, all its parts; options as text, those left out have their defaults."""
        declared = self.box.plugins.host.declared[plugin]
        known = next(one for one in declared.commands if one.name == command)
        given = {o.name: o.default for o in known.options if o.default is not None} | options
        at = ""
        while True:
            found: CommandResult = self._call(
                plugin, "run_command", command=command, options=given, resume=at
            )
            if not found.failed:
                self._write_all(found.writes, found.names)
            at = found.resume
            if not at or found.failed:
                return found

    def render(self, plugin: str, kind: str, record_id: str, language: str = "") -> Document:
        """Make a document of a stored record; the plugin chooses the language where it is "".

        Raises:
            KeyError: there is no such kind or record.
        """
        kinds = {k.name: k for k in self.box.plugins.host.declared[plugin].document_kinds}
        row = self.records(kinds[kind].collection)[record_id]
        named = {"kind": kind, "record_id": record_id, "row": row, "language": language}
        found = self._call(plugin, "render_document", **named)
        return found if isinstance(found, Document) else fill(found, kinds[kind])

    def report(
        self,
        plugin: str,
        name: str,
        *,
        device: BoxDevice | None = None,
        language: str | None = None,
        **parameters: str | int,
    ) -> list[tuple[Any, ...]]:
        """Run a report; parameters left out have their defaults.

        Args:
            plugin, name, language, parameters: which, and as asked for.
            device: whose user asks; None for the technician, who sees everything.

        Raises:
            PermissionError: the device's roles may not. ValueError, QueryError: as `told`.
        """
        declared = self.box.plugins.host.declared[plugin]
        report = next(one for one in declared.reports if one.name == name)
        caller = None
        if device is not None:
            enrolled = self._enrolled(device)
            self._needs(enrolled, f"report:{name}")
            self._write(lambda tx: self.box.refresh_grants(tx, device.number))
            caller = Caller(enrolled, self.box.rights(enrolled).readable)
        return told(self.box, report, parameters, caller, language)

    # --- how it went ---------------------------------------------------------------------------

    def failures(self) -> list[PluginFailure]:
        """Return the failed calls of plugins, the newest first: plugin, hook, at, text."""
        self._looked_at_failures = True
        return self._write(lambda tx: PluginStates(tx.db).failures())

    def close(self) -> None:
        """Close the box.

        Raises:
            AssertionError: a plugin failed and the test never asked for `failures`.
        """
        found = [] if self._looked_at_failures else self.failures()
        self.box.close()
        assert not found, f"a plugin failed: {found[0].plugin}.{found[0].hook}: {found[0].text}"

    # --- how it is done ------------------------------------------------------------------------

    def _enrolled(self, device: BoxDevice) -> Enrolled:
        found = self.box.store.read(lambda db: IdentityBook(db).enrolled_by_number(device.number))
        assert found is not None
        return found

    def _needs(self, enrolled: Enrolled, right: str) -> None:
        if not self.box.permissions.allows(enrolled.device.holders(enrolled.user), right, "read"):
            raise PermissionError(f"the permission {right} is needed")

    def _call(self, plugin: str, hook: str, **arguments: Any) -> Any:
        host = self.box.plugins.host
        return self._read(
            plugin, lambda context: host.call(plugin, hook, **arguments, context=context)
        )

    def _read(self, plugin: str, ask: Callable[[Context], T]) -> T:
        def read(connection: Connection) -> T:
            return ask(self.box.reading_hooks(connection).context(plugin))

        return self.box.store.fetch(read)

    def _write_all(self, writes: Sequence[Write], names: Sequence[ExternalName] = ()) -> None:
        ready = [prepare(self.box.plugins.registry, write) for write in writes]

        def job(tx: WriteTransaction) -> None:
            store_many(tx, ready)
            ExternalRefs(tx.db).name(names)

        if ready or names:
            self._write(job)

    def _write(self, job: Callable[[WriteTransaction], T]) -> T:
        """Run a job, then tell the plugins of its commit, as the daemon does."""
        result = self.box.store.write(job)
        host = self.box.plugins.host
        while self._commits:
            changes = [one.change for one in self._commits.pop(0).changes if one.change is not None]
            for name in host.serving("after_commit") if changes else ():
                with suppress(PluginError):  # recorded by the host; `failures` tells it
                    host.call(name, "after_commit", changes=list(changes))
        return result


def _found(plugin: Any) -> Found:
    """Describe a plugin object as if an entry point had named it."""
    if isinstance(plugin, Found):
        return plugin
    return Found(plugin.manifest().name, "test", "the test", False, plugin, "")
