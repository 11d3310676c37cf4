"""A gateway's store, a head office's beside it, and the link between them that may fail; all of it the real code."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from runtime.gateway.batches import checked_batch
from runtime.gateway.keeper import Keeper
from runtime.gateway.store import GatewayStore
from runtime.gateway.upstream import Upstream
from runtime.hq.app import Desk, make_app
from runtime.hq.sqlite import SqliteStore
from runtime.link.backoff import Backoff
from runtime.link.ports import LinkDown, LinkReply
from runtime.wire.chain import StoreBatch
from runtime.wire.pack import build, unpack
from runtime.wire.records import CONTENT_TYPE, BatchAnswer, RecordBatch
from tests.sim.batches import STORE
from tests.sim.disk import Disk
from tests.sim.network import call

lives = itertools.count(1)


class Seam:
    """A gateway's store on a simulated disk, a head office's beside it, and what goes over the link between them."""

    name = STORE

    def __init__(self) -> None:
        self.disks = {name: self._disk(name) for name in ("gateway", "hq")}
        self.sent: list[StoreBatch] = []
        self.repeats = False  # a proxy that sends everything twice
        self.down = False
        self.refuse: Callable[[StoreBatch], bool] = lambda batch: False
        self.now_ms = 1_000
        self.open_gateway()
        self.open_hq()

    def _disk(self, name: str) -> Disk:
        return Disk(random.Random(name))

    def open_gateway(self) -> None:
        self.store = GatewayStore.open("/g.db", self.name, lambda: self.now_ms, vfs=self.disks["gateway"].vfs)
        self.keeper = Keeper(self.store)
        self.upstream = Upstream(self.keeper, self, lambda: 0.5, Backoff(0.01, 0.01))

    def open_hq(self) -> None:
        self.hq = SqliteStore(Path("/hq.db"), lambda: self.now_ms, next(lives), vfs=self.disks["hq"].vfs)
        self.app = make_app(Desk(self.hq))

    def new_disk(self, name: str) -> None:
        self.disks[name].close()
        self.disks[name] = self._disk(f"{name} again")
        (self.open_gateway if name == "gateway" else self.open_hq)()

    async def post(self, path: str, body: bytes) -> LinkReply:
        asked = build(StoreBatch, unpack(body, 1 << 23))
        if self.down:
            raise LinkDown("down")
        if asked.parts:
            self.sent.append(asked)
            if self.refuse(asked):
                return LinkReply(400, b"", None)
        for _ in range(1 + self.repeats):
            reply = await call(self.app, "POST", path, body, {"content-type": CONTENT_TYPE})
        return LinkReply(reply.status, reply.body, None)

    async def get(self, path: str) -> LinkReply:
        raise LinkDown("not asked here")

    async def take(self, sent: RecordBatch) -> BatchAnswer:
        return await self.keeper.take(checked_batch(sent, self.name))

    async def until(self, what: Callable[[], Any]) -> None:
        """Lets the upstream run until that is so."""
        async with asyncio.timeout(10):
            while not what():
                await asyncio.sleep(0.002)

    async def marks(self) -> dict[str, int]:
        return {mark.terminal: mark.stored for mark in (await self.hq.marks(STORE)).marks}

    def settled(self) -> dict[str, int]:
        return {one.terminal: one.settled for one in self.store.terminals()}

    def stored(self) -> dict[str, int]:
        return {one.terminal: one.stored for one in self.store.terminals()}

    def run(self, what: Callable[[], Awaitable[None]]) -> None:
        async def main() -> None:
            running = asyncio.ensure_future(self.upstream.run())
            try:
                await what()
                assert not running.done(), running.exception()
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

        asyncio.run(main())
