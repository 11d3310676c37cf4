"""Feeds the service manager's watchdog with commits, never with a timer alone.

Twice in the manager's interval somebody looks whether the journal has had a commit since the last look. If so, that
one is the proof; if not (nobody rings), `beat` makes one that leaves nothing behind. Both run where the sales' commits
run, so a sync that hangs and a loop that stands still feed nothing, and the manager starts the process again.

A disk that is full answers in order, and starting again makes no room: it feeds too (docs/adr/0021). So does a
database on another machine that is away (docs/adr/0030).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from runtime.service.notify import Notifier


class Beats(Protocol):
    """A store with a commit path. `commits` only grows; `beat` raises what its commits raise."""

    @property
    def commits(self) -> int: ...

    def beat(self) -> Awaitable[None] | None: ...


async def feed(
    notifier: Notifier, store: Beats, is_no: Callable[[Exception], bool], says: Callable[[], str] | None = None
) -> None:
    """For ever, or not at all where no watchdog is set. `is_no`: whether the error is an answer that a new process
    would get as well (the disk is full, the database is away). `says` gives the line that `systemctl status` shows.
    Raises whatever else the store raises: then the process must end."""
    if not notifier.watchdog_s:
        return
    seen = store.commits
    while True:
        if store.commits == seen:
            try:
                beaten = store.beat()
                if beaten is not None:
                    await beaten
            except Exception as error:
                if not is_no(error):
                    raise
        seen = store.commits
        notifier.alive()
        if says is not None:
            notifier.status(says())
        await asyncio.sleep(notifier.watchdog_s / 2)
