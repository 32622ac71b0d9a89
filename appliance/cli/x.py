"""``fieldbox x``: commands that plugins bring."""

from __future__ import annotations

from typing import Any

import click

from appliance.cli.invocation import Invocation
from appliance.cli.screen import show_json, show_table


class _Commands(click.Group):
    """Commands that the box knows of when it is asked."""

    def _found(self, ctx: click.Context) -> list[dict[str, Any]]:
        return ctx.ensure_object(Invocation).rows("command.list")


class _Plugins(_Commands):
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from appliance.daemon.operations.names import unknown

        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            ctx.fail(str(unknown("plugin with commands", args[0], known)))
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({found["plugin"] for found in self._found(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = [found for found in self._found(ctx) if found["plugin"] == cmd_name]
        if not own:
            return None
        group = click.Group(cmd_name, help=f"Commands of the plugin {cmd_name}.")
        for found in own:
            group.add_command(_command(found))
        return group


@click.command(cls=_Plugins)
def x() -> None:
    """Commands that plugins bring: fieldbox x PLUGIN COMMAND.

    \b
    fieldbox x                                 which plugins bring some
    fieldbox x preselling recent --help        what one takes
    """


def _command(found: dict[str, Any]) -> click.Command:
    """Make a command of what a plugin declares."""
    names = {option["name"].replace("-", "_"): option["name"] for option in found["options"]}
    parameters: list[click.Parameter] = [
        click.Option(
            [f"--{option['name']}", option["name"].replace("-", "_")],
            help=option["doc"],
            required=option.get("required", False),
            default=option.get("default"),
            show_default=option.get("default") is not None,
        )
        for option in found["options"]
    ]
    parameters.append(
        click.Option(["--json", "_as_json"], is_flag=True, help="Print JSON, for scripts.")
    )

    @click.pass_context
    def run(context: click.Context, /, _as_json: bool, **values: str | None) -> None:
        options = {names[name]: value for name, value in values.items() if value is not None}
        done = context.ensure_object(Invocation).ask(
            "command.run", plugin=found["plugin"], command=found["command"], options=options
        )
        _show(done, _as_json)
        if done["failed"]:
            context.exit(1)

    return click.Command(found["command"], params=parameters, callback=run, help=found["doc"])


def _show(done: dict[str, Any], as_json: bool) -> None:
    if as_json:
        if done["failed"]:
            click.echo(done["text"], err=True)
        elif done["columns"]:
            show_json([dict(zip(done["columns"], row, strict=True)) for row in done["rows"]])
        else:
            show_json({"text": done["text"]})
        return
    if done["columns"] and (done["rows"] or not done["text"]):
        show_table(done["columns"], done["rows"])
    if done["text"]:
        click.echo(done["text"], err=done["failed"])
