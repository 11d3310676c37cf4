"""One written-down day of a chain, and the four ways to build it wrong: each is caught by what head office has.

The real journal, forwarder, gateway store, upstream and head office (SQLite), on disks that can be lost.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from runtime.forward.forwarder import Forwarder
from runtime.gateway.app import make_app
from runtime.hq.holes import ClosedHole
from runtime.journal.retention import Retention
from runtime.journal.store import Journal
from runtime.link.backoff import Backoff
from runtime.link.ports import LinkDown, LinkReply
from runtime.wire.chain import Part
from runtime.wire.records import CONTENT_TYPE, PackedRecord
from tests.reliability.selling import EPOCH, WHO, Till
from tests.runtime.gateway.seam import Seam
from tests.runtime.hq.batches import checked
from tests.sim import chain_faults
from tests.sim.disk import Disk
from tests.sim.network import call

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Day(Seam):
    """A seam with a terminal before it. An unsynced write is lost in a power cut, always."""

    name = WHO.store

    def __init__(self) -> None:
        super().__init__()
        self.sold: dict[int, PackedRecord] = {}
        self.disks["till"] = Disk(random.Random("till"), lands=0.0, lost=1.0)
        self.till = Till(self._journal, random.Random(1))
        self.till.start()

    def _disk(self, name: str) -> Disk:
        return Disk(random.Random(name), lands=0.0, lost=1.0)

    def _journal(self) -> Journal:
        return Journal.open(Path("/j.db"), machine="m", random_epoch=lambda: EPOCH, vfs=self.disks["till"].vfs)

    @property
    def journal(self) -> Journal:
        assert self.till.journal is not None
        return self.till.journal

    def sell(self, sales: int) -> None:
        """Each is printed: the journal has said that it has it."""
        for _ in range(sales):
            self.till.sell(1)
            (record,) = self.journal.records(self.journal.last_sequence - 1, 1)
            self.sold[self.till.truth.acknowledged] = record

    async def forward(self) -> None:
        """The terminal forwards until the gateway has all, and has told what head office has."""
        forwarder = Forwarder(
            self.journal, _TillLink(self), WHO.store, WHO.workstation, lambda: 0.1, lambda: None, Backoff(0.01, 0.01)
        )
        running = asyncio.ensure_future(forwarder.run())
        await self.until(lambda: forwarder.status[1] not in ("CONNECTING", "SENDING", "GATEWAY_LOST"))
        await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def prune(self) -> None:
        while self.journal.prune(Retention(keep_days=0), "2027-03-01T00:00:00"):
            pass


def a_day() -> None:
    """Head office is away over noon, the till and the gateway lose their power, then the gateway loses its disk."""
    day = Day()

    async def main() -> None:
        day.repeats = True
        day.sell(40)
        await day.forward()
        await day.until(lambda: day.settled() == {WHO.workstation: 40})
        day.down = True
        day.sell(30)
        day.disks["till"].crash()
        day.till.start()
        day.sell(10)
        await day.forward()
        told = day.stored()
        day.sell(1)  # what it was told goes to disk with it
        day.prune()
        day.disks["gateway"].crash()
        day.open_gateway()
        assert day.stored() == told, f"{told} was told, {day.stored()} is there"

    async def evening() -> None:
        day.down = False
        await day.until(lambda: day.upstream.status[1] in ("OK", "SENDING"))
        await day.forward()
        await asyncio.sleep(0.3)
        sold = sorted((one.sequence, one.hash) for one in day.sold.values())
        assert len({number for number, _ in sold}) == len(sold) == 81, "a number was given twice"
        fed = await day.hq.feed(WHO.store, 0, 500)
        kept = sorted((one.record.sequence, one.record.hash) for one in fed)
        is_exact = kept == sold
        assert is_exact, f"not each once: {len(kept)} of {len(sold)}"
        assert not day.store.quarantine(1) and not await day.hq.quarantine(1)

    try:
        day.run(main)
        day.new_disk("gateway")
        day.run(evening)
    finally:
        for disk in day.disks.values():
            disk.close()


def test_a_day_that_is_built_right() -> None:
    a_day()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (chain_faults.let_go_on_the_gateways_word, "not each once"),
        (chain_faults.no_dedupe_at_head_office, "not each once"),
        (chain_faults.answer_before_sync, "was told"),
        (chain_faults.sequence_used_again, "a number was given twice"),
    ],
)
def test_built_wrong_it_is_caught(fault: Callable[[], AbstractContextManager[None]], says: str) -> None:
    with fault(), pytest.raises(AssertionError, match=says):
        a_day()


def a_closed_hole() -> None:
    """Head office is restored without record 4, the gateway has a new disk, and a person takes the till for lost, too.
    It is not."""
    day = Day()

    async def morning() -> None:
        day.sell(10)
        await day.forward()
        await day.until(lambda: day.settled() == {WHO.workstation: 10})

    async def office() -> None:
        sold = sorted(day.sold.values(), key=lambda one: one.sequence)
        kept = tuple(one for one in sold if one.sequence != 4 and one.sequence <= 8)
        await day.hq.ingest([checked(Part(WHO.workstation, EPOCH, kept), store=WHO.store)])
        await day.hq.close_hole(ClosedHole(WHO.store, WHO.workstation, EPOCH, 4, 4, "burnt", "Wang", 1))

    async def evening() -> None:
        await day.until(lambda: day.upstream.status[1] in ("OK", "SENDING"))
        for _ in range(3):
            await day.forward()
            day.sell(1)  # what it was told goes to disk with it
            day.prune()
        await day.forward()
        await asyncio.sleep(0.3)
        fed = [one.record.sequence for one in await day.hq.feed(WHO.store, 0, 500)]
        assert sorted(fed) == sorted(one.sequence for one in day.sold.values()), f"not each once: {sorted(fed)}"
        assert (await day.hq.closed_holes())[0].found == 1

    try:
        day.run(morning)
        day.new_disk("gateway")
        day.new_disk("hq")
        asyncio.run(office())
        day.run(evening)
    finally:
        for disk in day.disks.values():
            disk.close()


def test_a_till_that_has_a_record_of_a_closed_hole_gives_it_before_it_lets_go() -> None:
    a_closed_hole()


def test_a_closed_hole_that_is_told_as_kept_is_caught() -> None:
    with chain_faults.closed_holes_told_as_kept(), pytest.raises(AssertionError, match="not each once"):
        a_closed_hole()


class _TillLink:
    def __init__(self, day: Day) -> None:
        self._day = day

    async def post(self, path: str, body: bytes) -> LinkReply:
        reply = await call(make_app(self._day.keeper), "POST", path, body, {"content-type": CONTENT_TYPE})
        return LinkReply(reply.status, reply.body, None)

    async def get(self, path: str) -> LinkReply:
        raise LinkDown("not asked here")
