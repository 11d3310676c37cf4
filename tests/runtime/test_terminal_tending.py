"""Between sales the journal is tended: what head office has is pruned, and a sale never waits for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from till_rig import MILK, PAY_CODE, Rig, run

from runtime.journal.retention import KEPT_RECORDS, Retention
from runtime.journal.store import Journal
from runtime.terminal import tending
from runtime.terminal.tending import tend

FORGETFUL = Retention(keep_days=90, max_bytes=0)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tending, "LOOK_AFTER_S", 0.01)
    monkeypatch.setattr(tending, "NEXT_STEP_AFTER_S", 0.0)


def sell(rig: Rig, sales: int) -> None:
    for _ in range(sales):
        rig.scan(MILK)
        rig.must("subtotal")
        rig.must("cash", amount_minor=100_000)


def settle(rig: Rig, settled: int) -> None:
    rig.journal.note_watermarks(7, rig.journal.last_sequence, settled)
    sell(rig, 1)


def test_what_head_office_has_goes_between_sales(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        sell(rig, KEPT_RECORDS + 15)
        await rig.until(lambda: not rig.till.checkout.prints)
        settle(rig, 12)
        await rig.until(lambda: not rig.till.checkout.prints)
        rig.scan(MILK)
        task = rig.till.spawn(tend(rig.till, FORGETFUL))
        await asyncio.sleep(0.05)
        assert rig.journal.anchor().sequence == 0, "a basket is open"
        rig.must("void_line", line=1)
        await rig.until(lambda: rig.journal.anchor().sequence == 12)
        assert rig.journal.inspect() is None
        task.cancel()

    run(tmp_path, work)


def test_nothing_is_old_by_a_time_that_is_not_believed(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        sell(rig, KEPT_RECORDS + 5)
        await rig.until(lambda: not rig.till.checkout.prints)
        settle(rig, 5)
        rig.clock.at = rig.clock.at.replace(year=2099)
        rig.clock.quality = "suspect"
        task = rig.till.spawn(tend(rig.till, Retention(keep_days=90)))
        await asyncio.sleep(0.05)
        assert rig.journal.anchor().sequence == 0
        rig.clock.quality = "synchronised"
        await rig.until(lambda: rig.journal.anchor().sequence == 5)
        task.cancel()

    run(tmp_path, work)


def test_a_broken_chain_is_left_alone_and_the_till_sells_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def work(rig: Rig) -> None:
        sell(rig, KEPT_RECORDS + 5)
        await rig.until(lambda: not rig.till.checkout.prints)
        settle(rig, 5)
        rig.journal._database.connection.execute("UPDATE rows SET hash = zeroblob(32) WHERE seq = 4")
        task = rig.till.spawn(tend(rig.till, FORGETFUL))
        await rig.until(lambda: "nothing is pruned any more" in caplog.text)
        sell(rig, 2)
        await asyncio.sleep(0.05)
        assert caplog.text.count("nothing is pruned") == 1 and not task.done()
        task.cancel()

    run(tmp_path, work)


def test_payment_codes_are_refused_before_the_last_room_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(MILK)
        rig.must("subtotal")
        monkeypatch.setattr(Journal, "low", property(lambda self: True))
        monkeypatch.setattr(Journal, "room_bytes", property(lambda self: 1 << 20))
        rig.scan(PAY_CODE)
        assert rig.said == "DISK_LAST" and rig.view.state == "tendering"
        assert [d.sentence.code for d in rig.view.devices if d.name == "disk"] == ["DISK_LAST"]
        rig.must("cash", amount_minor=100_000)
        monkeypatch.setattr(Journal, "room_bytes", property(lambda self: None))
        assert rig.till.disk_code() == "DISK_LOW", "nobody knows how much is left: codes are taken"
        monkeypatch.undo()
        assert rig.till.disk_code() == "" and not any(d.name == "disk" for d in rig.view.devices)

    run(tmp_path, work)


def test_a_disk_that_breaks_while_it_is_tended_ends_the_daemon(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        sell(rig, KEPT_RECORDS + 5)
        await rig.until(lambda: not rig.till.checkout.prints)
        settle(rig, 5)
        await rig.until(lambda: not rig.till.checkout.prints)

        rig.journal._database._die("the disk is gone")
        rig.till.spawn(tend(rig.till, FORGETFUL))
        await rig.until(lambda: bool(rig.fatal))
        rig.fatal.clear()

    run(tmp_path, work)
