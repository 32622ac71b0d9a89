"""The files of a configuration: where it is, and what its drop-ins are. All I/O of the room."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from appliance.config.errors import ConfigError, ConfigProblem
from appliance.config.layers import TEXT_LIMIT

DROP_INS = "conf.d"
"""The folder beside the main file; its ``*.toml`` are laid over it in the order of their names."""

DROP_IN_LIMIT = 200

PLACES = (Path("appliance.toml"), Path("/etc/fieldbox/appliance.toml"))
"""Where the main file is looked for when nobody names it."""


def find_config(given: Path | None, env: Mapping[str, str]) -> Path:
    """The main file: `given` (``--config``), else FIELDBOX_CONFIG, else the first of `PLACES`.

    A file that was named is returned whether it exists or not, so that its absence is told.

    Raises:
        ConfigError: nobody named one and none of `PLACES` exists.
    """
    if given is not None:
        return given
    if env.get("FIELDBOX_CONFIG"):
        return Path(env["FIELDBOX_CONFIG"])
    for path in PLACES:
        try:
            if path.is_file():
                return path
        except OSError:
            # It may be there: reading it tells why it cannot be read.
            return path
    looked = ", ".join(str(path) for path in PLACES)
    raise ConfigError(
        [
            ConfigProblem(
                "configuration",
                None,
                "",
                f"none found; looked for {looked}",
                hint="name one with --config FILE or FIELDBOX_CONFIG",
            )
        ]
    )


def read_files(path: Path) -> list[tuple[str, bytes]]:
    """The main file and its drop-ins, as (name, content).

    Raises:
        ConfigError: a file cannot be read, or there are more than `DROP_IN_LIMIT` drop-ins.
    """
    problems: list[ConfigProblem] = []
    files: list[tuple[str, bytes]] = []
    for file in [path, *_drop_ins(path.parent / DROP_INS, problems)]:
        try:
            with file.open("rb") as stream:
                # One byte beyond the limit tells that it was passed, whatever the file's size.
                files.append((str(file), stream.read(TEXT_LIMIT + 1)))
        except (OSError, ValueError) as error:
            problems.append(_unreadable(file, error))
    if problems:
        raise ConfigError(problems)
    return files


def drop_in(path: Path, name: str) -> Path:
    """Where the drop-in `name` of the main file `path` lies, or would lie."""
    return path.parent / DROP_INS / f"{name}.toml"


def add_drop_in(path: Path, name: str, text: str) -> Path:
    """Write a new drop-in, whole or not at all; who may read the main file may read it.

    Args:
        path: of the main file.
        name: of the drop-in, without ``.toml``.
        text: its content.

    Raises:
        FileExistsError: there is one of that name; it stays as it is.
        OSError: it cannot be written.
    """
    file = drop_in(path, name)
    if not file.parent.exists():
        file.parent.mkdir()
        _same_rights(path.parent, file.parent)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, prefix=".") as stream:
        stream.write(text)
        stream.flush()
        _same_rights(path, Path(stream.name))
        os.fsync(stream.fileno())
        os.link(stream.name, file)
    return file


def _same_rights(of: Path, to: Path) -> None:
    """Give a file the mode of another one, and its owner where we may."""
    found = of.stat()
    with contextlib.suppress(PermissionError):
        os.chown(to, found.st_uid, found.st_gid)
    to.chmod(stat.S_IMODE(found.st_mode))


def _drop_ins(folder: Path, problems: list[ConfigProblem]) -> list[Path]:
    try:
        names = sorted(
            path.name for path in folder.iterdir() if path.suffix == ".toml" and path.name[0] != "."
        )
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        problems.append(_unreadable(folder, error))
        return []
    if len(names) > DROP_IN_LIMIT:
        reason = f"{len(names)} drop-ins are too many"
        problems.append(ConfigProblem(str(folder), None, "", reason, f"at most {DROP_IN_LIMIT}"))
        return []
    return [folder / name for name in names]


def _unreadable(file: Path, error: OSError | ValueError) -> ConfigProblem:
    # A ValueError is a zero byte in the name.
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ConfigProblem(str(file), None, "", f"cannot be read: {reason}")
