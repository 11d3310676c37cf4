"""For the tests of forwarding: a virtual clock, a journal as forwarding sees it, a gateway that can be bent."""

from __future__ import annotations

import asyncio
import hashlib
import random
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

from runtime.forward.forwarder import PATH, SENTENCES, Forwarder
from runtime.journal.store import EpochInfo
from runtime.link.ports import LinkReply
from runtime.wire.pack import build, pack, unpack
from runtime.wire.records import MAX_BATCH, BatchAnswer, PackedRecord, RecordBatch


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time passes only when nothing else is left to do."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_Jump(self))

    def time(self) -> float:
        return self.now_s


class _Jump(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout > 0:
            self._loop.now_s += timeout
        return super().select(0)


def virtually(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())


class Records:
    """A journal as forwarding sees it."""

    def __init__(self, count: int = 0, epoch: int = 5) -> None:
        self.epoch = epoch
        self.lists: dict[int, list[PackedRecord]] = {epoch: []}
        self.noted: dict[int, tuple[int, int]] = {}
        self.gone = 0
        self.sell(count)

    def sell(self, count: int, epoch: int | None = None, **also: Any) -> None:
        held = self.lists.setdefault(epoch or self.epoch, [])
        for _ in range(count):
            number = len(held) + 1
            body = pack({"SequenceNumber": number, "epoch": epoch or self.epoch, **also})
            held.append(PackedRecord(number, hashlib.sha256(body).digest(), body))

    @property
    def last_sequence(self) -> int:
        return len(self.lists[self.epoch])

    def epochs(self) -> list[EpochInfo]:
        order = sorted(self.lists, key=lambda epoch: epoch == self.epoch)
        return [EpochInfo(x, "m", len(self.lists[x]), *self.noted.get(x, (0, 0))) for x in order]

    def records(self, after: int, limit: int, max_bytes: int = 1 << 20, epoch: int | None = None) -> list[PackedRecord]:
        return self.lists[epoch or self.epoch][after : after + limit]

    def pruned(self, epoch: int) -> int:
        return self.gone

    def note_watermarks(self, epoch: int, stored: int, settled: int) -> None:
        self.noted[epoch] = (stored, settled)


class Gateway:
    """A right gateway; a test bends it by `bend`, which sees each batch first and may answer or raise in its place."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, int], dict[int, bytes]] = {}
        self.bend: Callable[[RecordBatch], LinkReply | None] = lambda batch: None
        self.calls: list[float] = []
        self.flying = 0

    async def post(self, path: str, body: bytes) -> LinkReply:
        assert path == PATH and self.flying == 0
        self.flying += 1
        self.calls.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.01)
        self.flying -= 1
        batch = build(RecordBatch, unpack(body, 4 << 20))
        assert len(batch.records) <= MAX_BATCH
        numbers = [record.sequence for record in batch.records]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
        return self.bend(batch) or self.answer(batch)

    def answer(self, batch: RecordBatch) -> LinkReply:
        kept = self.kept.setdefault((batch.store, batch.terminal, batch.epoch), {})
        aside = []
        for record in batch.records:
            if kept.setdefault(record.sequence, record.body) != record.body:
                aside.append(record.sequence)
        stored = 0
        while stored + 1 in kept:
            stored += 1
        return LinkReply(200, pack(BatchAnswer(stored, 0, tuple(aside))), None)

    def numbers(self, epoch: int = 5, terminal: str = "T1") -> list[int]:
        return sorted(self.kept.get(("S1", terminal, epoch), {}))


class Bench:
    def __init__(self, records: Records, gateway: Gateway) -> None:
        self.changes = 0
        self.codes: list[str] = []
        self.forwarder = Forwarder(records, gateway, "S1", "T1", random.Random(1).random, self.changed)
        self.task = asyncio.create_task(self.forwarder.run())

    def changed(self) -> None:
        self.changes += 1
        code = self.forwarder.status[1]
        assert code in SENTENCES
        SENTENCES[code][0].format_map(self.forwarder.status_args)
        if not self.codes or self.codes[-1] != code:
            self.codes.append(code)

    async def after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self.task.done():
            self.task.result()

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
