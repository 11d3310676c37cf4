"""Tills and a gateway of one store in one process: the real till, journal, beat, gateway and its databases, and a
network that can be cut. Records go to the gateway as the forwarder sends them, when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from runtime.gateway.sharing.beats import Sharing
from runtime.gateway.sharing.check import read_beat
from runtime.gateway.sharing.store import SharedStore
from runtime.gateway.sharing.users import SharedUsers
from runtime.gateway.store import GatewayStore
from runtime.link.ports import LinkDown, LinkReply
from runtime.serving.errors import Refused
from runtime.terminal.beating import Beating
from runtime.terminal.sentences import sentence
from runtime.terminal.till import Till
from runtime.wire.pack import pack
from runtime.wire.records import RecordBatch
from runtime.wire.status import (
    Status,
    StatusClock,
    StatusDevice,
    StatusDisk,
    StatusJournal,
    StatusMemory,
    StatusQueue,
    StatusSale,
    StatusTerminal,
    StatusVersions,
)
from tests.runtime.till_rig import Devices, Rig, usual_book


class Gateway:
    """A store's gateway on disk; `again` is a restart, `new_disk` forgets all of it."""

    def __init__(self, folder: Path, users: Path | None = None) -> None:
        self.folder = folder
        self.users = users
        self.now_ms = 1_000_000
        self._disk = 0
        self._open()

    def _open(self) -> None:
        folder = self.folder / f"disk{self._disk}"
        folder.mkdir(parents=True, exist_ok=True)
        self.store = GatewayStore.open(str(folder / "gateway.db"), "S1", lambda: self.now_ms)
        self.shared = SharedStore.open(folder / "gateway-shared.db", "S1")
        self.sharing = Sharing(self.shared, self.store, "S1", lambda: self.now_ms, SharedUsers(self.users))

    def close(self) -> None:
        self.shared.close()
        self.store.close()

    def again(self) -> None:
        self.close()
        self._open()

    def new_disk(self) -> None:
        self.close()
        self._disk += 1
        self._open()


class Wire:
    """A till's link to the gateway of now. `cut`: nothing goes; `answers_lost`: the next answers do not come back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.cut = False
        self.answers_lost = 0

    async def post(self, path: str, body: bytes) -> LinkReply:
        await asyncio.sleep(0)
        if self.cut:
            raise LinkDown("cut")
        assert path == "/v1/beat"
        sharing = self._store.gateway.sharing
        self._store.gateway.now_ms += 100
        try:
            answer = sharing.beat(read_beat(body, sharing.store))
        except Refused as error:
            return LinkReply(error.status, pack(error.answer()), None)
        if self.answers_lost:
            self.answers_lost -= 1
            raise LinkDown("the answer was lost")
        return LinkReply(200, pack(answer), None)

    async def get(self, path: str) -> LinkReply:
        if self.cut:
            raise LinkDown("cut")
        users = self._store.gateway.sharing.users
        return LinkReply(200, users.text, None) if users.look() else LinkReply(404, b"", None)


def status_of(till: Till) -> Status:
    """As the daemon says it, of what there is here."""
    who, network = till.identity, till.network()
    return Status(
        terminal=StatusTerminal(who.store, who.workstation, f"{who.epoch:016x}", 1, 1, 0),
        devices=tuple(
            StatusDevice(one.name, one.device_class, one.code == "OK", sentence(one.code, device=one.name))
            for one in till.devices.statuses()
        ),
        queue=StatusQueue(network.unsent, "", network.ok, network.sentence),
        last_sale=StatusSale(till.checkout.last_sequence, "", len(till.checkout.prints)),
        disk=StatusDisk(1 << 30, 1 << 20, "whole", till.disk_code()),
        clock=StatusClock("2026-11-22T18:30:00", till.clock.quality),
        versions=StatusVersions("0", 1, False, "3.11", "3.50", 1, till.pricing.hash, ""),
        memory=StatusMemory(1 << 25, 0),
        journal=StatusJournal(till.journal.last_seq, 0, 0, False),
    )


class Member:
    """One till of the store."""

    def __init__(self, store: Store, name: str, folder: Path, epoch: int, **more: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.rig = Rig(folder, more.pop("snapshot", usual_book()), Devices(), workstation=name, epoch=epoch, **more)
        self.store, self.name = store, name
        self.wire = Wire(store)
        self._run = 0
        self.begin()

    def begin(self) -> None:
        self._run += 1
        self.beating = Beating(self.rig.till, self.wire, lambda: 0.5, self._run, lambda: status_of(self.rig.till))

    async def beat(self, times: int = 1) -> None:
        for _ in range(times):
            while await self.beating.once():
                pass

    async def again(self) -> None:
        """Killed and started."""
        await self.rig.again()
        self.begin()

    def send(self) -> None:
        """All records that the gateway has not."""
        journal = self.rig.journal
        for info in journal.epochs():
            records = journal.records(0, 50, 4 << 20, info.epoch)
            self.store.gateway.store.ingest(RecordBatch("S1", self.name, info.epoch, tuple(records)))


class Store:
    """A gateway and its tills, by name."""

    def __init__(self, folder: Path, names: tuple[str, ...] = ("01", "02"), **more: Any) -> None:
        self.folder = folder
        self.gateway = Gateway(folder / "gateway", more.pop("users", None))
        self.tills = {name: Member(self, name, folder / name, 7 + at, **more) for at, name in enumerate(names)}

    def __getitem__(self, name: str) -> Member:
        return self.tills[name]

    async def beats(self, times: int = 4) -> None:
        for _ in range(times):
            for till in self.tills.values():
                await till.beat()

    async def close(self) -> None:
        for till in self.tills.values():
            await till.rig.close()
        self.gateway.close()


def run_store(folder: Path, work: Callable[[Store], Awaitable[None]], **more: Any) -> None:
    """One scenario in a store of its own."""

    async def main() -> None:
        store = Store(folder, **more)
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(main())
