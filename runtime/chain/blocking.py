"""Where a database's calls run: one at a time, away from the loop, or at once where there is one thread.

A database is asked through one of these by all of a process, so that no two threads ever use its connection and no
reader sees half a transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

T = TypeVar("T")


class RunBlocking(Protocol):
    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]:
        """What `call` gives or raises."""
        ...


async def run_here(call: Callable[[], T]) -> T:
    """At once, on the loop: for tests, and for the simulation, which has one thread."""
    return call()


class OneThread:
    """A thread of its own, first come first served."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._executor, call)

    def close(self) -> None:
        """After what was asked has been done."""
        self._executor.shutdown()
