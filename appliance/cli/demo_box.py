"""The demo's box: its configuration file, and the company that is put into it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from appliance.cli.failure import Failure
from appliance.config import ConfigError, Settings, load_texts
from appliance.config import load as load_config

if TYPE_CHECKING:
    from appliance.cli.door import Door, Progress

CONFIG_FILE = "appliance.toml"

_CONFIG = """\
# The demo appliance, written by `fieldbox demo`; it is not written again, so change what you
# like. Every key is explained in docs/configuration.md.

state_dir = "state"
name = "Fieldbox demo"

[http]
# This machine alone reaches it here. For phones in your network write "0.0.0.0:8443" and start
# the demo again: links and QR codes then name this machine's address.
listen = {listen}

[mdns]
# Whether it announces itself in the network.
enabled = false

[printing]
# Whether a printer on this machine's USB becomes one of the demo.
discover = false

[log]
level = "warning"
"""


class Wanted(NamedTuple):
    """Which company.

    Attributes:
        size, seed: of it.
        day: what its dates count from, ``YYYY-MM-DD``; None: today.
        beside: make it beside data that is there.
    """

    size: str = "small"
    seed: int = 1
    day: str | None = None
    beside: bool = False

    @property
    def options(self) -> dict[str, str]:
        """Options of the plugin's commands."""
        found = {"size": self.size, "seed": str(self.seed)}
        if self.day is not None:
            found["day"] = self.day
        if self.beside:
            found["beside"] = "yes"
        return found


class Person(NamedTuple):
    """A user of the demo."""

    login: str
    id: str
    name: str
    role: str
    org_id: str
    language: str


class Made(NamedTuple):
    """What the box holds now of the company.

    Attributes:
        people: its users, agents first.
        records: created, changed and unchanged, by collection; empty where nothing was done.
        text: why nothing was done, or "".
    """

    people: tuple[Person, ...]
    records: Mapping[str, Sequence[int]]
    text: str

    @property
    def total(self) -> int:
        """How many records it has."""
        return sum(map(sum, self.records.values()))

    def first(self, role: str) -> Person | None:
        """Return somebody of a role."""
        return next((person for person in self.people if person.role == role), None)


class ConfigStands(Exception):
    """An address was given for a demo that already has a configuration; the text says which."""


def configured(folder: Path, listen: str | None, env: Mapping[str, str]) -> Settings:
    """Return the settings of the demo in a folder, writing its configuration where it has none.

    Args:
        folder: gets ``appliance.toml`` and ``state/``.
        listen: IP address and port of a new configuration; None: 127.0.0.1:8443.
        env: the environment, for secrets.

    Raises:
        ConfigError: the address or the configuration that is there cannot be used.
        ConfigStands: there is a configuration and an address was given too.
        OSError: it cannot be written.
    """
    path = folder / CONFIG_FILE
    if path.exists():
        settings = load_config(path, env)
        if listen not in (None, str(settings.http.listen)):
            raise ConfigStands(
                f"{path} is there already and says {settings.http.listen}; change http.listen in it"
            )
        return settings
    text = _CONFIG.format(listen=json.dumps(listen or "127.0.0.1:8443"))
    # Before it is written: a wrong address must not leave a file that refuses the next start.
    try:
        load_texts([("--listen", text)], folder.absolute(), env)
    except ConfigError as error:
        raise ConfigError(
            [msgspec.structs.replace(one, line=None, key="") for one in error.problems]
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / f".{CONFIG_FILE}.new"
    whole.write_text(text, encoding="utf-8")
    whole.replace(path)
    return load_config(path, env)


def populate(door: Door, wanted: Wanted, progress: Progress | None = None) -> Made:
    """Add the demo's people and company where they are missing.

    Each step is looked for by itself, so that a run that was cut short is made whole by the next.

    Raises:
        Failure: it was not done, and why.
    """
    told = _run(door, "demo-people", wanted)
    people = tuple(Person(*row) for row in told["rows"])
    if told["text"]:
        return Made(people, {}, str(told["text"]))
    known = {user["id"] for user in door.ask("user.list")["rows"]}
    for person in people:
        if person.id not in known:
            door.ask(
                "user.add",
                {
                    "id": person.id,
                    "login": person.login,
                    "roles": [person.role],
                    "name": person.name,
                    "org_id": person.org_id,
                    "language": person.language,
                },
            )
    done = _run(door, "demo-company", wanted, progress)
    return Made(people, done["records"], str(done["text"]))


def _run(door: Door, command: str, wanted: Wanted, progress: Progress | None = None) -> Any:
    """Run a command of the plugin that knows the company."""
    params = {"plugin": "master_data", "command": command, "options": wanted.options}
    done = door.ask("command.run", params, progress or (lambda _state: None))
    if done["failed"]:
        raise Failure(str(done["text"]))
    return done
