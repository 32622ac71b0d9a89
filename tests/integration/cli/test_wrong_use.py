"""Wrong arguments on the real command line: what is wrong, what is allowed, never a traceback.

Each line runs as a person types it, alone and beside a daemon, and says the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from wrong_uses import TABLE, Wrong

from appliance.cli.main import root

CONFIG = """
state_dir = "state"
[http]
listen = "127.0.0.1:0"
metrics_listen = "127.0.0.1:0"
[mdns]
enabled = false
[collections.fridges]
fields = { code = "text!", name = "text", bought = "date" }
key = ["code"]
write = ["*"]
[printers.paper]
transport = "file"
folder = "../a_file/paper"
"""
RAW = ("Traceback", "internal error", "Expected `", "regex", "[Errno", "$.", "<=x", 'File "')


def text_of(argument: str | bytes) -> str:
    text = argument.decode("latin-1") if isinstance(argument, bytes) else argument
    return repr(text) if len(text) < 30 else f"{len(text)} characters"


def fieldbox(
    place: Path, *arguments: str | bytes, **options: object
) -> subprocess.CompletedProcess[bytes]:
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run(
        [sys.executable, "-m", "appliance.cli", *arguments],
        cwd=place,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
        **given,  # type: ignore[call-overload]
    )


def make_place(folder: Path) -> Path:
    folder.mkdir()
    (folder / "appliance.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "a_folder").mkdir()
    (folder / "a_file").write_text("here\n")
    (folder / "good.csv").write_text("code,name\na,b\n")
    (folder / "noise.csv").write_bytes(bytes(range(128, 256)) * 8)
    assert fieldbox(folder, "user", "add", "olga", "--role", "agent").returncode == 0
    return folder


Answers = dict[tuple[str | bytes, ...], tuple[int, bytes, str]]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What the commands say where no daemon runs; in this process, which is quicker."""
    found: Answers = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(make_place(tmp_path_factory.mktemp("alone") / "box"))
        for one in TABLE:
            words = [os.fsdecode(word) for word in one.arguments]
            done = CliRunner().invoke(root, words, prog_name="fieldbox")
            found[one.arguments] = (done.exit_code, done.stdout_bytes, done.stderr)
    return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = make_place(tmp_path_factory.mktemp("beside") / "box")
    with (place / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "appliance.cli", "run"],
            cwd=place,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    assert daemon.stdout is not None
    assert daemon.stdout.readline().startswith(b"ready https://"), (place / "log").read_text()
    yield place
    daemon.terminate()
    daemon.communicate(timeout=30)
    assert daemon.returncode == 0


@pytest.fixture(scope="module")
def beside(running: Path) -> Answers:
    """What they say beside a daemon, each in a process of its own."""

    def run(one: Wrong) -> tuple[int, bytes, str]:
        done = fieldbox(running, *one.arguments)
        return done.returncode, done.stdout, done.stderr.decode()

    with ThreadPoolExecutor(2) as pool:
        return dict(zip((one.arguments for one in TABLE), pool.map(run, TABLE), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("one", TABLE, ids=lambda one: " ".join(map(text_of, one.arguments)))
def test_a_wrong_use_says_what_is_wrong_and_what_is_allowed(
    one: Wrong, alone: Answers, beside: Answers
) -> None:
    code, output, errors = alone[one.arguments]
    assert (code, output) == (one.code, b""), errors
    for text in one.told:
        assert text in errors
    for text in RAW:
        assert text not in errors
    assert len(errors) < 2_000
    assert beside[one.arguments] == alone[one.arguments]


@pytest.mark.slow
def test_nothing_wrong_left_anything_behind(beside: Answers, running: Path) -> None:
    names = sorted(path.name for path in running.iterdir())
    assert names == [
        "a_file",
        "a_folder",
        "appliance.toml",
        "good.csv",
        "log",
        "noise.csv",
        "state",
    ]
    assert list((running / "a_folder").iterdir()) == []


@pytest.mark.slow
def test_a_printer_whose_folder_cannot_be_made_stops_nothing_and_says_why(running: Path) -> None:
    log = (running / "log").read_text(encoding="utf-8")
    assert "printer_off" in log
    assert "a_file/paper cannot be made: there is something that is no folder" in log
    assert "change `folder` of the printer" in log


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "told"),
    [
        ('state_dir = "/proc/nowhere"\n', "No such file or directory. Make this folder"),
        ('state_dir = "a_file"\n', "no folder. Make this folder"),
        ('state_dir = "a_file/state"\n', "no folder. Make this folder"),
        ('state_dir = "/dev/null"\n', "no folder. Make this folder"),
    ],
)
@pytest.mark.parametrize("command", ["status", "run"])
def test_a_state_directory_that_cannot_be_used(
    tmp_path: Path, command: str, config: str, told: str
) -> None:
    (tmp_path / "a_file").write_text("here\n")
    (tmp_path / "appliance.toml").write_text(config)
    done = fieldbox(tmp_path, command)
    errors = done.stderr.decode()
    assert (done.returncode, done.stdout) == (1, b"")
    assert told in errors
    assert "change state_dir in the configuration" in errors
    assert not any(text in errors for text in RAW), errors


@pytest.mark.slow
def test_simulated_devices_need_a_daemon_and_say_so(tmp_path: Path) -> None:
    place = make_place(tmp_path / "box")
    done = fieldbox(place, "simulate")
    assert done.returncode == 1
    assert b"no daemon runs" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["status", "--help", "import --kinds", "report orders_by_day --format csv", "user list"]
)
def test_output_that_cannot_be_written(running: Path, line: str) -> None:
    words = line.split()
    with Path("/dev/full").open("wb") as full:
        done = fieldbox(running, *words, stdout=full)
    assert done.returncode == 1
    assert done.stderr == b"Error: the output cannot be written: No space left on device\n"
    closed = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m appliance.cli {line} >&-"],
        cwd=running,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (closed.returncode, closed.stderr) == (0, b"")
    piped = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m appliance.cli {line} | head -c 1"],
        cwd=running,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert piped.stderr == b""


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_without_our_letters_is_written_to_all_the_same(
    running: Path, encoding: str
) -> None:
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    for line in ("user list", "device invite --user olga", "import --kinds products"):
        done = fieldbox(running, *line.split(), env=env)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout


@pytest.mark.slow
def test_an_export_goes_into_a_device_and_does_not_replace_it(running: Path) -> None:
    done = fieldbox(running, "export", "orders", "/dev/null", "--profile", "csv")
    assert done.returncode == 0
    assert Path("/dev/null").is_char_device()
    pipe = running.parent / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(pipe.read_bytes)
        done = fieldbox(running, "export", "orders", str(pipe), "--profile", "csv")
        assert done.returncode == 0
        assert reading.result(timeout=30).startswith(b"order,")
    assert pipe.is_fifo()
