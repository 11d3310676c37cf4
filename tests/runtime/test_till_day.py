"""The working day at a whole till: shifts, slips, reports, days, training, search. Real journal, real restart."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from day_rig import by, rules, sell, sign_on, words
from till_rig import MILK, PAY_CODE, WATER, Devices, Rig, full, run

from drivers.api import Barcode
from runtime.terminal import approval
from runtime.terminal.day_rules import DayRules
from runtime.wire.messages import Command

# --- shift and drawer -----------------------------------------------------------------------------------------------


def test_a_shift_counted_blind(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(MILK)
        assert rig.said == "shift_needed" and rig.view.shift == "needed"
        rig.must("shift_open", float_minor=20_000)
        sell(rig, MILK, WATER)  # 5.00
        rig.devices.provider["pay"] = ["SUCCESS"]
        rig.scan(WATER)
        rig.must("subtotal")
        rig.must("scan", code=PAY_CODE)
        await rig.until(lambda: rig.view.state == "closed")
        rig.must("paid_in", amount_minor=1_000, reason="零钱")
        rig.must("drop", amount_minor=12_300, reason="满额")
        rig.must("x_report")
        await rig.until(lambda: len(rig.devices.printed) == 6)
        shown = rig.view.report
        assert shown is not None and ("Float", 20_000) in [(row.label, row.amount_minor) for row in shown.rows]
        expected = ["9200", "92.00"]  # 200 + 5 + 10 - 123
        for view in rig.views:
            assert not any(text in repr(view) for text in expected)
        for document in rig.devices.printed:
            assert not any(text in words(document) for text in expected), words(document)
        drawers = rig.devices.drawers
        rig.must("shift_count")
        await rig.until(lambda: rig.devices.drawers == drawers + 1)
        rig.scan(MILK)
        assert rig.said == "shift_counting" and rig.view.shift == "counting" and rig.view.report is None
        assert rig.refused("x_report") == "shift_counting"
        await rig.again()
        rig.must("shift_close", cash_minor=9_150, code_minor=200)
        await rig.until(lambda: not rig.till.checkout.prints)
        record = rig.records()[-1]
        assert [(t["TenderType"], t["Expected"], t["Counted"], t["Over"]) for t in record["tenders"]] == [
            ("Cash", 9_200, 9_150, -50),
            ("Code", 200, 200, 0),
        ]
        report = rig.view.report
        assert report is not None and report.title == "Shift closed"
        assert ("Over or short", -50) in [(row.label, row.amount_minor) for row in report.rows]
        slip = words(rig.devices.printed[-1])
        assert "Shift closed" in slip and "92.00" in slip and "-0.50" in slip and "Signature" in slip
        rig.must("shift_open", float_minor=0)
        assert rig.view.shift_number == 2 and rig.till.checkout.shift.drawer_minor == 0

    run(tmp_path, work, day=DayRules(shift_required=True))


def test_a_count_that_shows_what_it_expects_is_found(tmp_path: Path) -> None:
    """The broken variant: the settings say that counts are not blind."""
    with pytest.raises(AssertionError):
        test_body = DayRules(shift_required=True, shift_blind=False)

        async def work(rig: Rig) -> None:
            rig.must("shift_open", float_minor=20_000)
            rig.must("paid_in", amount_minor=1_000, reason="零钱")
            rig.must("x_report")
            assert all("21000" not in repr(view.report) for view in rig.views)

        run(tmp_path, work, day=test_body)


def test_the_count_may_be_left_again(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.must("shift_open", float_minor=100)
        assert rig.refused("shift_close", cash_minor=100) == "count_none"
        rig.must("shift_count")
        rig.must("cancel")
        sell(rig)
        assert rig.view.shift == "open"

    run(tmp_path, work)


def test_each_slip_is_printed_and_opens_the_drawer(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.must("paid_in", amount_minor=1_000, reason="找零")
        rig.must("paid_out", amount_minor=200, reason="邮费")
        rig.must("drop", amount_minor=500, reason="满额")
        rig.must("no_sale", reason="换零钱")
        await rig.until(lambda: not rig.till.checkout.prints and rig.devices.drawers == 4)
        slips = [words(document) for document in rig.devices.printed]
        for slip, parts in zip(
            slips,
            (("Paid in", "10.00", "找零"), ("Paid out", "2.00", "邮费"), ("Taken to the safe", "5.00"), ("换零钱",)),
            strict=True,
        ):
            assert all(part in slip for part in parts), slip
        assert [r["SequenceNumber"] for r in rig.records()] == [1, 2, 3, 4]
        assert rig.refused("paid_in", amount_minor=5, reason=" ") == "reason_needed"
        rig.scan(MILK)
        assert rig.refused("paid_in", amount_minor=5, reason="x") == "sale_open"
        rig.must("no_sale", reason="x")  # the drawer may be opened while a sale is open
        assert len(rig.view.lines) == 1

    run(tmp_path, work)


def test_a_full_disk_moves_no_money(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.must("shift_open", float_minor=100)
        await rig.until(lambda: not rig.till.checkout.prints)
        before, drawers = rig.till.checkout, rig.devices.drawers
        full(True)
        assert rig.refused("paid_out", amount_minor=50, reason="x") == "DISK_FULL"
        assert rig.till.checkout == before
        full(False)
        rig.must("paid_out", amount_minor=50, reason="x")
        await rig.until(lambda: rig.devices.drawers == drawers + 1)

    run(tmp_path, work)


# --- reports and days -----------------------------------------------------------------------------------------------


def test_x_and_z(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        sell(rig, MILK)
        sell(rig, WATER, WATER)
        rig.must("x_report")
        report = rig.view.report
        assert report is not None and report.title == "X report"
        found = {row.label: (row.count, row.amount_minor) for row in report.rows}
        assert found["Sales"] == (2, 700) and found["Cash"] == (2, 700) and found["Cash in the drawer"] == (None, 700)
        assert found["Discounts"] == (None, 50)
        await rig.until(lambda: len(rig.devices.printed) == 3)
        assert "X report" in words(rig.devices.printed[2]) and rig.till.checkout.last_sequence == 2
        rig.scan(MILK)
        assert rig.view.report is None  # the next sale takes the screen
        assert rig.refused("day_end") == "sale_open"
        rig.must("void_line", line=1)
        rig.must("day_end")
        assert rig.view.report is not None and rig.view.report.title == "Z report"
        rig.must("cancel")
        assert rig.view.report is None
        record = rig.records()[-1]
        assert (record["ControlType"], record["ReportNumber"], record["GrandTotal"]) == ("BusinessEOD", 1, 700)
        assert record["totals"]["sales_minor"] == 700 and record["BusinessDayDate"] == "2026-11-22"
        sell(rig, WATER)
        rig.must("day_end")
        assert (rig.records()[-1]["ReportNumber"], rig.records()[-1]["GrandTotal"]) == (2, 900)

    run(tmp_path, work)


class HandClock:
    quality = "system"

    def __init__(self, at: str) -> None:
        self.at = datetime.fromisoformat(at)

    def now(self) -> datetime:
        return self.at


def day_rig(folder: Path, at: str, ends_h: int = 0) -> tuple[Rig, HandClock]:
    clock = HandClock(at)

    class TimedRig(Rig):
        def _open(self, snapshot: Any) -> None:
            self.clock = clock
            super()._open(snapshot)

    return TimedRig(folder, day=DayRules(day_ends=timedelta(hours=ends_h))), clock


def test_the_day_turns_between_two_sales(tmp_path: Path) -> None:
    async def work() -> None:
        rig, clock = day_rig(tmp_path, "2026-11-22T23:59:00")
        sell(rig)
        rig.scan(MILK)
        clock.at = datetime(2026, 11, 23, 0, 0, 1)
        rig.scan(WATER)  # a sale that was open at midnight is yesterday's
        rig.must("subtotal")
        rig.must("cash", amount_minor=10_000)
        sell(rig)
        records = rig.records()
        assert [(r.get("ControlType", "sale"), r["BusinessDayDate"]) for r in records] == [
            ("sale", "2026-11-22"),
            ("sale", "2026-11-22"),
            ("BusinessEOD", "2026-11-22"),
            ("sale", "2026-11-23"),
        ]
        assert rig.view.business_day == "2026-11-23" and records[2]["totals"]["sales"] == 2
        await rig.close()

    asyncio.run(work())


def test_the_day_turns_by_itself_when_nobody_sells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.terminal.working_day.LOOKS_EVERY_S", 0.005)
    monkeypatch.setattr("runtime.day.business_day.JUMP", timedelta(days=9))

    async def work() -> None:
        rig, clock = day_rig(tmp_path, "2026-11-22T18:00:00", 3)
        sell(rig)
        clock.at = datetime(2026, 11, 23, 2, 59)
        await asyncio.sleep(0.03)
        assert len(rig.records()) == 1
        rig.must("shift_open", float_minor=0)
        clock.at = datetime(2026, 11, 23, 3, 0)
        await rig.until(lambda: len(rig.records()) == 3)
        record = rig.records()[-1]
        assert (record["BusinessDayDate"], record["ShiftOpen"]) == ("2026-11-22", True)
        await rig.until(lambda: len(rig.devices.printed) == 3)
        paper = words(rig.devices.printed[-1])
        assert "The drawer is not counted yet" in paper and "Cash|" not in paper
        assert rig.view.business_day == "" and rig.view.shift == "open"
        await rig.close()

    asyncio.run(work())


def test_a_wrong_clock_ends_no_day(tmp_path: Path) -> None:
    async def work() -> None:
        rig, clock = day_rig(tmp_path, "2026-11-22T18:00:00")
        sell(rig)
        clock.at = datetime(2026, 11, 25, 9)  # it jumped: nobody believes it at once
        sell(rig)
        clock.at = datetime(1970, 1, 1)
        sell(rig)
        clock.at, clock.quality = datetime(2026, 11, 23, 9), "suspect"
        await rig.again()
        sell(rig)
        assert {r["BusinessDayDate"] for r in rig.records()} == {"2026-11-22"}
        assert all(r["type"] == "RetailTransaction" for r in rig.records())
        clock.quality = "system"
        await rig.again()  # nobody saw it jump, and it is believed
        sell(rig)
        assert [r["BusinessDayDate"] for r in rig.records()[-2:]] == ["2026-11-22", "2026-11-23"]
        await rig.close()

    asyncio.run(work())


# --- training and paper ---------------------------------------------------------------------------------------------


def test_training(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await sign_on(rig)
        sell(rig)
        await rig.until(lambda: not rig.till.checkout.prints)
        assert rig.refused("training_begin") == "approval_needed"
        await rig.must_ask("training_begin", **by("2001"))
        assert rig.view.training and rig.view.state == "idle"
        before, drawers = rig.till.checkout, rig.devices.drawers
        sell(rig, MILK, WATER)
        await rig.until(lambda: len(rig.devices.printed) == 2)
        paper = rig.devices.printed[1]
        assert (
            "*** TRAINING ***" in words(paper) and "This is no receipt." in words(paper) and "No." not in words(paper)
        )
        assert not any(isinstance(element, Barcode) for element in paper)
        assert rig.view.training and rig.view.last_number == 1 and len(rig.records()) == 1
        assert (rig.till.checkout.day, rig.till.checkout.shift) == (before.day, before.shift)
        assert rig.devices.drawers == drawers
        assert rig.refused("paid_in", amount_minor=1, reason="x") == "in_training"
        rig.scan(MILK)
        rig.must("subtotal")
        rig.scan(PAY_CODE)
        assert rig.said == "training_cash" and rig.devices.asked == []
        await rig.again()
        assert rig.view.training
        rig.must("cancel")
        rig.must("void_line", line=1)
        rig.must("training_end")
        sell(rig)
        assert len(rig.records()) == 2 and not rig.view.training

    run(tmp_path, work, day=rules(tmp_path))


def test_any_receipt_again_as_a_copy(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        sell(rig, MILK)
        rig.must("paid_in", amount_minor=1_000, reason="找零")
        sell(rig, WATER)
        await rig.until(lambda: not rig.till.checkout.prints)
        for number, part in ((1, "goods 1001"), (2, "找零"), (0, "goods 1002")):
            printed = len(rig.devices.printed)
            rig.must("reprint_number", number=number)
            await rig.until(lambda printed=printed: len(rig.devices.printed) == printed + 1)
            slip = words(rig.devices.printed[-1])
            assert "*** COPY ***" in slip and part in slip
            await rig.until(lambda: not rig.till.checkout.prints)
        assert rig.refused("reprint_number", number=9) == rig.refused("reprint_number", number=-1) == "receipt_number"

    run(tmp_path, work)


def test_a_reprint_is_taken_up_after_a_restart(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        sell(rig)
        await rig.until(lambda: not rig.till.checkout.prints)
        rig.devices.codes["POSPrinter"] = "OFFLINE"
        rig.must("reprint_number", number=1)
        assert rig.refused("reprint_number", number=1) == "print_waits"
        await rig.again()
        rig.devices.codes["POSPrinter"] = "OK"
        rig.till.printing.poke()
        await rig.until(lambda: not rig.till.checkout.prints)
        assert [("*** COPY ***" in words(one)) for one in rig.devices.printed] == [False, True]

    run(tmp_path, work)


def test_a_till_without_a_printer(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.must("shift_open", float_minor=5)
        rig.must("x_report")
        assert rig.refused("reprint_number", number=1) == "no_printer"
        assert rig.view.receipts_waiting == 0 and not rig.devices.printed

    run(tmp_path, work, devices=Devices("Scanner"))


# --- the journal ----------------------------------------------------------------------------------------------------


def test_search(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        for _ in range(30):
            sell(rig, MILK)
        sell(rig, WATER, given=500)
        rig.must("paid_in", amount_minor=1_234, reason="备用金")

        async def found(text: str, **args: Any) -> list[int]:
            await rig.must_ask("journal_search", text=text, **args)
            assert rig.view.found is not None
            return [one.number for one in rig.view.found.records]

        assert await found("") == list(range(32, 12, -1))
        assert rig.view.found is not None and rig.view.found.before == 13
        assert await found("", before=13) == list(range(12, 0, -1))
        assert rig.view.found is not None and rig.view.found.before == 0
        assert await found("31") == [31]
        assert await found("S1-01-000007") == [7]
        assert await found(WATER) == [31] and await found("GOODS 1002") == [31]
        assert await found("5.00") == [31]  # what was given
        assert await found("备用") == [32] and await found("12.34") == [32] and await found("PaidIn") == [32]
        assert len(await found("2026-11-22")) == 20
        assert await found("nowhere") == [] and rig.said == "search_none"
        assert rig.do("journal_search", text="31").ok  # one look, where nobody waits for more
        for wrong in ({"text": "x" * 65}, {"text": "1", "before": -1}):
            assert await rig.refused_ask("journal_search", **wrong) == "search_text"
        assert await rig.refused_ask("journal_search", text=3) == "bad_arguments"
        rig.must("lock") if rig.view.desk == "on" else None
        rig.scan(MILK)
        assert rig.view.found is None

    run(tmp_path, work)


def test_a_search_lets_scans_pass(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        for _ in range(60):
            sell(rig, MILK)
        searching = asyncio.ensure_future(rig.ask("journal_search", text="nowhere"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not searching.done()
        rig.scan(MILK)
        assert rig.view.state == "ringing"
        assert (await searching).ok

    run(tmp_path, work)


def test_commands_with_pins_say_nothing_of_them(tmp_path: Path) -> None:
    command = Command(1, "sign_on", {"user": "1001", "pin": "274931"})
    assert approval.carries_pin(command)
    assert not approval.carries_pin(Command(1, "paid_in", {"amount_minor": 1, "reason": "x"}))
    assert not approval.carries_pin(Command(1, "sign_on", {"user": "1001", "pin": ""}))
