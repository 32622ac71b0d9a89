"""Days: what day it was where somebody was, and dates as records write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from appliance_master_data.calendar_day import zone_of


def read_date(text: str) -> date | None:
    """Read ``YYYY-MM-DD``; None where no calendar has that day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def moment_of(at_ms: int, tz_offset_min: int) -> datetime | None:
    """Return a moment as a clock that far ahead of UTC shows it; None where no calendar has it."""
    try:
        return datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(minutes=tz_offset_min)
    except (OverflowError, ValueError, OSError):
        return None


def day_of(at_ms: int, tz_offset_min: int) -> date | None:
    """Return the day of a moment, UTC milliseconds, where clocks are that far ahead of UTC."""
    moment = moment_of(at_ms, tz_offset_min)
    return None if moment is None else moment.date()


def day_in(at_ms: int, timezone: str | None) -> date:
    """Return the day of a moment of the appliance's clock in a time zone.

    Args:
        at_ms: UTC milliseconds.
        timezone: its IANA name; UTC where it is None or the system knows none of that name.
    """
    zone = (zone_of(timezone) if timezone else None) or UTC
    return datetime.fromtimestamp(at_ms / 1_000, zone).date()


def today_of(now_ms: int, tz_offset_min: int) -> date:
    """Return the day of the appliance's clock where clocks are that far ahead of UTC."""
    return day_of(now_ms, tz_offset_min) or date.min
