"""The demo's box: its configuration file, its people and the company they work for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from appliance.config import ConfigError, Settings, load_texts
from appliance.config import load as load_config

if TYPE_CHECKING:
    from appliance.cli.door import Door

CONFIG_FILE = "appliance.toml"

ORG_UNIT = "018cc251-f400-7000-8000-0000000000de"
"""The id of the demo company's one org unit, which its people belong to."""

_CONFIG = """\
# The demo appliance, written by `fieldbox demo run`; it is not written again, so change what you
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

[log]
level = "warning"
"""


class Person(NamedTuple):
    """A user of the demo.

    Attributes:
        login, name: of the user.
        role: the only one.
        route: looks after outlets.
    """

    login: str
    name: str
    role: str
    route: bool


PEOPLE = (
    Person("anna", "Анна Крылова", "agent", True),
    Person("boris", "Борис Ершов", "agent", True),
    Person("vera", "Вера Лапина", "agent", True),
    Person("office", "Офис", "manager", False),
)


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


def populate(door: Door) -> str:
    """Add the demo's people and company where they are missing; return what to tell of it.

    Each step is looked for by itself, so that a run that was cut short is made whole by the next.

    Raises:
        Failure: a step was not done, and why.
    """
    ids = {user["login"]: user["id"] for user in door.ask("user.list")["rows"]}
    for person in PEOPLE:
        if person.login not in ids:
            user = {
                "login": person.login,
                "roles": [person.role],
                "name": person.name,
                "org_id": ORG_UNIT,
                "language": "ru",
            }
            ids[person.login] = door.ask("user.add", user)["id"]
    reps = ",".join(f"{person.login}={ids[person.login]}" for person in PEOPLE if person.route)
    done = door.ask(
        "command.run",
        {
            "plugin": "master_data",
            "command": "demo-company",
            "options": {"users": reps, "org-unit": ORG_UNIT},
        },
    )
    if done["failed"] or not done["rows"]:
        return str(done["text"])
    counts: dict[str, int] = dict(done["rows"])
    return (
        f"Made a demo company: {counts['products']} products, {counts['outlets']} outlets,"
        f" {counts['routes']} routes, {sum(counts.values())} records."
    )
