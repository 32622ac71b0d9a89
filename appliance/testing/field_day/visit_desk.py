"""VisitDesk: writes down a rep's visits, the photos taken in them and where the rep was."""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping, Sequence
from typing import Any

from appliance.testing.device import Device
from appliance.testing.field_day.mistakes import FAR_DEGREES_E7
from appliance.testing.field_day.route_plan import MS_PER_MIN, PlannedVisit
from appliance.testing.held_records import HeldRecords
from appliance.testing.schema_sample import CannotSample, SchemaSample

VISITS = "visits"
ATTACHMENTS = "attachments"
GPS = "gps_points"

JITTER_E7 = 2_000
"""How far from the outlet a phone believes to be, degrees times 10^7: some 20 metres."""

POINTS_IN_BATCH = 60


class VisitDesk:
    """Writes visits on one device.

    Args:
        device: pulled at least once.
        schemas: collection -> JSON Schema of its rows, of those the device may write.
        held: what the device holds.
        source: makes the choices.
        day: that the route is of.
        tz_offset_min: minutes that the device's local time is ahead of UTC.
    """

    def __init__(
        self,
        device: Device,
        schemas: Mapping[str, Mapping[str, Any]],
        held: HeldRecords,
        source: random.Random,
        day: datetime.date,
        tz_offset_min: int,
    ) -> None:
        self._device = device
        self._schemas = schemas
        self._held = held
        self._source = source
        self._day = day
        self._offset = tz_offset_min
        self._user_id = held.user_id()
        self._points: list[dict[str, int]] = []

    def may_write(self, collection: str) -> bool:
        """Tell whether the device may write a collection."""
        return collection in self._schemas

    def missed(self, visit: PlannedVisit, visit_id: str) -> None:
        """Write down that an outlet was not visited, and why."""
        row = self._about(visit, "not_visited")
        row["no_visit_reason_id"] = self._reason("no_visit")
        self._keep(VISITS, row, visit_id)

    def made(
        self,
        visit: PlannedVisit,
        visit_id: str,
        *,
        order_id: str | None,
        photo_id: str | None,
        far: bool = False,
    ) -> None:
        """Write down a visit that was made.

        Args:
            visit: when and where.
            visit_id: its id.
            order_id, photo_id: what was made in it; None: nothing, for which a reason is given.
            far: it begins far away from the outlet.
        """
        row = self._about(visit, "completed")
        here = self._here(visit, far=far)
        row |= {
            "arrived_at": visit.arrived_at,
            "left_at": visit.left_at,
            "geo_in": here and {**here, "at": visit.arrived_at},
            "geo_out": here and {**here, "at": visit.left_at},
            "steps": self._steps(visit, {"order": order_id, "photo": photo_id}),
        }
        self._keep(VISITS, row, visit_id)
        if here:
            self._went(visit, here)

    def photo(self, visit: PlannedVisit, size: int, about: tuple[str, str]) -> tuple[str, str]:
        """Take a photo in an outlet.

        Args:
            visit: in which.
            size: bytes.
            about: the collection and the id of the document that it is of.

        Returns:
            The attachment's id, and the SHA-256 of the photo.

        Raises:
            CannotSample: the device may not write attachments.
        """
        if ATTACHMENTS not in self._schemas:
            raise CannotSample(f"this device may not write {ATTACHMENTS}")
        # A JPEG's first and last bytes around noise: nobody decodes it, everybody carries it.
        data = b"\xff\xd8\xff\xe0" + self._source.randbytes(max(0, size - 6)) + b"\xff\xd9"
        sha256 = self._device.attach_blob(data)
        row = {
            "sha256": sha256,
            "mime": "image/jpeg",
            "size": len(data),
            "taken_at": visit.arrived_at + MS_PER_MIN,
            "kind": "photo",
            "ref_type": about[0],
            "ref_id": about[1],
            "outlet_id": visit.stop.outlet_id,
        }
        return self._keep(ATTACHMENTS, row), sha256

    def track(self) -> int:
        """Write down the positions of the day so far, and return how many batches they made."""
        points, self._points = self._points, []
        batches = range(0, len(points), POINTS_IN_BATCH)
        for first in batches:
            batch = points[first : first + POINTS_IN_BATCH]
            self._keep(GPS, {"user_id": self._user_id, "points": batch})
        return len(batches)

    def _about(self, visit: PlannedVisit, state: str) -> dict[str, Any]:
        stop = visit.stop
        scenario = self._held.find("visit_scenarios", stop.scenario_id)
        return {
            "state": state,
            "outlet_id": stop.outlet_id,
            "user_id": self._user_id,
            "route_id": stop.route_id,
            "planned": stop.route_id is not None,
            "plan_date": self._day.isoformat(),
            "scenario_id": stop.scenario_id if scenario else None,
            "scenario_version": scenario.get("version"),
            "tz_offset_min": self._offset,
        }

    def _steps(
        self, visit: PlannedVisit, made: Mapping[str, str | None]
    ) -> Sequence[dict[str, Any]]:
        """Report every step that the scenario asks for; what was not made has a reason."""
        scenario = self._held.find("visit_scenarios", visit.stop.scenario_id)
        steps = []
        for step in scenario.get("steps") or ():
            kind = step["kind"]
            report: dict[str, Any] = {"step_id": step["step_id"], "at": visit.arrived_at}
            if kind in made and made[kind] is None:
                reason = self._reason("no_order")
                report |= {"state": "skipped"} | ({"reason_id": reason} if reason else {})
            else:
                report["state"] = "done"
            if made.get(kind):
                report["doc_ids"] = [made[kind]]
            steps.append(report)
        return steps

    def _reason(self, kind: str) -> str | None:
        found = [
            one.id
            for one in self._held.by("reason_codes", "kind", kind)
            if one.row.get("active", True) and not one.row.get("needs_text")
        ]
        return self._source.choice(found) if found else None

    def _here(self, visit: PlannedVisit, *, far: bool) -> dict[str, Any] | None:
        """Return where the phone believes to be; None where nobody knows where the outlet is."""
        geo = self._held.find("outlets", visit.stop.outlet_id).get("geo")
        if geo is None:
            return None
        away = FAR_DEGREES_E7 if far else self._source.randint(-JITTER_E7, JITTER_E7)
        return {
            "lat_e7": geo["lat_e7"] + away,
            "lon_e7": geo["lon_e7"],
            "acc_m": self._source.randint(3, 25),
            "src": "gps",
        }

    def _went(self, visit: PlannedVisit, here: Mapping[str, Any]) -> None:
        for at in (visit.arrived_at, visit.left_at):
            self._points.append(
                {
                    "t": at,
                    "lat_e7": here["lat_e7"],
                    "lon_e7": here["lon_e7"],
                    "acc": here["acc_m"],
                    "speed": 0,
                    "batt": max(5, 100 - len(self._points)),
                }
            )

    def _keep(self, collection: str, known: Mapping[str, Any], row_id: str | None = None) -> str:
        sample = SchemaSample(self._schemas[collection], self._held.pick, self._source, self._day)
        return self._device.create(collection, sample.row(known), row_id)
