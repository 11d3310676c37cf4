"""The scale: a weight is taken once, for the goods that lie there now."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from till_rig import APPLE, PUMPKIN, Rig, full, run

from drivers.api import ScaleReading
from runtime.terminal import weighing


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "PAUSE_S", 0.01)


def put(rig: Rig, weight_g: int) -> None:
    rig.devices.on_scale = ScaleReading("OK", weight_g) if weight_g else ScaleReading("ESCAL_ZERO")


async def one(rig: Rig, sku: str, weight_g: int) -> None:
    put(rig, weight_g)
    lines = len(rig.view.lines)
    rig.scan(sku)
    await rig.until(lambda: len(rig.view.lines) == lines + 1)


async def waits_for_other_goods(rig: Rig) -> None:
    def says() -> bool:
        waiting = rig.view.weighing
        return waiting is not None and waiting.sentence.code == "weight_taken"

    await rig.until(says)


def test_goods_that_stay_on_the_scale_are_not_the_next_goods(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await one(rig, PUMPKIN, 1236)
        rig.scan(APPLE)
        await waits_for_other_goods(rig)
        await asyncio.sleep(0.05)
        assert len(rig.view.lines) == 1
        put(rig, 0)
        await rig.until(lambda: rig.view.weighing and rig.view.weighing.sentence.code == "ESCAL_ZERO")
        put(rig, 1236)  # other goods of the same weight
        await rig.until(lambda: len(rig.view.lines) == 2)
        assert [line.weight_g for line in rig.view.lines] == [1236, 1236]

    run(tmp_path, work)


def test_goods_taken_off_between_two_scans_are_seen(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await one(rig, PUMPKIN, 500)
        put(rig, 0)
        await rig.until(lambda: rig.till.scale._taken is None)
        watched = rig.devices.weighings
        await asyncio.sleep(0.05)
        assert rig.devices.weighings == watched  # it looks until it has seen the scale change, and no longer
        await one(rig, APPLE, 500)

    run(tmp_path, work)


@pytest.mark.parametrize("nudged", [ScaleReading("OK", 1231), ScaleReading("ESCAL_UNSTABLE", 1240)])
def test_goods_that_are_nudged_are_still_the_same(tmp_path: Path, nudged: ScaleReading) -> None:
    async def work(rig: Rig) -> None:
        await one(rig, PUMPKIN, 1236)
        rig.devices.on_scale = nudged
        rig.scan(APPLE)
        await asyncio.sleep(0.08)
        put(rig, 1236)
        await waits_for_other_goods(rig)
        assert len(rig.view.lines) == 1

    run(tmp_path, work)


def test_another_weight_is_taken_at_once(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await one(rig, PUMPKIN, 500)
        await one(rig, APPLE, 510)

    run(tmp_path, work)


def test_the_cashier_may_say_that_these_are_the_goods(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await one(rig, PUMPKIN, 500)
        rig.scan(APPLE)
        await waits_for_other_goods(rig)
        rig.must("weigh")
        await rig.until(lambda: len(rig.view.lines) == 2)

    run(tmp_path, work)


@pytest.mark.parametrize("other", [False, True])
def test_a_voided_line_gives_its_weight_back(tmp_path: Path, other: bool) -> None:
    """Wrong number keyed: the goods stay where they are and are rung under the right one."""

    async def work(rig: Rig) -> None:
        if other:
            rig.scan("1001")
        await one(rig, PUMPKIN, 500)
        rig.must("void_line", line=len(rig.view.lines))
        await one(rig, APPLE, 500)

    run(tmp_path, work)


@pytest.mark.parametrize("paid", [False, True])
def test_it_holds_for_the_next_customer_and_after_a_crash(tmp_path: Path, paid: bool) -> None:
    async def work(rig: Rig) -> None:
        await one(rig, PUMPKIN, 500)
        if paid:
            rig.must("subtotal")
            rig.must("cash", amount_minor=rig.view.total_minor)
        await rig.again()
        rig.scan(APPLE)
        await waits_for_other_goods(rig)

    run(tmp_path, work)


def test_a_full_disk_is_not_called_an_overload(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(PUMPKIN)
        full(True)
        put(rig, 500)
        await rig.until(lambda: rig.said == "DISK_FULL")
        notice, weighings = rig.view.notice, rig.devices.weighings
        await asyncio.sleep(0.1)
        assert rig.view.weighing is not None and rig.view.weighing.sentence.code == "DISK_FULL"
        assert rig.devices.weighings - weighings < 20 and rig.view.notice == notice
        full(False)
        await rig.until(lambda: len(rig.view.lines) == 1)

    run(tmp_path, work)


def test_dropped_and_scanned_again_it_is_weighed_once(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(PUMPKIN)
        rig.must("cancel")
        rig.scan(PUMPKIN)
        put(rig, 700)
        await rig.until(lambda: len(rig.view.lines) == 1)
        await asyncio.sleep(0.05)
        assert len(rig.view.lines) == 1

    run(tmp_path, work)


def test_a_till_that_takes_any_steady_weight_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "SAME_G", -1)
    monkeypatch.setattr(Rig, "within_s", 0.8)
    with pytest.raises((AssertionError, TimeoutError)):
        test_goods_that_stay_on_the_scale_are_not_the_next_goods(tmp_path)
