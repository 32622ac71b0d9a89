"""Saved profiles: one TOML file each, in the folder ``profiles`` of the state directory.

People may write and change the files themselves. One that cannot be read keeps no other from being
used.
"""

from __future__ import annotations

from pathlib import Path

from appliance.daemon.durable import write_whole
from appliance.exchange.profile import PROFILES, Profile
from appliance.exchange.profile_text import MAX_TEXT, check_name, profile_text, read_profile
from appliance.exchange.refusal import ProfileRefused

FOLDER = "profiles"
MOST = 500
"""How many profiles may be saved."""


class SavedProfiles:
    """The saved profiles of one box."""

    def __init__(self, state_dir: Path) -> None:
        self.folder = state_dir / FOLDER

    def all(self) -> tuple[dict[str, Profile], dict[str, str]]:
        """Return the profiles by name, and why others cannot be used, by name too."""
        found: dict[str, Profile] = {}
        wrong: dict[str, str] = {}
        if not self.folder.is_dir():
            return found, wrong
        for path in sorted(self.folder.glob("*.toml"))[:MOST]:
            if path.name.startswith("."):
                continue
            try:
                found[path.stem] = self._read(path)
            except (ProfileRefused, OSError) as error:
                wrong[path.stem] = str(error)
        return found, wrong

    def known(self) -> dict[str, Profile]:
        """Return every profile that can be used, those of every box too."""
        return {**PROFILES, **self.all()[0]}

    def save(self, profile: Profile) -> Path:
        """Save a profile, in place of an earlier one of its name; return its file.

        Raises:
            ProfileRefused: its name or what it says cannot be saved.
            OSError: it cannot be written.
        """
        check_name(profile.name)
        text = profile_text(profile)
        read_profile(text, profile.name)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        path = self.folder / f"{profile.name}.toml"
        write_whole(path, [text.encode()], 0o600)
        return path

    def remove(self, name: str) -> bool:
        """Remove a profile; return whether there was one.

        Raises:
            ProfileRefused: it is one of those that every box has, or no name.
        """
        check_name(name)
        try:
            (self.folder / f"{name}.toml").unlink()
        except FileNotFoundError:
            return False
        return True

    def _read(self, path: Path) -> Profile:
        with path.open("rb") as file:
            data = file.read(4 * MAX_TEXT + 1)
        try:
            return read_profile(data.decode(), path.stem)
        except UnicodeDecodeError:
            raise ProfileRefused(f"profile {path.stem} is not UTF-8") from None
