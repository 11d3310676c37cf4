"""Group commit: what waits together is committed together, and each is answered after the commit.

While one group is being written the next one gathers, so that a busy server pays for one sync where it would pay for
twenty, and an idle one commits the first that comes at once. When more than `waiting` wait, the next is refused: a
sender that is told to come later is better off than one that waits until it gives up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from runtime.chain.errors import ChainError
from runtime.serving.errors import Refused

T = TypeVar("T")
R = TypeVar("R")
Commit = Callable[[Sequence[T]], Awaitable["Sequence[R | Exception]"]]


class GroupCommit(Generic[T, R]):
    """`commit` takes a group and gives a result, or what was wrong, for each; what it raises is said to all of them."""

    def __init__(self, commit: Commit[T, R], *, largest: int, waiting: int, lanes: int = 1) -> None:
        """At most `largest` in a group, `lanes` groups at a time."""
        self._commit = commit
        self._largest = largest
        self._most_waiting = waiting
        self._lanes = lanes
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = 0

    async def submit(self, item: T) -> R:
        """The result of `item`, once its group is committed. Raises ChainError `too_busy`, and what `commit` says."""
        if len(self._waiting) >= self._most_waiting:
            raise ChainError("too_busy", count=len(self._waiting))
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, future))
        if self._running < self._lanes:
            self._running += 1
            task = loop.create_task(self._work())
            self._tasks.add(task)  # a loop keeps no task alive
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._next()
        finally:  # with no await since the list was empty: whoever comes now starts another
            self._running -= 1

    async def _next(self) -> None:
        group, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
        results: Sequence[R | Exception]
        try:
            results = await self._commit([item for item, _ in group])
        except Refused as error:
            results = [error] * len(group)
        except BaseException as error:
            for _, future in group:
                if isinstance(error, Exception) and not future.done():
                    future.set_exception(error)
                future.cancel()
            raise
        for (_, future), result in zip(group, results, strict=True):
            if future.done():  # whoever asked has gone
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
