"""Put aside on one till, recalled on another: what the cashiers see, and what a restart or a cut does to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.api import Barcode
from runtime.terminal import sharing
from runtime.terminal.settings import SaleSettings
from tests.runtime.till_rig import MILK, WATER
from tests.sharing.store_rig import Store, run_store


def put_aside(store: Store, name: str = "01") -> None:
    rig = store[name].rig
    rig.must("member", id="M1")
    rig.scan(MILK)
    rig.scan(WATER)
    rig.must("suspend")


def test_it_is_seen_on_every_till_and_comes_to_the_one_that_asks(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        one, two = store["01"].rig, store["02"].rig
        put_aside(store)
        await store.beats(1)
        (seen,) = two.view.suspended
        assert (seen.terminal, seen.number, seen.lines, seen.total_minor) == ("01", 1, 2, 500)
        answer = two.do("recall", number=1, terminal="01")
        assert answer.ok and answer.sentence is not None and answer.sentence.code == "recall_asked"
        assert two.view.recalling == "01" and two.view.state == "idle" and not two.view.suspended
        assert two.refused("recall", number=1, terminal="01") == "claim_again"
        await store["02"].beat()
        await store["01"].beat()
        assert one.view.suspended == () and one.refused("recall", number=1) == "suspended_unknown"
        await store["02"].beat()
        assert two.said == "recall_came" and two.view.recalling == ""
        assert [line.sku for line in two.view.lines] == [MILK, WATER] and two.view.member == "M1"
        two.must("subtotal")
        two.must("cash", amount_minor=500)
        await store.beats()
        for till in (one.till, two.till):
            shares = till.checkout.shares
            assert shares.claims == shares.released == shares.taken == () == till.checkout.suspended
        assert store.gateway.shared.board.handed == ()

    run_store(tmp_path, work)


def test_the_cashier_goes_on_and_it_waits_in_the_own_list(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        two = store["02"].rig
        put_aside(store)
        await store.beats(1)
        two.must("recall", number=1, terminal="01")
        two.scan(WATER)
        await store.beats()
        assert two.said == "recall_waits" and [line.sku for line in two.view.lines] == [WATER]
        (waiting,) = two.view.suspended
        assert (waiting.terminal, waiting.number, waiting.total_minor) == ("", 1, 500)
        two.must("subtotal")
        two.must("cash", amount_minor=200)
        two.must("recall", number=1)
        assert [line.sku for line in two.view.lines] == [MILK, WATER]

    run_store(tmp_path, work)


@pytest.mark.parametrize("at", range(7))
def test_restarts_and_lost_answers_at_every_step(tmp_path: Path, at: int) -> None:
    async def trouble(store: Store, step: int) -> None:
        if step == at:
            await store["01"].again()
            await store["02"].again()
            store.gateway.again()
        store["01"].wire.answers_lost = store["02"].wire.answers_lost = 1 if step == at else 0

    async def work(store: Store) -> None:
        one, two = store["01"], store["02"]
        put_aside(store)
        await trouble(store, 0)
        await store.beats(2)
        two.rig.must("recall", number=1, terminal="01")
        for step, name in enumerate(("02", "01", "01", "02", "02", "01"), start=1):
            await trouble(store, step)
            await store[name].beat()
        await store.beats(3)
        assert one.rig.view.suspended == () or one.rig.view.suspended[0].terminal == "02"
        here = [line.sku for line in two.rig.view.lines]
        assert here == [MILK, WATER] or [ticket.terminal for ticket in two.rig.view.suspended] == [""]
        shares = [till.rig.till.checkout.shares for till in (one, two)]
        assert all(each.claims == each.released == each.taken == () for each in shares)

    run_store(tmp_path, work)


def test_a_till_that_is_off_is_said_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "GRACE_S", 0.0)

    async def work(store: Store) -> None:
        two = store["02"]
        put_aside(store)
        await store.beats(1)
        store["01"].wire.cut = True
        store.gateway.now_ms += 60_000
        two.rig.must("recall", number=1, terminal="01")
        await two.beat(2)
        assert two.rig.said == "recall_no_answer" and two.rig.view.recalling == ""
        assert two.rig.view.suspended[0].terminal == "01"  # it is still seen where it is
        store["01"].wire.cut = False
        await store.beats()
        store["01"].rig.must("recall", number=1)
        await store.beats()
        assert two.rig.view.suspended == ()

    run_store(tmp_path, work)


def test_given_up_after_it_left_it_goes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(store: Store) -> None:
        put_aside(store)
        await store.beats(1)
        store["02"].rig.must("recall", number=1, terminal="01")
        await store["02"].beat()
        store["02"].wire.cut = True
        await store["01"].beat(2)
        assert store["01"].rig.view.suspended == ()
        monkeypatch.setattr(sharing, "CLAIM_S", 0.0)
        await store["02"].beat()
        assert store["02"].rig.said == "recall_offline"
        assert store["02"].rig.refused("recall", number=1, terminal="01") == "recall_offline"
        monkeypatch.undo()
        store["02"].wire.cut = False
        await store.beats()
        assert [ticket.number for ticket in store["01"].rig.view.suspended] == [1]
        assert store["02"].rig.view.suspended[0].terminal == "01"

    run_store(tmp_path, work)


def test_a_new_disk_in_the_gateway_while_it_is_on_its_way(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        put_aside(store)
        await store.beats(1)
        store["02"].rig.must("recall", number=1, terminal="01")
        await store["02"].beat()
        await store["01"].beat(2)
        assert store.gateway.shared.board.handed
        store.gateway.new_disk()
        await store.beats()
        assert [line.sku for line in store["02"].rig.view.lines] == [MILK, WATER]

    run_store(tmp_path, work)


def test_two_tills_ask_and_one_gets_it(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        put_aside(store)
        await store.beats(1)
        for name in ("02", "03"):
            store[name].rig.must("recall", number=1, terminal="01")
            await store[name].beat()
        await store.beats()
        got = [name for name in ("02", "03") if store[name].rig.view.lines]
        assert len(got) == 1
        (other,) = {"02", "03"} - set(got)
        assert store[other].rig.said == "recall_gone"

    run_store(tmp_path, work, names=("01", "02", "03"))


def test_the_slip_works_on_any_till_wherever_the_ticket_went(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        put_aside(store)
        await store["01"].rig.until(lambda: store["01"].rig.devices.printed)
        (code,) = [part.data for part in store["01"].rig.devices.printed[0] if isinstance(part, Barcode)]
        await store.beats(1)
        two, three = store["02"].rig, store["03"].rig
        two.scan(code)
        assert two.said == "recall_asked"
        two.scan(WATER)  # the cashier goes on
        await store.beats()
        assert [ticket.terminal for ticket in two.view.suspended] == [""]
        three.scan(code)
        await store.beats()
        assert [line.sku for line in three.view.lines] == [MILK, WATER]
        store["01"].rig.scan(code)
        assert store["01"].rig.said == "suspended_unknown"
        two.must("void_ticket")
        two.scan(code)
        assert two.said == "slip_unknown"
        store["02"].wire.cut = True
        await store["02"].beat()
        two.scan(code)
        assert two.said == "recall_offline"

    run_store(tmp_path, work, names=("01", "02", "03"), settings=SaleSettings(suspend_slip=True))
