"""Runs ``fieldbox demo --size mid --json`` and prints the CPU seconds of it in a last line.

``python -m benchmarks.demo_command CONFIG DAY``
"""

from __future__ import annotations

import sys
import time

from appliance.cli.main import root


def main() -> None:
    """Run the command in this process."""
    config, day = sys.argv[1:]
    root(
        ["--config", config, "demo", "--size", "mid", "--day", day, "--json"],
        prog_name="fieldbox",
        standalone_mode=False,
    )
    print(time.process_time())


if __name__ == "__main__":
    main()
