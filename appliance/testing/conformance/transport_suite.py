"""What a print job may rely on of every transport, as tests that each transport inherits.

In a test file of a transport::

    from appliance.testing.conformance.transport_suite import TransportSuite


    class TestMyTransport(TransportSuite):
        @pytest.fixture
        def printer(self):
            with VirtualPrinter.on_pty() as printer:
                yield printer

        @pytest.fixture
        def make(self, printer):
            return lambda: MyTransport(printer.port)

The printer is one of `RunningPrinter`'s kinds, at the other end of the real line.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest

from appliance.hardware.fault import PrinterFault
from appliance.hardware.transport import Transport, send
from appliance.testing.receipt_printer import Faults
from appliance.testing.running_printer import RunningPrinter

Make = Callable[[], Transport]

TEXT = bytes(33 + number % 90 for number in range(60_000))
"""What is printed; no byte of it begins a command, and no part of it is like another nearby."""

ASK_ONLINE = b"\x10\x04\x01"
"""DLE EOT 1."""
ONLINE = b"\x12"


def soon(seconds: float = 20.0) -> float:
    """Return a deadline that is not reached where all is well."""
    return time.monotonic() + seconds


class TransportSuite:
    """The tests; a subclass overrides the fixtures `printer` and `make`."""

    ALONE: ClassVar[bool] = True
    """Whether the transport keeps others from the printer."""

    BEYOND: ClassVar[int] = 0
    """Bytes that the test's own line keeps where no transport can take them back."""

    @pytest.fixture
    def printer(self) -> Iterator[RunningPrinter]:
        """Yield a printer in order, plugged in."""
        raise NotImplementedError

    @pytest.fixture
    def make(self, printer: RunningPrinter) -> Make:
        """Return what makes transports to the printer, closed."""
        raise NotImplementedError

    @pytest.fixture
    def transport(self, make: Make) -> Iterator[Transport]:
        """Yield an open transport."""
        transport = make()
        transport.open(soon())
        yield transport
        transport.close()

    def test_all_that_is_sent_is_printed(
        self, transport: Transport, printer: RunningPrinter
    ) -> None:
        """Nothing is lost, doubled or out of order, and `drain` leaves nothing here."""
        send(transport, TEXT, soon())
        transport.drain(soon())
        assert transport.unsent() == 0
        printer.wait_printed(TEXT)
        assert printer.printed == TEXT

    def test_a_write_takes_at_least_a_byte_and_no_more_than_there_are(
        self, transport: Transport, printer: RunningPrinter
    ) -> None:
        """The counts of writes add up to what is printed."""
        sent = 0
        while sent < len(TEXT):
            taken = transport.write(TEXT[sent:], soon())
            assert 1 <= taken <= len(TEXT) - sent
            sent += taken
        assert transport.write(b"", soon()) == 0
        printer.wait_printed(TEXT)
        assert printer.printed == TEXT

    def test_a_printer_that_takes_little_at_a_time_gets_all(
        self, transport: Transport, printer: RunningPrinter
    ) -> None:
        """Short writes go on where they stopped."""
        printer.set_faults(Faults(most_at_once=7))
        send(transport, TEXT[:3000], soon())
        printer.wait_printed(TEXT[:3000])
        assert printer.printed == TEXT[:3000]

    def test_it_answers(self, transport: Transport) -> None:
        """What the printer says arrives."""
        for _ in range(20):
            send(transport, ASK_ONLINE, soon())
            assert transport.read(16, soon()) == ONLINE

    def test_a_silent_printer_is_waited_for_until_the_deadline(
        self, transport: Transport, printer: RunningPrinter
    ) -> None:
        """No answer is no fault; whoever asked decides."""
        printer.set_faults(Faults(silent=True))
        send(transport, ASK_ONLINE, soon())
        began = time.monotonic()
        assert transport.read(16, began + 0.3) == b""
        assert 0.3 <= time.monotonic() - began < 10

    def test_a_late_answer_is_thrown_away_before_the_next_question(
        self, transport: Transport, printer: RunningPrinter
    ) -> None:
        """`flush_input` keeps old answers from being taken for new ones."""
        printer.set_faults(Faults(answer_delay_s=0.8, garbage=b"late"))
        send(transport, ASK_ONLINE, soon())
        assert transport.read(16, soon(0.05)) == b""
        # What follows comes after the late answer, which nobody has read.
        printer.set_faults(Faults(answer_delay_s=0.9, garbage=b"!"))
        send(transport, ASK_ONLINE, soon())
        assert transport.read(4, soon()) == b"late"
        assert transport.read(16, soon()) == b"!"
        printer.set_faults(Faults())
        send(transport, ASK_ONLINE * 2, soon())
        assert transport.read(1, soon()) == ONLINE
        transport.flush_input()
        assert transport.read(16, soon(0.2)) == b""
        send(transport, ASK_ONLINE, soon())
        assert transport.read(16, soon()) == ONLINE

    def test_garbage_comes_as_it_is(self, transport: Transport, printer: RunningPrinter) -> None:
        """A transport does not judge answers, and keeps to the size asked for."""
        garbage = bytes(range(256)) * 2
        printer.set_faults(Faults(garbage=garbage))
        send(transport, ASK_ONLINE, soon())
        read = b""
        while len(read) < len(garbage):
            part = transport.read(64, soon())
            assert 1 <= len(part) <= 64
            read += part
        assert read == garbage

    def test_a_printer_that_takes_no_byte_stalls_at_the_deadline(
        self, transport: Transport, printer: RunningPrinter
    ) -> None:
        """A stalled printer blocks nobody for longer than was said."""
        printer.set_faults(Faults(deaf=True))
        began = time.monotonic()
        with pytest.raises(PrinterFault) as caught:
            send(transport, TEXT * 20, began + 0.5)
        assert caught.value.kind == "stalled"
        assert 0.5 <= time.monotonic() - began < 10
        assert 0 <= caught.value.accepted < len(TEXT * 20)
        assert printer.printed == b""

    def test_it_goes_on_after_a_stall_with_the_byte_that_was_not_taken(
        self, transport: Transport, printer: RunningPrinter
    ) -> None:
        """The count of a stall is exact: no byte is lost or printed twice."""
        data = TEXT * 10
        printer.set_faults(Faults(paper_out_at=1000, buffer=2000))
        with pytest.raises(PrinterFault) as caught:
            send(transport, data, soon(1.0))
        assert caught.value.accepted >= 3000
        printer.new_paper()
        printer.set_faults(Faults())
        send(transport, data[caught.value.accepted :], soon())
        printer.wait_printed(data[-len(TEXT) :])
        assert printer.printed == data

    def test_unplugged_at_every_byte_no_job_ends_well_and_every_byte_is_counted(
        self, make: Make, printer: RunningPrinter
    ) -> None:
        """Wherever the cable is pulled, no job seems done, and each printed byte counts."""
        data = TEXT[:150]
        for at in range(1, len(data) + 1):
            before = len(printer.printed)
            printer.set_faults(Faults(unplug_at=at))
            transport = make()
            transport.open(soon())
            accepted = 0
            with pytest.raises(PrinterFault) as caught:
                send(transport, data, soon())
                accepted = len(data)
                transport.drain(soon())
                send(transport, ASK_ONLINE, soon())
                while transport.read(1, soon()):
                    continue
            transport.close()
            accepted = max(accepted, caught.value.accepted)
            assert caught.value.kind == "gone", caught.value
            printed = printer.printed[before:]
            assert printed == data[:at]
            assert accepted >= len(printed), at
            printer.set_faults(Faults())
            printer.replug()

    def test_it_prints_again_when_it_was_replugged(
        self, make: Make, printer: RunningPrinter
    ) -> None:
        """One transport lives through replugging."""
        transport = make()
        transport.open(soon())
        send(transport, b"one", soon())
        printer.wait_printed(b"one")
        printer.unplug()
        with pytest.raises(PrinterFault) as caught:
            while True:
                send(transport, b"lost", soon())
        assert caught.value.kind == "gone"
        printer.replug()
        transport.open(soon())
        send(transport, b"two", soon())
        printer.wait_printed(b"two")
        transport.close()
        assert printer.printed == b"onetwo"

    def test_where_none_is_plugged_in_it_says_so(self, make: Make, printer: RunningPrinter) -> None:
        """Opening fails at once where there is nothing."""
        printer.unplug()
        with pytest.raises(PrinterFault, match=r"\w") as caught:
            make().open(soon())
        assert caught.value.kind in ("absent", "busy")

    def test_a_reader_who_waits_learns_of_the_unplugging(
        self, transport: Transport, printer: RunningPrinter
    ) -> None:
        """Pulling the cable ends a wait for an answer."""
        timer = threading.Timer(0.1, printer.unplug)
        timer.start()
        with pytest.raises(PrinterFault) as caught:
            while transport.read(1, soon()) == b"":
                continue
        timer.join()
        assert caught.value.kind == "gone"

    @pytest.mark.parametrize("waits", ["read", "write", "drain"])
    def test_an_interruption_ends_every_wait_at_once_and_for_good(
        self, transport: Transport, printer: RunningPrinter, waits: str
    ) -> None:
        """A daemon that stops does not wait for printers."""
        printer.set_faults(Faults(deaf=True))
        threading.Timer(0.2, transport.interrupt).start()
        began = time.monotonic()
        with pytest.raises(PrinterFault) as caught:
            if waits == "read":
                transport.read(1, soon(60))
            if waits == "drain":
                transport.write(TEXT[:100], soon(60))
                transport.drain(soon(60))
            # Where nothing is left to drain, too.
            send(transport, TEXT * 100, soon(60))
        assert caught.value.kind == "interrupted"
        assert time.monotonic() - began < 10
        transport.close()
        with pytest.raises(PrinterFault) as caught:
            transport.open(soon())
        assert caught.value.kind == "interrupted"

    def test_what_was_given_up_does_not_come_out_later(
        self, make: Make, printer: RunningPrinter
    ) -> None:
        """A job that failed does not go on by itself, and closing does not wait for it."""
        transport = make()
        transport.open(soon())
        printer.set_faults(Faults(deaf=True))
        with pytest.raises(PrinterFault):
            send(transport, TEXT * 20, soon(0.3))
        began = time.monotonic()
        transport.close()
        assert time.monotonic() - began < 10
        printer.set_faults(Faults())
        transport.open(soon())
        send(transport, b"the next job", soon())
        printer.wait_printed(b"the next job")
        transport.close()
        assert printer.printed.endswith(b"the next job")
        assert len(printer.printed) <= len(b"the next job") + self.BEYOND

    def test_one_at_a_time(self, transport: Transport, make: Make) -> None:
        """Two programs do not mix their bytes; the second is told who is first."""
        if not self.ALONE:
            pytest.skip("this transport cannot keep others away")
        with pytest.raises(PrinterFault) as caught:
            make().open(soon())
        assert caught.value.kind == "busy"
        transport.close()
        other = make()
        other.open(soon())
        other.close()

    def test_closed_it_takes_nothing(self, make: Make) -> None:
        """Closing twice does no harm, and what is closed says so."""
        transport = make()
        transport.close()
        with pytest.raises(PrinterFault) as caught:
            transport.write(b"x", soon())
        assert caught.value.kind == "gone"
        transport.open(soon())
        transport.close()
        transport.close()
        with pytest.raises(PrinterFault):
            transport.read(1, soon())

    def test_its_identity_stays(self, make: Make, transport: Transport) -> None:
        """The identity is that of the printer, not of the object."""
        assert make().identity == transport.identity
        assert ":" in transport.identity
