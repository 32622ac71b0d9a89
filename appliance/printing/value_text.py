"""Values as a document writes them, in its language."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from appliance.api import amounts
from appliance.api.document_data import Day
from appliance.api.values import BasisPoints, Money, Price, Quantity, Timestamp
from appliance.printing.amount_words import in_words
from appliance.printing.width import NO_BREAK

_DECIMAL_POINTS = {"en": "."}
_DAYS = {"en": "%Y-%m-%d"}


class Manner(NamedTuple):
    """How a document writes values.

    Attributes:
        language: one that labels are spoken in.
        currency: ISO 4217.
        tz_offset_min: of its moments.
    """

    language: str
    currency: str = ""
    tz_offset_min: int = 0


def _figure(text: str, manner: Manner) -> str:
    point = _DECIMAL_POINTS.get(manner.language, ",")
    return text.replace(" ", NO_BREAK).replace(".", point)


def money(value: int, manner: Manner) -> str:
    """Write minor units."""
    return _figure(amounts.money(value), manner)


def with_currency(value: int, manner: Manner) -> str:
    """Write minor units with the currency's code."""
    return f"{money(value, manner)}{NO_BREAK}{manner.currency}".rstrip(NO_BREAK)


def price(value: int, manner: Manner) -> str:
    """Write a price."""
    return _figure(amounts.price(value), manner)


def quantity(value: int, manner: Manner) -> str:
    """Write a quantity."""
    return _figure(amounts.quantity(value), manner)


def percent(value: int, manner: Manner) -> str:
    """Write basis points as percent, without the sign."""
    return _figure(amounts.percent(value), manner)


def words(value: int, manner: Manner) -> str:
    """Write minor units in words."""
    return in_words(value, manner.currency, manner.language)


def day(value: str, manner: Manner) -> str:
    """Write a day; what is none stays as it is."""
    try:
        return date.fromisoformat(value).strftime(_DAYS.get(manner.language, "%d.%m.%Y"))
    except ValueError:
        return value


def moment(value: int, manner: Manner) -> str:
    """Write a moment to the minute, as clocks showed it there; ``-`` where no calendar has it."""
    return _at(value, manner, " %H:%M")


def day_of(value: int, manner: Manner) -> str:
    """Write the day of a moment."""
    return _at(value, manner, "")


def _at(value: int, manner: Manner, rest: str) -> str:
    try:
        there = datetime.fromtimestamp(value // 1000, UTC) + timedelta(minutes=manner.tz_offset_min)
        return there.strftime(_DAYS.get(manner.language, "%d.%m.%Y") + rest).replace(" ", NO_BREAK)
    except (OverflowError, ValueError, OSError):
        return "-"


def _text(value: object, _manner: Manner) -> str:
    return str(value)


Writer = Callable[[Any, Manner], str]
"""Writes a value of one type."""

_USUAL: Mapping[Any, Writer] = {
    str: _text,
    int: _text,
    Money: money,
    Price: price,
    Quantity: quantity,
    BasisPoints: percent,
    Timestamp: moment,
    Day: day,
}

FILTERS: Mapping[str, tuple[Any, Writer]] = {
    "currency": (Money, with_currency),
    "words": (Money, words),
    "day": (Timestamp, day_of),
}
"""What may stand behind a field, ``{payable|words}``: the type that it is for, and what writes."""


def usual_writer(hint: Any) -> Writer | None:
    """Return how values of a type are written; None for a type that is no text."""
    if typing.get_origin(hint) is Literal:
        return _text
    return _USUAL.get(hint)
