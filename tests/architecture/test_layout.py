"""The house stands as it was drawn: folders, rooms, contracts, sizes."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / "setup.cfg", encoding="utf-8")

FOLDERS = {
    "appliance",
    "plugins",
    "firmware_tools",
    "systemd",
    "config",
    "tests",
    "docs",
    "benchmarks",
    ".ci",
}
FILES = {
    "Makefile",
    "LICENSE",
    "CHANGELOG.md",
    "README.md",
    "pyproject.toml",
    "setup.cfg",
    "requirements.lock",
    ".gitignore",
}
MADE = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
"""What tools and runs leave behind; git does not see it."""

ROOMS = {
    "cli",
    "testing",
    "daemon",
    "http",
    "hardware",
    "store",
    "plugin_host",
    "sync",
    "enrollment",
    "exchange",
    "printing",
    "vehicle",
    "updates",
    "config",
    "api",
}
PURE = {"sync", "enrollment", "exchange", "printing", "vehicle", "updates", "config", "api"}
MOST_LINES = 400
LONG = {
    "appliance/http/wire.py": "one class of twisted.web's Request, whose steps share its state",
}
"""Files over the limit, each with why it is one noun."""


def source(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def rooms() -> set[str]:
    return {
        path.name for path in (ROOT / "appliance").iterdir() if (path / "__init__.py").is_file()
    }


def modules(contract: str, key: str) -> set[str]:
    return set(CONTRACTS[f"importlinter:contract:{contract}"][key].split())


def test_the_top_level_holds_nothing_else() -> None:
    made = {entry.strip("/") for entry in MADE}
    left_over = {
        path.name
        for path in ROOT.iterdir()
        if path.name not in made | {".git"} and not path.name.endswith(".egg-info")
    }
    assert left_over - FOLDERS - FILES == set()


def test_every_room_is_one_that_was_drawn() -> None:
    assert rooms() <= ROOMS


def test_every_room_has_its_place_in_the_layers() -> None:
    layers = CONTRACTS["importlinter:contract:layers"]
    assert set(re.findall(r"\w+", layers["layers"])) >= rooms()
    assert layers["exhaustive"] == "True"


def test_every_pure_room_is_held_to_it() -> None:
    named = modules("pure", "source_modules")
    assert {f"appliance.{room}" for room in rooms() & PURE} <= named
    assert {"twisted", "apsw", "serial", "usb", "socket", "threading"} <= modules(
        "pure", "forbidden_modules"
    )


def test_the_api_and_the_plugins_see_no_other_room() -> None:
    others = {f"appliance.{room}" for room in rooms() - {"api"}}
    assert others <= modules("api", "forbidden_modules")
    assert others <= modules("plugins", "forbidden_modules")
    plugins = {f"appliance_{path.name}" for path in (ROOT / "plugins").glob("[a-z]*")}
    assert plugins <= modules("plugins", "source_modules")
    assert plugins <= set(CONTRACTS["importlinter"]["root_packages"].split())


def test_no_file_grows_beyond_one_noun() -> None:
    sizes = {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in source("appliance", "plugins")
    }
    long = {name for name, lines in sizes.items() if lines > MOST_LINES}
    assert long - LONG.keys() == set()
    assert LONG.keys() <= sizes.keys()


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = re.compile(r"(^|_)(utils?|helpers?|misc|common|managers?)(_|$)")
    found = [name_of(p) for p in source("appliance", "plugins") if drawers.search(p.stem)]
    assert found == []


def test_test_files_have_names_of_their_own() -> None:
    names = [p.name for p in source("tests", "plugins") if p.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))


def test_nothing_refers_to_places_outside_the_repository() -> None:
    outside = re.compile(r"\.\./shared(?!/data)|/work/")
    suffixes = {".py", ".md", ".toml", ".cfg", ".sql", ".json", ".service", ".lock", ""}
    found = []
    for folder in sorted(FOLDERS - {"tests"}):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file() and "__pycache__" not in path.parts:
                text = path.read_text(encoding="utf-8", errors="replace")
                if "../shared" in text or outside.search(text):
                    found.append(name_of(path))
    for path in [ROOT / name for name in FILES if (ROOT / name).is_file()]:
        if "../shared" in path.read_text(encoding="utf-8"):
            found.append(path.name)
    for path in source("tests"):
        # Tests may use the sample data beside the repository, where it is there.
        if path != Path(__file__) and outside.search(path.read_text(encoding="utf-8")):
            found.append(name_of(path))
    assert found == []
