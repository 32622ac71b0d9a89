"""Live output: what a command shows is shown again each second, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

EVERY_S = 1.0
"""Seconds from one showing to the next."""

watch_option = click.option(
    "--watch", is_flag=True, help="Show it again each second, until Ctrl-C."
)


def shown(show: Callable[[], None], *, again: bool) -> None:
    """Show something once, or again and again until Ctrl-C.

    On a terminal each showing stands in the place of the last one; in a file or a pipe an empty
    line stands between them.

    Args:
        show: prints it.
        again: whether to show it more than once.
    """
    try:
        if again and sys.stdout.isatty():
            click.clear()
        show()
        while again:
            sys.stdout.flush()
            time.sleep(EVERY_S)
            if sys.stdout.isatty():
                click.clear()
            else:
                click.echo()
            show()
    except KeyboardInterrupt:
        if not again:
            raise
