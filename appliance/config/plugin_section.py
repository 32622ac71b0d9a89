"""`[plugins.NAME]`: a plugin's own settings, read once the plugin has said which it has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from appliance.api.settings import Setting
from appliance.config.errors import Place, Problems, Wrong
from appliance.config.forms import Form
from appliance.config.kinds import Choice, Flag, Kind, Many, Text, Whole, nearest

INTEGER_BOUND = 2**53 - 1
"""Numbers beyond it do not survive JSON in every language."""


class PluginSection(msgspec.Struct, frozen=True):
    """What the files say under `[plugins.NAME]`, not yet checked.

    Attributes:
        values: as TOML gave them.
        place: where the section begins.
        places: where each key is written.
    """

    values: Mapping[str, Any]
    place: Place
    places: Mapping[str, Place]

    def __repr__(self) -> str:
        # Values may be secrets, and only the plugin knows which.
        return f"PluginSection({', '.join(self.values)})"


def read_plugin_sections(
    sections: Mapping[str, PluginSection],
    declared: Mapping[str, Sequence[Setting]],
    installed: Collection[str] = (),
    problems: Problems | None = None,
) -> dict[str, dict[str, Any]]:
    """The settings of each plugin in `declared`, with defaults where the files say nothing.

    Args:
        sections: `Settings.plugins.sections`.
        declared: for each loaded plugin, its settings.
        installed: plugins that are there and not loaded; their sections are left alone.
        problems: gets what is wrong, in place of being raised.

    Raises:
        ConfigError: unknown plugins, unknown keys or wrong values, all at once.
    """
    given = problems
    if problems is None:
        problems = Problems([section.place.file for section in sections.values()])
    for name, section in sections.items():
        if name not in declared and name not in installed:
            known = tuple(sorted({*declared, *installed}))
            wrong = Wrong("no such plugin is installed", ", ".join(known), nearest(name, known))
            problems.add(section.place, ("plugins", name), wrong)
    settings = {
        name: _read(name, sections.get(name), keys, problems) for name, keys in declared.items()
    }
    if given is None:
        problems.raise_found()
    return settings


def setting_kind(setting: Setting) -> Kind:
    """What a value of a plugin's setting is; the types are described by `Setting`."""
    text = Choice(setting.values) if setting.values else Text(PLUGIN_TEXT)
    match setting.type:
        case "bool":
            return Flag()
        case "text":
            return text
        case "list":
            return Many(text)
    low = -INTEGER_BOUND if setting.minimum is None else setting.minimum
    high = INTEGER_BOUND if setting.maximum is None else setting.maximum
    return Whole(low, high)


def _read(
    name: str, section: PluginSection | None, declared: Sequence[Setting], problems: Problems
) -> dict[str, Any]:
    values = {setting.name: setting.default for setting in declared}
    if section is None:
        return values
    kinds = {setting.name: setting_kind(setting) for setting in declared}
    for key, raw in section.values.items():
        place, path = section.places.get(key, section.place), ("plugins", name, key)
        if key not in kinds:
            known = tuple(kinds)
            allowed = ", ".join(known) or "no keys: this plugin has no settings"
            problems.add(place, path, Wrong("unknown key", allowed, nearest(key, known)))
            continue
        try:
            values[key] = kinds[key].read(raw)
        except Wrong as wrong:
            problems.add(place, path, wrong)
    return values


def _plugin_text(text: str) -> str:
    if len(text) > 10_000:
        raise Wrong("the text is too long")
    return text


PLUGIN_TEXT = Form("text of at most 10,000 characters", _plugin_text, quiet=True)
