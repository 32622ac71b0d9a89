"""Whole numbers on the command line, with errors that say what is allowed."""

from __future__ import annotations

from typing import Any

import click

LARGEST = 2**63 - 1
"""What a store's number can be at most."""


class Whole(click.IntRange):
    """A whole number from `low` to `high`, both included; ``high`` None: as large as there are."""

    def __init__(self, low: int, high: int | None = None) -> None:
        super().__init__(low, LARGEST if high is None else high)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a number.

        Raises:
            click.BadParameter: it is none, or not allowed.
        """
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            text = str(value)
            shown = text if len(text) <= 60 else f"{text[:60]}…"
            if self.max == LARGEST and text.isascii() and text.isdigit() and text.strip("0"):
                self.fail(f"{shown} is larger than any number there is here", param, ctx)
            above = (
                f"of {self.min:,} or more"
                if self.max == LARGEST
                else (f"from {self.min:,} to {self.max:,}")
            )
            self.fail(f"{shown!r} is not a whole number {above}", param, ctx)
