"""The track log: positions of the van gathered in memory and stored batch by batch."""

from __future__ import annotations

from typing import Any

import structlog
from twisted.internet.defer import Deferred

from appliance.api.errors import PluginError
from appliance.api.values import uuid7
from appliance.config.kit import Position
from appliance.store.box import Box
from appliance.store.errors import StoreError
from appliance.store.kit_records import NoTrack, store_track
from appliance.store.transaction import WriteTransaction
from appliance.vehicle.fix import Fix
from appliance.vehicle.track import Thinning, Track

BATCH = 200
"""Positions of one batch; `gps_points` takes 1,000."""

MOST_WAITING = 5_000
"""Positions that wait while the store cannot write; older ones go first."""


class TrackLog:
    """Thins fixes and stores them as those of one person."""

    def __init__(self, box: Box, settings: Position) -> None:
        """Prepare.

        Args:
            box: where they are stored.
            settings: whose they are, and how they are thinned.
        """
        self._box = box
        self._settings = settings
        self._track = Track(
            Thinning(
                distance_m=settings.distance_m,
                turn_deg=settings.turn_deg,
                rest_s=settings.rest_s,
            )
        )
        self._points: list[dict[str, Any]] = []
        self._since: float | None = None
        self._batch: tuple[str, list[dict[str, Any]]] | None = None
        self._writing = False
        self._told = ""
        self._log = structlog.get_logger("appliance.daemon")

    @property
    def waiting(self) -> int:
        """Positions that are not stored yet."""
        return len(self._points)

    def take(self, fix: Fix, now: float, soc_permille: int | None) -> None:
        """Take a fix that is believed.

        Args:
            fix: the newest.
            now: seconds on a monotonic clock.
            soc_permille: how full the battery is, where that is known.
        """
        if not self._settings.user or not self._track.keeps(fix, now):
            return
        point: dict[str, Any] = {
            "t": self._box.now_ms(),
            "lat_e7": fix.lat_e7,
            "lon_e7": fix.lon_e7,
        }
        given = {
            "acc": fix.acc_m,
            "speed": fix.speed_kmh,
            "batt": None if soc_permille is None else soc_permille // 10,
            "mock": True if fix.mock else None,
        }
        point.update({name: value for name, value in given.items() if value is not None})
        self._points.append(point)
        del self._points[:-MOST_WAITING]
        if self._since is None:
            self._since = now

    def due(self, now: float) -> bool:
        """Tell whether a batch is to be stored now."""
        if self._since is None or self._writing:
            return False
        return len(self._points) >= BATCH or now - self._since >= self._settings.batch_s

    def store(self) -> Deferred[None]:
        """Store what has gathered; fires when it is, or is not."""
        done: Deferred[None] = Deferred()
        if self._writing or not self._points:
            done.callback(None)
            return done
        if self._batch is None:
            self._batch = str(uuid7(self._box.now_ms())), self._points[:BATCH]
        record, points = self._batch
        self._writing = True

        def job(tx: WriteTransaction) -> None:
            store_track(tx, self._box.plugins.registry, self._settings.user, record, points)

        def stored(_value: object, error: BaseException | None) -> None:
            self._writing = False
            self._since = None
            self._stored(points, error)
            done.callback(None)

        self._box.store.submit(job, stored)
        return done

    def _stored(self, points: list[dict[str, Any]], error: BaseException | None) -> None:
        if isinstance(error, StoreError):
            # Whether it was stored may be in doubt: it is tried again under the same id.
            self._log.warning("track_not_stored", reason=str(error), positions=len(points))
            return
        self._batch = None
        kept = {id(point) for point in points}
        self._points = [point for point in self._points if id(point) not in kept]
        if error is None:
            self._told = ""
        elif isinstance(error, NoTrack | PluginError):
            if self._told != str(error):
                self._told = str(error)
                self._log.warning("track_lost", reason=self._told)
        else:
            self._log.error("track_failed", exc_info=error)
