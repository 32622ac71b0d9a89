"""A failure is told with the line of the plugin that led to it, however deep it happened."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.plugin_host.discovery import discover
from appliance.plugin_host.failure_place import roots_of
from appliance.plugin_host.guard import Guard
from appliance.plugin_host.host import Failure, PluginHost

PLUGIN = """\
import json

from appliance import api
{imports}

class Plugin:
    @api.hookimpl
    def manifest(self):
        return api.Manifest(name="acme", version="1", title="Acme")

    @api.hookimpl
    def validate_mutation(self, mutation, stored, context):
        return mutation(self)

    def library(self):
        json.loads("no JSON")

    def deep(self):
        rules.check()

    def hang(self):
        while True:
            pass

plugin = Plugin()
"""

RETURN = "        return int('x')"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the path, whose modules are forgotten at the end."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


class Hosted:
    """A host with one plugin, found as an entry point names it."""

    def __init__(self, module: str) -> None:
        self.failures: list[Failure] = []
        self.host = PluginHost(
            Guard(0.3, look_every_s=0.02), lambda: 0, on_failure=self.failures.append
        )
        point = importlib.metadata.EntryPoint("acme", f"{module}:plugin", "appliance.plugins")
        vars(point)["dist"] = SimpleNamespace(name="partner", version="1")
        (self.found,) = discover(points=[point])
        self.host.register([self.found])

    def place(self, act: str) -> str:
        """Have the plugin fail at something and return where that is said to be."""
        with pytest.raises(Exception, match="acme"):
            self.host.call(
                "acme",
                "validate_mutation",
                mutation=lambda plugin: getattr(plugin, act)(),
                stored=None,
                context=None,
            )
        return self.failures[-1].text.rpartition(" at ")[2]


def line_of(path: Path, text: str) -> str:
    number = path.read_text().splitlines().index(text) + 1
    return f"{path}:{number}"


def test_a_failure_inside_a_library_points_to_who_called_it(site: Path) -> None:
    file = site / "acme_alone.py"
    file.write_text(PLUGIN.format(imports=""))
    hosted = Hosted("acme_alone")
    assert hosted.place("library") == line_of(file, '        json.loads("no JSON")')
    assert "while True:" in file.read_text()
    assert hosted.place("hang") in (
        line_of(file, "            pass"),
        line_of(file, "        while True:"),
    )
    assert "took longer" in hosted.failures[-1].text
    hosted.host.stop()


def test_every_file_of_a_package_is_the_plugins_own(site: Path) -> None:
    package = site / "acme_whole"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "rules.py").write_text("def check():\n    return {}['x']\n")
    (package / "plugin.py").write_text(PLUGIN.format(imports="from acme_whole import rules"))
    hosted = Hosted("acme_whole.plugin")
    assert hosted.place("deep") == f"{package / 'rules.py'}:2"
    assert "failed 3 times" not in hosted.host.status()[0].reason
    hosted.host.stop()


def test_packages_that_share_a_namespace_are_told_apart(site: Path) -> None:
    for name in ("one", "two"):
        (site / "acme_space" / name).mkdir(parents=True)
        (site / "acme_space" / name / "__init__.py").write_text("")
    (site / "acme_space/two/rules.py").write_text("def check():\n    1 // 0\n")
    file = site / "acme_space/one/plugin.py"
    file.write_text(PLUGIN.format(imports="from acme_space.two import rules"))
    hosted = Hosted("acme_space.one.plugin")
    assert hosted.place("deep") == line_of(file, "        rules.check()")
    assert roots_of(hosted.found.plugin) == (f"{site / 'acme_space/one'}/",)
    hosted.host.stop()


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("import json\n\njson.loads('')\n", 3, "JSONDecodeError"),
        ("x = 1\ndef broken(:\n", 2, "SyntaxError"),
        ("import acme_helper\n", 1, "ModuleNotFoundError"),
    ],
)
def test_a_plugin_that_cannot_be_imported_says_at_which_line(
    site: Path, source: str, line: int, says: str
) -> None:
    (site / "acme_torn.py").write_text(source)
    hosted = Hosted("acme_torn")
    assert says in hosted.found.problem
    assert hosted.found.problem.endswith(f" at {site / 'acme_torn.py'}:{line}")
    assert [(one.hook, one.text) for one in hosted.failures] == [("start", hosted.found.problem)]
    hosted.host.stop()


def test_a_declaration_that_fails_says_at_which_line_in_the_list(site: Path) -> None:
    file = site / "acme_declares.py"
    text = PLUGIN.format(imports="").replace("    def library", "{}    def library", 1)
    hook = f"    @api.hookimpl\n    def settings(self):\n{RETURN}\n\n"
    file.write_text(text.replace("{}", hook))
    hosted = Hosted("acme_declares")
    (status,) = hosted.host.status()
    assert status.reason.endswith(
        f" at {line_of(file, chr(32) * 8 + 'return int(' + repr('x') + ')')}"
    )
    assert [one.hook for one in hosted.failures] == ["settings", "start"]
    hosted.host.stop()


def test_what_a_plugin_returned_wrongly_has_no_line(site: Path) -> None:
    (site / "acme_returns.py").write_text(PLUGIN.format(imports=""))
    hosted = Hosted("acme_returns")
    hosted.host.refuse("acme", "validate_mutation", "returned no list of Issue")
    assert hosted.failures[-1].text == (
        "PluginError: acme.validate_mutation: returned no list of Issue"
    )
    hosted.host.stop()
