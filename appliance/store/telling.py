"""Telling whoever waits for a result, without letting one listener's fault reach another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog


def tell(listener: Callable[..., Any], *news: Any) -> None:
    """Call a listener; what it raises is logged.

    The store's threads serve everybody: a listener that raises must neither end one of them nor
    keep the news of the same commit from the others.
    """
    try:
        listener(*news)
    except Exception as error:
        structlog.get_logger("appliance.store").error("listener_failed", exc_info=error)
