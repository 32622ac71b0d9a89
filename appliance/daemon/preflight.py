"""Preflight: what a start would refuse or complain of, looked at without starting anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from appliance.config.errors import ConfigError, ConfigProblem
from appliance.config.settings import Settings
from appliance.plugin_host.remembered import Remembered
from appliance.store.plugins import load
from appliance.store.system_clock import system_now_ms


class Findings(NamedTuple):
    """What was found.

    Attributes:
        problems: for each of these the daemon would not start.
        notes: what it would start with all the same, in sentences.
    """

    problems: tuple[ConfigProblem, ...]
    notes: tuple[str, ...]


def look(settings: Settings, memory: Mapping[str, Remembered] | None) -> Findings:
    """Look at everything that a start would look at.

    The plugins are imported and asked for their declarations, as at a start.

    Args:
        settings: that were read without a mistake.
        memory: what the box remembers of its plugins; None where that cannot be had.
    """
    return _plugins(settings, memory)


def _plugins(settings: Settings, memory: Mapping[str, Remembered] | None) -> Findings:
    try:
        loaded = load(
            settings,
            system_now_ms,
            on_failure=lambda _failure: None,
            on_quarantine=lambda _plugin, _reason: None,
            memory=memory,
        )
    except ConfigError as error:
        return Findings(error.problems, ())
    loaded.host.stop()
    notes = [
        f"the plugin {one.name} would not serve: {one.reason}"
        for one in loaded.host.status()
        if one.state == "failed"
    ]
    notes += [f"{doubt}; unless a plugin brings it that does not serve" for doubt in loaded.doubts]
    return Findings((), tuple(notes))
