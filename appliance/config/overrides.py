"""Secrets from the environment. Nothing else of the configuration may come from there."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.config.errors import Place, Problems, Wrong, dotted, quoted
from appliance.config.keys import Section, every_key, keys_of
from appliance.config.kinds import nearest
from appliance.config.layers import Merged
from appliance.config.scan import KeyPath
from appliance.config.settings import Settings

PREFIX = "FIELDBOX_"
ENVIRONMENT = Place("environment")


def secret_variables() -> dict[str, KeyPath]:
    """The variables that are read, ``FIELDBOX_SECTION_KEY``, and the key each one gives."""
    return {_variable(path): path for path, key in every_key(Settings) if key.secret}


def apply_overrides(merged: Merged, env: Mapping[str, str], problems: Problems) -> None:
    """Lay the secrets in `env` over the files; an empty variable counts as absent.

    A variable that looks like a key and is no secret is a problem: it would do nothing, and
    whoever set it expects otherwise. Other ``FIELDBOX_`` variables are left alone.
    """
    secrets = secret_variables()
    plain = {_variable(path): path for path, _ in every_key(Settings)}
    sections = tuple(
        f"{PREFIX}{key.name.upper()}_" for key in keys_of(Settings) if isinstance(key.kind, Section)
    )
    for name in sorted(env):
        if name in secrets:
            if env[name]:
                merged.put(secrets[name], env[name], Place(f"environment {name}"))
        elif name in plain:
            hint = f"set {dotted(plain[name])} in the configuration file"
            problems.add(ENVIRONMENT, (name,), Wrong("is no secret", ", ".join(secrets), hint))
        elif name.startswith(sections):
            wrong = Wrong(
                f"{quoted(name)} is no variable of the configuration",
                ", ".join(secrets),
                nearest(name, tuple(secrets)),
            )
            problems.add(ENVIRONMENT, (), wrong)


def _variable(path: KeyPath) -> str:
    return PREFIX + "_".join(path).upper()
