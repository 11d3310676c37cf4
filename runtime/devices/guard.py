"""A driver's code under a time limit: what does not return is interrupted, and asked nothing more.

A codec is pure and quick, and called on the loop, where the sale is. One that never returns would stop everything, so
each call has an alarm (setitimer(2), SIGALRM), whose handler raises in it: nothing but the codec can be cut short, and
that is thrown away. Then the device's connection ends and begins again with a new one (runtime.devices.restarts).

The alarm reaches Python code, also in a sleep or a regular expression. It does not reach C code that never looks at
signals, nor a process whose loop is not on the main thread: then the service manager's watchdog ends the process.
"""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

LIMIT_S = 2.0  # far above any receipt on an old till; the sale stands still for so long, once a hang


class DriverHung(Exception):
    """The driver did not return in time, or did not before."""


class _Alarm(BaseException):
    """Not an Exception: a driver may catch those."""


class _Timer:
    """The process's one alarm."""

    def __init__(self) -> None:
        self._armed = False
        self._ready = False

    def call(self, work: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Raises DriverHung, and what `work` raises."""
        if not self._can():
            return work(*args, **named)
        collects = gc.isenabled()
        gc.disable()  # else the alarm may ring in the end of an object that is nothing of the codec's
        try:
            # The alarm comes again: a driver may have swallowed the first one. Should it come between `work` and the
            # disarming, the outer `finally` disarms, long before the next.
            try:
                self._armed = True
                signal.setitimer(signal.ITIMER_REAL, LIMIT_S, LIMIT_S)
                answer = work(*args, **named)
                return tuple(answer) if isinstance(answer, Iterator) else answer
            finally:
                self._armed = False
        except _Alarm:
            raise DriverHung(f"it did not return within {LIMIT_S:g} s") from None
        finally:
            self._armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            if collects:
                gc.enable()

    def _can(self) -> bool:
        if self._armed or threading.current_thread() is not threading.main_thread():
            return False  # a call within a call has the outer one's alarm
        if not self._ready:
            signal.signal(signal.SIGALRM, self._rings)
            self._ready = True
        return True

    def _rings(self, _number: int, _frame: FrameType | None) -> None:
        if self._armed:
            raise _Alarm


_timer = _Timer()
limited = _timer.call


class Guarded:
    """A codec whose methods have a time limit. `hung` is called once, after the first that did not keep it."""

    def __init__(self, codec: Any, hung: Callable[[DriverHung], None]) -> None:
        self._codec = codec
        self._hung = hung
        self._error: DriverHung | None = None

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._codec, name)
        if not callable(value):
            return value

        def guarded(*args: Any, **named: Any) -> Any:
            if self._error is not None:
                raise DriverHung(str(self._error))  # a new one: raised again, its traceback would grow with each call
            try:
                return _timer.call(value, *args, **named)
            except DriverHung as error:
                self._error = error
                self._hung(error)
                raise

        return guarded
