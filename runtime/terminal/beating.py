"""Beats to the gateway, one after the other, for as long as the daemon runs (runtime.wire.beat).

On a link of its own, so that neither sales nor beats wait for each other. A gateway that is away costs a try now and
then and no cashier a moment: what is shared is asked for here, and done where the answer comes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.journal.errors import JournalError
from runtime.link.backoff import Backoff
from runtime.link.ports import Link, LinkDown, LinkReply
from runtime.terminal.reporting import Reporting
from runtime.wire.beat import MAX_ANSWER_BYTES, PATH, BeatAnswer
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.status import Status

if TYPE_CHECKING:
    from runtime.terminal.shared_users import SharedUsersFile
    from runtime.terminal.till import Till

log = logging.getLogger(__name__)

BEAT_BACKOFF_S = 10.0  # the longest wait between two tries
FAST_S = 0.25  # between two beats while somebody waits for a ticket


def read_answer(body: bytes) -> BeatAnswer:
    """Raises WireError."""
    return build(BeatAnswer, unpack(body, MAX_ANSWER_BYTES))


class Beating:
    """`random` gives 0 <= x < 1; `run` is a random number of this run of the daemon; `gather` gives its status."""

    def __init__(
        self,
        till: Till,
        link: Link,
        random: Callable[[], float],
        run: int,
        gather: Callable[[], Status],
        every_s: float = 2.0,
        backoff: Backoff | None = None,
        users: SharedUsersFile | None = None,
    ) -> None:
        self._till = till
        self._link = link
        self._random = random
        self._run = run
        self._every_s = every_s
        self._backoff = backoff or Backoff()
        self._users = users
        self._serial = 0
        self._failures = 0
        self._said = ""
        self._prices = 0  # number of the gateway's publication, as it last said
        self._reporting = Reporting(till, gather)
        self._poked = asyncio.Event()
        till.sharing.poke = self._poked.set

    async def run(self) -> None:
        """For ever. Raises JournalError where the journal cannot be used any more."""
        while True:
            self._poked.clear()
            if await self.once():
                continue
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._poked.wait()
            except TimeoutError:
                pass

    def _pause_s(self) -> float:
        sharing = self._till.sharing
        if self._failures:
            pause_s = self._backoff.delay_s(self._failures, self._random, None)
            return min(pause_s, 1.0) if sharing.fast else pause_s
        return FAST_S if sharing.fast else self._every_s

    async def once(self) -> bool:
        """One exchange. True where the next should follow at once."""
        sharing = self._till.sharing
        self._serial += 1
        if self._users is not None:
            sharing.users_hash = self._users.hash
        body = pack(sharing.beat(self._run, self._serial, self._reporting.status()))
        try:
            answer = _answer(await self._link.post(PATH, body))
            again = sharing.heard(answer)
        except (LinkDown, WireError) as error:
            self._failures += 1
            self._reporting.wanted = True
            self._log(f"no beat: {error}")
            sharing_lost(self._till)
            return False
        except JournalError as error:
            if error.code != "DISK_FULL":
                raise
            return False  # nothing has happened; it comes again with the next answer
        self._failures = 0
        self._reporting.wanted = answer.tell
        if answer.prices != self._prices and self._till.prices is not None:
            self._prices = answer.prices
            self._till.prices.wake()
        self._log("the gateway answers beats")
        if self._users is not None and answer.users not in (b"", self._users.hash):
            await self._users.fetch(self._link, answer.users)
        return again

    def _log(self, text: str) -> None:
        if text != self._said:
            self._said = text
            log.info("%s", text)


def sharing_lost(till: Till) -> None:
    """Raises JournalError, but not where the disk is full: then nothing has happened."""
    try:
        till.sharing.lost()
    except JournalError as error:
        if error.code != "DISK_FULL":
            raise


def _answer(reply: LinkReply) -> BeatAnswer:
    if reply.status != 200:
        raise LinkDown(f"status {reply.status}")
    return read_answer(reply.body)
