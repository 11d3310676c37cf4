"""Wakes everybody who waits for news, at once. For one event loop."""

from __future__ import annotations

import asyncio


class Bell:
    """`ring` wakes who waits now; who comes later waits for the next. After `close` nobody waits any more."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._closed = False

    def ring(self) -> None:
        self._event.set()
        if not self._closed:
            self._event = asyncio.Event()

    def close(self) -> None:
        """The server is told to stop: it must not wait for those who wait here."""
        self._closed = True
        self.ring()

    async def wait(self, within_s: float) -> bool:
        """False where nothing rang in that time, or never will."""
        if within_s <= 0 or self._closed:
            return False
        try:
            async with asyncio.timeout(within_s):
                await self._event.wait()
        except TimeoutError:
            return False
        return not self._closed
