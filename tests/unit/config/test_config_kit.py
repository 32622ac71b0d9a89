"""The configuration of the kit: what is refused, and with which words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from appliance.config import load_texts
from appliance.config.errors import ConfigError
from appliance.config.kit import Quantity
from appliance.config.settings import Settings

BATTERY = '[kit.battery]\nprotocol = "ve_direct"\nport = "/dev/a"\n'
MODBUS = '[kit.charger]\nprotocol = "modbus"\nport = "/dev/b"\n'
REGISTER = "[kit.charger.registers.{}]\naddress = 1\n"


def loaded(text: str) -> Settings:
    return load_texts([("a.toml", f'state_dir = "d"\n{text}')], Path("/"), {})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[kit.battery]\nprotocol = "ve_direct"\n', "kit.battery.port: .*needs it.*by-id"),
        (MODBUS, "kit.charger.registers: .*needs one at least.*manual"),
        (MODBUS + REGISTER.format("volts"), "kit.charger.registers.volts: no such figure.*voltage"),
        (
            BATTERY + "[kit.battery.registers.voltage]\naddress = 1\n",
            'kit.battery.registers.voltage: only "modbus"',
        ),
        ('[kit.position]\nsource = "nmea"\n', 'kit.position.port: the "nmea" source needs it'),
        ('[kit.position]\nuser = "anna"\n', "kit.position.user: there is no source"),
        (
            BATTERY + '[kit.position]\nsource = "nmea"\nport = "/dev/a"\n',
            "kit.position.port: is the port of kit.battery too",
        ),
        (
            "[kit.power]\nhold_below_v = 11.8\nresume_above_v = 12.4\n",
            "kit.power.hold_below_v: nothing tells the voltage",
        ),
        (
            BATTERY + "[kit.power]\nhold_below_v = 11.8\nresume_above_v = 11.8\n",
            "kit.power.resume_above_v: 11.8 is not above hold_below_v, 11.8",
        ),
        (
            BATTERY + "[kit.power]\nresume_above_v = 11.8\n",
            "kit.power.hold_below_v: is missing beside resume_above_v",
        ),
        (
            BATTERY
            + "[kit.power]\nhold_below_v = 11.8\nresume_above_v = 12.4\nstop_below_v = 11.9\n",
            "kit.power.stop_below_v: 11.9 is not below hold_below_v",
        ),
        (BATTERY + "[kit.power]\npower_off = true\n", "stop_below_v: is missing beside power_off"),
    ],
)
def test_what_cannot_work_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        loaded(text)


def test_a_whole_kit_loads() -> None:
    registers = "".join(REGISTER.format(name) for name in get_args(Quantity))
    kit = loaded(
        BATTERY
        + MODBUS
        + registers
        + "[kit.position]\nsource = 'gpsd'\nuser = 'anna'\n"
        + "[kit.power]\nhold_below_v = 11.8\nresume_above_v = 12.4\nstop_below_v = 11.2\n"
        + "power_off = true\n"
    ).kit
    assert kit.there
    assert kit.has_voltage
    assert set(kit.charger.registers) == set(get_args(Quantity))
    assert not loaded("").kit.there


def test_every_piece_of_configuration_on_the_page_loads() -> None:
    page = (Path(__file__).parents[3] / "docs/kit.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n([^`]*)```", page)
    assert len(blocks) == 5
    for block in blocks:
        loaded(block if "[kit.power]" not in block else BATTERY + block)
