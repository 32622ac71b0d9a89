"""Metrics of the kit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, get_args

from prometheus_client import CollectorRegistry, Gauge

from appliance.vehicle.power import Power, Stage

if TYPE_CHECKING:
    from appliance.daemon.kit import ThingView


class KitMetrics:
    """The figures of power and position."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"fieldbox_kit_{name}", text, labels, registry=registry)

        self._up = gauge("up", "Whether a thing of the kit says what it should: 1 or 0", "thing")
        self._heard = gauge("messages", "Messages of a thing since the start", "thing")
        self._corrupt = gauge(
            "corrupt_messages", "Messages of a thing that were corrupt, since the start", "thing"
        )
        self._electric = {
            "voltage_mv": (gauge("volts", "Voltage of the battery", "thing"), 1_000),
            "current_ma": (gauge("amperes", "Current into the battery", "thing"), 1_000),
            "power_w": (gauge("watts", "Power of the battery or of a charger", "thing"), 1),
            "soc_permille": (gauge("charge_ratio", "How full the battery is", "thing"), 1_000),
        }
        self._stage = gauge("power_stage", "What the power policy says: 1 for one stage", "stage")
        self._place = {
            "lat_e7": (gauge("latitude_degrees", "Latitude of the van"), 10_000_000),
            "lon_e7": (gauge("longitude_degrees", "Longitude of the van"), 10_000_000),
            "acc_m": (gauge("accuracy_metres", "Accuracy of the position"), 1),
            "satellites": (gauge("satellites", "Satellites of the position"), 1),
        }

    def show(self, views: Iterable[ThingView], power: Power) -> None:
        """Show how things are; a figure that is not known is NaN."""
        nothing = float("nan")
        for view in views:
            thing = view.thing
            if thing.kind == "power":
                for stage in get_args(Stage):
                    self._stage.labels(stage).set(stage == power.stage)
            if thing.kind in ("power", "printer"):
                continue
            self._up.labels(thing.name).set(thing.state in ("reading", "fix"))
            self._heard.labels(thing.name).set(view.heard)
            self._corrupt.labels(thing.name).set(view.corrupt)
            if thing.kind == "position":
                for name, (metric, scale) in self._place.items():
                    figure = thing.figures.get(name)
                    metric.set(nothing if figure is None else figure / scale)
                continue
            for name, (metric, scale) in self._electric.items():
                figure = thing.figures.get(name)
                metric.labels(thing.name).set(nothing if figure is None else figure / scale)
