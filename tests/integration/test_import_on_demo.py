"""docs/import.md: what it shows of imports onto the demo is what is typed and what comes of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from appliance.cli.demo_box import Wanted, configured, populate
from appliance.cli.door import open_door
from appliance.daemon.operations.import_messages import MAX_ROWS

PAGE = Path(__file__).parents[2] / "docs/import.md"


def steps() -> Iterator[tuple[str, str]]:
    """Each line that is typed in the section on the demo, and what it prints there."""
    text = PAGE.read_text(encoding="utf-8")
    (section,) = re.findall(r"^## Trying it on the demo\n(.*?)^## ", text, re.M | re.S)
    for block in re.findall(r"^```text\n(.*?)^```", section, re.M | re.S):
        for step in re.split(r"^\$ ", block, flags=re.M)[1:]:
            typed, _, printed = step.replace("\\\n", "").partition("\n")
            yield typed, printed


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("iconv") is None, reason="iconv is not installed")
def test_the_page_shows_what_happens(tmp_path: Path) -> None:
    door = open_door(configured(tmp_path / "var", "127.0.0.1:0", {}))
    populate(door, Wanted())
    door.close()
    found = list(steps())
    assert len(found) == 9
    script = f'fieldbox() {{ {sys.executable} -m appliance.cli "$@"; }}\n'
    for typed, printed in found:
        if typed.startswith("export "):
            script += f"{typed}\n"
            continue
        done = subprocess.run(
            ["bash", "-c", script + typed],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout == printed, typed
        assert done.stderr == ""
        assert done.returncode == (1 if "left out" in printed else 0)


@pytest.mark.slow
def test_a_dry_run_finds_what_rows_far_apart_have_to_do_with_each_other(tmp_path: Path) -> None:
    door = open_door(configured(tmp_path / "var", "127.0.0.1:0", {}))
    rows = ["Код,Наименование,Ед.,Штрихкод", "A,Чай,PCE,2900000010008"]
    rows += [f"N{number},Сок {number},PCE," for number in range(2 * MAX_ROWS)]
    (tmp_path / "products.csv").write_text("\n".join([*rows, "B,Кофе,PCE,2900000010008"]))
    door.close()
    told = []
    rest = ["products.csv", "--profile", "csv", "--json"]
    for more in (["--dry-run"], []):
        command = ["--config", str(tmp_path / "var/appliance.toml"), "import", "products", *more]
        done = subprocess.run(
            [sys.executable, "-m", "appliance.cli", *command, *rest],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        found = orjson.loads(done.stdout)
        assert found["notes"], done
        told.append((found["notes"], found["records"], done.returncode))
    assert told[0] == told[1]
