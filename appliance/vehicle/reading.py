"""Readings of batteries and chargers: what a VE.Direct frame or registers say of them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from appliance.config.kit import Quantity


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a battery monitor or a charger said at one time; None is not told.

    Attributes:
        voltage_mv: of the battery, millivolts.
        current_ma: milliamperes into the battery; less than 0 out of it.
        power_w: watts, of the battery or, of a charger, of its panels.
        soc_permille: how full the battery is, 0 to 1000.
        temperature_c: of the battery, degrees Celsius.
        minutes_left: until it is empty at this current.
        charge: what the charger does, of `CHARGES`.
        error: the charger's own number of what is wrong, 0 for nothing.
    """

    voltage_mv: int | None = None
    current_ma: int | None = None
    power_w: int | None = None
    soc_permille: int | None = None
    temperature_c: int | None = None
    minutes_left: int | None = None
    charge: str | None = None
    error: int | None = None


LIMITS: Mapping[str, tuple[int, int]] = {
    "voltage_mv": (0, 1_000_000),
    "current_ma": (-10_000_000, 10_000_000),
    "power_w": (-1_000_000, 1_000_000),
    "soc_permille": (0, 1_000),
    "temperature_c": (-100, 200),
    "minutes_left": (0, 1_000_000),
    "error": (0, 65_535),
}
"""What each figure may be; another one is as if it were not told."""

CHARGES: Mapping[int, str] = {
    0: "off",
    1: "low_power",
    2: "fault",
    3: "bulk",
    4: "absorption",
    5: "float",
    6: "storage",
    7: "equalize",
    9: "inverting",
    11: "power_supply",
    245: "starting",
    246: "absorption",
    247: "equalize",
    248: "battery_safe",
    252: "external_control",
}
"""What a charger does, by the number of VE.Direct's field CS."""

UNKNOWN_CHARGE = "other"
"""A charger's state that is none of `CHARGES`."""

_FIELDS = {
    "V": "voltage_mv",
    "I": "current_ma",
    "P": "power_w",
    "PPV": "power_w",
    "SOC": "soc_permille",
    "T": "temperature_c",
    "TTG": "minutes_left",
    "ERR": "error",
}

_SCALES: Mapping[Quantity, tuple[str, int]] = {
    "voltage": ("voltage_mv", 1_000),
    "current": ("current_ma", 1_000),
    "power": ("power_w", 1),
    "charge": ("soc_permille", 10),
    "temperature": ("temperature_c", 1),
}


def of_frame(frame: Mapping[str, str]) -> Reading | None:
    """Return what a VE.Direct frame says, None where it tells of history alone."""
    found: dict[str, int | str] = {}
    for name, field in _FIELDS.items():
        value = _whole(frame.get(name, ""))
        if value is not None and _possible(field, value):
            found[field] = value
    state = _whole(frame.get("CS", ""))
    if state is not None:
        found["charge"] = CHARGES.get(state, UNKNOWN_CHARGE)
    if not found.keys() & {"voltage_mv", "charge", "soc_permille"}:
        return None
    return msgspec.convert(found, Reading)


def of_figures(figures: Mapping[Quantity, float]) -> Reading | None:
    """Return what registers say.

    Args:
        figures: volts, amperes, watts, percent and degrees Celsius.

    Returns:
        None where none of them is possible.
    """
    found: dict[str, int] = {}
    for quantity, figure in figures.items():
        field, scale = _SCALES[quantity]
        value = round(figure * scale)
        if _possible(field, value):
            found[field] = value
    return msgspec.convert(found, Reading) if found else None


def _possible(field: str, value: int) -> bool:
    least, most = LIMITS[field]
    return least <= value <= most


def _whole(text: str) -> int | None:
    """A whole number as VE.Direct writes it; ``---`` and all else is None."""
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        return None
    return int(text)
