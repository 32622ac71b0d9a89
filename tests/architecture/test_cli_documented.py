"""docs/cli.md tells of every command and option, and shows nothing that cannot be typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from appliance.cli.main import root

PAGE = (Path(__file__).parents[2] / "docs/cli.md").read_text(encoding="utf-8")
OF_PLUGINS = ("x",)
"""Groups whose commands are not ours."""


def commands(
    group: click.Group, context: click.Context, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        group_alone = isinstance(command, click.Group) and not command.invoke_without_command
        if not group_alone or name in OF_PLUGINS:
            yield (*path, name), command
        if isinstance(command, click.Group) and name not in OF_PLUGINS:
            yield from commands(command, context, (*path, name))


COMMANDS = dict(commands(root, click.Context(root)))


def section(path: tuple[str, ...]) -> str:
    """The text under a command's heading."""
    found = re.search(
        rf"^### fieldbox {' '.join(path)}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    assert found is not None, f"no heading '### fieldbox {' '.join(path)}'"
    return found[1]


def typed() -> list[str]:
    return re.findall(r"^    \$ (fieldbox .*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("path", list(COMMANDS), ids=" ".join)
def test_a_command_its_arguments_and_options_are_documented(path: tuple[str, ...]) -> None:
    text = section(path)
    for parameter in COMMANDS[path].params:
        if isinstance(parameter, click.Argument):
            assert parameter.make_metavar(click.Context(COMMANDS[path])).strip("[]{}") in text
            continue
        assert f"`{parameter.opts[0]}" in text, f"{' '.join(path)} {parameter.opts[0]}"


@pytest.mark.parametrize("path", list(COMMANDS), ids=" ".join)
def test_a_command_has_an_example(path: tuple[str, ...]) -> None:
    line = " ".join(("fieldbox", *path))
    assert any(example.startswith(line) for example in typed()), line


def test_every_heading_and_every_option_named_exists() -> None:
    headings = re.findall(r"^### fieldbox (.+)$", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted(" ".join(path) for path in COMMANDS)
    for path, command in COMMANDS.items():
        known = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
        for option in re.findall(r"^\| `(--[a-z-]+)", section(path), re.MULTILINE):
            assert option in known, f"{' '.join(path)} {option}"


@pytest.mark.parametrize("line", typed())
def test_an_example_can_be_typed(line: str) -> None:
    words = shlex.split(line.partition(" > ")[0])[1:]
    context = click.Context(root, info_name="fieldbox")
    command: click.Command = root
    while isinstance(command, click.Group):
        if words[:1] == ["--config"]:
            words = words[2:]
        if not words or words[0] in OF_PLUGINS:
            return
        name, *words = words
        found = command.get_command(context, name)
        assert found is not None, name
        context, command = click.Context(found, parent=context, info_name=name), found
        alone = isinstance(found, click.Group) and found.invoke_without_command
        if alone and (not words or words[0].startswith("-")):
            break
    values, left, _ = command.make_parser(context).parse_args(words)
    assert left == []
    needed = {p.name for p in command.params if p.required}
    given = {name for name, value in values.items() if isinstance(value, str | list | tuple)}
    assert needed <= given, f"lacks {needed - given}"
