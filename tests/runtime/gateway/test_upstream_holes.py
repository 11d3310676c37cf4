"""A hole that a person has closed at head office: what the gateway asks its terminals for, tells them and keeps."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from runtime.gateway import upstream as upstream_module
from runtime.hq import plan as plan_module
from runtime.hq import sqlite as sqlite_module
from runtime.hq.holes import ClosedHole
from runtime.wire.chain import Mark
from tests.runtime.gateway.seam import Seam
from tests.runtime.hq.batches import checked as hq_checked
from tests.runtime.hq.batches import some
from tests.sim.batches import STORE, batch


async def lost(seam: Seam) -> None:
    """Head office has 1 to 3, and 5 and 6 beyond a hole that a person closes; the gateway's disk is new."""
    await seam.hq.ingest([hq_checked(some("T1", 7, 1, 2, 3, 5, 6))])
    await seam.hq.close_hole(ClosedHole(STORE, "T1", 7, 4, 4, "burnt", "Wang", 1))
    await seam.until(lambda: seam.upstream.status[1] in ("OK", "SENDING"))


def test_a_terminal_that_has_the_record_of_a_closed_hole_sends_it_and_keeps_it_until_then(seam: Seam) -> None:
    async def main() -> None:
        await lost(seam)
        for _ in range(2):
            said = await seam.take(replace(batch("T1", 7, 7, 1), settled=3))
            assert (said.stored, said.settled) == (3, 3), "it is asked for 4, and may let go of nothing past 3"
        assert (await seam.take(replace(batch("T1", 7, 4, 1), settled=3))).stored >= 4
        await seam.until(lambda: seam.settled() == {"T1": 7})
        assert await seam.marks() == {"T1": 7}
        kept = [one.sequence for one in await seam.hq.records(STORE, "T1", 7, 0, 50)]
        assert kept == [1, 2, 3, 4, 5, 6, 7]
        assert (await seam.hq.closed_holes())[0].found == 1

    seam.run(main)


def test_a_busy_store_hears_the_marks_of_its_other_lines_too(seam: Seam, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a minute, whether or not it sells: here of a hole that was closed in the line of a till that is no more."""
    monkeypatch.setattr(upstream_module, "ASK_S", 0.05)

    async def main() -> None:
        await seam.take(batch("T2", 7, 1, 1))
        await seam.take(batch("T2", 7, 3, 1))
        await seam.until(lambda: len(seam.sent) == 2 and seam.settled() == {"T2": 1})
        await asyncio.sleep(0.02)
        await seam.hq.close_hole(ClosedHole(STORE, "T2", 7, 2, 2, "burnt", "Wang", 1))
        for number in range(1, 100):
            await seam.take(batch("T1", 7, number, 1))
            await asyncio.sleep(0.01)
        assert seam.store.sent(("T2", 7)) == 3

    seam.run(main)


def test_a_terminal_that_has_it_no_more_goes_on_and_may_prune(seam: Seam) -> None:
    async def main() -> None:
        await lost(seam)
        said = await seam.take(replace(batch("T1", 7, 7, 1), settled=3, gone=4))
        await seam.until(lambda: len(seam.sent) == 1)
        await seam.until(lambda: seam.settled() == {"T1": 7})
        said = await seam.take(replace(batch("T1", 7, 8, 1), settled=3, gone=4))
        assert (said.stored, said.settled) == (8, 7)
        await seam.until(lambda: seam.settled() == {"T1": 8})
        sent = len(seam.sent)
        seam.upstream._asked = False
        seam.upstream.poke()
        await asyncio.sleep(0.1)
        assert len(seam.sent) == sent, "nothing is sent again for the hole's sake"
        seam.now_ms = 10_000
        while seam.store.prune(9_000):
            pass
        assert seam.store.records("T1", 7, 0, 50) == ()

    seam.run(main)


def test_a_record_of_a_closed_hole_is_not_pruned_before_head_office_has_it(seam: Seam) -> None:
    async def main() -> None:
        await lost(seam)
        seam.down = True
        await seam.take(replace(batch("T1", 7, 4, 3), settled=3))
        seam.now_ms = 10_000
        while seam.store.prune(9_000):
            pass
        assert [one.sequence for one in seam.store.records("T1", 7, 0, 50)] == [4, 5, 6]

    seam.run(main)
    seam.store.close()
    seam.open_gateway()
    seam.down = False

    async def later() -> None:
        await seam.until(lambda: seam.settled() == {"T1": 6})
        assert [one.sequence for one in await seam.hq.records(STORE, "T1", 7, 3, 50)] == [4, 5, 6]

    seam.run(later)


def test_a_mark_without_its_exceptions_would_let_the_terminal_forget_it(
    seam: Seam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault that the tests above would see: a closed hole is told as if head office had it."""
    monkeypatch.setattr(plan_module, "mark", lambda key, stored, missing: Mark(key[1], key[2], stored))
    monkeypatch.setattr(sqlite_module, "mark", lambda key, stored, missing: Mark(key[1], key[2], stored))

    async def main() -> None:
        await lost(seam)
        said = await seam.take(replace(batch("T1", 7, 7, 1), settled=3))
        assert said.stored > 4 and said.settled > 4, "4 is never sent, and pruned"

    seam.run(main)
