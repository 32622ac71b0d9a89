"""`fieldbox config`: check the configuration, print its JSON Schema."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from appliance.config import ConfigError, Settings, find_config, load_texts, read_files, schema


@click.group("config")
def config() -> None:
    """Check the configuration before the appliance uses it."""


@config.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_context
def check(context: click.Context, file: Path | None) -> None:
    """Read FILE and its drop-ins and tell every mistake with its file and line.

    Without FILE: --config, else FIELDBOX_CONFIG, else ./appliance.toml, else
    /etc/fieldbox/appliance.toml. Exits with 0 where it can be used, with 2 where not.
    """
    given = file if file is not None else getattr(context.obj, "config_path", None)
    try:
        path = find_config(given, os.environ)
        files = read_files(path)
        settings = load_texts(files, path.absolute().parent, os.environ)
    except ConfigError as error:
        click.echo(str(error), err=True)
        count = len(error.problems)
        click.echo(f"{count} problem{'s' if count > 1 else ''}", err=True)
        context.exit(2)
    click.echo(f"{path}: good")
    for label, text in _summary([name for name, _ in files], settings):
        click.echo(f"  {label:<12} {text}")


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
        names = ", ".join(settings.plugins.sections)
        lines.append(("plugins", f"{names}: checked when the plugins are loaded"))
    return lines
