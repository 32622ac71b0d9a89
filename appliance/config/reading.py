"""Merged values against the declared keys: typed sections out, all problems noted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from appliance.config.errors import Problems, Wrong, dotted, quoted
from appliance.config.forms import NAME
from appliance.config.keys import Key, Named, Rest, Section, every_key, keys_of
from appliance.config.kinds import LIST_LIMIT, found, nearest
from appliance.config.layers import Merged
from appliance.config.plugin_section import PluginSection
from appliance.config.rules import broken_rules
from appliance.config.scan import KeyPath
from appliance.config.settings import Settings

S = TypeVar("S", bound=msgspec.Struct)

_MISSING = object()


class Reading:
    """One pass over merged values."""

    def __init__(self, merged: Merged, problems: Problems, *, whole: bool) -> None:
        """`whole`: every file could be parsed, so a key that is not there is truly missing."""
        self._merged = merged
        self._problems = problems
        self._whole = whole

    def section(self, struct: type[S], values: Mapping[str, Any], path: KeyPath = ()) -> S | None:
        """Read one table; None where something in it is wrong (and noted)."""
        before = len(self._problems)
        keys = {key.name: key for key in keys_of(struct) if not isinstance(key.kind, Rest)}
        rest = next((key.name for key in keys_of(struct) if isinstance(key.kind, Rest)), None)
        read: dict[str, Any] = {}
        loose: dict[str, PluginSection] = {}
        for name, raw in values.items():
            if name in keys:
                value = self._value(keys[name], raw, (*path, name))
                if value is not _MISSING:
                    read[name] = value
            elif rest is not None and isinstance(raw, dict):
                loose[name] = self._loose(raw, (*path, name))
            else:
                self._unknown((*path, name), tuple(keys))
        for key in keys.values():
            if key.required and key.name not in values and self._whole:
                self._wrong((*path, key.name), Wrong("is missing", _allowed(key)))
        if rest is not None:
            read[rest] = loose
        if len(self._problems) > before or not self._whole:
            return None
        made = struct(**read)
        for below, wrong in broken_rules(made):
            self._wrong((*path, *below), wrong)
        return made if len(self._problems) == before else None

    def _value(self, key: Key, raw: Any, path: KeyPath) -> Any:
        match key.kind:
            case Section(struct):
                if isinstance(raw, dict):
                    made = self.section(struct, raw, path)
                    return _MISSING if made is None else made
                hint = f"write [{dotted(path)}] and its keys below"
                self._wrong(path, Wrong(f"found {found(raw)}", "a table", hint))
            case Named() as named:
                return self._named(key.name, named, raw, path)
            case Rest():
                raise AssertionError("a rest has no key of its own")
            case kind:
                try:
                    return kind.read(raw)
                except Wrong as wrong:
                    self._wrong(path, wrong)
        return _MISSING

    def _named(self, name: str, named: Named, raw: Any, path: KeyPath) -> Any:
        if not isinstance(raw, dict):
            hint = f"write [{dotted((*path, 'NAME'))}] and its keys below"
            self._wrong(path, Wrong(f"found {found(raw)}", "a table of tables", hint))
            return _MISSING
        if len(raw) > LIST_LIMIT:
            self._wrong(path, Wrong(f"{len(raw)} tables are too many", f"at most {LIST_LIMIT}"))
            return _MISSING
        read: dict[str, Any] = {}
        for inner, value in raw.items():
            here = (*path, inner)
            try:
                NAME.parse(inner)
            except Wrong as wrong:
                self._wrong(here, Wrong(wrong.reason, NAME.allowed, wrong.hint))
            if isinstance(value, dict):
                read[inner] = self.section(named.struct, value, here)
            elif named.short is None:
                hint = _home(inner) or f"write [{dotted(here)}] and its keys below"
                self._wrong(here, Wrong(f"found {found(value)}", "a table", hint))
            else:
                try:
                    read[inner] = named.short.read(value)
                except Wrong as wrong:
                    self._wrong(here, wrong)
        return read

    def _loose(self, raw: dict[str, Any], path: KeyPath) -> PluginSection:
        try:
            NAME.parse(path[-1])
        except Wrong as wrong:
            self._wrong(path, Wrong(wrong.reason, NAME.allowed, wrong.hint))
        places = {name: self._merged.place((*path, name)) for name in raw}
        return PluginSection(raw, self._merged.place(path), places)

    def _unknown(self, path: KeyPath, allowed: tuple[str, ...]) -> None:
        hint = nearest(path[-1], allowed) or _home(path[-1])
        self._wrong(path, Wrong("unknown key", ", ".join(allowed), hint))

    def _wrong(self, path: KeyPath, wrong: Wrong) -> None:
        self._problems.add(self._merged.place(path), path, wrong)


def _allowed(key: Key) -> str:
    return "" if isinstance(key.kind, Section | Named | Rest) else key.kind.allowed


def _home(name: str) -> str:
    """Where a key of that name belongs: a key below the wrong header is a common slip."""
    tables = _homes().get(name)
    if not tables:
        return ""
    homes = " or ".join(
        f"below [{dotted(table)}]" if table else "above the first [table]" for table in tables
    )
    return f"{quoted(name)} belongs {homes}"


@cache
def _homes() -> dict[str, list[KeyPath]]:
    homes: dict[str, list[KeyPath]] = {}
    for path, _ in every_key(Settings):
        homes.setdefault(path[-1], []).append(path[:-1])
    return homes
