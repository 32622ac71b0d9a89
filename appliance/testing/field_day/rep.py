"""Rep: goes through the visits of a day on a device and writes what is written in them."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance.api.values import uuid7
from appliance.testing.device import Device
from appliance.testing.field_day.claims import Claim
from appliance.testing.field_day.fate import Expected
from appliance.testing.field_day.foresight import RESERVATIONS
from appliance.testing.field_day.mistakes import MISTAKES, OF_ORDERS, OF_VISITS, SPOILS
from appliance.testing.field_day.order_draft import WrittenOrder
from appliance.testing.field_day.route_plan import (
    PlannedVisit,
    Stop,
    begins_at,
    next_day,
    share,
    stops_on,
    timed,
)
from appliance.testing.field_day.visit_desk import ATTACHMENTS, GPS, VISITS, VisitDesk
from appliance.testing.field_day.workload import Turn, Workload
from appliance.testing.held_records import HeldRecords
from appliance.testing.order_desk import MASTERS, ORDERS, OrderDesk
from appliance.testing.schema_sample import CannotSample

MISSED_PERCENT = 6
"""Of visits: the outlet is closed, or something else."""

WITHOUT_ORDER_PERCENT = 10

WITHOUT_ROUTE = 10
"""Outlets that are visited where there are no routes, and the fewest visits then."""
LEAST_WITHOUT_ROUTE = 3

REFUSING = frozenset(one.code for one in MISTAKES.values() if one.outcome == "rejected") | {
    "payment_form_denied",
    "min_order_qty",
    "min_order_amount",
}
"""Codes that refuse an order; others hold it."""


class Rep:
    """One person's day on one device.

    Args:
        device: pulled.
        schemas: collection -> JSON Schema of its rows, of those the device may write.
        workload, turn: what to do.
        source: makes the choices.
        label: begins every order number.
        now_ms: UTC milliseconds.

    Attributes:
        expected: what must become of each document that was written, by its id.
        claims: what each order takes from, by its id.
        photos: SHA-256 of each.
        notes: what was not done, and why.
    """

    def __init__(
        self,
        device: Device,
        schemas: Mapping[str, Mapping[str, Any]],
        workload: Workload,
        turn: Turn,
        *,
        source: random.Random,
        label: str,
        now_ms: int,
    ) -> None:
        self._device = device
        self._schemas = schemas
        self._workload = workload
        self._turn = turn
        self._source = source
        self._now_ms = now_ms
        self.held = HeldRecords(device, source)
        self._user_id = self.held.user_id()
        self.expected: dict[str, Expected] = {}
        self.claims: dict[str, Claim] = {}
        self.photos: list[str] = []
        self.notes: list[str] = []
        self._orders = 0
        self._written: WrittenOrder | None = None
        self._sums = self._masters()
        about = (device, schemas, self.held, source, now_ms, label)
        self.desk = OrderDesk(*about)
        self.offset = self._offset()
        if self.offset != 180:
            self.desk = OrderDesk(*about, tz_offset_min=self.offset)
        self.day = self._today()
        self._visits = VisitDesk(device, schemas, self.held, source, self.day, self.offset)
        # All devices of a simulation begin with another kind, so that few devices show many.
        kinds = [*OF_ORDERS, *((OF_VISITS,) if VISITS in schemas else ())]
        first = turn.number * 3 % len(kinds)
        self._kinds = kinds[first:] + kinds[:first]

    # The day

    def _offset(self) -> int:
        """Return the minutes that clocks in the branch are ahead of UTC."""
        try:
            zone = ZoneInfo(self.desk.prices.timezone() or "")
        except (ZoneInfoNotFoundError, ValueError):
            return 180
        moment = datetime.datetime.fromtimestamp(self._now_ms / 1000, zone)
        ahead = moment.utcoffset() or datetime.timedelta(0)
        return int(ahead.total_seconds()) // 60

    def _today(self) -> datetime.date:
        """Return the day to live: the one asked for, else today or the next with stops."""
        if self._workload.day is not None:
            return self._workload.day
        stops, routes = self._route()
        today = self.desk.foresight.today
        return next_day(today, stops, routes, self._user_id) or today

    def _route(self) -> tuple[list[Mapping[str, Any]], dict[str, Mapping[str, Any]]]:
        stops = [one.row for one in self.held.rows("route_outlets").values()]
        return stops, {key: one.row for key, one in self.held.rows("routes").items()}

    def plan(self) -> list[PlannedVisit]:
        """Return the visits of this device."""
        if not self._has_work():
            return []
        stops, routes = self._route()
        if stops:
            due = stops_on(self.day, stops, routes, self._user_id)
            if not due:
                self.notes.append(f"no stop on the route on {self.day:%A} {self.day}")
        else:
            due = self._without_route()
        first, own = share(due, self._turn.turn, self._turn.turns)
        own = own[: self._workload.visits]
        midnight = datetime.datetime.combine(self.day, datetime.time(), datetime.UTC).timestamp()
        begin = begins_at(
            int(midnight) * 1_000 - self.offset * 60_000,
            len(due),
            self._turn.began_ms or self._now_ms,
            self._busy(),
        )
        return timed(own, first, begin, self._source)

    def _has_work(self) -> bool:
        """Tell whether anything is to be written in a visit."""
        orders = ORDERS in self._schemas and self._workload.orders != 0
        return self._workload.visits != 0 and (VISITS in self._schemas or orders)

    def _without_route(self) -> list[Stop]:
        outlets = [one for one in self.held.rows("outlets").values() if one.row.get("active", True)]
        if not outlets:
            self.notes.append("the device sees no outlet")
            return []
        outlets.sort(key=lambda one: (one.row.get("code") or "", one.id))
        found = [Stop(one.id) for one in outlets[:WITHOUT_ROUTE]]
        while len(found) < LEAST_WITHOUT_ROUTE:
            found += found[: LEAST_WITHOUT_ROUTE - len(found)]
        return found

    def _busy(self) -> Iterator[tuple[int, int | None]]:
        """Yield when the person was in outlets before the simulation began."""
        for one in self.held.by(VISITS, "user_id", self._user_id):
            arrived = one.row.get("arrived_at")
            received = one.row.get("received_at") or 0
            if arrived is not None and received < (self._turn.began_ms or self._now_ms):
                yield arrived, one.row.get("left_at")

    def live(self, online: Callable[[], None]) -> int:
        """Make every visit and return how many there were.

        Args:
            online: syncs; called after visits where there is a network.
        """
        plan = self.plan()
        network = random.Random(f"{self._workload.offline} {self._turn.number}")
        wrong = self._with_mistake(len(plan))
        if plan and ORDERS not in self._schemas:
            self.notes.append("this device may not write orders")
        for place, visit in enumerate(plan):
            self._visit(visit, wrong=place in wrong)
            if place + 1 < len(plan) and network.randrange(100) >= self._workload.offline:
                self._track()
                online()
                self._look_again()
        self._track()
        return len(plan)

    def _with_mistake(self, count: int) -> frozenset[int]:
        """Choose the visits that have a mistake: as many as asked for, and one at least."""
        wanted = -(-count * self._workload.mistakes // 100)
        return frozenset(self._source.sample(range(count), wanted))

    def _track(self) -> None:
        if GPS in self._schemas:
            self._visits.track()

    def _masters(self) -> Mapping[str, Any]:
        watched = (*MASTERS, RESERVATIONS)
        return {name: sum_ for name, sum_ in self._device.sums().items() if name in watched}

    def masters_changed(self) -> list[str]:
        """Return the collections that changed since they were last looked at."""
        now = self._masters()
        changed = now.keys() ^ self._sums.keys()
        changed |= {
            name for name in now.keys() & self._sums.keys() if now[name] != self._sums[name]
        }
        return sorted(changed)

    def _look_again(self) -> None:
        changed = [name for name in self.masters_changed() if name != RESERVATIONS]
        if changed:
            for name in changed:
                self.held.forget(name)
            self._sums = self._masters()
            self.desk.look()

    # Afterwards

    def writes(self, collection: str) -> bool:
        """Tell whether the device may write a collection."""
        return collection in self._schemas

    @property
    def makes_mistakes(self) -> bool:
        """Whether any are asked for."""
        return self._workload.mistakes > 0

    def act(self, order_id: str, action: str, revision: int) -> str:
        """Ask for something to be done with an order, as of a revision; return the action's id."""
        row = {
            "order_id": order_id,
            "outlet_id": self._device.get(ORDERS, order_id).row["outlet_id"],
            "user_id": self._user_id,
            "action": action,
            "revision": revision,
            "created_at": self._now_ms,
            "tz_offset_min": self.offset,
        }
        return self._device.create("order_actions", row)

    # One visit

    def _visit(self, visit: PlannedVisit, *, wrong: bool) -> None:
        visit_id = str(uuid7(self._now_ms))
        chance = self._source.randrange(100)
        visits = self._visits.may_write(VISITS)
        if visits and not wrong and chance < MISSED_PERCENT:
            self._visits.missed(visit, visit_id)
            return
        kind = self._kind(visit, visit_id) if wrong else None
        far = kind == OF_VISITS
        order_id = None
        if wrong or not visits or chance >= MISSED_PERCENT + WITHOUT_ORDER_PERCENT:
            order_id = self._order(visit, visit_id if visits else None, kind)
        photo_id = None
        about = (VISITS, visit_id) if visits else (ORDERS, order_id)
        if about[1] is not None and _left(self._workload.photos, len(self.photos)):
            photo_id = self._photo(visit, (about[0], about[1]))
        if visits:
            self._visits.made(visit, visit_id, order_id=order_id, photo_id=photo_id, far=far)
            if far:
                codes = frozenset({MISTAKES[OF_VISITS].code})
                self.expected[visit_id] = Expected("flagged", codes, OF_VISITS)

    def _kind(self, visit: PlannedVisit, visit_id: str) -> str | None:
        """Make the first kind of mistake that is possible here, and the others later."""
        may_order = ORDERS in self._schemas and _left(self._workload.orders, self._orders)
        for kind in tuple(self._kinds):
            if kind == OF_VISITS:
                outlet = self.held.find("outlets", visit.stop.outlet_id)
                possible = outlet.get("geo") is not None
            else:
                possible = may_order and self._write(visit, visit_id, kind) is not None
            if possible:
                self._kinds.remove(kind)
                self._kinds.append(kind)
                return str(kind)
        return None

    def _write(
        self, visit: PlannedVisit, visit_id: str | None, kind: str | None
    ) -> WrittenOrder | None:
        try:
            written, reason = self.desk.write(
                visit.stop, visit.left_at, mistake=kind, visit_id=visit_id
            )
        except CannotSample as problem:
            written, reason = None, str(problem)
        if written is None:
            if kind is None:
                self.notes.append(f"a visit without an order: {reason}")
            return None
        self._written = written
        return written

    def _order(self, visit: PlannedVisit, visit_id: str | None, kind: str | None) -> str | None:
        """Write an order and return its id; None where there is none."""
        if ORDERS not in self._schemas or not _left(self._workload.orders, self._orders):
            return None
        wrong = kind is not None and kind != OF_VISITS
        written = self._written if wrong else self._write(visit, visit_id, None)
        if written is None:
            return None
        self._orders += 1
        order_id = self._device.create(ORDERS, written.row)
        draft = written.draft
        payer_id = None if draft.form == "cash" else draft.payer_id
        self.claims[order_id] = Claim(draft.party_id, payer_id, draft.warehouse_id)
        if not wrong:
            self.desk.foresight.accept(written.full)
            return order_id
        assert kind is not None
        mistake = MISTAKES[kind]
        codes = frozenset({mistake.code})
        if kind not in SPOILS:
            codes |= self.desk.foreseen(written)
        verdict = "rejected" if codes & REFUSING else mistake.outcome
        self.expected[order_id] = Expected(verdict, codes, kind)
        return order_id

    def _photo(self, visit: PlannedVisit, about: tuple[str, str]) -> str | None:
        if ATTACHMENTS not in self._schemas:
            return None
        size = self._source.randint(1_000, self._workload.photo_bytes)
        photo_id, sha256 = self._visits.photo(visit, size, about)
        self.photos.append(sha256)
        return photo_id


def _left(most: int | None, done: int) -> bool:
    return most is None or done < most
