"""A bar for what the box tells of a long operation, on standard error of a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Show a bar and give what moves it: told ``done`` and ``total``, as `Desk.progress` is.

    Args:
        quiet: show none, as where standard error is no terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _state: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    bar = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)
        yield lambda state: bar.update(task, completed=state["done"], total=state["total"])
