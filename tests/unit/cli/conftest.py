"""The command line over a box in a temporary folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from appliance.cli.main import root

CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:8443"
public_host = "box.local"
[collections.fridges]
title = "Fridges in shops"
fields = { code = "text!", name = "text", price = "money" }
key = ["code"]
write = ["*"]
"""


class Said(NamedTuple):
    """What a command said and how it ended."""

    code: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


Fieldbox = Callable[..., Said]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "appliance.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def fieldbox(config: Path) -> Fieldbox:
    """Run ``fieldbox --config FILE`` with arguments."""

    def run(*arguments: str, **options: Any) -> Said:
        result = CliRunner().invoke(root, ["--config", str(config), *arguments], **options)
        return Said(result.exit_code, result.stdout, result.stderr)

    return run
