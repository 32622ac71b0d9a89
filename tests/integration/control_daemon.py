"""A daemon that serves nothing but its control socket; it stops when its input ends.

python control_daemon.py CONFIG
"""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import Any

import structlog
from twisted.internet import reactor as installed
from twisted.python.threadpool import ThreadPool

from appliance.config import load
from appliance.config.address import Address
from appliance.daemon.control import ControlServer
from appliance.store.box import Box


def main() -> None:
    # Standard output is for who started it; what went wrong shows there all the same.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    reactor: Any = installed
    settings = load(Path(sys.argv[1]), {})
    pool = ThreadPool(1, 4, "workers")
    pool.start()
    box = Box(settings, deliver=reactor.callFromThread)
    control = ControlServer(reactor, box, pool)
    control.serving = Address("127.0.0.1", 8443)

    def start() -> None:
        control.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    def stop() -> None:
        def ended(_result: object) -> None:
            box.close()
            pool.stop()
            reactor.stop()

        control.stop().addBoth(ended)

    def watch() -> None:
        sys.stdin.read()
        reactor.callFromThread(stop)

    threading.Thread(target=watch, daemon=True).start()
    reactor.callWhenRunning(start)
    reactor.run()
    sys.stdout.write("stopped\n")


if __name__ == "__main__":
    main()
