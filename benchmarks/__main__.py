"""Run the benchmarks: ``python -m benchmarks [--quick] [--only NAME...] [--json FILE]``."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path

import orjson
from rich.console import Console

from benchmarks.result import Row, Run, missing, show

ROOT = Path(__file__).parent.parent
ALL = (
    "limits",
    "pull_initial",
    "delta",
    "push",
    "group_commit",
    "connections",
    "startup",
    "growth",
    "import_lateness",
    "retention",
    "pricing",
    "demo",
    "reports",
    "printing_lines",
    "printing_jobs",
    "printing_paper",
)


def main() -> int:
    """Run what was asked for; 0 when everything could be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows, fewer repeats")
    parser.add_argument("--only", nargs="+", choices=ALL, default=ALL, metavar="NAME")
    parser.add_argument("--json", type=Path, default=ROOT / "var" / "bench.json", metavar="FILE")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "var" / "bench",
        help="where boxes are made and removed; its disk is measured (default: var/bench)",
    )
    arguments = parser.parse_args()
    console = Console()
    found: dict[str, list[Row]] = {}
    failed = False
    began = time.time()
    for name in arguments.only:
        folder = arguments.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        started = time.monotonic()
        try:
            with console.status(f"measuring {name}"):
                measured = import_module(f"benchmarks.{name}").measure(
                    Run(folder, arguments.quick, 3 if arguments.quick else 5)
                )
            found[name] = list(measured)
        except Exception as error:
            traceback.print_exc()
            found[name] = [missing(name, f"failed: {error}")]
            failed = True
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        console.print(f"[dim]{name}: {time.monotonic() - started:.0f} s")
    show(console, found)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_bytes(
        orjson.dumps(
            {
                "at": int(began),
                "quick": arguments.quick,
                "machine": {
                    "python": platform.python_version(),
                    "system": platform.platform(),
                    "cores": os.cpu_count(),
                    "load": os.getloadavg(),
                },
                "rows": {name: [row.plain() for row in rows] for name, rows in found.items()},
            },
            option=orjson.OPT_INDENT_2,
        )
    )
    console.print(f"[dim]JSON in {arguments.json}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
