"""``--watch``: the same again each second until Ctrl-C, which is no failure."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from appliance.testing.daemon_process import COMMAND

pytestmark = pytest.mark.slow

CONFIG = """
state_dir = "state"
[plugins]
enabled = []
"""


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (("printer", "jobs"), "no jobs wait; --all lists finished ones\n"),
        (("kit", "status"), "the config names no kit"),
    ],
)
def test_it_is_shown_again_until_ctrl_c(
    tmp_path: Path, command: tuple[str, ...], shown: str
) -> None:
    config = tmp_path / "appliance.toml"
    config.write_text(CONFIG)
    with subprocess.Popen(
        [*COMMAND, "--config", str(config), *command, "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert [line.startswith(shown) for line in lines] == [True, False, True], lines
    assert lines[1] == "\n"
    assert (process.returncode, errors) == (0, "")
