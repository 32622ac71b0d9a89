"""A loan of a printer's transport: a call of another thread, done by the one that has it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from appliance.hardware.line import PrinterLine
from appliance.hardware.transport import Transport


class Loan:
    """A call that waits for the transport, and what came of it.

    Attributes:
        over: set once it was called.
        withdrawn: whoever asked waits no more.
        result, error: what it returned, or raised.
    """

    def __init__(self, call: Callable[[Transport], Any]) -> None:
        """`call` takes the open transport."""
        self._call = call
        self.over = threading.Event()
        self.withdrawn = False
        self.result: Any = None
        self.error: BaseException | None = None

    def serve(self, line: PrinterLine) -> None:
        """Do it, on the line's thread; a line that failed is closed."""
        try:
            line.open()
            self.result = self._call(line.transport)
        except Exception as error:  # it is raised where the call came from
            self.error = error
            line.close()
        self.over.set()


class Loans:
    """The loans that wait for one printer. Any thread may add, one serves."""

    def __init__(self) -> None:
        self._waiting: deque[Loan] = deque()

    def add(self, call: Callable[[Transport], Any]) -> Loan:
        """Have something called soon."""
        loan = Loan(call)
        self._waiting.append(loan)
        return loan

    def serve(self, line: PrinterLine) -> None:
        """Do all that wait."""
        while self._waiting:
            loan = self._waiting.popleft()
            if not loan.withdrawn:
                loan.serve(line)
