"""The place of a failure: the deepest line of the plugin itself that led to it.

A query that fails does so inside Fieldbox, a missing key inside a library; what a developer wants
to see is the line of the plugin that asked for it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any


def place_of(error: BaseException, roots: tuple[str, ...]) -> str:
    """Return ``FILE:LINE`` of the deepest frame in a plugin's own files, or "".

    Args:
        error: as it was caught. A file that cannot be parsed is its own place.
        roots: see `roots_of` and `roots_named`.
    """
    if isinstance(error, SyntaxError) and _is_within(error.filename or "", roots):
        return f"{error.filename}:{error.lineno}"
    for frame, line in reversed([*traceback.walk_tb(error.__traceback__)]):
        if _is_within(frame.f_code.co_filename, roots):
            return f"{frame.f_code.co_filename}:{line}"
    return ""


def roots_of(plugin: Any) -> tuple[str, ...]:
    """Return the files and folders that a plugin's code is in: its module, or the whole package.

    Args:
        plugin: the object that its entry point names: a module, or an instance of a class.
    """
    name = plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__module__
    for part in _from_the_top(name):
        module = sys.modules.get(part)
        file = getattr(module, "__file__", None)
        if file:
            return _roots(file, getattr(module, "__path__", None))
    return ()


def roots_named(module: str) -> tuple[str, ...]:
    """Return the same for a plugin that could not be imported, by the name of its module."""
    for part in _from_the_top(module):
        try:
            spec = importlib.util.find_spec(part)
        except Exception:  # what lies above it is imported to find it, and may raise anything
            return ()
        if spec is not None and spec.has_location and spec.origin:
            return _roots(spec.origin, spec.submodule_search_locations)
    return ()


def _from_the_top(name: str) -> Iterator[str]:
    """Yield ``a``, ``a.b``, ``a.b.c``: a namespace that several packages share has no file."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])


def _roots(file: str, folders: Iterable[str] | None) -> tuple[str, ...]:
    if folders is None:
        return (file,)
    return tuple(folder.rstrip(os.sep) + os.sep for folder in folders)


def _is_within(file: str, roots: tuple[str, ...]) -> bool:
    return any(file == root or (root.endswith(os.sep) and file.startswith(root)) for root in roots)
