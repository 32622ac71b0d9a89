"""Commands of plugins: list them, run one."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec

from appliance.api.commands import Command, CommandOption, CommandResult
from appliance.api.context import Context
from appliance.api.errors import PluginError
from appliance.api.importing import ExternalName
from appliance.api.mutations import Write
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.store.audit import AuditBook
from appliance.store.bulk import Prepared, prepare, store_many
from appliance.store.connection import Connection
from appliance.store.external_refs import ExternalRefs
from appliance.store.transaction import WriteTransaction
from appliance.store.writer import Pending

Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class RunCommand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plugin, one of its commands, and the command's options as text."""

    plugin: Name
    command: Name
    options: Annotated[dict[Name, Text], msgspec.Meta(max_length=100)] = {}


class CommandView(msgspec.Struct, frozen=True, kw_only=True):
    """A command that can be run."""

    plugin: str
    command: str
    doc: str
    options: tuple[CommandOption, ...]


class CommandDone(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did; see `appliance.api.CommandResult`.

    Attributes:
        records: created, changed and unchanged, by collection.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    text: str
    failed: bool
    records: dict[str, tuple[int, int, int]]


def list_commands(desk: Desk, _params: Empty, _actor: str) -> Listing:
    """Return the commands of all plugins."""
    return Listing(
        rows=[
            CommandView(plugin=name, command=c.name, doc=c.doc, options=c.options)
            for name, d in sorted(desk.box.plugins.host.declared.items())
            for c in d.commands
        ]
    )


def run(desk: Desk, params: RunCommand, actor: str) -> CommandDone:
    """Run a command; what it changes is stored whole or, where it fails, not at all.

    Of one in parts this holds for each part: what earlier ones stored stays.
    """
    command = _find(desk, params)
    return _Run(desk, params, _options(command, params), actor).all()


class _Run:
    """One run of a command, in one part or many."""

    def __init__(self, desk: Desk, params: RunCommand, options: dict[str, str], actor: str) -> None:
        self._desk = desk
        self._box = desk.box
        self._params = params
        self._options = options
        self._actor = actor
        self._records: dict[str, list[int]] = {}
        self._stored = self._named = 0

    def all(self) -> CommandDone:
        """Run every part."""
        found = self._box.store.write(self._first)
        pending: Pending[None] | None = None
        while found.resume and not found.failed:
            self._told(found)
            before = found.resume
            found = self._box.store.fetch_aside(partial(self._next, before))
            if found.resume == before:
                raise self._refused("named the same part to go on with once more")
            if found.failed:
                break
            ready = self._prepared(found)
            if pending is not None:
                pending.wait()
            pending = self._box.store.begin(partial(self._part, found, ready))
        if pending is not None:
            pending.wait()
            self._told(found)
        return CommandDone(
            columns=found.columns,
            rows=found.rows,
            text=found.text,
            failed=found.failed,
            records={name: (n[0], n[1], n[2]) for name, n in self._records.items()},
        )

    def _first(self, tx: WriteTransaction) -> CommandResult:
        found = self._ask("", self._box.hooks(tx).context(self._params.plugin))
        if not found.failed and (found.writes or found.names):
            self._store(tx, found, self._prepared(found))
            self._audit(tx, unfinished=bool(found.resume))
        return found

    def _next(self, resume: str, connection: Connection) -> CommandResult:
        context = self._box.reading_hooks(connection).context(self._params.plugin)
        return self._ask(resume, context)

    def _part(self, found: CommandResult, ready: list[Prepared], tx: WriteTransaction) -> None:
        self._box.reserve.check(tx.db)
        self._store(tx, found, ready)
        if not found.resume:
            self._audit(tx, unfinished=False)

    def _ask(self, resume: str, context: Context) -> CommandResult:
        found = self._box.plugins.host.call(
            self._params.plugin,
            "run_command",
            command=self._params.command,
            options=self._options,
            resume=resume,
            context=context,
        )
        if not _is_sound(found):
            raise self._refused("returned no CommandResult of plain data, one cell for each column")
        result: CommandResult = found
        return result

    def _prepared(self, found: CommandResult) -> list[Prepared]:
        try:
            return [prepare(self._box.plugins.registry, write) for write in found.writes]
        except PluginError as error:
            raise self._refused(str(error)) from error

    def _store(self, tx: WriteTransaction, found: CommandResult, ready: list[Prepared]) -> None:
        for one, fate in zip(ready, store_many(tx, ready), strict=True):
            self._records.setdefault(one.collection.name, [0, 0, 0])[fate] += 1
        try:
            ExternalRefs(tx.db).name(found.names)
        except PluginError as error:
            raise self._refused(str(error)) from error
        self._stored += len(ready)
        self._named += len(found.names)

    def _audit(self, tx: WriteTransaction, *, unfinished: bool) -> None:
        detail: dict[str, Any] = {
            "command": self._params.command,
            "writes": self._stored,
            "names": self._named,
        }
        if unfinished:
            detail["unfinished"] = True
        AuditBook(tx.db).add(
            tx.now_ms, self._actor, "plugin.command", f"plugin:{self._params.plugin}", detail
        )

    def _told(self, found: CommandResult) -> None:
        self._desk.progress({"done": found.done, "total": found.total})

    def _refused(self, reason: str) -> PluginError:
        return self._box.plugins.host.refuse(self._params.plugin, "run_command", reason)


def _find(desk: Desk, params: RunCommand) -> Command:
    declared = desk.box.plugins.host.declared.get(params.plugin)
    commands = declared.commands if declared is not None else ()
    for command in commands:
        if command.name == params.command:
            return command
    if declared is None:
        raise unknown("plugin", params.plugin, desk.box.plugins.host.declared)
    raise unknown("command", params.command, (c.name for c in commands))


def _options(command: Command, params: RunCommand) -> dict[str, str]:
    known = {option.name: option for option in command.options}
    for name in params.options:
        if name not in known:
            raise OperationRefused(
                f"{params.plugin} {command.name} has no option {name!r}; it has: "
                f"{', '.join(known) or 'none'}",
                "invalid",
            )
    values = {o.name: o.default for o in command.options if o.default is not None}
    values.update(params.options)
    for option in command.options:
        if option.required and option.name not in values:
            raise OperationRefused(
                f"{params.plugin} {command.name} needs --{option.name}: {option.doc}", "invalid"
            )
    return values


def _is_sound(found: Any) -> bool:
    """Tell whether something is a result of plain data; its writes are checked one by one later."""
    if not isinstance(found, CommandResult):
        return False
    shown = msgspec.structs.replace(found, writes=(), names=())
    try:
        plain = msgspec.convert(msgspec.to_builtins(shown), CommandResult)
    except (msgspec.ValidationError, TypeError, ValueError):
        return False
    return (
        all(len(row) == len(plain.columns) for row in plain.rows)
        and all(isinstance(one, Write) and isinstance(one.id, str) for one in found.writes)
        and all(
            isinstance(one, ExternalName)
            and all(isinstance(text, str) for text in msgspec.structs.astuple(one))
            for one in found.names
        )
    )


OPERATIONS = (
    Operation("command.list", Empty, "read", list_commands),
    Operation("command.run", RunCommand, "write", run),
)
