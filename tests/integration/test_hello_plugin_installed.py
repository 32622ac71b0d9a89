"""The plugin of docs/plugins.md, as a partner builds, installs and tests it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "docs/examples/hello_plugin"

SHOW = """
from appliance.plugin_host.discovery import discover
for one in discover():
    print(one.name, one.distribution, one.first_party, one.problem or "loaded")
"""


@pytest.mark.slow
def test_the_example_installs_is_found_and_passes_its_own_test(tmp_path: Path) -> None:
    project = tmp_path / "hello_plugin"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    site = tmp_path / "site"
    run = {"check": True, "capture_output": True, "text": True}
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index")
    subprocess.run(
        (*pip, "--no-build-isolation", "--target", str(site), str(project)),
        **run,  # type: ignore[call-overload]
    )
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    shown = subprocess.run(
        (sys.executable, "-c", SHOW), env=environment, check=True, capture_output=True, text=True
    )
    assert "hello fieldbox-hello 1.0 False loaded" in shown.stdout.splitlines()
    tested = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests"),
        cwd=project,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "1 passed" in tested.stdout
