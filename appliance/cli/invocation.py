"""The invocation: what the options before a command say, and the box that they lead to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from appliance.cli.door import Door
    from appliance.config.settings import Settings


class Invocation:
    """One run of ``fieldbox``.

    Attributes:
        config_path: as given by ``--config``.
    """

    def __init__(self, config_path: Path | None = None) -> None:
        self.config_path = config_path
        self._settings: Settings | None = None
        self._door: Door | None = None

    @property
    def settings(self) -> Settings:
        """The settings of the box.

        Raises:
            ConfigError: they cannot be used.
        """
        if self._settings is None:
            from appliance.config import find_config, load

            self._settings = load(find_config(self.config_path, os.environ), os.environ)
        return self._settings

    @property
    def door(self) -> Door:
        """The way to the box, opened at the first use."""
        if self._door is None:
            from appliance.cli.door import open_door

            self._door = open_door(self.settings)
        return self._door

    def ask(self, operation: str, /, **params: Any) -> Any:
        """Do an operation and return its result; parameters that are None are not sent."""
        return self.door.ask(operation, {k: v for k, v in params.items() if v is not None})

    def rows(self, operation: str, /, **params: Any) -> list[Any]:
        """Do an operation that lists, and return the rows."""
        found: list[Any] = self.ask(operation, **params)["rows"]
        return found

    def invite(self, login: str) -> Mapping[str, Any]:
        """Invite a device of a user: ``url``, ``code``, ``ca_sha256``, ``expires_at``."""
        found: Mapping[str, Any] = self.ask("device.invite", user=login)
        return found

    def close(self) -> None:
        """End the conversation with the box."""
        if self._door is not None:
            self._door.close()
            self._door = None


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)
"""Gives a command the `Invocation`."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
"""The option of every command that lists or creates."""
