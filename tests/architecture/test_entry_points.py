"""The root distribution bundles the plugins of the house under the names they have themselves."""

from __future__ import annotations

import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from appliance.plugin_host.discovery import GROUP

ROOT = Path(__file__).parents[2]


def project(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    return found


def plugin_folders() -> list[Path]:
    return sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))


def test_the_entry_points_of_the_root_are_those_of_the_plugins() -> None:
    theirs: dict[str, str] = {}
    for folder in plugin_folders():
        table = project(folder)["project"]["entry-points"][GROUP]
        assert not theirs.keys() & table.keys()
        theirs |= table
    assert theirs
    assert project(ROOT)["project"]["entry-points"][GROUP] == theirs


def test_every_plugin_folder_is_a_plugin_that_is_installed_and_checked() -> None:
    root = project(ROOT)
    for folder in plugin_folders():
        source = f"plugins/{folder.name}/src"
        assert source in root["tool"]["setuptools"]["packages"]["find"]["where"]
        assert source in root["tool"]["ruff"]["src"]
        assert f"$MYPY_CONFIG_FILE_DIR/{source}" in root["tool"]["mypy"]["mypy_path"]
        assert f"appliance_{folder.name}" in root["tool"]["mypy"]["packages"]
        assert (folder / "README.md").is_file()
        assert (folder / "tests").is_dir()
    assert [f.name for f in plugin_folders()] == sorted(
        p.name for p in (ROOT / "plugins").iterdir() if p.is_dir() and p.name != "__pycache__"
    )


def test_every_entry_point_of_the_distribution_loads() -> None:
    here = [
        point
        for group in ("console_scripts", "pytest11", GROUP)
        for point in entry_points(group=group)
        if point.dist is not None and point.dist.name == "fieldbox"
    ]
    assert {point.name for point in here} >= {"fieldbox", "master_data", "preselling"}
    for point in here:
        point.load()


def test_a_plugin_names_itself_as_its_entry_point_does() -> None:
    for point in entry_points(group=GROUP):
        assert point.load().manifest().name == point.name
