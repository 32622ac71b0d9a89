"""The JSON Schema of the configuration, for editors and for people's own tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from appliance.api.settings import Setting
from appliance.config.forms import NAME
from appliance.config.keys import Key, Named, Rest, Section, keys_of
from appliance.config.kinds import LIST_LIMIT
from appliance.config.plugin_section import setting_kind
from appliance.config.settings import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(plugins: Mapping[str, Sequence[Setting]] | None = None) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the main file and its drop-ins taken together.

    `plugins`: the settings of each plugin, where they are known; other sections under
    `[plugins.NAME]` are any table.
    """
    return {
        "$schema": DIALECT,
        "title": "Fieldbox configuration",
        **_table(Settings, plugins or {}),
    }


def _table(
    struct: type[msgspec.Struct], plugins: Mapping[str, Sequence[Setting]]
) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    table: dict[str, Any] = {"type": "object", "properties": properties}
    for key in keys_of(struct):
        if isinstance(key.kind, Rest):
            properties.update({name: _plugin(keys) for name, keys in plugins.items()})
            table["additionalProperties"] = {"type": "object"}
            continue
        properties[key.name] = _key(key, plugins)
        if key.required:
            required.append(key.name)
    table.setdefault("additionalProperties", False)
    if required:
        table["required"] = required
    if {"certificate", "private_key"} <= properties.keys():
        table["dependentRequired"] = {
            "certificate": ["private_key"],
            "private_key": ["certificate"],
            "private_key_password": ["private_key"],
        }
    return table


def _key(key: Key, plugins: Mapping[str, Sequence[Setting]]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": key.doc}
    match key.kind:
        case Section(struct):
            return described | _table(struct, plugins)
        case Named(struct, short):
            each = _table(struct, plugins)
            return described | {
                "type": "object",
                "propertyNames": {"pattern": NAME.pattern},
                "additionalProperties": each
                if short is None
                else {"anyOf": [short.schema(), each]},
                "maxProperties": LIST_LIMIT,
            }
        case Rest():
            raise AssertionError("a rest has no key of its own")
        case kind:
            described |= kind.schema()
    if key.plain_default is not msgspec.UNSET and not key.secret:
        described["default"] = key.plain_default
    return described


def _plugin(settings: Sequence[Setting]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for setting in settings:
        described = {"description": setting.doc, **setting_kind(setting).schema()}
        if setting.default is not None:
            described["default"] = setting.default
        properties[setting.name] = described
    return {"type": "object", "properties": properties, "additionalProperties": False}
