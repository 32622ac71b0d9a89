"""Commands of plugins: list them, run one."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from appliance.api.commands import Command, CommandOption, CommandResult
from appliance.api.errors import PluginError
from appliance.daemon.operations.desk import Desk
from appliance.daemon.operations.names import unknown
from appliance.daemon.operations.operation import Empty, Listing, Operation, OperationRefused
from appliance.store.audit import AuditBook
from appliance.store.external_refs import ExternalRefs
from appliance.store.transaction import WriteTransaction
from appliance.sync.writes import store_write

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
    """What a command did; see `appliance.api.CommandResult`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    text: str
    failed: bool


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
    """Run a command; what it changes is stored whole or, where it fails, not at all."""
    command = _find(desk, params)
    options = _options(command, params)
    host = desk.box.plugins.host

    def job(tx: WriteTransaction) -> CommandDone:
        found = host.call(
            params.plugin,
            "run_command",
            command=command.name,
            options=options,
            context=desk.box.hooks(tx).context(params.plugin),
        )
        done = _checked(desk, params.plugin, found)
        if not done.failed:
            _store(desk, tx, params, found, actor)
        return done

    return desk.box.store.write(job)


def _store(
    desk: Desk, tx: WriteTransaction, params: RunCommand, found: CommandResult, actor: str
) -> None:
    if not found.writes and not found.names:
        return
    try:
        for write in found.writes:
            store_write(tx, desk.box.plugins.registry, write)
        ExternalRefs(tx.db).name(found.names)
    except PluginError as error:
        raise desk.box.plugins.host.refuse(params.plugin, "run_command", str(error)) from error
    AuditBook(tx.db).add(
        tx.now_ms,
        actor,
        "plugin.command",
        f"plugin:{params.plugin}",
        {"command": params.command, "writes": len(found.writes), "names": len(found.names)},
    )


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


def _checked(desk: Desk, plugin: str, found: Any) -> CommandDone:
    if isinstance(found, CommandResult):
        try:
            plain = msgspec.convert(msgspec.to_builtins(found), CommandResult)
            if all(len(row) == len(plain.columns) for row in plain.rows):
                return CommandDone(
                    columns=plain.columns, rows=plain.rows, text=plain.text, failed=plain.failed
                )
        except (msgspec.ValidationError, TypeError, ValueError):
            pass  # told below, like everything else that is no result
    raise desk.box.plugins.host.refuse(
        plugin, "run_command", "returned no CommandResult of plain data, one cell for each column"
    )


OPERATIONS = (
    Operation("command.list", Empty, "read", list_commands),
    Operation("command.run", RunCommand, "write", run),
)
