"""kill -9 of a process that writes: what it said was stored is there when the store opens again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ledger import check, prepare

WRITE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from ledger import entry, writer
from appliance.store.connection import Connection
path, number = Path(sys.argv[2]), int(sys.argv[3])
made = writer(lambda: Connection(path))
print("ready", flush=True)
def answered(value, error, number):
    sys.stdout.write(f"{number}\\n" if error is None else f"failed {error}\\n")
    sys.stdout.flush()
while True:
    for _ in range(3):
        made.submit(entry(number), lambda value, error, n=number: answered(value, error, n))
        number += 1
    made.call(lambda tx: None)
"""


def _kill_one(path: Path, first: int, after: int) -> tuple[set[int], int]:
    """Let a process write from a number on, kill it after so many answers."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(Path(__file__).parent), str(path), str(first)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    said = [child.stdout.readline() for _ in range(after)]
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read()
    child.stdout.close()
    child.wait()
    # The last line may have been cut in the pipe.
    lines = "".join([*said, rest]).split("\n")[:-1]
    numbers = {int(line) for line in lines}
    return numbers, max(numbers, default=first) + 1


def _kill_often(folder: Path, times: int, seed: int) -> None:
    path = folder / "ledger.db"
    prepare(path)
    choice = random.Random(seed)
    acknowledged: set[int] = set()
    following = 0
    for _ in range(times):
        numbers, following = _kill_one(path, following, choice.randrange(1, 40))
        assert numbers
        acknowledged |= numbers
        there = check(path, acknowledged)
        # Numbers that were begun and not answered may be there; they are not used again.
        following = max(following, max(there) + 1)


@pytest.mark.slow
def test_twenty_kills_lose_nothing(tmp_path: Path) -> None:
    _kill_often(tmp_path, 20, seed=1)


def test_three_kills_lose_nothing(tmp_path: Path) -> None:
    _kill_often(tmp_path, 3, seed=2)


@pytest.mark.slow
@pytest.mark.deep
@pytest.mark.parametrize("seed", range(10, 30))
def test_five_hundred_kills_lose_nothing(tmp_path: Path, seed: int) -> None:
    _kill_often(tmp_path, 25, seed)
