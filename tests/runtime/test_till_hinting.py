"""The hint on the screen: after the scan's own view, for the basket that it is for, and never at a sale's cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from till_rig import GOODS, MILK, WATER, Rig, run

import runtime.terminal.hinting as hinting
from engine.compiler import compile_book
from engine.snapshot import Snapshot
from engine.values import Basket, Receipt
from runtime.terminal.hinting import receipt_of
from runtime.wire.frames import encode


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hinting, "IDLE_S", 0.01)
    monkeypatch.setattr(hinting, "MAX_STEP_S", 5.0)


def three_for_two() -> Snapshot:
    buy = [{"items": {"skus": [MILK]}, "qty": 3}]
    reward = {"percent": 100, "of": "cheapest", "count": 1}
    offer = {"id": "P", "name": "three for two", "type": "set", "buy": buy, "reward": reward}
    rows = ["sku,name,unit,price,category,brand,tags,barcodes"]
    rows += [f"{sku},goods {sku},{unit},{minor},10,,," for sku, (unit, minor) in GOODS.items()]
    files = {"book.json": {"format": 1, "currency": "CNY", "exponent": 2}, "promotions.json": [offer]}
    data = {name: json.dumps(value).encode() for name, value in files.items()}
    return Snapshot(compile_book({**data, "items.csv": "\n".join(rows).encode()}).data)


def test_the_hint_comes_in_a_view_after_the_scans_own(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(MILK)
        rig.scan(MILK)
        assert rig.views[-1].hint is None  # the scan's view went out without it
        before = len(rig.views)
        await rig.until(lambda: rig.views[-1].hint is not None)
        assert len(rig.views) == before + 1
        hint = rig.views[-1].hint
        assert hint is not None and hint.code == "add_units"
        assert hint.text.format(**hint.args) == "1 more goods 1001: 3.50 less"
        encode(rig.views[-1])

    run(tmp_path, work, three_for_two())


def test_the_next_scan_takes_the_hint_away(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.must("quantity", qty=2)
        rig.scan(MILK)
        await rig.until(lambda: rig.view.hint is not None)
        rig.scan(MILK)
        assert rig.views[-1].hint is None and rig.view.total_minor == 700

    run(tmp_path, work, three_for_two())


def test_work_for_a_basket_that_is_gone_shows_nothing(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.must("quantity", qty=2)
        rig.scan(MILK)
        rig.must("void_line", line=1)
        rig.scan(WATER)
        await rig.until(lambda: not rig.till._tasks)
        assert all(view.hint is None for view in rig.views)

    run(tmp_path, work, three_for_two())


def test_no_hint_once_the_total_stands(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.must("quantity", qty=2)
        rig.scan(MILK)
        await rig.until(lambda: rig.view.hint is not None)
        rig.must("subtotal")
        assert rig.view.hint is None

    run(tmp_path, work, three_for_two())


def test_a_fault_in_hints_stops_hints_and_no_sale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(rig: Rig) -> None:
        rig.must("quantity", qty=2)
        rig.scan(MILK)
        await rig.until(lambda: rig.till._hinting._off)
        rig.scan(MILK)
        rig.must("subtotal")
        rig.must("cash", amount_minor=rig.view.total_minor)
        assert rig.records()

    class Broken:
        def __init__(self, *_: object, **__: object) -> None:
            raise KeyError("hint")

    monkeypatch.setattr(hinting, "Hinter", Broken)
    run(tmp_path, work, three_for_two())


def test_a_basket_with_a_slow_step_gets_no_more_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hinting, "MAX_STEP_S", -1.0)
    tried: list[int] = []
    real = hinting.Hinter

    class Counted(real):  # type: ignore[misc,valid-type]  # the class as the till has it
        def __init__(self, snapshot: Snapshot, basket: Basket, receipt: Receipt, **more: int) -> None:
            tried.append(len(basket.lines))
            super().__init__(snapshot, basket, receipt, **more)

    monkeypatch.setattr(hinting, "Hinter", Counted)

    async def work(rig: Rig) -> None:
        for _ in range(3):
            rig.scan(MILK)
            await rig.until(lambda: not rig.till._tasks)
        assert tried == [1]

    run(tmp_path, work, three_for_two())


def test_a_scan_starts_no_pricing_of_hints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands between a scan and its view is as before: nothing of a hint is worked out in it."""

    class Never:
        def __init__(self, *_: object, **__: object) -> None:
            raise AssertionError("worked out on the scan's way")

    async def work(rig: Rig) -> None:
        with monkeypatch.context() as on_the_way:
            on_the_way.setattr(hinting, "Hinter", Never)
            for _ in range(5):
                rig.scan(MILK)
        await rig.until(lambda: not rig.till._tasks)
        assert not rig.till._hinting._off

    run(tmp_path, work, three_for_two())


def test_a_receipt_comes_back_from_its_plain_form(tmp_path: Path) -> None:
    book = three_for_two()

    async def work(rig: Rig) -> None:
        rig.must("quantity", qty=7)
        rig.scan(MILK)
        receipt = rig.till.pricing.receipt
        assert receipt is not None
        assert receipt_of(receipt).to_json() == receipt

    run(tmp_path, work, book)
