"""What partners may import of the test kit, and that it costs nothing until they do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import appliance.testing as kit

PAGE = (Path(__file__).parents[3] / "docs/plugins.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", kit.__all__)
def test_a_public_name_is_there_and_described(name: str) -> None:
    assert getattr(kit, name).__name__ == name
    assert f"``{name}``" in (kit.__doc__ or "")


@pytest.mark.parametrize("name", ["PluginSuite", "DaemonProcess", "Device", "assert_plain"])
def test_what_no_fixture_gives_is_on_the_page(name: str) -> None:
    assert name in kit.__all__
    assert f"`{name}" in PAGE


def test_a_name_that_there_is_not_is_refused() -> None:
    with pytest.raises(AttributeError, match="Devise"):
        _ = kit.Devise
    assert set(kit.__all__) <= set(dir(kit))


def test_the_package_and_the_pytest_plugin_import_nothing_of_the_appliance() -> None:
    code = (
        "import sys, appliance.testing.pytest_plugin\n"
        "print(sorted(m for m in sys.modules if m.startswith('appliance.')))"
    )
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['appliance.testing', 'appliance.testing.pytest_plugin']"
