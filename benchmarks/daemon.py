"""The daemon as ``fieldbox run`` starts it, with what only a measurement wants beside it.

    python -m benchmarks.daemon CONFIG [--commit-delay-ms MS] [--forget-pages] [--profile FILE]
                                       [--lateness FILE]

A commit is made longer by sleeping after it on the writer's thread: that is how a slower disk
looks to the daemon, because SQLite lets the interpreter go while it waits for ``fdatasync``.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any

from appliance.cli.run import serve
from appliance.config import load
from appliance.store.connection import Connection
from appliance.store.page_cache import PageCache
from appliance.store.writer import Writer

TICK_S = 0.005
"""Between two looks at the reactor's clock."""


def slow_commits(delay_s: float) -> None:
    """Make each commit of the writer take longer."""
    rows = Connection.rows

    def delayed(self: Connection, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        found = rows(self, sql, parameters)
        if sql == "COMMIT" and threading.current_thread().name == "store-writer":
            time.sleep(delay_s)
        return found

    Connection.rows = delayed  # type: ignore[method-assign]


def forget_pages() -> None:
    """Keep no page, so that each pull builds and compresses its own."""
    init = PageCache.__init__

    def small(self: PageCache, _max_bytes: int = 0) -> None:
        init(self, 0)

    PageCache.__init__ = small  # type: ignore[method-assign]


def profile_writer(file: str) -> None:
    """Profile the writer's thread into ``FILE.writer`` when it ends."""
    run = Writer._run

    def profiled(self: Writer) -> None:
        profiler = cProfile.Profile()
        profiler.runcall(run, self)
        profiler.dump_stats(f"{file}.writer")

    Writer._run = profiled  # type: ignore[method-assign]


def note_lateness(file: Path) -> None:
    """Note how late the reactor runs what is due each 5 ms: milliseconds, a double each."""
    from twisted.internet import reactor

    clock: Any = reactor
    out = file.open("wb", buffering=0)
    due = [clock.seconds() + TICK_S]

    def tick() -> None:
        now = clock.seconds()
        out.write(struct.pack("d", (now - due[0]) * 1e3))
        due[0] = now + TICK_S
        clock.callLater(TICK_S, tick)

    clock.callLater(TICK_S, tick)


def main() -> int:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--commit-delay-ms", type=float, default=0.0)
    parser.add_argument("--forget-pages", action="store_true")
    parser.add_argument("--profile", default="")
    parser.add_argument("--lateness", type=Path)
    arguments = parser.parse_args()
    if arguments.commit_delay_ms:
        slow_commits(arguments.commit_delay_ms / 1000)
    if arguments.forget_pages:
        forget_pages()
    settings = load(arguments.config, os.environ)

    def ready(service: Any) -> None:
        if arguments.lateness:
            note_lateness(arguments.lateness)
        print(f"ready https://{service.address}", flush=True)

    if not arguments.profile:
        return serve(settings, ready)
    profile_writer(arguments.profile)
    profiler = cProfile.Profile()
    code: int = profiler.runcall(serve, settings, ready)
    profiler.dump_stats(arguments.profile)
    return code


if __name__ == "__main__":
    sys.exit(main())
