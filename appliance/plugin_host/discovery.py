"""Finding plugins: entry points of the group ``appliance.plugins``, each loaded on its own.

A plugin that cannot be found or loaded is reported and left out; the others go on.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple

from appliance.plugin_host.failure_place import place_of, roots_named

GROUP = "appliance.plugins"
FIRST_PARTY = "fieldbox"
"""The distribution whose plugins a safe start keeps."""


class Found(NamedTuple):
    """One entry point, loaded or not.

    Attributes:
        name: the entry point's name.
        distribution: name and version of the package it came in.
        origin: the file it is loaded from, so that a copy that hides another shows.
        first_party: it came with Fieldbox.
        plugin: the object, or None.
        problem: why it is not loaded, or "".
    """

    name: str
    distribution: str
    origin: str
    first_party: bool
    plugin: Any
    problem: str


def discover(
    wanted: Callable[[str, bool], str] = lambda _name, _first: "",
    points: Iterable[EntryPoint] | None = None,
) -> list[Found]:
    """Find and load every plugin, by name.

    Args:
        wanted: given the name and whether it is first-party, returns why it is not wanted, or "".
        points: in place of the installed ones.

    Returns:
        One entry for each entry point; where two have one name, the second has a problem.
    """
    seen: dict[str, Found] = {}
    result: list[Found] = []
    every = entry_points(group=GROUP) if points is None else points
    for point in sorted(
        every, key=lambda p: (p.name, p.dist is None or p.dist.name != FIRST_PARTY)
    ):
        found = _load(point, wanted)
        twin = seen.get(point.name)
        if twin is not None:
            if twin.origin == found.origin and twin.distribution != found.distribution:
                continue  # the same file, named by two installed packages
            found = found._replace(
                plugin=None, problem=f"{twin.distribution} brings a plugin of this name already"
            )
        else:
            seen[point.name] = found
        result.append(found)
    return result


def _load(point: EntryPoint, wanted: Callable[[str, bool], str]) -> Found:
    distribution = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown"
    first_party = point.dist is not None and point.dist.name == FIRST_PARTY
    problem = wanted(point.name, first_party)
    plugin: Any = None
    if not problem:
        try:
            plugin = point.load()
        except (Exception, SystemExit) as error:  # a plugin's import may raise anything
            problem = f"cannot be loaded: {type(error).__name__}: {error}"
            place = place_of(error, roots_named(point.module))
            if place:
                problem += f" at {place}"
    return Found(point.name, distribution, _origin(point), first_party, plugin, problem)


def _origin(point: EntryPoint) -> str:
    try:
        spec = importlib.util.find_spec(point.module.partition(".")[0])
    except (ImportError, ValueError):
        return "not found"
    if spec is None:
        return "not found"
    return spec.origin or next(iter(spec.submodule_search_locations or ["not found"]))
