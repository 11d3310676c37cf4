"""The gateway's store as a loop asks it: one call at a time, batches that wait together in one commit.

Whatever shares the database (tickets, receipts, users...) asks through `ask`, so that it never meets a transaction
half done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from runtime.chain.blocking import RunBlocking, run_here
from runtime.chain.group import GroupCommit
from runtime.gateway.batches import CheckedBatch
from runtime.gateway.store import GatewayStore
from runtime.wire.records import BatchAnswer

log = logging.getLogger("lane.gateway")

LARGEST_GROUP = 100  # batches in one commit
MOST_WAITING = 200

T = TypeVar("T")


class Keeper:
    """`kept` is called after a commit of records. `waiting`: batches that may wait for a commit."""

    def __init__(
        self,
        store: GatewayStore,
        run_blocking: RunBlocking = run_here,
        kept: Callable[[], None] = lambda: None,
        waiting: int = MOST_WAITING,
    ) -> None:
        self.store = store
        self.kept = kept
        self._run = run_blocking
        self._group = GroupCommit(self._commit, largest=LARGEST_GROUP, waiting=waiting)

    async def take(self, one: CheckedBatch) -> BatchAnswer:
        """A batch: on disk, synced, when this returns.

        Raises ChainError and GatewayError as GatewayStore.keep does, and `too_busy`.
        """
        answer = await self._group.submit(one)
        if answer.quarantined:
            batch = one.batch
            log.warning(
                "quarantine terminal=%r epoch=%d sequences=%s", batch.terminal, batch.epoch, list(answer.quarantined)
            )
        return answer

    async def _commit(self, group: Sequence[CheckedBatch]) -> Sequence[BatchAnswer | Exception]:
        answers = await self._run(lambda: self.store.keep(group))
        if any(one.checked for one in group):
            self.kept()
        return answers

    async def ask(self, call: Callable[[], T]) -> T:
        """What a call of the store, or of another user of its database, gives or raises."""
        return await self._run(call)

    # --- for the watchdog (runtime.service.watchdog) -------------------------------------------------------------

    @property
    def commits(self) -> int:
        return self.store.database.commits

    async def beat(self) -> None:
        await self._run(self.store.database.beat)
