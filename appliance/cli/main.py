"""The command ``fieldbox``: its families of commands, each read in only when it is used."""

from __future__ import annotations

import difflib
import errno
import importlib
import io
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import click

from appliance import __version__
from appliance.cli.command_line import ARGUMENTS
from appliance.cli.failure import Failure, WrongUse
from appliance.cli.invocation import Invocation

DEBUG = "FIELDBOX_DEBUG"
"""Set to 1, an internal error shows where it happened."""

_HELP = """Fieldbox: an on-premise sync appliance for field sales.

Commands reach the running daemon of the config's state_dir, or open the box themselves where none
runs; the answers are the same.
"""

_EPILOG = """
\b
A technician sets up a box:
  fieldbox config check                      tells every mistake with file and line
  fieldbox run                               serves devices until Ctrl-C
  fieldbox user add anna --role agent        a person
  fieldbox device invite --user anna         shows the QR code for the person's phone
  fieldbox status                            how everything stands

\b
An office brings lists in and takes them out:
  fieldbox import products products.csv --dry-run
  fieldbox import products products.csv
  fieldbox export prices prices.csv --profile ru-csv

\b
A manager looks at what came in:
  fieldbox report                            which reports there are
  fieldbox report orders_by_day --param since=2026-01-01
  fieldbox mutation list                     documents that wait for a person

\b
A partner tries a plugin:
  fieldbox plugin list                       what is loaded, from where, and why not
  fieldbox plugin failures
  fieldbox x preselling recent --limit 5     a plugin's own command
  fieldbox simulate --user anna --devices 5  reps live a day, with mistakes

\b
Exit codes: 0 done, 1 failed, 2 wrong use or config.
Every command that lists or creates has --json.
The config: --config FILE, else FIELDBOX_CONFIG, else ./appliance.toml,
else /etc/fieldbox/appliance.toml.
"""


_FULL = frozenset({errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT})
"""What writing to standard output fails with."""


class Entry(NamedTuple):
    """A command of the first level: where it is, and its line in the help."""

    module: str
    attribute: str
    help: str


COMMANDS: dict[str, Entry] = {
    "run": Entry("run", "run", "Run the daemon until Ctrl-C."),
    "demo": Entry("demo", "demo", "Make and run a demo company."),
    "status": Entry("status", "status", "How the box stands."),
    "config": Entry("config", "config", "Check the config; print its schema."),
    "user": Entry("user", "user", "People: add, list, change, lock, unlock."),
    "device": Entry("device", "device", "Devices: invite, list, revoke; open invitations."),
    "role": Entry("role", "role", "What roles may do: list, allow, deny, forget."),
    "import": Entry("import_", "import_", "Bring a list in from a file."),
    "export": Entry("export", "export", "Write a list into a file."),
    "outbox": Entry("outbox", "outbox", "Files for another system: write, list, again."),
    "profile": Entry("profile", "profile", "How files are written: list, show, save, remove."),
    "report": Entry("report", "report", "Run a report, or list the reports."),
    "search": Entry("search", "search", "Find records by a part of their names."),
    "print": Entry("print_", "print_", "Print a document from a record."),
    "printer": Entry("printer", "printer", "Printers, print jobs, previews, templates."),
    "kit": Entry("kit", "kit", "Battery, charger and position of a van."),
    "mutation": Entry("mutation", "mutation", "Documents that wait for a person."),
    "audit": Entry("audit", "audit", "Who did what; whether the log is whole."),
    "clock": Entry("clock", "clock", "What time the box goes by: show, reset."),
    "epoch": Entry("epoch", "epoch", "After a store was put back from a copy."),
    "plugin": Entry("plugin", "plugin", "Plugins: list, failures, allow."),
    "x": Entry("x", "x", "Commands that plugins bring."),
    "simulate": Entry("simulate", "simulate", "Simulated devices against a box."),
}
"""Every command of the first level, in the order of the help."""


class Root(click.Group):
    """The group of all commands; reads a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None where there is none of the name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"appliance.cli.{entry.module}")
        command: click.Command = getattr(module, entry.attribute)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what was typed; see `command_line`."""
        ctx.meta[ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a name there is not, name the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without reading their modules."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Do a command; whatever goes wrong is told in words."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get(DEBUG) == "1":
                raise
            raise _told(error) from error


def _told(error: Exception) -> Failure:
    """Return what a person is told of an error."""
    from appliance.config.errors import ConfigError

    if isinstance(error, ConfigError):
        return WrongUse(str(error))
    if isinstance(error, OSError) and error.errno in _FULL and error.filename is None:
        return Failure(_unwritten(error))
    return Failure(
        f"internal error: {type(error).__name__}: {error}\n"
        f"This is a mistake of Fieldbox. Run it again with {DEBUG}=1 to see where, and report that."
    )


@click.group(
    cls=Root,
    help=_HELP,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    "config_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The configuration of the box.",
)
@click.version_option(__version__, prog_name="fieldbox")
@click.pass_context
def root(context: click.Context, config_path: Path | None) -> None:
    """Read the options before the command."""
    if config_path is not None and config_path.is_dir():
        raise click.BadParameter(
            f"{str(config_path)!r} is a folder; give the configuration's file",
            param_hint="--config",
        )
    context.obj = Invocation(config_path)
    context.call_on_close(context.obj.close)


def main() -> None:
    """Run the command line; the entry point of the distribution."""
    _open_streams()
    try:
        try:
            root(prog_name="fieldbox")
        finally:
            sys.stdout.flush()
    except OSError as error:
        # Closing it again would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # who read it went away, which is no fault
            click.echo(f"Error: {_unwritten(error)}", err=True)
        sys.exit(1)


def _open_streams() -> None:
    """Have somewhere to write to, and a way to write what the terminal has no letters for."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed: fieldbox ... >&-
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _unwritten(error: OSError) -> str:
    return f"the output cannot be written: {error.strerror or error}"


if __name__ == "__main__":
    main()
