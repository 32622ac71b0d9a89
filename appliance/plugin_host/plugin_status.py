"""How a plugin stands, for people."""

from __future__ import annotations

from typing import Literal, NamedTuple

from appliance.plugin_host.remembered import Remembered

State = Literal["active", "left_out", "failed", "quarantined", "missing"]


class PluginStatus(NamedTuple):
    """How a plugin stands, for people.

    Attributes:
        name: the entry point's name.
        version: from the manifest, "" where that is not known.
        title: from the manifest.
        distribution, origin: the package and file it came from.
        state: ``left_out`` by the config, ``failed`` at the start, ``quarantined`` later,
            ``missing``: it served once and is not installed any more.
        reason: why it does not serve.
        remembered: what stands in for it while it does not serve; None where nothing does.
    """

    name: str
    version: str
    title: str
    distribution: str
    origin: str
    state: State
    reason: str
    remembered: Remembered | None
