"""A deterministic asyncio event loop with a clock of its own.

Time stands still while anything is ready to run, then jumps to the next timer. There is no real I/O, no thread and no
waiting: an hour passes as fast as its callbacks run. Callbacks run in the order in which they were scheduled; tasks and
futures hash by their serial number, so that even a set of them is walked in the same order in every process.

A task belongs to the machine that `OWNER` names where it was made, and so do the tasks that it makes: `cancel_all` is
the machine's end, at whatever await each of them stands.

`run(main())` runs one coroutine to its end. A loop in which nothing is ready and no timer is set can never go on: that
is a `Stuck`, not a hang. So is one that spins without time passing, and a callback that does not come back.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
OWNER: ContextVar[object] = ContextVar("OWNER", default=None)
SPIN_LIMIT = 200_000  # turns of the loop in one instant of virtual time
PATIENCE_S = 180  # real seconds for one run


class Stuck(AssertionError):
    """Nothing will ever happen again, or everything happens at once for ever."""


class SimFuture(asyncio.Future):  # type: ignore[type-arg]
    def __init__(self, serial: int, loop: SimLoop) -> None:
        self._serial = serial
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self._serial

    __eq__ = object.__eq__


class SimTask(asyncio.Task):  # type: ignore[type-arg]
    def __init__(self, serial: int, coro: Any, loop: SimLoop, **options: Any) -> None:
        self._serial = serial
        super().__init__(coro, loop=loop, **options)

    def __hash__(self) -> int:
        return self._serial

    __eq__ = object.__eq__


class _NoSelector:
    """Stands where the base loop waits for sockets: waiting is time that passes."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Stuck(f"at {self._loop.time():.3f} s nothing is ready and nothing is scheduled")
        self._loop.pass_time(timeout)
        return []


class SimLoop(asyncio.BaseEventLoop):
    """Virtual seconds start at 0. Not for signals, sockets, subprocesses, executors or other threads: each raises."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._serials = 0
        self._turns = 0
        self._selector = _NoSelector(self)
        self._clock_resolution = 1e-9
        self.set_task_factory(self._make_task)
        self.set_exception_handler(self._note)
        self.errors: list[str] = []  # exceptions that nobody awaited
        self._owned: dict[object, list[SimTask]] = {}

    # --- the clock -----------------------------------------------------------------------------------------------

    def time(self) -> float:
        return self._now

    def pass_time(self, seconds: float) -> None:
        if seconds > 0:
            self._now += seconds
            self._turns = 0
            return
        self._turns += 1
        if self._turns > SPIN_LIMIT:
            raise Stuck(f"at {self._now:.3f} s the loop turned {SPIN_LIMIT} times without time passing")

    # --- what the base loop asks of a real one -------------------------------------------------------------------

    def _process_events(self, event_list: list[Any]) -> None:
        return None

    def _write_to_self(self) -> None:
        raise RuntimeError("another thread in a simulation")

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        raise RuntimeError(f"{func!r} would run in a thread")

    async def getaddrinfo(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a real network in a simulation")

    # --- tasks and futures that hash by number -------------------------------------------------------------------

    def create_future(self) -> SimFuture:
        self._serials += 1
        return SimFuture(self._serials, self)

    @staticmethod
    def _make_task(loop: Any, coro: Any, context: Context | None = None, **options: Any) -> SimTask:
        loop._serials += 1
        if context is not None:
            options["context"] = context
        options.setdefault("name", f"task-{loop._serials}")  # asyncio's own count goes on from run to run
        task = SimTask(loop._serials, coro, loop, **options)
        owner = OWNER.get() if context is None else context.get(OWNER)
        loop._owned.setdefault(owner, []).append(task)
        task.add_done_callback(lambda _: loop._owned[owner].remove(task))
        return task

    def cancel_all(self, owner: object) -> None:
        """Cancel every task of this owner, oldest first."""
        for task in tuple(self._owned.get(owner, ())):
            task.cancel()

    def _note(self, loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.errors.append(f"{context.get('message')}: {error!r}" if error else str(context.get("message")))


@contextmanager
def _patience() -> Iterator[None]:
    """Real time, as only that still runs in a callback that never ends. Signals are for the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(number: int, frame: Any) -> None:
        raise Stuck(f"not over after {PATIENCE_S} s of real time")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on a fresh loop to its end, then cancel what it left behind. Raises what `main` raises."""
    loop = SimLoop()
    try:
        asyncio.set_event_loop(loop)
        with _patience():
            return loop.run_until_complete(main)
    finally:
        try:
            left = sorted(asyncio.all_tasks(loop), key=lambda task: hash(task))
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        finally:
            asyncio.set_event_loop(None)
            loop.close()
