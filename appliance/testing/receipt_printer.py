"""A receipt printer as its line sees it: ESC/POS bytes in, answers out, faults on demand.

Without threads and without a clock of its own: whoever drives it says what time it is. Commands
are those of Epson's "ESC/POS Command Reference" that a line can tell apart: DLE EOT 1 to 4 and
DLE DC4 are obeyed when they come, GS r, GS ( H and GS a when the head gets there; the rest is
printed. Once GS a turned it on, it says by itself what changes, until ESC @: makers differ in
whether that ends it, and this printer is one of those where it does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from appliance.testing import printer_words
from appliance.testing.escpos_stream import DC4, DLE, EOT, ESC, GS, CommandStream
from appliance.testing.printer_words import Condition

_CLEAR = bytes((DLE, DC4, 8, 1, 3, 20, 1, 6, 2, 8))
"""DLE DC4, function 8: throw away what is in the buffer."""

_BATTERY = bytes((DLE, DC4, 7, 5))
_AT_ONCE = (_CLEAR, _BATTERY, *(bytes((DLE, EOT, n)) for n in (1, 2, 3, 4)))


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, and how slow the printer is. The default is a printer in order.

    Attributes:
        paper_out_at: printed bytes after which the paper is out; 0 is before the first.
        cover_open_at: printed bytes after which somebody opens the cover.
        unplug_printed_at: printed bytes after which the line is gone; what is in the buffer is
            printed.
        unplug_at: received bytes after which the line is gone; what is in the buffer is printed.
        power_off_at: received bytes after which the line is gone; what is in the buffer is not.
        silent: no answer to anything.
        answer_delay_s: seconds from a question to its answer.
        garbage: sent in place of each answer.
        deaf: takes no byte from the line.
        deaf_at: received bytes after which it takes no more.
        most_at_once: bytes taken from the line at a time, at most.
        speed: bytes a second that the head prints; 0 is at once.
        buffer: bytes received and not yet printed, at most.
        paper_low: the paper is nearly at its end.
        report_gap_s: seconds between the first two bytes of a report and the others.
        hears_pictures: DLE EOT and DLE DC4 are obeyed wherever they stand, in pictures too.
        keeps: DLE DC4 8 is not known, and the buffer stays as it is.
        battery: how full its battery is, 0 to 1; None: it has none, and says nothing of it.
        drain: of a full battery, what one printed byte takes.
        mains: it hangs on its charger, and says so where it can.
    """

    paper_out_at: int | None = None
    cover_open_at: int | None = None
    unplug_printed_at: int | None = None
    unplug_at: int | None = None
    power_off_at: int | None = None
    silent: bool = False
    answer_delay_s: float = 0.0
    garbage: bytes | None = None
    deaf: bool = False
    deaf_at: int | None = None
    most_at_once: int = 65_536
    speed: float = 0.0
    buffer: int = 65_536
    paper_low: bool = False
    report_gap_s: float = 0.0
    hears_pictures: bool = False
    keeps: bool = False
    battery: float | None = None
    drain: float = 0.0
    mains: bool = False


class ReceiptPrinter:
    """The printer.

    Attributes:
        faults: may be exchanged at any time.
        printed: bytes that came out on paper; questions and their like do not.
        heads: where in `printed` something began that the printer did not take for data: a command,
            or text.
        reports: how often it said by itself how it is.
        dropped: bytes received that never will: lost with the power, or cleared.
        received: bytes taken from the line since it was last plugged in.
        paper, cover: False and True where someone has to come.
        plugged: False once the line is gone.
    """

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.printed = bytearray()
        self.heads: set[int] = set()
        self.dropped = bytearray()
        self.reports = 0
        self.received = 0
        self.paper = True
        self.cover_open = False
        self.plugged = True
        self._commands = CommandStream()
        self._queue: deque[tuple[bytes, bool]] = deque()
        self._answers: list[tuple[float, bytes]] = []
        self._waiting = 0
        self._watched = 0
        self._reported = b""
        self._printed_until: float | None = None
        self._check_sensors()

    @property
    def offline(self) -> bool:
        """Whether the head stands still."""
        return self.condition.offline

    @property
    def condition(self) -> Condition:
        """How it is."""
        faults = self.faults
        charge = faults.battery
        if charge is not None:
            charge = max(0.0, charge - faults.drain * len(self.printed))
        return Condition(self.paper, faults.paper_low, self.cover_open, charge)

    @property
    def waiting(self) -> int:
        """Bytes that it took and has not printed yet."""
        return self._waiting

    @property
    def room(self) -> int:
        """Bytes that it takes from the line now."""
        faults = self.faults
        if not self.plugged or faults.deaf:
            return 0
        room = min(faults.most_at_once, max(0, faults.buffer - self._waiting))
        for end in (faults.unplug_at, faults.power_off_at, faults.deaf_at):
            if end is not None:
                room = min(room, end - self.received)
        return max(0, room)

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes from the line, `room` at most."""
        self.received += len(data)
        if self.faults.hears_pictures:
            data = self._overhear(data, now)
        for piece, is_command in self._commands.feed(data):
            if is_command and piece[0] == DLE:
                self._obey(piece, now)
                continue
            self._keep(piece, is_command)
        # The line goes after what came with it: a head without a speed has printed that by then.
        self.advance(now)

    def advance(self, now: float) -> None:
        """Let the head print until `now`."""
        since, self._printed_until = self._printed_until, now
        budget = -1
        if self.faults.speed > 0:
            budget = int((now - since) * self.faults.speed) if since is not None else 0
            # The rest of a byte is kept as time.
            self._printed_until = now if since is None else since + budget / self.faults.speed
            if not self._queue or self.offline:
                self._printed_until = now
        while self._queue and not self.offline and budget != 0:
            item, is_command = self._queue[0]
            if is_command:
                self._set(item, now)
            if is_command and (answer := self._in_order(item)):
                self._queue.popleft()
                self._waiting -= len(item)
                self._say(answer, now)
                continue
            self._check_sensors()
            if self.offline:
                break
            if is_command:
                self.heads.add(len(self.printed))
            count = len(item) if budget < 0 else min(len(item), budget)
            count = min(count, self._until_sensor())
            self.printed += item[:count]
            self._waiting -= count
            budget -= count if budget > 0 else 0
            if count == len(item):
                self._queue.popleft()
            else:
                self._queue[0] = item[count:], False
            self._check_sensors()
        self._report(now)
        self._check_line()

    def answers(self, now: float) -> bytes:
        """Return what it says by `now`, once."""
        said = b""
        while self._answers and self._answers[0][0] <= now:
            said += self._answers.pop(0)[1]
        return said

    def wakes_at(self, now: float) -> float | None:
        """When it does something by itself next; None where it waits for bytes."""
        times = [self._answers[0][0]] if self._answers else []
        if self._queue and not self.offline and self.faults.speed > 0:
            times.append(now + max(0.001, 16 / self.faults.speed))
        return min(times, default=None)

    def new_paper(self) -> None:
        """Put in a new roll and close the cover; it goes on printing by itself."""
        self.faults = replace(self.faults, paper_out_at=None, cover_open_at=None)
        self.paper, self.cover_open = True, False

    def open_cover(self) -> None:
        """Open the cover."""
        self.cover_open = True

    def unplug(self) -> None:
        """Pull the line's cable: it goes on printing what it has."""
        self.plugged = False

    def power_off(self) -> None:
        """Take the power: what is in its buffer is lost."""
        self.plugged = False
        self._forget()
        self._watched, self._reported = 0, b""

    def replug(self) -> None:
        """Plug it in again, with the power on.

        Where only its cable was pulled it still is in the middle of the command that was cut.
        """
        self.plugged = True
        self.received = 0
        self._answers.clear()

    def _obey(self, command: bytes, now: float) -> None:
        if command[:2] == bytes((DLE, EOT)):
            self._say(printer_words.real_time(command[2], self.condition), now)
        elif command == _CLEAR and not self.faults.keeps:
            self._forget()
            self._say(b"\x37\x25\x00", now)
        elif command == _BATTERY and self.faults.battery is not None:
            charge = self.condition.charge or 0.0
            self._say(printer_words.battery_sixth(charge, self.faults.mains), now)
        elif command[:2] != bytes((DLE, DC4)):
            self._keep(command, False)

    def _overhear(self, data: bytes, now: float) -> bytes:
        """Obey real-time commands wherever they stand; return what is left without them."""
        for command in _AT_ONCE:
            while command in data:
                before, _, after = data.partition(command)
                self._obey(command, now)
                data = before + after
        return data

    def _keep(self, piece: bytes, is_command: bool) -> None:
        self._queue.append((piece, is_command))
        self._waiting += len(piece)

    def say(self, data: bytes) -> None:
        """Send something that nobody asked for, such as XOFF."""
        self._later(data, 0.0)

    def _say(self, answer: bytes, now: float) -> None:
        if answer and not self.faults.silent and self.plugged:
            garbage = self.faults.garbage
            self._later(answer if garbage is None else garbage, now + self.faults.answer_delay_s)

    def _later(self, data: bytes, when: float) -> None:
        """Say something at a time, after what is said until then."""
        place = sum(1 for at, _ in self._answers if at <= when)
        self._answers.insert(place, (when, data))

    def _report(self, now: float, *, always: bool = False) -> None:
        """Say by itself what has changed, as far as GS a asked for it."""
        report = printer_words.automatic(self.condition)
        seen = printer_words.watched(report, self._watched)
        if not self._watched or (seen == self._reported and not always):
            return
        self._reported = seen
        if self.faults.silent or not self.plugged:
            return
        self.reports += 1
        gap = self.faults.report_gap_s
        # The four bytes belong together: whatever would come in between comes after them.
        self._answers = [
            (at if at <= now else max(at, now + gap), said) for at, said in self._answers
        ]
        self._later(report[:2], now)
        place = sum(1 for at, _ in self._answers if at <= now)
        self._answers.insert(place, (now + gap, report[2:]))

    def _set(self, item: bytes, now: float) -> None:
        """Follow a setting that stands in the stream; it counts as printed all the same."""
        if item == bytes((ESC, 0x40)):
            self._watched, self._reported = 0, b""
        elif item[:2] == bytes((GS, 0x61)):
            self._watched = item[2]
            self._report(now, always=True)

    def _in_order(self, item: bytes) -> bytes:
        """The answer to a question in the stream; nothing for what is printed."""
        if item[:2] == bytes((GS, 0x72)) and item[2] in (1, 49):
            return printer_words.transmitted(self.condition)
        if item[:2] == bytes((GS, 0x72)):
            return b"\x00"
        if item[:3] == bytes((GS, 0x28, 0x48)) and item[3:7] == b"\x06\x00\x30\x30":
            return b"\x37\x22" + item[7:11] + b"\x00"
        charge = self.condition.charge
        if charge is not None and item == bytes((GS, 0x49, 0x62)):
            return printer_words.battery_quarter(charge)
        if charge is not None and item == bytes((ESC, 0x60)):
            return printer_words.battery_volts(charge)
        return b""

    def _until_sensor(self) -> int:
        faults = self.faults
        ends = [faults.paper_out_at, faults.cover_open_at]
        if self.plugged:
            ends.append(faults.unplug_printed_at)
        return min((end - len(self.printed) for end in ends if end is not None), default=1 << 30)

    def _check_sensors(self) -> None:
        at = len(self.printed)
        if self.faults.paper_out_at is not None and at >= self.faults.paper_out_at:
            self.paper = False
        if self.faults.cover_open_at is not None and at >= self.faults.cover_open_at:
            self.cover_open = True
        if self.faults.unplug_printed_at is not None and at >= self.faults.unplug_printed_at:
            self.unplug()

    def _check_line(self) -> None:
        faults = self.faults
        if faults.power_off_at is not None and self.received >= faults.power_off_at:
            self.power_off()
        elif (faults.unplug_at is not None and self.received >= faults.unplug_at) or (
            faults.unplug_printed_at is not None and len(self.printed) >= faults.unplug_printed_at
        ):
            self.unplug()

    def _forget(self) -> None:
        self.dropped += b"".join(item for item, _ in self._queue) + self._commands.rest()
        self._queue.clear()
        self._waiting = 0
