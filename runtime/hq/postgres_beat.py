"""A beat of head office on PostgreSQL: a commit and its sync through the pool that the sales go through.

When it gives no word in time, somebody else is asked: a new connection, outside of the pool, for the same commit. What
is locked by nobody and seen by nobody is written: a row that is gone before the commit.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import asyncpg

from runtime.hq.errors import HqError

LEAST_PATIENCE_S = 0.1


async def commit_nothing(connection: asyncpg.Connection) -> None:
    """One transaction that writes, and so is synced, and leaves nothing."""
    row = -random.randrange(1, 1 << 31)  # another process's beat must not wait for ours
    await connection.execute(f"INSERT INTO about VALUES ({row}); DELETE FROM about WHERE version = {row}")


class PostgresBeat:
    """`beat` commits through the pool, and raises HqError; `commits` counts the sales' own."""

    def __init__(
        self, dsn: str, patience_s: float, beat: Callable[[], Awaitable[None]], commits: Callable[[], int]
    ) -> None:
        self._dsn = dsn
        self._patience_s = max(patience_s, LEAST_PATIENCE_S)
        self._commit = beat
        self._commits = commits
        self._beating: asyncio.Task[None] | None = None

    async def __call__(self) -> None:
        """Within twice the patience. Raises HqError: what the database says, `store_away` for no word, `store_stuck`
        for no word but to a newcomer."""
        before = self._commits()
        beating = self._beating
        if beating is None:
            # One that is not done is waited for next time too: to cancel it may take as long as it.
            beating = self._beating = asyncio.ensure_future(self._commit())
        done, _ = await asyncio.wait([beating], timeout=self._patience_s)
        if done:
            self._beating = None
            beating.result()
        elif not await self._newcomer():
            raise HqError("store_away", detail=f"no word within {self._patience_s:.1f} s")
        elif self._commits() == before and not beating.done():
            raise HqError("store_stuck")

    def close(self) -> None:
        if self._beating is not None:
            self._beating.cancel()

    async def _newcomer(self) -> bool:
        """Whether the database commits for a connection that is none of the pool's."""
        connection: asyncpg.Connection | None = None
        try:
            async with asyncio.timeout(self._patience_s):
                connection = await asyncpg.connect(self._dsn, timeout=self._patience_s)
                await commit_nothing(connection)
        # A TimeoutError is an OSError.
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False
        finally:
            if connection is not None:
                connection.terminate()
        return True
