"""The gateway hands on what it has: real gateway store, real head office, and a link between them that may fail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from runtime.gateway import upstream as upstream_module
from runtime.gateway.upstream import Upstream
from runtime.wire.chain import Mark
from tests.runtime.gateway.seam import Seam
from tests.sim.batches import STORE, batch


def test_what_comes_goes_on_and_the_mark_comes_back(seam: Seam) -> None:
    async def main() -> None:
        await seam.take(batch("T1", 7, 1, 3))
        await seam.take(batch("T2", 8, 1, 2))
        await seam.until(lambda: seam.settled() == {"T1": 3, "T2": 2})
        assert (await seam.take(batch("T1", 7, 4, 1))).settled == 3
        await seam.until(lambda: seam.settled() == {"T1": 4, "T2": 2})
        assert seam.upstream.status == (True, "OK", {})
        assert [one.record.sequence for one in await seam.hq.feed(STORE, 0, 50) if one.terminal == "T1"] == [1, 2, 3, 4]

    seam.run(main)


def test_batches_are_full_fair_and_in_order(seam: Seam) -> None:
    async def main() -> None:
        for first in range(1, 121, 40):
            for terminal in ("T1", "T2", "T3"):
                await seam.take(batch(terminal, 7, first, 40))
        seam.down = False
        await seam.until(lambda: seam.settled() == {"T1": 120, "T2": 120, "T3": 120})
        assert all(sum(len(part.records) for part in one.parts) <= 50 for one in seam.sent)
        assert len(seam.sent) <= 10
        for terminal in ("T1", "T2", "T3"):
            numbers = [r.sequence for one in seam.sent for p in one.parts if p.terminal == terminal for r in p.records]
            assert numbers == list(range(1, 121)), "each once, in order"

    seam.down = True
    seam.run(main)


def test_head_office_is_away_and_comes_back(seam: Seam) -> None:
    async def main() -> None:
        seam.down = True
        await seam.take(batch("T1", 7, 1, 3))
        await seam.until(lambda: seam.upstream.status[1] == "HQ_AWAY")
        assert "Sales are kept here" in seam.upstream.sentence
        assert seam.settled() == {"T1": 0}
        seam.down = False
        await seam.until(lambda: seam.settled() == {"T1": 3})

    seam.run(main)


def test_a_refused_record_holds_up_its_own_line_alone(seam: Seam) -> None:
    async def main() -> None:
        seam.refuse = lambda sent: any(p.terminal == "T1" and r.sequence == 3 for p in sent.parts for r in p.records)
        await seam.take(batch("T1", 7, 1, 5))
        await seam.take(batch("T2", 8, 1, 5))
        await seam.until(lambda: seam.settled() == {"T1": 2, "T2": 5} and seam.upstream.status[1] == "HQ_REFUSING")
        assert seam.upstream.status[2] == {"terminal": "T1", "sequence": 3, "reason": "400"}
        seam.refuse = lambda sent: False
        await seam.until(lambda: seam.settled() == {"T1": 5, "T2": 5})

    seam.run(main)


def test_other_content_is_kept_by_both_and_said(seam: Seam) -> None:
    async def main() -> None:
        await seam.take(batch("T1", 7, 1, 2))
        await seam.until(lambda: seam.settled() == {"T1": 2})
        seam.new_disk("gateway")
        running = asyncio.ensure_future(seam.upstream.run())
        await seam.until(lambda: seam.stored() == {"T1": 2})
        await seam.take(batch("T1", 7, 2, 1, total_minor=9))
        await seam.until(lambda: seam.upstream.status[1] == "HQ_DISPUTE")
        (aside,) = await seam.hq.quarantine(5)
        assert (aside.sequence, aside.kept_hash) == (2, batch("T1", 7, 2, 1).records[0].hash)
        running.cancel()

    seam.run(main)


def test_after_a_start_only_what_head_office_has_not_is_sent(seam: Seam) -> None:
    async def first() -> None:
        await seam.take(batch("T1", 7, 1, 5))
        await seam.until(lambda: seam.settled() == {"T1": 5})
        seam.down = True
        await seam.take(batch("T1", 7, 6, 2))

    async def second() -> None:
        await seam.until(lambda: seam.settled() == {"T1": 7})
        assert [r.sequence for one in seam.sent for p in one.parts for r in p.records] == [6, 7]

    seam.run(first)
    seam.store.close()
    seam.open_gateway()
    seam.down, seam.sent = False, []
    assert seam.settled()["T1"] in (0, 5), "written with the next batch, or heard again"
    seam.run(second)


def test_a_new_disk_in_the_gateway_begins_where_head_office_stands(seam: Seam) -> None:
    """Terminals may have let go of what is settled: it is not asked for again."""

    async def before() -> None:
        await seam.take(batch("T1", 7, 1, 5))
        await seam.until(lambda: seam.settled() == {"T1": 5})
        seam.down = True
        await seam.take(batch("T1", 7, 6, 3))

    async def after() -> None:
        await seam.until(lambda: seam.stored() == {"T1": 5})
        assert (await seam.take(replace(batch("T1", 7, 1, 0), settled=5))).stored == 5
        await seam.take(batch("T1", 7, 6, 3))
        await seam.until(lambda: seam.settled() == {"T1": 8})

    seam.run(before)
    seam.new_disk("gateway")
    seam.down = False
    seam.run(after)


def test_a_new_disk_believes_the_terminal_until_head_office_is_heard(seam: Seam) -> None:
    """And then head office, downwards too: it was restored from a backup, the terminal still has the records."""

    async def before() -> None:
        await seam.take(batch("T1", 7, 1, 3))
        await seam.until(lambda: seam.settled() == {"T1": 3})

    async def main() -> None:
        said = await seam.take(replace(batch("T1", 7, 6, 2), settled=5))
        assert (said.stored, said.settled) == (7, 0), "it was told 5, so 6 is the next"
        seam.down = False
        await seam.until(lambda: seam.settled() == {"T1": 3})
        assert seam.stored() == {"T1": 3}, "4 and 5 are asked for again"
        await seam.take(replace(batch("T1", 7, 4, 4), settled=3))
        await seam.until(lambda: seam.settled() == {"T1": 7})
        assert [r.sequence for r in await seam.hq.records(STORE, "T1", 7, 0, 50)] == [1, 2, 3, 4, 5, 6, 7]

    seam.run(before)
    seam.new_disk("gateway")
    seam.down = True
    seam.run(main)


def test_head_office_restored_from_a_backup_gets_again_what_the_gateway_has(seam: Seam) -> None:
    async def main() -> None:
        await seam.take(batch("T1", 7, 1, 5))
        await seam.until(lambda: seam.settled() == {"T1": 5})
        seam.new_disk("hq")  # the worst of backups: an empty one
        await seam.take(batch("T1", 7, 6, 1))
        await seam.until(lambda: seam.settled() == {"T1": 6})
        assert [r.sequence for r in await seam.hq.records(STORE, "T1", 7, 0, 50)] == [1, 2, 3, 4, 5, 6]

    seam.run(main)


def test_and_from_the_terminal_what_the_gateway_has_pruned(seam: Seam) -> None:
    async def main() -> None:
        await seam.take(batch("T1", 7, 1, 5))
        await seam.until(lambda: seam.settled() == {"T1": 5})
        seam.now_ms = 10_000
        assert seam.store.prune(5_000) == 5
        assert seam.store.prune(5_000) == 0
        assert (await seam.take(batch("T1", 7, 6, 1))).stored == 6
        seam.new_disk("hq")
        await seam.take(batch("T1", 7, 7, 1))
        await seam.until(lambda: seam.stored() == {"T1": 0})
        assert (await seam.take(batch("T1", 7, 1, 3))).stored == 3
        # the rest is on no disk any more: the terminal says so, and the line goes on behind the hole
        said = await seam.take(replace(batch("T1", 7, 8, 1), gone=5))
        assert said.stored == 8
        await seam.until(lambda: seam.settled() == {"T1": 3} and seam.sent[-1].parts[-1].records[-1].sequence == 8)
        await asyncio.sleep(0.05)
        (line,) = await seam.hq.lines(STORE)
        assert (line.stored, line.beyond) == (3, 3), "head office shows the hole"
        assert (await seam.take(replace(batch("T1", 7, 9, 1), gone=5))).stored == 9

    seam.run(main)


def test_a_full_disk_is_waited_for(seam: Seam) -> None:
    """A new disk in the gateway is full before it can note where head office stands: it says so, and notes it later."""

    async def before() -> None:
        await seam.take(batch("T1", 7, 1, 2))
        await seam.until(lambda: seam.settled() == {"T1": 2})

    async def after() -> None:
        await seam.until(lambda: seam.upstream.status[1] == "DISK_FULL")
        assert "Make room" in seam.upstream.sentence
        seam.disks["gateway"].mend()
        await seam.until(lambda: seam.settled() == {"T1": 2})
        await seam.until(lambda: seam.upstream.status[1] == "OK")

    seam.run(before)
    seam.new_disk("gateway")
    seam.disks["gateway"].fail("write", error="full", times=0)
    seam.run(after)


def test_what_head_office_lost_is_not_settled_though_the_disk_is_full(seam: Seam) -> None:
    """It was restored: what it lost is neither told as settled nor pruned, whether or not that can be noted."""

    async def main() -> None:
        await seam.take(batch("T1", 7, 1, 5))
        await seam.until(lambda: seam.settled() == {"T1": 5})
        seam.now_ms = 10_000
        while seam.store.prune(9_000):
            pass
        await seam.take(batch("T1", 7, 6, 3))
        await seam.until(lambda: seam.settled() == {"T1": 8})
        seam.disks["gateway"].fail("write", error="full", times=0)
        seam.new_disk("hq")
        seam.upstream._asked = False
        seam.upstream.poke()
        await seam.until(lambda: seam.upstream.status[1] == "DISK_FULL")
        assert seam.settled() == {"T1": 0}
        seam.disks["gateway"].mend()
        seam.now_ms = 20_000
        assert seam.store.prune(19_000) == 0, "6 to 8 are nowhere else"

    seam.run(main)


def test_what_head_office_lost_is_not_settled_after_a_start_either(seam: Seam) -> None:
    async def main() -> None:
        await seam.take(batch("T1", 7, 1, 5))
        await seam.until(lambda: seam.settled() == {"T1": 5})
        await seam.take(batch("T1", 7, 6, 1))  # writes it
        await seam.until(lambda: seam.settled() == {"T1": 6})
        seam.refuse = lambda sent: True
        seam.new_disk("hq")
        seam.upstream._asked = False
        seam.upstream.poke()
        await seam.until(lambda: seam.settled() == {"T1": 0})

    seam.run(main)
    seam.store.close()
    seam.open_gateway()
    assert seam.settled() == {"T1": 0}
    seam.now_ms = 10_000
    assert seam.store.prune(9_000) == 0


def test_only_settled_records_are_pruned(seam: Seam) -> None:
    async def main() -> None:
        await seam.take(batch("T1", 7, 1, 2))
        await seam.until(lambda: seam.settled() == {"T1": 2})
        seam.down = True
        await seam.take(batch("T1", 7, 3, 2))
        seam.now_ms = 10_000
        assert seam.store.prune(5_000) == 2
        assert [r.sequence for r in seam.store.records("T1", 7, 0, 9)] == [3, 4]
        assert (await seam.take(batch("T1", 7, 2, 1))).quarantined == (), "it is taken again, and head office knows it"
        seam.down = False
        await seam.until(lambda: seam.settled() == {"T1": 4})

    seam.run(main)


def test_a_gap_that_closes_late_is_sent_though_the_cursor_was_past_it(seam: Seam) -> None:
    async def main() -> None:
        await seam.take(batch("T1", 7, 4, 2))
        await seam.until(lambda: len(seam.sent) == 1)
        await seam.take(batch("T1", 7, 1, 3))
        await seam.until(lambda: seam.settled() == {"T1": 5})

    seam.run(main)


def test_an_answer_that_is_none_is_taken_for_none(seam: Seam, monkeypatch: pytest.MonkeyPatch) -> None:
    read = upstream_module.read_answer
    wrong = [lambda a: replace(a, marks=()), lambda a: replace(a, marks=(Mark("T9", 1, 4),))]

    def lies(body: bytes, limit: int) -> Any:
        answer = read(body, limit)
        return wrong.pop()(answer) if wrong and answer.marks else answer

    monkeypatch.setattr(upstream_module, "read_answer", lies)

    async def main() -> None:
        await seam.take(batch("T1", 7, 1, 2))
        await seam.until(lambda: not wrong and seam.settled() == {"T1": 2})

    seam.run(main)


# --- broken variants: one line each ------------------------------------------------------------------------------


@contextmanager
def fault(target: object, name: str, broken: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, name, broken)
        yield


def test_a_cursor_that_never_goes_back_loses_what_head_office_lost(seam: Seam) -> None:
    ask = Upstream._ask

    async def forgets(self: Upstream) -> None:
        before = dict(self._cursor)
        await ask(self)
        self._cursor.update(before)

    with fault(Upstream, "_ask", forgets), pytest.raises(TimeoutError):

        async def main() -> None:
            await seam.take(batch("T1", 7, 1, 5))
            await seam.until(lambda: seam.settled() == {"T1": 5})
            seam.new_disk("hq")
            await seam.take(batch("T1", 7, 6, 1))
            async with asyncio.timeout(0.5):
                await seam.until(lambda: seam.settled() == {"T1": 6})

        seam.run(main)
