"""Modbus RTU on a pseudo terminal; the device answers through pymodbus' own server side."""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.register_message import ReadHoldingRegistersResponse, ReadInputRegistersResponse

from appliance.config.kit import Register
from appliance.hardware.modbus import ModbusLine, ModbusReader, NoAnswer
from appliance.hardware.serial_port import SerialTransport


class Device:
    """A device with registers; `spoil` changes its answers on their way."""

    def __init__(self) -> None:
        self.holding = {0: 1280, 1: 0xFE0C, 2: 0x0001, 3: 0x86A0}
        self.input = {0: 87}
        self.spoil: Callable[[bytes], bytes] = bytes
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = Path(os.ttyname(self._slave))
        self._wake = os.eventfd(0)
        self._framer = FramerRTU(DecodePDU(True))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        for descriptor in (self._master, self._slave, self._wake):
            os.close(descriptor)

    def _run(self) -> None:
        data = b""
        while self._wake not in (ready := select.select([self._master, self._wake], [], [])[0]):
            assert self._master in ready
            data += os.read(self._master, 100)
            if len(data) >= 8:
                used, asked = self._framer.handleFrame(data[:8], 0, 0)
                assert used == 8
                data = data[8:]
                os.write(self._master, self.spoil(self._framer.buildFrame(self._answer(asked))))

    def _answer(self, asked):
        table = self.holding if asked.function_code == 3 else self.input
        try:
            values = [table[asked.address + at] for at in range(asked.count)]
        except KeyError:
            return ExceptionResponse(asked.function_code, 2, asked.dev_id)
        kind = (
            ReadHoldingRegistersResponse if asked.function_code == 3 else ReadInputRegistersResponse
        )
        return kind(dev_id=asked.dev_id, registers=values)


@pytest.fixture
def device() -> Iterator[Device]:
    found = Device()
    yield found
    found.close()


@pytest.fixture
def line(device: Device) -> Iterator[ModbusLine]:
    transport = SerialTransport(device.port)
    transport.open(0)
    yield ModbusLine(transport, 7)
    transport.close()


def test_figures_of_every_form(line: ModbusLine) -> None:
    assert line.figure(Register(address=0, factor=0.01)) == 12.8
    assert line.figure(Register(address=1, form="s16", factor=0.1)) == -50.0
    assert line.figure(Register(address=1, form="u16")) == 0xFE0C
    assert line.figure(Register(address=2, form="u32")) == 100_000
    assert line.figure(Register(address=2, form="u32", low_first=True)) == 0x86A00001
    assert line.figure(Register(address=2, form="s32", low_first=True)) == 0x86A00001 - 2**32
    assert line.figure(Register(address=0, table="input")) == 87


def test_a_register_that_is_not_there_is_told(line: ModbusLine) -> None:
    with pytest.raises(NoAnswer, match=r"register 99 of unit 7 is refused \(Modbus exception 2\)"):
        line.figure(Register(address=99))
    assert line.corrupt == 0


def test_a_garbled_answer_is_told_and_the_next_is_read(device: Device, line: ModbusLine) -> None:
    device.spoil = lambda data: data[:3] + bytes([data[3] ^ 0x10]) + data[4:]
    with pytest.raises(NoAnswer, match="garbled"):
        line.figure(Register(address=0))
    assert line.corrupt == 1
    device.spoil = bytes
    assert line.figure(Register(address=0)) == 1280


def test_an_answer_to_another_question_is_not_taken(device: Device, line: ModbusLine) -> None:
    other = FramerRTU(DecodePDU(True)).buildFrame(
        ReadHoldingRegistersResponse(dev_id=7, registers=[1, 2, 3])
    )
    device.spoil = lambda _data: other
    with pytest.raises(NoAnswer, match="another question"):
        line.figure(Register(address=0))


def test_a_device_that_says_nothing_is_told(
    device: Device, line: ModbusLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.hardware.modbus.ANSWER_S", 0.2)
    device.spoil = lambda _data: b""
    with pytest.raises(NoAnswer, match="no answer; is `unit`"):
        line.figure(Register(address=0))


class Script:
    """A transport that answers with given bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def flush_input(self) -> None:
        pass

    def write(self, data: bytes, deadline: float) -> int:
        return len(data)

    def read(self, most: int, deadline: float) -> bytes:
        data, self._data = self._data[:7], self._data[7:]
        return data


def test_a_whole_frame_that_makes_no_sense_is_garbled() -> None:
    # Function 20 with a length that is none; its checksum is right.
    line = ModbusLine(Script(b"\x07\x14\x03Y\x02\x84\xe0\xfb"), 7)  # type: ignore[arg-type]
    with pytest.raises(NoAnswer, match="garbled"):
        line.figure(Register(address=0))


@given(st.binary(max_size=300) | st.binary(max_size=20).map(lambda tail: b"\x07\x03" + tail))
def test_no_answer_breaks_it(data: bytes) -> None:
    try:
        line = ModbusLine(Script(data), 7)  # type: ignore[arg-type]
        assert 0 <= line.figure(Register(address=0)) <= 65_535
    except NoAnswer:
        pass


def test_a_reader_gives_what_is_told_and_says_what_is_not(device: Device) -> None:
    told = threading.Event()
    figures, troubles = [], []

    def stands(trouble: object) -> None:
        troubles.append(trouble)
        told.set()

    registers = {"voltage": Register(address=0, factor=0.01), "power": Register(address=99)}
    reader = ModbusReader(
        "battery",
        SerialTransport(device.port),
        7,
        registers,
        every_s=600,
        take=figures.append,
        stands=stands,
    )
    reader.start()
    assert told.wait(30)
    reader.stop()
    assert figures == [{"voltage": 12.8}]
    assert "register 99" in str(troubles[0])
