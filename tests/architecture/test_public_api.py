"""Everything that partners may use is described where they read it."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import appliance.api as api

FOLDER = Path(api.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(FOLDER).with_suffix("").parts)
    for path in FOLDER.rglob("*.py")
    if path.stem != "__init__"
)
"""Modules of the API, those of its packages with the package's name in front."""


def load(name: str) -> types.ModuleType:
    return importlib.import_module(f"appliance.api.{name}")


def public(module: types.ModuleType) -> Iterator[tuple[str, Any]]:
    for name, value in vars(module).items():
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__:
            yield name, value


def described_assignments(module: types.ModuleType) -> dict[str, bool]:
    """Public names that are assigned, and whether a string stands below each."""
    assert module.__file__ is not None
    body = ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body
    found: dict[str, bool] = {}
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.Assign):
            targets = [t.id for t in node.targets if isinstance(t, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            targets = [node.target.id]
        else:
            continue
        string = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        found |= {name: string for name in targets if not name.startswith("_")}
    return found


@pytest.mark.parametrize("name", MODULES)
def test_every_module_class_and_function_has_a_docstring(name: str) -> None:
    module = load(name)
    assert module.__doc__
    for label, value in public(module):
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__dict__.get("__doc__") if inspect.isclass(value) else value.__doc__, label
        if inspect.isclass(value):
            for member, function in vars(value).items():
                if not member.startswith("_") and inspect.isfunction(function):
                    assert function.__doc__, f"{label}.{member}"


@pytest.mark.parametrize("name", MODULES)
def test_every_constant_and_alias_is_described(name: str) -> None:
    module = load(name)
    for label, described in described_assignments(module).items():
        # Types of values are described in a table of their module.
        in_table = re.search(rf"^{label}  ", module.__doc__ or "", re.M)
        assert described or in_table, f"{name}.{label} has no string below it"


@pytest.mark.parametrize("name", MODULES)
def test_every_field_of_plain_data_is_described(name: str) -> None:
    ours = {f"appliance.api.{module}" for module in MODULES}
    for label, value in public(load(name)):
        if inspect.isclass(value) and issubclass(value, msgspec.Struct):
            # What a field of another class means is said there.
            said = "\n".join(
                base.__doc__ or "" for base in value.__mro__ if base.__module__ in ours
            )
            for field in msgspec.structs.fields(value):
                described = re.search(rf"\b{field.name}\b", said)
                assert described, f"{label}.{field.name} is not in the docstring"


def test_all_names_what_there_is() -> None:
    assert sorted(api.__all__) == sorted(set(api.__all__))
    for name in api.__all__:
        assert hasattr(api, name)
    exported = {
        label
        for module in ("manifest", "collections", "fields", "mutations", "identity", "importing")
        for label, value in public(load(module))
        if inspect.isclass(value)
    }
    assert exported <= set(api.__all__)
