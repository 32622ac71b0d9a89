"""Workload: what each simulated device does."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workload:
    """What each agent does.

    Attributes:
        day: whose route is visited; None: today's, or the next day's that has stops.
        visits, orders, photos: the most of each; None: as many as the day has.
        mistakes: of a hundred visits so many have a mistake made on purpose.
        offline: of a hundred visits so many are out of the network's reach; after the others the
            device syncs.
        slips: copies of orders that are printed in the evening, where the appliance prints.
        documents: made offline of each collection of partners and of the configuration that the
            device may write.
        cuts: connections that break; 0 for a good link.
        photo_bytes: size of a photo.
        attempts: tries of one step before it counts as failed.
        timeout: seconds a connection may stand still.
    """

    day: datetime.date | None = None
    visits: int | None = None
    orders: int | None = None
    photos: int | None = None
    mistakes: int = 10
    offline: int = 80
    slips: int = 1
    documents: int = 2
    cuts: int = 6
    photo_bytes: int = 20_000
    attempts: int = 40
    timeout: float = 15.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Which of the devices of a simulation one is.

    Attributes:
        number: among all, from 0.
        turn, turns: among those of its user, from 0: they share the route.
        began_ms: when the simulation began, UTC milliseconds.
    """

    number: int = 0
    turn: int = 0
    turns: int = 1
    began_ms: int = 0
