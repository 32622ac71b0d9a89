"""``fieldbox status``: how the box stands."""

from __future__ import annotations

from typing import Any

import click

from appliance.cli.invocation import Invocation, json_option, pass_invocation
from appliance.cli.plugin import kept_lines
from appliance.cli.screen import moment, show_json, show_pairs, size_text


@click.command()
@json_option
@pass_invocation
def status(invocation: Invocation, as_json: bool) -> None:
    """Tell how the box stands: versions, devices, queues, plugins, store."""
    found = invocation.ask("status")
    if as_json:
        show_json(found)
        return
    show_pairs(_pairs(found))
    if advice := found["clock"]["advice"]:
        click.echo(f"clock: {advice}")
    for what in ("pushes", "uploads"):
        if why := found["disk"][f"{what}_wait"]:
            click.echo(f"{what} wait: {why}")
    _warn_of_kept(found["kept"])
    for plugin in found["plugins"]:
        if plugin["state"] != "active":
            click.echo(f"plugin {plugin['name']} is {plugin['state']}: {plugin['reason']}")
    for line in kept_lines(found["plugins"]):
        click.echo(f"plugin {line}")


def _warn_of_kept(kept: dict[str, Any]) -> None:
    for one in kept["full"]:
        click.echo(
            f"device {one['name']} of {one['user']}: {size_text(one['bytes'])} of at most "
            f"{size_text(kept['device_most_bytes'])} are kept of what was refused; look through "
            f"`fieldbox mutation list --device {one['device']}`, retry and settle"
        )
    if kept["bytes"] * 5 >= kept["most_bytes"] * 4:
        click.echo(
            f"{size_text(kept['bytes'])} of at most {size_text(kept['most_bytes'])} are kept of "
            "what was refused: look through `fieldbox mutation list`, retry and settle"
        )


def _inbox(found: dict[str, Any]) -> str:
    if not found["enabled"]:
        return "off"
    return f"{found['waiting']} waiting, {found['failed']} failed in {found['folder']}"


def _outbox(found: dict[str, Any]) -> str:
    if not found["enabled"] and not found["waiting"]:
        return "off"
    half = f", {found['half_done']} half done" if found["half_done"] else ""
    return f"{found['waiting']} to be fetched{half} in {found['folder']}"


def _pairs(found: dict[str, Any]) -> list[tuple[str, Any]]:
    versions, devices, queues = found["versions"], found["devices"], found["queues"]
    store, kept = found["store"], found["kept"]
    running = f"since {moment(found['started_at'])}" if found["running"] else "no"
    active = [p["name"] for p in found["plugins"] if p["state"] == "active"]
    records = ", ".join(f"{name} {count}" for name, count in store["records"].items())
    return [
        ("name", found["name"]),
        ("running", running),
        ("address", found["url"] or "not known while the daemon does not run"),
        ("version", f"{versions['fieldbox']} (plugin API {versions['api']})"),
        ("state", found["state_dir"]),
        ("users", found["users"]),
        (
            "devices",
            f"{devices['active']} active, {devices['seen_today']} seen today, "
            f"{devices['revoked']} revoked",
        ),
        ("head", f"{found['head']} (floor {found['floor']}, epoch {found['epoch']})"),
        ("records", records or "none"),
        ("waiting", ", ".join(f"{count} {name}" for name, count in queues["waiting"].items())),
        (
            "kept",
            f"{kept['mutations']} refused, {size_text(kept['bytes'])} of "
            f"{size_text(kept['most_bytes'])}",
        ),
        ("inbox", _inbox(found["inbox"])),
        ("outbox", _outbox(found["outbox"])),
        ("uploads", f"{queues['uploads']} unfinished"),
        ("queues", f"{queues['writes']} writes, {queues['reads']} reads"),
        ("plugins", ", ".join(active) or "none"),
        ("store", f"{size_text(store['bytes'])}, {size_text(store['free_bytes'])} free"),
    ]
