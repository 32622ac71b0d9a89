"""The folder of templates: a technician's files, read within bounds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from appliance.printing.fault import TemplateFault
from appliance.printing.library import Library

MAX_FILES = 200
MAX_FILE_BYTES = 1_048_576

SUFFIXES = (".xml", ".po", ".png", ".jpg", ".jpeg")
"""Files of the folder that are read; all others are left alone."""


def library_of(
    folder: Path | None, brought: Mapping[str, tuple[str, str]] | None = None
) -> Library:
    """Return the templates: the appliance's own, and those of a folder in their place.

    Args:
        folder: as configured; None for none.
        brought: templates of plugins by name, each with what to call it in errors.

    Raises:
        TemplateFault: the folder or a file of it cannot be read.
    """
    if folder is None:
        return Library(brought=brought)
    place = str(folder)
    try:
        names = sorted(
            entry.name
            for entry in os.scandir(folder)
            if entry.name.endswith(SUFFIXES) and not entry.name.startswith(".") and entry.is_file()
        )
        if len(names) > MAX_FILES:
            raise TemplateFault(
                place, 0, f"{len(names)} files; a folder of templates has {MAX_FILES} at most"
            )
        return Library({name: _content(folder / name) for name in names}, place, brought)
    except OSError as error:
        raise TemplateFault(
            str(error.filename or place),
            0,
            f"cannot be read: {error.strerror or error}; `templates` of [printing] names the"
            " folder, and the user of the daemon must be able to read it",
        ) from error


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        found = opened.read(MAX_FILE_BYTES + 1)
    if len(found) > MAX_FILE_BYTES:
        raise TemplateFault(
            str(file), 0, f"more than {MAX_FILE_BYTES} bytes; make the file smaller"
        )
    return found
