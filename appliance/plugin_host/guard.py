"""Guarded calls: a plugin that overruns its time is ended, wherever its Python code is.

One thread watches the calls that run. An overdue call gets `PluginOverrun` raised in its thread by
the interpreter, again and again until it ends: a plugin may catch it as any exception, and go on.
A call that waits inside C code (a long ``time.sleep``) gets it when it returns to
Python; the daemon's watchdog covers the one that never does.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any

from appliance.api.errors import PluginOverrun

_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = (ctypes.c_ulong, ctypes.py_object)
_raise_in.restype = ctypes.c_int
_clear_in = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p)(
    ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
)


class _Call:
    __slots__ = ("deadline", "shot", "thread")

    def __init__(self, thread: int, deadline: float) -> None:
        self.thread = thread
        self.deadline = deadline
        self.shot = False


class Guard:
    """Watches calls; `stop` ends its thread."""

    def __init__(self, timeout_s: float, *, look_every_s: float = 0.1) -> None:
        """Start watching.

        Args:
            timeout_s: how long a call may take.
            look_every_s: how often running calls are looked at.
        """
        self.timeout_s = timeout_s
        self._every = look_every_s
        self._lock = threading.Lock()
        self._calls: set[_Call] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="plugin-guard", daemon=True)
        self._thread.start()

    def call(self, function: Callable[..., Any], **arguments: Any) -> Any:
        """Call a function.

        Raises:
            PluginOverrun: it took too long.
            BaseException: what it raised.
        """
        call = _Call(threading.get_ident(), time.monotonic() + self.timeout_s)
        with self._lock:
            self._calls.add(call)
        try:
            try:
                return function(**arguments)
            finally:
                self._leave(call)
        except PluginOverrun as overrun:
            # It may have arrived at the edge of the first `_leave`.
            self._leave(call)
            told = PluginOverrun(f"took longer than {self.timeout_s:g} s")
            # Where the plugin was is where the watch found it.
            raise told.with_traceback(overrun.__traceback__) from None

    def _leave(self, call: _Call) -> None:
        """Take a call off the watch; no exception of the watch comes to its thread after this."""
        while True:
            try:
                with self._lock:
                    self._calls.discard(call)
                    if call.shot:
                        # Not yet delivered, or delivered already: either way none may follow.
                        _clear_in(call.thread, None)
                        call.shot = False
            except PluginOverrun:
                continue
            return

    def _watch(self) -> None:
        while not self._stop.wait(self._every):
            now = time.monotonic()
            with self._lock:
                for call in self._calls:
                    if now > call.deadline:
                        call.shot = True
                        _raise_in(call.thread, PluginOverrun)

    def stop(self) -> None:
        """End the watching thread."""
        self._stop.set()
        self._thread.join()
