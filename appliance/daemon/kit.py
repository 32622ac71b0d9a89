"""The kit of a van while the daemon runs: sources, the power policy, and who is told of them.

All of it is on the reactor's thread; sources read in threads of their own, and records go through
the store's writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import structlog
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall

from appliance.config.kit import Kit as Settings
from appliance.daemon.metrics import Metrics
from appliance.daemon.power_switch import NoSwitch, switch_off
from appliance.daemon.track_log import TrackLog
from appliance.hardware.kit_source import ElectricSource, KitSource, PositionSource
from appliance.http.workers import Workers
from appliance.store.box import Box
from appliance.store.kit_records import forget_others, store_status
from appliance.store.transaction import WriteTransaction
from appliance.vehicle.fix import Fix
from appliance.vehicle.kit_book import KitBook
from appliance.vehicle.kit_status import Thing, power_thing
from appliance.vehicle.power import Power, PowerPolicy, PowerRules, Stage
from appliance.vehicle.reading import Reading

TICK_S = 1.0

SETTLE_S = 5.0
"""Seconds from the start until all printers are known; nothing is forgotten before."""


class ThingView(msgspec.Struct, frozen=True, kw_only=True):
    """A thing of the kit as it is now.

    Attributes:
        since: in its state, UTC milliseconds.
        heard, corrupt: messages of its line that were whole, and that were not.
    """

    thing: Thing
    since: int
    heard: int = 0
    corrupt: int = 0


def rules_of(settings: Settings) -> PowerRules:
    """Return the rules of the power policy, from volts of the configuration to millivolts."""
    power = settings.power
    return PowerRules(
        hold_below_mv=round(power.hold_below_v * 1_000),
        resume_above_mv=round(power.resume_above_v * 1_000),
        stop_below_mv=round(power.stop_below_v * 1_000),
        hold_after_s=power.hold_after_s,
        resume_after_s=power.resume_after_s,
        stop_after_s=power.stop_after_s,
        notice_s=power.notice_s,
        stale_s=power.stale_s,
        forget_s=power.forget_s,
    )


class Kit:
    """The kit of one box.

    Attributes:
        views: all things as they are; replaced whole, so that any thread may read it.
    """

    def __init__(
        self,
        box: Box,
        reactor: Any,
        workers: Workers,
        metrics: Metrics,
        *,
        hold: Callable[[bool], None],
        printers: Callable[[], Iterable[Thing]],
        off: Callable[[], object] = switch_off,
    ) -> None:
        """Prepare; `start` begins.

        Args:
            box: whose settings and store.
            reactor: twisted's.
            workers: threads for what blocks.
            metrics: that show the figures.
            hold: holds all printers, or lets them go on.
            printers: tells how they stand.
            off: asks for the machine to be switched off; raises `NoSwitch`.
        """
        self._box = box
        self._settings = box.settings.kit
        self._reactor = reactor
        self._workers = workers
        self._metrics = metrics
        self._hold = hold
        self._printers = printers
        self._off = off
        self._log = structlog.get_logger("appliance.daemon")
        self._policy = PowerPolicy(rules_of(self._settings))
        self._book = KitBook(self._settings.tell_s)
        self._track = TrackLog(box, self._settings.position)
        self._stage: Stage = "unknown"
        self._held = False
        self._asked_off = False
        self._writing = False
        self._records: dict[str, Thing] | None = None
        self._settled_at = 0.0
        self._unstored = ""
        self._states: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._tick = LoopingCall(self._look)
        self._tick.clock = reactor
        self.views: tuple[ThingView, ...] = ()
        self._battery: ElectricSource | None = None
        self._charger: ElectricSource | None = None
        self._position: PositionSource | None = None
        settings, stale_s = self._settings, self._settings.power.stale_s
        if settings.battery.protocol != "none":
            self._battery = ElectricSource(
                "battery", settings.battery, reactor, stale_s=stale_s, took=self._electric
            )
        if settings.charger.protocol != "none":
            self._charger = ElectricSource(
                "charger", settings.charger, reactor, stale_s=stale_s, took=self._electric
            )
        if settings.position.source != "none":
            self._position = PositionSource(
                settings.position, reactor, stale_s=stale_s, took=self._moved
            )

    @property
    def _sources(self) -> list[KitSource]:
        found = (self._battery, self._charger, self._position)
        return [source for source in found if source is not None]

    def start(self) -> None:
        """Begin to listen, and to tell how printers stand."""
        self._settled_at = self._reactor.seconds() + SETTLE_S
        for source in self._sources:
            source.start()
        self._tick.start(TICK_S, now=True)

    def stop(self) -> Deferred[Any]:
        """End it: threads end, and the track is stored."""
        if self._tick.running:
            self._tick.stop()
        ends = [self._workers.run(source.stop) for source in self._sources]
        return gatherResults([*ends, self._track.store()], consumeErrors=True)

    # --- what sources say ------------------------------------------------------------------------

    def _electric(self, source: KitSource, reading: Reading) -> None:
        counts = source is self._battery or self._battery is None
        if counts and reading.voltage_mv is not None:
            self._policy.take(reading.voltage_mv, self._reactor.seconds())

    def _moved(self, fix: Fix) -> None:
        soc = None
        if self._battery is not None and not self._battery.silent and self._battery.reading:
            soc = self._battery.reading.soc_permille
        self._track.take(fix, self._reactor.seconds(), soc)

    # --- each second -----------------------------------------------------------------------------

    def _look(self) -> None:
        now, now_ms = self._reactor.seconds(), self._box.now_ms()
        power = self._policy.look(now)
        self._follow(power)
        things = self._things(power)
        counts = {source.name: source for source in self._sources}
        views = []
        for thing in things:
            source = counts.get(thing.name)  # type: ignore[call-overload]
            views.append(
                ThingView(
                    thing=thing,
                    since=self._book.since_ms(thing, now_ms),
                    heard=0 if source is None else source.heard,
                    corrupt=0 if source is None else source.corrupt,
                )
            )
        self.views = tuple(views)
        self._metrics.kit.show(self.views, power)
        if now >= self._settled_at:
            self._clear(things)
        awaited = {source.name for source in self._sources if source.awaited}
        known = [thing for thing in things if thing.name not in awaited]
        self._say(known)
        if not self._writing:
            self._tell(known, now, now_ms)
        if self._track.due(now):
            self._track.store()

    def _follow(self, power: Power) -> None:
        """Do what the power policy says."""
        if power.holds != self._held:
            self._held = power.holds
            self._hold(power.holds)
        if power.stage != self._stage:
            say = self._log.warning if power.holds else self._log.info
            say("power", stage=power.stage, voltage_mv=power.voltage_mv, before=self._stage)
            self._stage = power.stage
        if power.off_in_s is None:
            self._asked_off = False
        elif power.off_in_s <= 0 and not self._asked_off and self._settings.power.power_off:
            self._asked_off = True
            try:
                self._off()
            except NoSwitch as no:
                self._log.error("power_off_failed", reason=str(no))
            else:
                self._log.warning("power_off", voltage_mv=power.voltage_mv)

    def _things(self, power: Power | None = None) -> list[Thing]:
        things = []
        if self._settings.has_voltage:
            power = power or self._policy.look(self._reactor.seconds())
            if not self._settings.power.power_off:
                power = msgspec.structs.replace(power, off_in_s=None)
            things.append(power_thing(power, self._why(power)))
        if self._battery is not None:
            things.append(self._battery.thing())
        if self._charger is not None:
            things.append(self._charger.thing())
        if self._position is not None:
            things.append(self._position.thing())
        return [*things, *self._printers()]

    def _why(self, power: Power) -> str:
        settings = self._settings.power
        if power.stage == "unknown":
            return "the voltage is not known; nothing is held"
        known = "; the voltage is not known now" if power.stale else ""
        if power.stage == "good":
            return known.removeprefix("; ")
        until = f"printing is held until the battery has {settings.resume_above_v:g} V again"
        if power.stage == "stopping" and settings.power_off:
            return f"the box switches itself off soon: the battery is nearly empty{known}"
        if power.stage == "stopping":
            return f"{until}; it is nearly empty: switch the box off{known}"
        return f"{until}{known}"

    def _say(self, things: Iterable[Thing]) -> None:
        """Log what came, went or changed."""
        for thing in things:
            if thing.kind in ("power", "printer"):
                continue
            state = thing.state, thing.reasons
            if self._states.get(thing.name) != state:
                first = thing.name not in self._states
                self._states[thing.name] = state
                lost = thing.state in ("silent", "absent") and not first
                say = self._log.warning if lost else self._log.info
                say("kit", thing=thing.name, state=thing.state, detail=thing.detail)

    def _tell(self, things: Iterable[Thing], now: float, now_ms: int) -> None:
        due = self._book.due(things, now, now_ms)
        if not due:
            return
        rows = [(thing.record_id, row) for thing, row in due]
        self._writing = True

        def job(tx: WriteTransaction) -> None:
            store_status(tx, self._box.plugins.registry, rows)

        def stored(_value: object, error: BaseException | None) -> None:
            self._writing = False
            if error is None:
                self._unstored = ""
                return
            self._book.untold(thing for thing, _ in due)
            if self._unstored != str(error):
                self._unstored = str(error)
                self._log.warning("kit_status_not_stored", reason=self._unstored)

        self._box.store.submit(job, stored)

    def _clear(self, things: Iterable[Thing]) -> None:
        """Delete the records of things that there are no more, such as a forgotten printer's."""
        earlier, now = self._records, {thing.record_id: thing for thing in things}
        self._records = now
        if earlier is not None:
            gone = [thing for record, thing in earlier.items() if record not in now]
            if not gone:
                return
            self._book.untold(gone)
        self._box.store.submit(lambda tx: forget_others(tx, frozenset(now)), self._forgot)

    def _forgot(self, _value: object, error: BaseException | None) -> None:
        if error is not None:
            self._log.warning("kit_status_not_cleared", reason=str(error))
