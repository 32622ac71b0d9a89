"""docs/plugins.md tells partners of every hook, argument and type there is."""

from __future__ import annotations

import ast
import re
import typing
from pathlib import Path

import pytest

import appliance.api as api
from appliance.api import Collection, Setting, hookspecs
from appliance.api.fields import FIELD_TYPES
from appliance.api.importing import COLUMN_TYPES
from appliance.testing.plugin_box import PluginBox

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/plugins.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "docs/examples/hello_plugin"


def hooks() -> dict[str, list[str]]:
    """Hooks and their arguments, as they are written in hookspecs.py."""
    tree = ast.parse(Path(hookspecs.__file__).read_text(encoding="utf-8"))
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assert any("hookspec" in ast.unparse(d) for d in node.decorator_list), node.name
            found[node.name] = [argument.arg for argument in node.args.args]
    return found


HOOKS = hooks()


def section(hook: str) -> str:
    return re.split(r"^##", PAGE[PAGE.index(f"### `{hook}(") + 3 :], maxsplit=1, flags=re.M)[0]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_documented_with_its_arguments(hook: str) -> None:
    assert f"\n### `{hook}({', '.join(HOOKS[hook])})`\n" in PAGE
    body = section(hook)
    assert len(body) > 40


@pytest.mark.parametrize("hook", HOOKS)
def test_what_a_hook_returns_is_documented(hook: str) -> None:
    tree = ast.parse(Path(hookspecs.__file__).read_text(encoding="utf-8"))
    node = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == hook)
    returns = ast.unparse(node.returns) if node.returns is not None else "None"
    for name in re.findall(r"[A-Z]\w+", returns):
        if name in api.__all__:
            assert f"`{name}" in section(hook), f"{hook}: {name}"
    if "None" in returns and returns != "None":
        assert "None" in section(hook)


def test_no_hook_is_documented_that_there_is_not() -> None:
    assert set(re.findall(r"^### `(\w+)\(", PAGE, re.M)) == set(HOOKS)


def test_the_types_are_documented() -> None:
    for name, text in {**FIELD_TYPES, **COLUMN_TYPES}.items():
        assert f"| `{name}` | {text} |" in PAGE
    for kind in typing.get_args(typing.get_type_hints(Setting)["type"]):
        assert f"\n| `{kind}` | " in PAGE


@pytest.mark.parametrize(
    "name", ["Manifest", "Collection", "Field", "Setting", "Endpoint", "Issue"]
)
def test_the_members_of_a_declaration_are_documented(name: str) -> None:
    members = re.search(rf"`{name}\(([^)]*)\)", PAGE)
    assert members is not None
    declared = getattr(api, name).__struct_fields__
    assert sorted(re.findall(r"\w+", members[1])) == sorted(declared)


def test_the_defaults_of_a_collection_are_documented() -> None:
    plain = Collection(name="x", title="X", fields=())
    for member, default in re.findall(r"^\| `(\w+)` \| `([^|]+)` \| ", PAGE, re.M):
        if member in Collection.__struct_fields__:
            assert ast.literal_eval(default) == getattr(plain, member), member


def test_the_methods_of_the_test_box_are_documented() -> None:
    table = PAGE[PAGE.index("\n| Method | Does |") :].split("\n\n")[0]
    for name, member in vars(PluginBox).items():
        if callable(member) and not name.startswith("_") and name not in ("close", "new_id"):
            assert f"`{name}(" in table, name


def test_the_members_of_texts_are_documented() -> None:
    table = PAGE[PAGE.index("## Languages") : PAGE.index("## Errors and quarantine")]
    for name in vars(api.Texts):
        if not name.startswith("_"):
            assert f"`{name}" in table or f"Texts.{name}(" in table, name
    assert "languages_of(context, user_id)" in table


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "src/hello_plugin.py", "tests/test_hello_plugin.py"]
)
def test_the_plugin_on_the_page_is_the_one_that_is_tested(name: str) -> None:
    text = (EXAMPLE / name).read_text(encoding="utf-8")
    assert re.search(rf"^`{name}`:\n\n```\w+\n{re.escape(text)}```$", PAGE, re.M), name
