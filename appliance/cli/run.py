"""``fieldbox run``: the daemon, in the foreground."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import structlog

from appliance.cli.owner import check_owner, explained
from appliance.config import ConfigError, find_config
from appliance.config import load as load_config
from appliance.config.settings import Settings


def serve(settings: Settings, on_ready: Callable[[Any], None]) -> int:
    """Run the daemon until it is told to stop; return the exit code.

    Args:
        settings: of the box.
        on_ready: called with the `Service` once it serves.
    """
    from twisted.internet import error
    from twisted.internet import reactor as installed
    from twisted.python.failure import Failure

    from appliance.daemon.logs import configure
    from appliance.daemon.service import Service
    from appliance.enrollment.errors import TechnicianError
    from appliance.store.errors import StoreError

    # The modules and objects of a daemon stay for as long as it runs. While they are made there is
    # next to nothing to collect, and to walk all of them later stops the event loop for 0.1 s.
    gc.disable()
    reactor: Any = installed
    # Twisted goes by the time of day; a clock that is put back would stop everything that is due.
    reactor.seconds = time.monotonic
    configure(settings.log.level, settings.log.format)
    service = Service(settings, reactor)
    code = [0]

    def start() -> None:
        started = False
        try:
            service.start()
            started = True
            gc.collect()
            gc.freeze()
            gc.enable()
            on_ready(service)
        except ConfigError as problem:
            click.echo(str(problem), err=True)
            code[0] = 2
        except (StoreError, TechnicianError, error.CannotListenError, OSError) as problem:
            click.echo(f"fieldbox cannot start: {_plain(problem, settings.state_dir)}", err=True)
            code[0] = 1
        except Exception as problem:
            # Without this the reactor would run on and serve nothing.
            structlog.get_logger("appliance.daemon").error("start_failed", exc_info=problem)
            click.echo(f"fieldbox cannot start: an error of its own: {problem}", err=True)
            code[0] = 1
        if started and code[0]:
            stop()
        elif code[0]:
            reactor.stop()

    stopping = [False]

    def stop(*_signal: object) -> None:
        if stopping[0]:
            return
        stopping[0] = True

        def ended(result: object) -> None:
            if isinstance(result, Failure):
                result.printTraceback()  # type: ignore[no-untyped-call]
                code[0] = 1
            reactor.stop()

        service.stop().addBoth(ended)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(
            number,
            lambda *_: reactor.callFromThread(stop),
        )
    reactor.callWhenRunning(start)
    reactor.run(installSignalHandlers=False)
    return code[0]


def _plain(problem: BaseException, folder: Path) -> str:
    from twisted.internet.error import CannotListenError

    if isinstance(problem, CannotListenError):
        if getattr(problem.socketError, "errno", None) == errno.EADDRNOTAVAIL:
            return (
                f"this machine has no address {problem.interface}: set http.listen to one it has, "
                'or to "0.0.0.0" for all of them'
            )
        return (
            f"port {problem.port} of {problem.interface or 'this machine'} is in use: stop what "
            "listens there, or set another http.listen in the configuration"
        )
    return explained(problem, folder)


@click.command()
@click.pass_context
def run(context: click.Context) -> None:
    """Run the daemon in the foreground until Ctrl-C or SIGTERM.

    Prints one line "ready https://HOST:PORT" when it serves devices.
    """
    given: Path | None = context.obj.config_path if context.obj is not None else None
    try:
        settings = load_config(find_config(given, os.environ), os.environ)
    except ConfigError as problem:
        click.echo(str(problem), err=True)
        sys.exit(2)

    check_owner(settings.state_dir, daemon=True)

    def ready(service: Any) -> None:
        click.echo(f"ready https://{service.address}")
        sys.stdout.flush()

    sys.exit(serve(settings, ready))
