"""Where each key of a configuration is written, kept with the settings for what is checked later.

Some mistakes show only beside the plugins and the disk: an unknown role, a file that is not there.
They are told with file and line like the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from appliance.config.errors import Place
from appliance.config.scan import KeyPath


class Places:
    """The place of each key; settings made without files have none.

    Two are always equal: where something is written changes nothing of what is said.

    Attributes:
        files: names of the files, in the order in which problems are shown.
    """

    def __init__(
        self,
        first: Place = Place("the configuration"),  # noqa: B008 - it is immutable
        by_path: Mapping[KeyPath, Place] = MappingProxyType({}),
        files: tuple[str, ...] = (),
    ) -> None:
        """Take the place of keys that are missing, and those of the others."""
        self._first = first
        self._by_path = by_path
        self.files = files

    def of(self, path: KeyPath) -> Place:
        """Where the value of `path` comes from, or the nearest table around it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._by_path:
                return self._by_path[path[:end]]
        return self._first

    def gives(self, path: KeyPath) -> bool:
        """Whether some file says something about `path`."""
        return path in self._by_path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Places)

    def __hash__(self) -> int:
        return hash(Places)

    def __repr__(self) -> str:
        return f"Places({len(self._by_path)} keys)"
