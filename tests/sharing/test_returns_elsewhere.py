"""Sold on one till, brought back to another: of no line comes more back than was sold, anywhere in the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.gateway.sharing import beats
from runtime.gateway.sharing.store import SharedStore
from runtime.terminal import returns_elsewhere
from tests.runtime.till_rig import MILK, WATER
from tests.sharing.store_rig import Member, Store, run_store

CODE = "S1-01-000001-0007"


async def sold(store: Store, name: str = "01") -> None:
    """Three milk and a water on till 01, at the gateway."""
    rig = store[name].rig
    rig.must("quantity", qty=3)
    rig.scan(MILK)
    rig.scan(WATER)
    rig.must("subtotal")
    rig.must("cash", amount_minor=1100)
    store[name].send()
    await store.beats(1)


async def opened(till: Member, code: str = CODE) -> None:
    till.rig.scan(code)
    assert till.rig.said == "receipt_asked"
    await till.beat()


def give_back(till: Member, qty: int = 1) -> None:
    till.rig.must("return_line", line=1, qty=qty)
    till.rig.must("subtotal")
    till.rig.must("refund")


def test_brought_back_to_another_till_and_never_more_than_was_sold(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        one, two = store["01"], store["02"]
        await sold(store)
        await opened(two)
        view = two.rig.view.open_return
        assert view is not None and view.code == CODE and [line.left for line in view.lines] == [3, 1]
        give_back(two, 2)
        (record,) = two.rig.records()
        assert record["lines"][0]["returned"]["WorkstationID"] == "01" and record["total"] == -600
        two.send()
        await store.beats(2)
        assert store.gateway.shared.holds == {}
        await opened(one)  # on its own till, which knows nothing of it but by the gateway
        view = one.rig.view.open_return
        assert view is not None and [line.left for line in view.lines] == [1, 1] and view.given_minor == 600
        assert one.rig.refused("return_line", line=1, qty=2) == "return_too_many"
        give_back(one)
        one.send()
        await store.beats(2)
        store.gateway.again()
        await opened(two)
        view = two.rig.view.open_return
        assert view is not None and [line.left for line in view.lines] == [0, 1]

    run_store(tmp_path, work)


def test_while_one_till_has_it_no_other_gets_it_until_its_record_is_there(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        two, three = store["02"], store["03"]
        await sold(store)
        await opened(two)
        await opened(three)
        assert three.rig.said == "receipt_held" and three.rig.view.open_return is None
        give_back(two, 3)
        await store.beats(2)  # closed, and its record is not at the gateway yet
        store.gateway.again()
        await opened(three)
        assert three.rig.said == "receipt_held"
        two.send()
        await two.beat()
        await opened(three)
        view = three.rig.view.open_return
        assert view is not None and [line.left for line in view.lines] == [0, 1]
        three.rig.must("return_close")
        await three.beat()
        assert store.gateway.shared.holds == {}

    run_store(tmp_path, work, names=("01", "02", "03"))


def test_given_up_the_next_till_gets_it_and_an_old_beat_frees_nothing(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        two, three = store["02"], store["03"]
        await sold(store)
        await opened(two)
        two.rig.must("return_line", line=1, qty=1)
        await two.again()  # the sale with it is open still
        await two.beat()
        await opened(three)
        assert three.rig.said == "receipt_held"
        assert two.rig.refused("subtotal") == "receipt_waits"  # its record is fetched again
        await two.beat()
        two.rig.must("subtotal")
        assert two.rig.view.total_minor == -300
        two.rig.must("cancel")
        two.rig.must("void_line", line=1)
        await two.beat()
        await opened(three)
        assert three.rig.view.open_return is not None

    run_store(tmp_path, work, names=("01", "02", "03"))


def test_without_a_gateway_own_receipts_alone(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        one, two = store["01"], store["02"]
        await sold(store)
        for till in (one, two):
            till.wire.cut = True
            await till.beat()
            till.rig.scan(CODE)
        assert two.rig.said == "receipt_offline" and one.rig.said == "receipt_open"
        two.wire.cut = False
        await two.beat()
        two.rig.scan(CODE)
        two.wire.cut = True  # asked, and then it is gone
        await two.beat()
        assert two.rig.said == "receipt_offline"
        two.rig.scan("S1-01-000009-0007")
        two.wire.cut = False
        await two.beat()
        two.rig.scan("S1-01-000009-0007")
        await two.beat()
        assert two.rig.said == "receipt_not_here"
        two.rig.scan("S2-01-000001-0007")
        assert two.rig.said == "receipt_elsewhere"

    run_store(tmp_path, work)


def test_its_own_receipt_is_shown_before_the_gateway_has_it(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        one = store["01"]
        one.rig.scan(MILK)
        one.rig.must("subtotal")
        one.rig.must("cash", amount_minor=300)
        await one.beat()
        await opened(one)
        assert one.rig.view.open_return is not None
        give_back(one)
        await opened(one)
        view = one.rig.view.open_return
        assert view is not None and [line.left for line in view.lines] == [0]

    run_store(tmp_path, work)


# --- broken on purpose -----------------------------------------------------------------------------------------------


def gateway_holds_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        beats,
        "holds_after",
        lambda holds, beat, stored, known: {
            (o.terminal, o.tag, o.sequence): (beat.terminal, beat.epoch) for o in beat.receipts
        },
    )


def gateway_lets_go_before_the_record(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(beats.Sharing, "_stored", lambda self, beat: 1 << 60)


def gateway_counts_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SharedStore, "came_back", lambda self, *of: ())


def till_forgets_what_others_took(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(returns_elsewhere.Elsewhere, "came_back", lambda self, place: ())


BROKEN: list[tuple[Callable[[pytest.MonkeyPatch], None], Callable[[Path], Any]]] = [
    (gateway_holds_nothing, test_while_one_till_has_it_no_other_gets_it_until_its_record_is_there),
    (gateway_lets_go_before_the_record, test_while_one_till_has_it_no_other_gets_it_until_its_record_is_there),
    (gateway_counts_nothing, test_brought_back_to_another_till_and_never_more_than_was_sold),
    (till_forgets_what_others_took, test_brought_back_to_another_till_and_never_more_than_was_sold),
]


@pytest.mark.parametrize(("breaks", "test"), BROKEN)
def test_a_broken_variant_is_caught(
    breaks: Callable[[pytest.MonkeyPatch], None],
    test: Callable[[Path], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaks(monkeypatch)
    with pytest.raises(AssertionError):
        test(tmp_path)
