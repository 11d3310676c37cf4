"""Receipts: on paper once, never twice in silence, never for ever in a queue."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from till_rig import MILK, Devices, Rig, full, run

from drivers.api import Document, Text
from runtime.devices.ports import DeviceStatus, PrintResult
from runtime.sale.events import PrintEnded
from runtime.terminal import printing

COPY = "*** COPY ***"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "AGAIN_AFTER_S", 0.02)


def sell(rig: Rig) -> None:
    rig.scan(MILK)
    rig.must("subtotal")
    rig.must("cash", amount_minor=300)


def is_copy(document: Document) -> bool:
    return any(isinstance(part, Text) and part.text == COPY for part in document)


def test_a_disk_that_fills_up_while_it_prints_prints_no_copy(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        def ends() -> PrintResult:
            full(True)
            return PrintResult("OK", True)

        rig.devices.print_ends = ends
        sell(rig)
        await rig.until(lambda: rig.said == "DISK_FULL")
        notice = rig.view.notice
        await asyncio.sleep(0.1)
        assert rig.view.notice == notice
        full(False)
        await rig.until(lambda: rig.view.receipts_waiting == 0)
        await asyncio.sleep(0.05)
        assert len(rig.devices.printed) == 1 and not is_copy(rig.devices.printed[0])

    run(tmp_path, work)


def test_a_disk_that_is_full_before_it_prints_prints_nothing_until_there_is_room(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.codes["POSPrinter"] = "EPTR_REC_EMPTY"
        sell(rig)
        full(True)
        rig.devices.codes.clear()
        rig.till.status_changed(DeviceStatus("posprinter", "POSPrinter", "OK"))
        await rig.until(lambda: rig.said == "DISK_FULL")
        await asyncio.sleep(0.1)
        assert not rig.devices.printed
        full(False)
        await rig.until(lambda: rig.view.receipts_waiting == 0)
        assert [is_copy(one) for one in rig.devices.printed] == [False]

    run(tmp_path, work)


def test_without_a_printer_no_receipt_waits_and_no_drawer_is_missed(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        for _ in range(3):
            sell(rig)
        await asyncio.sleep(0.02)
        assert rig.view.receipts_waiting == 0
        assert rig.said == "paid"
        await rig.again()
        assert rig.view.receipts_waiting == 0 and len(rig.records()) == 3

    run(tmp_path, work, devices=Devices("Scanner"))


def test_killed_while_it_prints_it_prints_a_copy(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.prints_for_s = 0.2
        sell(rig)
        await rig.until(lambda: rig.devices.printed)
        await rig.again()
        await rig.until(lambda: len(rig.devices.printed) == 2 and rig.view.receipts_waiting == 0)
        assert [is_copy(one) for one in rig.devices.printed] == [False, True]

    run(tmp_path, work)


def test_reprint_says_what_it_does(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        assert rig.do("reprint").sentence.code == "receipts_none"  # type: ignore[union-attr]  # it says something
        rig.devices.codes["POSPrinter"] = "EPTR_REC_EMPTY"
        rig.devices.print_ends = lambda: PrintResult("EPTR_REC_EMPTY", False)
        sell(rig)
        answer = rig.do("reprint")
        assert answer.ok and answer.sentence is not None and answer.sentence.code == "receipts_tried"
        await rig.until(lambda: rig.said == "EPTR_REC_EMPTY")
        assert rig.view.receipts_waiting == 1

    run(tmp_path, work)


def test_a_record_that_cannot_be_read_holds_back_no_other_receipt(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.codes["POSPrinter"] = "EPTR_REC_EMPTY"
        sell(rig)
        sell(rig)
        rig.journal._database.connection.execute("UPDATE records SET body = x'00' WHERE sequence = 1")
        rig.devices.codes.clear()
        await rig.again()
        await rig.until(lambda: len(rig.devices.printed) == 1 and rig.view.receipts_waiting == 1)
        assert "000002" in str(rig.devices.printed[0])
        assert any(v.notice and v.notice.sentence.code == "receipt_unreadable" for v in rig.views)

    run(tmp_path, work)


def test_a_till_that_forgets_what_it_printed_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def once(self: printing.Printing, ended: PrintEnded) -> None:
        self._till.attempt(ended)

    monkeypatch.setattr(printing.Printing, "_ended", once)
    monkeypatch.setattr(Rig, "within_s", 0.8)
    with pytest.raises((AssertionError, TimeoutError)):
        test_a_disk_that_fills_up_while_it_prints_prints_no_copy(tmp_path)
