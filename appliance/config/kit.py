"""The settings of the kit: battery, charger, position, and what a low voltage means."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from appliance.config.address import Address
from appliance.config.forms import ADDRESS, PORT, SENTENCE
from appliance.config.keys import doc, number, text, whole

Quantity = Literal["voltage", "current", "power", "charge", "temperature"]
"""What a register can hold: volts, amperes, watts, percent, degrees Celsius."""


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """`[kit.battery.registers.NAME]`: where a Modbus device keeps one figure."""

    address: Annotated[
        int, whole(0, 65_535, "The register's address, from 0 on, as it stands in the request.")
    ]
    table: Annotated[
        Literal["holding", "input"], doc("Which registers: function 3 or function 4 of Modbus.")
    ] = "holding"
    form: Annotated[
        Literal["u16", "s16", "u32", "s32"],
        doc("What stands there: 16 bits, or 32 in two registers, unsigned or signed."),
    ] = "u16"
    low_first: Annotated[
        bool, doc("Whether of two registers the first one holds the low 16 bits.")
    ] = False
    factor: Annotated[
        float,
        number(
            -1_000,
            1_000,
            "By which it is multiplied to be volts, amperes into the battery, watts, percent or "
            "degrees Celsius.",
        ),
    ] = 1.0


class Electric(msgspec.Struct, frozen=True, kw_only=True):
    """`[kit.battery]` and `[kit.charger]`: a device on a serial line that tells of power."""

    protocol: Annotated[
        Literal["none", "ve_direct", "modbus"],
        doc(
            'What it speaks: VE.Direct\'s text protocol or Modbus RTU; "none" where there is none.'
        ),
    ] = "none"
    port: Annotated[
        Path | None,
        text(
            PORT,
            "Its serial port, which it needs; best a name below `/dev/serial/by-id`.",
            unset="none",
        ),
    ] = None
    baud: Annotated[
        int, whole(300, 4_000_000, "Bits a second; VE.Direct has 19200, Modbus often 9600.")
    ] = 19_200
    parity: Annotated[
        Literal["none", "even", "odd"], doc('The parity of "modbus"; VE.Direct has none.')
    ] = "none"
    unit: Annotated[int, whole(1, 247, 'The address of the device on the line of "modbus".')] = 1
    poll_s: Annotated[
        float, number(0.5, 600, 'Seconds from one question to the next of "modbus".')
    ] = 2.0
    registers: Annotated[
        Mapping[str, Register],
        doc(
            'Where "modbus" finds figures; NAME is voltage, current, power, charge or temperature.'
        ),
    ] = msgspec.field(default_factory=dict)


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """`[kit.position]`: where the van is."""

    source: Annotated[
        Literal["none", "gpsd", "nmea"],
        doc("Who tells it: gpsd over the network, or a receiver on a serial port by NMEA 0183."),
    ] = "none"
    gpsd: Annotated[Address, text(ADDRESS, 'Where the "gpsd" source listens.')] = Address(
        "127.0.0.1", 2947
    )
    port: Annotated[
        Path | None,
        text(
            PORT,
            'The serial port of the "nmea" source, which needs it.',
            unset="none",
        ),
    ] = None
    baud: Annotated[int, whole(300, 4_000_000, 'Bits a second of the "nmea" source.')] = 9_600
    worst_m: Annotated[
        int, whole(1, 10_000, "Metres of accuracy from which on a position is not used.")
    ] = 100
    user: Annotated[
        str,
        text(
            SENTENCE,
            "The login of whose van the box is in: the track is written as that person's "
            "`gps_points`; empty for no track.",
        ),
    ] = ""
    distance_m: Annotated[
        int, whole(5, 10_000, "Metres of way after which a position of the track is kept.")
    ] = 100
    turn_deg: Annotated[
        int, whole(5, 180, "Degrees that the van turns after which one is kept.")
    ] = 30
    rest_s: Annotated[
        int, whole(10, 86_400, "Seconds after which one is kept wherever the van is.")
    ] = 300
    batch_s: Annotated[
        int,
        whole(
            10,
            3_600,
            "Seconds for which positions of the track are gathered before they are stored; a "
            "power cut loses those of the last so many.",
        ),
    ] = 300


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """`[kit.power]`: what a low voltage means. 0 volts turn a threshold off."""

    hold_below_v: Annotated[
        float, number(0, 1_000, "Volts of the battery below which no print job begins.")
    ] = 0.0
    resume_above_v: Annotated[
        float,
        number(
            0, 1_000, "Volts from which on printing goes on; more than `hold_below_v`, as it sags."
        ),
    ] = 0.0
    stop_below_v: Annotated[
        float, number(0, 1_000, "Volts below which devices are told and the machine stops.")
    ] = 0.0
    hold_after_s: Annotated[
        float, number(0, 3_600, "Seconds that the voltage must be low before printing is held.")
    ] = 10.0
    resume_after_s: Annotated[
        float, number(0, 3_600, "Seconds that it must be high again before printing goes on.")
    ] = 30.0
    stop_after_s: Annotated[
        float, number(5, 3_600, "Seconds that it must be lower still before the box stops.")
    ] = 60.0
    notice_s: Annotated[
        float, number(5, 3_600, "Seconds from telling devices to switching the machine off.")
    ] = 30.0
    power_off: Annotated[
        bool,
        doc("Whether the machine is switched off; else devices are told and nothing more happens."),
    ] = False
    stale_s: Annotated[
        float, number(2, 3_600, "Seconds without a reading after which it is not known any more.")
    ] = 15.0
    forget_s: Annotated[
        float,
        number(
            10, 86_400, "Seconds of a voltage that is not known after which printing goes on again."
        ),
    ] = 600.0


class Kit(msgspec.Struct, frozen=True, kw_only=True):
    """`[kit]`: power and position of a van."""

    tell_s: Annotated[
        float,
        number(
            5,
            86_400,
            "Seconds between two records of a thing in `kit_status` while only figures change.",
        ),
    ] = 60.0
    battery: Annotated[Electric, doc("The monitor of the battery.")] = Electric()
    charger: Annotated[
        Electric,
        doc("The charger; where there is no battery monitor, its voltage is the battery's."),
    ] = Electric()
    position: Annotated[Position, doc("Where the van is.")] = Position()
    power: Annotated[Power, doc("What a low voltage means.")] = Power()

    @property
    def there(self) -> bool:
        """Whether the box has any kit."""
        return self.has_voltage or self.position.source != "none"

    @property
    def has_voltage(self) -> bool:
        """Whether anything tells the voltage."""
        return self.battery.protocol != "none" or self.charger.protocol != "none"
