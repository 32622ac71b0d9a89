"""The screen: tables and values as people read them, JSON as scripts do.

What is shown comes from devices and files too, so nothing of it may act on a terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from appliance.exchange.refusal import plain
from appliance.printing.width import aligned, width

_READABLE = 10
"""Columns of a terminal that a cell needs, if it has so many, to be read."""


def show_json(value: Any) -> None:
    """Print one JSON value."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def show_table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: frozenset[str] = frozenset()
) -> None:
    """Print a table: drawn on a terminal, else plain columns that nothing cuts off.

    Where a terminal is too narrow for it, each row is printed as names and values.

    Args:
        columns: titles.
        rows: the cells; None is shown as nothing.
        right: titles of columns aligned to the right.
    """
    cells = [[plain(cell_text(value)) for value in row] for row in rows]
    if sys.stdout.isatty():
        _draw(columns, cells, right)
        return
    sizes = [
        max(width(title), *(width(row[i]) for row in cells)) if cells else width(title)
        for i, title in enumerate(columns)
    ]
    for line in [list(columns), *cells]:
        parts = (
            aligned(text, size, "right" if title in right else "left")
            for text, size, title in zip(line, sizes, columns, strict=True)
        )
        click.echo("  ".join(parts).rstrip())


def _draw(columns: Sequence[str], rows: list[list[str]], right: frozenset[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    sizes = [
        max(width(title), *(width(row[at]) for row in rows)) if rows else width(title)
        for at, title in enumerate(columns)
    ]
    if sum(min(size, _READABLE) + 2 for size in sizes) > console.width and rows:
        for number, row in enumerate(rows):
            if number:
                click.echo()
            show_pairs((title, cell) for title, cell in zip(columns, row, strict=True) if cell)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in columns:
        table.add_column(title, justify="right" if title in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def show_pairs(pairs: Iterable[tuple[str, Any]]) -> None:
    """Print names and values below one another."""
    items = [(name, plain(cell_text(value))) for name, value in pairs]
    size = max((width(name) for name, _ in items), default=0)
    for name, value in items:
        click.echo(f"{aligned(name, size, 'left')}  {value}".rstrip())


def cell_text(value: Any) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(cell_text, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def moment(at_ms: int | None) -> str:
    """Return a time in UTC milliseconds as this machine's local time, to the minute."""
    if at_ms is None:
        return ""
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError, OSError):
        return str(at_ms)


def size_text(count: int) -> str:
    """Return a number of bytes in the largest unit of which there is at least one (10^3 steps)."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
