"""What a daemon is made of is not walked again by the collector of garbage while it serves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import gc, os, sys
from pathlib import Path
from appliance.cli.run import serve
from appliance.config import load

def ready(service):
    print(gc.isenabled(), gc.get_freeze_count(), len(gc.get_objects()), flush=True)
    service.stop().addBoth(lambda _: os._exit(0))

serve(load(Path(sys.argv[1]), os.environ), ready)
"""

CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:0"
[mdns]
enabled = false
"""


def test_a_full_collection_walks_little(tmp_path: Path) -> None:
    config = tmp_path / "appliance.toml"
    config.write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(config)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    enabled, kept, walked = done.stdout.split()
    assert enabled == "True"
    assert int(walked) < int(kept) / 20
