"""Prices and discounts by hand on a till with a real journal and engine: shown, printed, recorded."""

from __future__ import annotations

from pathlib import Path

from till_rig import MILK, WATER, Rig, book, run

from drivers.api import Columns, Text
from runtime.sale.record import read_record
from runtime.terminal.settings import SaleSettings


def test_an_override_a_line_discount_and_a_ticket_discount(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(MILK)  # 3.50, on offer for 3.00
        rig.scan(WATER)  # 2.00
        rig.must("quantity", qty=4)
        rig.scan(WATER)  # 8.00
        rig.must("price_override", line=2, price_minor=150, reason="shelf label")
        assert [(x.line, x.net_minor) for x in rig.view.lines] == [(1, 300), (2, 150), (3, 800)]
        rig.must("discount_line", line=3, percent=25, reason="dented")
        rig.must("discount_ticket", amount_minor=90, reason="complaint")
        assert (rig.view.gross_minor, rig.view.total_minor) == (1350, 300 + 150 + 600 - 90)
        assert [(x.line, x.kind, x.value, x.amount_minor, x.reason) for x in rig.view.adjustments] == [
            (2, "price", 150, -50, "shelf label"),
            (3, "percent", 25, -200, "dented"),
            (0, "ticket_amount", 90, -90, "complaint"),
        ]
        assert sum(line.net_minor for line in rig.view.lines) == rig.view.total_minor
        await rig.again()
        assert rig.view.total_minor == 960
        rig.must("subtotal")
        assert rig.view.due_minor == 960 and len(rig.view.adjustments) == 3
        rig.must("cash", amount_minor=1000)
        await rig.until(lambda: rig.view.receipts_waiting == 0)
        rows = [
            [cell[0].strip() for cell in part.cells] for part in rig.devices.printed[0] if isinstance(part, Columns)
        ]
        for row in (
            ["At regular prices", "13.50"], ["cheap", "-0.50"], ["Price by hand", "-0.50"],
            ["Discount by hand", "-2.00"],
            ["Discount on the sale", "-0.90"], ["You saved", "3.90"], ["1 x 2.00", "2.00"], ["4 x 2.00", "8.00"],
        ):  # fmt: skip
            assert row in rows
        assert any(isinstance(part, Text) and part.text == "TOTAL ¥9.60" for part in rig.devices.printed[0])
        (record,) = rig.records()
        assert (record["total"], [line["code"] for line in record["basket"]["lines"]]) == (960, [MILK, WATER])
        packed = rig.journal.record(1)
        assert packed is not None and read_record(packed.body) == record

    run(tmp_path, work)


def test_it_is_taken_back_and_refused(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(WATER)
        rig.must("discount_line", line=1, amount_minor=50, reason="dented")
        assert rig.view.total_minor == 150
        rig.must("discount_line", line=1, reason="")
        assert rig.view.total_minor == 200 and not rig.view.adjustments
        assert rig.refused("discount_line", line=1, reason="") == "nothing_by_hand"
        assert rig.refused("discount_line", line=1, percent=5, amount_minor=5, reason="x") == "bad_discount"
        assert rig.refused("discount_line", line=1, percent=5, reason="  ") == "reason_missing"
        assert rig.refused("price_override", line=1, price_minor=201, reason="x") == "price_above"
        assert rig.refused("discount_ticket", percent=0, reason="x") == "bad_percent"
        rig.must("discount_ticket", percent=100, reason="gift")
        rig.must("subtotal")
        assert rig.view.due_minor == 0
        assert rig.refused("discount_ticket", percent=10, reason="x") == "total_stands"
        rig.must("cash", amount_minor=0)
        assert rig.records()[0]["total"] == 0

    run(tmp_path, work)


def test_all_of_a_basket_may_be_priced_by_hand(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(MILK)
        rig.must("price_override", line=1, price_minor=1, reason="torn")
        rig.must("subtotal")
        rig.must("cash", amount_minor=1)
        (record,) = rig.records()
        assert (record["basket"]["lines"], record["receipt"]["total"], record["total"]) == ([], 0, 1)

    run(tmp_path, work)


def test_a_bag_is_never_discounted_whatever_the_book_says(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.must("bag")  # the book has an offer on it, and no tag
        rig.scan(WATER)
        assert rig.refused("discount_line", line=1, percent=10, reason="x") == "no_discount"
        rig.must("discount_ticket", percent=50, reason="x")
        assert [line.net_minor for line in rig.view.lines] == [350, 100]
        rig.must("subtotal")
        rig.must("cash", amount_minor=450)
        assert rig.records()[0]["apart"] == [{"LineNumber": 1, "Amount": 350}]

    run(tmp_path, work, book(), settings=SaleSettings(bags=(MILK,)))
