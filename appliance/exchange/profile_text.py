"""Profiles as text: TOML that people can read and change."""

from __future__ import annotations

import json
import re

import msgspec
from msgspec import structs

from appliance.exchange.profile import PROFILES, UNKNOWN_DECIMAL, Profile
from appliance.exchange.refusal import ProfileRefused, plain, shown

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""What a saved profile may be called; in the name of a file it stands between dots."""

MAX_TEXT = 128 * 1024
"""Characters of a profile's text."""

_DEFAULTS = structs.asdict(Profile(name="x"))


def check_name(name: str) -> None:
    """Refuse a name that a saved profile cannot have.

    Raises:
        ProfileRefused: it is one of ours, or has other characters than `NAME`.
    """
    if name in PROFILES:
        raise ProfileRefused(f"{name} is a profile that every box has; choose another name.")
    if not NAME.fullmatch(name):
        raise ProfileRefused(
            f"{shown(name)} is no name for a profile: up to 63 of a-z, 0-9, _ and -, a letter or "
            "digit first."
        )


def profile_text(profile: Profile) -> str:
    """Return a profile as TOML, without what is as by default.

    Raises:
        ProfileRefused: it does not say which decimal separator its numbers have.
    """
    if profile.decimal == UNKNOWN_DECIMAL and profile.format == "text":
        raise ProfileRefused(
            "the file does not show which decimal separator its numbers have; say it: --decimal "
            "comma or --decimal point."
        )
    if profile.decimal == UNKNOWN_DECIMAL:
        profile = structs.replace(profile, decimal=",")
    lines = []
    members = structs.asdict(profile)
    for name, value in members.items():
        if name in ("name", "columns", "constants") or value == _DEFAULTS[name]:
            continue
        lines.append(f"{name} = {_value(value)}")
    for table in ("constants", "columns"):
        for entry in members[table]:
            lines.append(f"\n[[{table}]]")
            for name, value in structs.asdict(entry).items():
                if name == "column" and value is None:
                    lines.append('column = "-"')
                elif value not in ("", 0, {}):
                    lines.append(f"{name} = {_value(value)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def read_profile(text: str, name: str) -> Profile:
    """Read a profile's TOML.

    Args:
        text: of the file.
        name: the profile's; the text does not hold it.

    Raises:
        ProfileRefused: it cannot be used; the text says where it is wrong.
    """
    check_name(name)
    try:
        if len(text) > MAX_TEXT:
            raise ValueError(f"it has more than {MAX_TEXT} characters")
        members = msgspec.toml.decode(text)
        for entry in members.get("columns") or ():
            if isinstance(entry, dict) and entry.get("column") == "-":
                entry["column"] = None
        return msgspec.convert({**members, "name": name}, Profile)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ProfileRefused(f"profile {name} cannot be used: {plain(str(error))}") from None


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        inner = ", ".join(f"{_value(key)} = {_value(text)}" for key, text in value.items())
        return f"{{ {inner} }}"
    # A text of JSON is one of TOML too, but for DEL, which JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
