"""The demo's van: a virtual kit as a child process, and the configuration that names it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.cli.demo_texts import short
from appliance.cli.failure import Failure
from appliance.config.files import drop_in, read_files

if TYPE_CHECKING:
    from appliance.cli.door import Door

KIT = "virtual-kit"
"""The folder beside the demo's configuration that holds the kit's serial ports."""

FILE = "50-virtual-kit"
"""The drop-in that names them."""

READY_S = 10.0
"""Seconds that the kit has to begin."""

_STEADY_S = 10.0
_TRIES = 3
"""A kit that ends so often within so many seconds of its start is not started again."""

_STOPS = 12
_FAR = 0.3
"""Degrees; a tour stays around its first stop."""

_SOMEWHERE = [(56.3269, 44.0059), (56.3287, 44.0183), (56.3228, 44.0241)]

_HEAD = """\
# The virtual kit of the demo, written by `fieldbox demo run` each time it starts: what hangs on
# serial cables in a van is played by a program. `fieldbox demo kit --help` says what can be done
# with it, `fieldbox demo run --without-kit` takes this file away.
"""
_PARTS = {
    ("printers",): """
[printers.van]
transport = "serial"
port = {printer}
baud = 115200
profile = "epson-tm-p80"
""",
    ("kit", "battery"): """
[kit.battery]
protocol = "ve_direct"
port = {battery}

[kit.power]
hold_below_v = 11.8
hold_after_s = 3
resume_above_v = 12.4
resume_after_s = 3
""",
    ("kit", "position"): """
[kit.position]
source = "nmea"
port = {position}
user = {user}
batch_s = 60
""",
}
"""What the drop-in says, by the tables that a technician may have of his own."""

_ALSO: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {
    ("kit", "battery"): (("kit", "charger"), ("kit", "power"))
}


def write_config(config: Path, user: str) -> None:
    """Name the kit in a drop-in of the demo, apart from what its other files name already.

    Args:
        config: the main file.
        user: the login of who drives the van; "" for nobody.

    Raises:
        OSError: it cannot be written.
        ConfigError: the files cannot be read.
    """
    file = drop_in(config, FILE)
    others = [text for name, text in read_files(config) if Path(name) != file]
    given = [_table(text) for text in others]
    ports = {name: _quoted(str(config.parent.absolute() / KIT / name)) for name in _PORTS}
    text = _HEAD + "".join(
        part.format(**ports, user=_quoted(user))
        for place, part in _PARTS.items()
        if not any(_has(table, one) for table in given for one in (place, *_ALSO.get(place, ())))
    )
    file.parent.mkdir(exist_ok=True)
    whole = file.with_name(f".{file.name}.new")
    whole.write_text(text, encoding="utf-8")
    whole.replace(file)


def remove_config(config: Path) -> None:
    """Take the drop-in away. Raises `OSError`."""
    drop_in(config, FILE).unlink(missing_ok=True)


_PORTS = ("printer", "battery", "position")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _table(text: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(text.decode())
    except ValueError:
        return {}  # whoever loads it tells what is wrong


def _has(table: Any, place: Sequence[str]) -> bool:
    for name in place:
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True


def driver_and_stops(door: Door) -> tuple[str, list[tuple[float, float]]]:
    """Return the login of a driver, or "", and where outlets are, in the order of a round."""
    users = door.ask("user.list")["rows"]
    drivers = [user["login"] for user in users if "driver" in user["roles"]]
    try:
        wanted = {"text": "1", "collections": ["outlets"], "limit": 50}
        found = door.ask("search", wanted)["rows"]
    except Failure:
        found = []
    places = [one["row"]["geo"] for one in found if one["row"].get("geo")]
    stops = [(place["lat_e7"] / 1e7, place["lon_e7"] / 1e7) for place in places]
    near = [one for one in stops if math.dist(one, stops[0]) < _FAR][:_STOPS] or _SOMEWHERE
    middle = [sum(axis) / len(near) for axis in zip(*near, strict=True)]
    near.sort(key=lambda one: math.atan2(one[0] - middle[0], one[1] - middle[1]))
    return next(iter(drivers), ""), near


class DemoVan:
    """The kit's process, from `start` to `close`. It ends with ours, whatever ends that.

    Attributes:
        trouble: why it does not run; "" where it does, or is not known not to.
        taken: the kit of another demo runs in the same folder.
    """

    def __init__(self, folder: Path, paper: Path, say: Callable[[str], None]) -> None:
        """Prepare.

        Args:
            folder: of the demo.
            paper: the folder for slips.
            say: prints a line; on a thread.
        """
        self._folder = folder / KIT
        # Not the working directory first: what lies there is not ours.
        self._command = [sys.executable, "-P", "-m", "appliance.testing.virtual_kit", "--child"]
        self._command += ["--folder", str(self._folder.absolute()), "--paper", str(paper)]
        self._say = say
        self._heard: list[str] | None = []
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._tour = b""
        self._closing = False
        self.trouble = ""
        self.taken = False
        self._thread = threading.Thread(target=self._run, name="virtual kit", daemon=True)

    def start(self) -> None:
        """Begin to start it; `ready` waits for it."""
        self._spawn()
        self._thread.start()

    def ready(self) -> bool:
        """Wait until it runs; return whether it does, else `trouble` says why not."""
        if not self._ready.wait(READY_S):
            self.trouble = f"it does not start within {READY_S:g} seconds"
        return not self.trouble

    def drive(self, stops: Sequence[tuple[float, float]]) -> None:
        """Send the van round."""
        with self._lock:
            self._tour = json.dumps(stops).encode() + b"\n"
            self._send_tour()

    def speak(self) -> None:
        """Say from now on what comes out of the printer; before, it is kept."""
        with self._lock:
            kept, self._heard = self._heard, None
        for text in kept or ():
            self._say(text)

    def close(self) -> None:
        """End it."""
        with self._lock:
            self._closing = True
            process = self._process
        if process is None:
            return
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(READY_S)
        except subprocess.TimeoutExpired:
            process.kill()
        self._thread.join()

    def _spawn(self) -> None:
        # A session of its own: Ctrl-C is for us, and a job at the printer is finished first.
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )

    def _send_tour(self) -> None:
        if self._process is not None and self._process.stdin is not None and self._tour:
            with suppress(OSError):
                self._process.stdin.write(self._tour)
                self._process.stdin.flush()

    def _run(self) -> None:
        tries = 0
        while True:
            began = time.monotonic()
            process = self._process
            assert process is not None and process.stdout is not None
            for line in process.stdout:
                with suppress(ValueError):
                    self._hear(json.loads(line))
            code = process.wait()
            process.stdout.close()
            with self._lock:
                if self._closing or self.trouble:
                    return
                if not self._ready.is_set():
                    self.trouble = f"it ended with code {code}"
                    self._ready.set()
                    return
                tries = tries + 1 if time.monotonic() - began < _STEADY_S else 1
                if tries <= _TRIES:
                    self._spawn()
                    self._send_tour()
            if tries > _TRIES:
                self._tell("The virtual kit ends again and again; the demo goes on without it.")
                return
            self._tell("The virtual kit ended by itself; it is started anew.")

    def _hear(self, said: dict[str, Any]) -> None:
        if "ready" in said:
            self._ready.set()
        elif "trouble" in said and "slip" not in said:
            self.trouble = str(said["trouble"])
            self.taken = bool(said.get("taken"))
            self._ready.set()
        elif said.get("slip") is None:
            self._tell(f"A slip of the virtual printer is lost: {said['trouble']}")
        else:
            what = "A slip" if said["whole"] else "A part of a slip"
            strange = f" (strange on it: {said['trouble']})" if said["trouble"] else ""
            self._tell(
                f"{what} came out of the virtual printer: {short(Path(said['slip']))}{strange}"
            )

    def _tell(self, text: str) -> None:
        with self._lock:
            if self._heard is not None:
                self._heard.append(text)
                return
        self._say(text)
