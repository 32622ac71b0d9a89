"""`fieldbox config`: check the configuration, print its JSON Schema."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from appliance.config import ConfigError, Settings, find_config, load_texts, read_files, schema

if TYPE_CHECKING:
    from appliance.plugin_host.remembered import Remembered

ASK_S = 10.0
"""How long a daemon is waited for that may know more."""


@click.group("config")
def config() -> None:
    """Check the configuration before the appliance uses it."""


@config.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_context
def check(context: click.Context, file: Path | None) -> None:
    """Read FILE and its drop-ins and tell every mistake with its file and line.

    Looks at everything the daemon looks at when it starts: plugins are imported and asked what
    they declare. Starts and changes nothing.

    Without FILE: --config, else FIELDBOX_CONFIG, else ./appliance.toml, else
    /etc/fieldbox/appliance.toml. Exits with 0 where it can be used, with 2 where not.
    """
    from appliance.daemon.preflight import look

    given = file if file is not None else getattr(context.obj, "config_path", None)
    try:
        path = find_config(given, os.environ)
        files = read_files(path)
        settings = load_texts(files, path.absolute().parent, os.environ)
        memory, running = remembered(settings)
        found = look(settings, memory, running=running)
        if found.problems:
            raise ConfigError(found.problems)
    except ConfigError as error:
        click.echo(str(error), err=True)
        count = len(error.problems)
        click.echo(f"{count} problem{'s' if count > 1 else ''}", err=True)
        context.exit(2)
    click.echo(f"{path}: good")
    for label, text in _summary([name for name, _ in files], settings):
        click.echo(f"  {label:<12} {text}")
    for note in found.notes:
        click.echo(f"note: {note}")


def remembered(settings: Settings) -> tuple[Mapping[str, Remembered] | None, bool]:
    """Return what the box remembers of its plugins, and whether its daemon runs.

    The memory is None where it cannot be had.
    """
    import msgspec

    from appliance.cli.door import SocketDoor
    from appliance.cli.failure import Failure
    from appliance.daemon.control_socket import connect
    from appliance.plugin_host.remembered import Remembered
    from appliance.store.errors import StoreError
    from appliance.store.plugin_memory import remembered_in
    from appliance.store.store import FILE

    try:
        door = SocketDoor(connect(settings.state_dir, timeout_s=ASK_S))
    except (FileNotFoundError, ConnectionRefusedError):
        try:
            return remembered_in(settings.state_dir / FILE), False
        except (StoreError, OSError):
            return None, False
    except OSError:
        return None, True
    try:
        rows = door.ask("plugin.memory")["rows"]
        return {one.name: one for one in msgspec.convert(rows, list[Remembered])}, True
    except (Failure, msgspec.ValidationError):
        return None, True
    finally:
        door.close()


@config.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of the configuration, for editors and scripts."""
    click.echo(json.dumps(schema(), indent=2, ensure_ascii=False))


def _summary(files: list[str], settings: Settings) -> list[tuple[str, str]]:
    metrics = settings.http.metrics_listen
    own = settings.tls.certificate
    lines = [
        ("drop-ins", ", ".join(Path(name).name for name in files[1:]) or "none"),
        ("state_dir", str(settings.state_dir)),
        ("listen", str(settings.http.listen)),
        ("metrics", str(metrics) if metrics is not None else "off"),
        ("certificate", str(own) if own is not None else "made by the appliance"),
        ("printers", ", ".join(settings.printers) or "none"),
        ("collections", ", ".join(settings.collections) or "those of plugins only"),
    ]
    if settings.plugins.sections:
        lines.append(("plugins", f"settings of {', '.join(settings.plugins.sections)}"))
    return lines
