"""The keys for whole tickets, and those that ring without a scan, on a till with a real journal and engine."""

from __future__ import annotations

from pathlib import Path

from till_rig import MILK, PAY_CODE, PUMPKIN, WATER, Rig, run

from drivers.api import Barcode, ScaleReading
from runtime.terminal.settings import SaleSettings


def test_repeat_rings_the_last_item_again(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        assert rig.refused("repeat") == "nothing_rung"
        rig.scan(MILK)
        rig.must("repeat")
        rig.must("quantity", qty=5)
        rig.must("repeat")
        assert [(line.sku, line.qty) for line in rig.view.lines] == [(MILK, 1), (MILK, 1), (MILK, 5)]
        rig.must("void_line", line=3)
        rig.must("repeat")
        assert [line.qty for line in rig.view.lines] == [1, 1, 5, 1]
        rig.scan(PUMPKIN)
        rig.devices.on_scale = ScaleReading("OK", 500)
        await rig.until(lambda: rig.view.state == "ringing")
        assert rig.refused("repeat") == "repeat_weighed"
        rig.must("subtotal")
        assert rig.refused("repeat") in ("total_stands", "repeat_weighed")
        rig.must("cash", amount_minor=10_000)
        assert rig.refused("repeat") == "nothing_rung"  # the next customer's first item is scanned

    run(tmp_path, work)


def test_a_look_up_writes_nothing_and_is_in_nobodys_way(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(WATER)
        rows = rig.journal.last_seq
        rig.must("price_lookup", code=MILK)
        shown = rig.view.lookup
        assert shown is not None
        assert (shown.sku, shown.regular_minor, shown.net_minor, shown.promotions) == (MILK, 350, 300, ("cheap",))
        rig.must("price_lookup", code=PUMPKIN)
        assert rig.view.lookup is not None and (rig.view.lookup.unit, rig.view.lookup.net_minor) == ("kg", 798)
        assert rig.refused("price_lookup", code="6999999999997") == "unknown_code" or rig.view.lookup is None
        rig.must("price_lookup")
        assert rig.view.looking_up
        rig.scan(MILK)
        assert rig.view.lookup is not None and rig.view.lookup.sku == MILK and not rig.view.looking_up
        assert rig.journal.last_seq == rows and len(rig.view.lines) == 1
        rig.scan(MILK)  # the next scan rings
        assert rig.view.lookup is None and len(rig.view.lines) == 2
        rig.must("price_lookup")
        rig.must("cancel")
        assert not rig.view.looking_up and rig.view.state == "ringing"
        rig.must("subtotal")
        rig.must("price_lookup", code=WATER)
        assert rig.view.lookup is not None and rig.view.state == "tendering"

    run(tmp_path, work)


def test_a_bag_key_rings_a_bag(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        assert [(bag.number, bag.sku) for bag in rig.view.bags] == [(1, WATER), (3, MILK)]
        rig.must("quantity", qty=2)
        rig.must("bag")
        rig.must("bag", number=3)
        rig.must("bag")
        assert [(line.sku, line.qty) for line in rig.view.lines] == [(WATER, 2), (MILK, 1), (WATER, 1)]
        assert rig.refused("bag", number=4) == rig.refused("bag", number=0) == "bag_unknown"
        assert not rig.do("bag", number=2).ok  # its sku is not in the book

    run(tmp_path, work, settings=SaleSettings(bags=(WATER, "nothing", MILK)))


def test_a_voided_ticket_is_recorded_and_takes_no_money(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        assert rig.refused("void_ticket") == "nothing_rung"
        rig.must("member", id="M1")
        rig.scan(MILK)
        rig.must("subtotal")
        rig.must("void_ticket", reason="walked away")
        assert (rig.view.state, rig.view.lines, rig.view.member, rig.view.last_number) == ("idle", (), "", 1)
        assert rig.devices.drawers == 0 and rig.view.receipts_waiting == 0
        rig.scan(WATER)
        rig.must("subtotal")
        rig.must("cash", amount_minor=200)
        voided, sold = rig.records()
        assert (voided["TransactionStatus"], sold["TransactionStatus"]) == ("Voided", "Totaled")
        assert voided["rows"][1] + 1 == sold["rows"][0] and sold["SequenceNumber"] == 2
        await rig.again()
        assert rig.view.last_number == 2 and rig.journal.verify() is None

    run(tmp_path, work)


def test_suspend_and_recall_outlive_a_restart(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        assert rig.refused("suspend") == "nothing_rung"
        rig.must("member", id="M1")
        rig.scan(MILK)
        rig.scan(WATER)
        rig.must("subtotal")  # the purse is in the car
        rig.must("suspend")
        (waiting,) = rig.view.suspended
        assert (waiting.number, waiting.lines, waiting.total_minor, waiting.name) == (1, 2, 500, "goods 1001")
        assert rig.view.state == "idle" and rig.view.member == ""
        rig.scan(WATER)
        assert rig.refused("recall", number=1) == "sale_open"
        rig.must("subtotal")
        rig.must("cash", amount_minor=200)
        await rig.again()
        assert rig.view.suspended == (waiting,)
        rig.must("recall", number=1)
        assert [line.sku for line in rig.view.lines] == [MILK, WATER] and rig.view.member == "M1"
        assert rig.view.total_minor == 500 and rig.view.suspended == ()
        rig.must("subtotal")
        rig.must("cash", amount_minor=500)
        assert rig.refused("recall", number=1) == "suspended_unknown"
        assert [record["receipt"]["total"] for record in rig.records()] == [200, 500]

    run(tmp_path, work)


def test_the_slip_of_a_suspended_ticket_is_scanned_to_recall_it(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(MILK)
        rig.must("suspend")
        await rig.until(lambda: rig.devices.printed)
        (code,) = [part.data for part in rig.devices.printed[0] if isinstance(part, Barcode)]
        assert code == "S1-01-H1-0007"
        rig.scan("S1-01-H1-0008")  # of another epoch: an old slip is not a new ticket
        assert rig.view.suspended and rig.view.state == "idle"
        rig.scan(code)
        assert [line.sku for line in rig.view.lines] == [MILK] and not rig.view.suspended
        rig.must("subtotal")
        rig.scan(code)  # while tendering it is no payment code either
        assert rig.said == "not_a_payment_code"
        rig.devices.provider["pay"] = ["SUCCESS"]
        rig.scan(PAY_CODE)
        await rig.until(lambda: rig.view.state == "closed")
        rig.scan(code)
        assert rig.said == "suspended_unknown"

    run(tmp_path, work, settings=SaleSettings(suspend_slip=True))
