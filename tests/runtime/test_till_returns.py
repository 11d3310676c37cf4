"""Returns and exchanges on a till with a real journal and engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from till_rig import PAY_CODE, Rig, run

from drivers.api import Barcode, Columns, ScaleReading, Text
from engine.compiler import compile_book
from engine.snapshot import Snapshot

TEA, RICE, HAM, PEAR = "1", "2", "3", "4"
HEAD = "sku,name,unit,price,category,brand,tags,barcodes"
EVERY = {"amount": 2000, "off": 200}


def shop(rounding: str = "none", rice: int = 1000) -> Snapshot:
    about = {
        "format": 1, "currency": "CNY", "exponent": 2, "name": "shop", "categories": {}, "cash_rounding": rounding,
    }  # fmt: skip
    goods = ["1,tea,each,300,,,,", f"2,rice,each,{rice},,,,", "3,ham,each,213,,,,", "4,pear,kg,1000,,,,"]
    items = "\n".join([HEAD, *goods, ""])
    promotions: list[dict[str, Any]] = [
        {
            "id": "P1",
            "name": "20 off 2",
            "type": "threshold",
            "items": {"skus": [RICE]},
            "each": EVERY,
        }
    ]
    files = {"book.json": about, "promotions.json": promotions}
    data = {name: json.dumps(value).encode() for name, value in files.items()}
    return Snapshot(compile_book({**data, "items.csv": items.encode()}).data)


async def sell(rig: Rig, *codes: str) -> str:
    """A cash sale; gives the code on its paper."""
    for code in codes:
        rig.scan(code)
    rig.must("subtotal")
    rig.must("cash", amount_minor=100_000)
    await rig.until(lambda: rig.view.receipts_waiting == 0)
    (code,) = [part.data for part in rig.devices.printed[-1] if isinstance(part, Barcode)]
    return code


def test_a_partial_return_by_the_engines_rule_then_the_rest(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        code = await sell(rig, RICE, RICE, TEA)  # 10 + 10 - 2 + 3 = 21
        assert code == "S1-01-000001-0007" and rig.records()[0]["total"] == 2100
        rig.scan(code)
        assert rig.said == "receipt_open"
        shown = rig.view.open_return
        assert shown is not None and (shown.number, shown.paid_minor, shown.given_minor) == (1, 2100, 0)
        assert [(x.line, x.sold, x.left) for x in shown.lines] == [(1, 1, 1), (2, 1, 1), (3, 1, 1)]
        rig.must("return_line", line=1, reason="torn")
        assert rig.view.total_minor == -800  # without it the 2 off are lost
        assert rig.view.returned_lines == (1,) and rig.view.lines[0].net_minor == -800
        assert rig.refused("return_line", line=1) == "return_too_many"
        await rig.again()
        assert rig.view.total_minor == -800
        rig.must("subtotal")
        assert rig.view.due_minor == -800 and rig.refused("cash", amount_minor=0) == "refund_due"
        assert rig.refused("refund_code") == "refund_code_none"
        rig.must("refund")
        await rig.until(lambda: rig.view.receipts_waiting == 0)
        paper = rig.devices.printed[-1]
        rows = [[cell[0].strip() for cell in part.cells] for part in paper if isinstance(part, Columns)]
        assert ["Given back in cash", "-8.00"] in rows
        assert any(isinstance(part, Text) and part.text == "Returned rice" for part in paper)
        rig.must("return_receipt", code="1")
        shown = rig.view.open_return
        assert shown is not None and shown.given_minor == 800 and [x.left for x in shown.lines] == [0, 1, 1]
        rig.must("return_all")
        rig.must("subtotal")
        rig.must("refund")
        assert [record["total"] for record in rig.records()] == [2100, -800, -1300]
        rig.must("return_receipt", code=code)
        assert rig.refused("return_all") == "receipt_nothing"
        await rig.until(lambda: rig.devices.drawers == 3)

    run(tmp_path, work, shop())


def test_an_exchange_needs_no_key_of_its_own(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        code = await sell(rig, TEA)
        rig.scan(code)
        rig.must("return_all")
        rig.scan(RICE)
        assert rig.view.total_minor == 700
        rig.must("subtotal")
        rig.devices.provider["pay"] = ["SUCCESS"]
        rig.scan(PAY_CODE)
        await rig.until(lambda: rig.view.state == "closed")
        record = rig.records()[1]
        assert (record["total"], record["ReturnFlag"], record["tenders"][0]["Amount"]) == (700, True, 700)
        assert rig.view.open_return is None

    run(tmp_path, work, shop())


def test_goods_with_a_discount_by_hand_and_rounded_cash(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.must("quantity", qty=3)
        rig.scan(HAM)  # 6.39
        rig.scan(TEA)
        rig.must("price_override", line=2, price_minor=250, reason="label")
        rig.must("subtotal")
        rig.must("cash", amount_minor=880)  # 8.89 is 8.80
        for give, total in ((210, -210), (210, -210), (210, -210)):
            rig.must("return_receipt", code="1")
            rig.must("return_line", line=1, qty=1)
            rig.must("subtotal")
            assert rig.view.cash_due_minor <= 0
            rig.must("refund")
            given = -rig.records()[-1]["tenders"][0]["Amount"]
            assert abs(given - give) <= 10 and abs(rig.records()[-1]["total"] - total) <= 10 and given % 10 == 0
        rig.must("return_receipt", code="1")
        rig.must("return_all")
        rig.must("subtotal")
        rig.must("refund")
        assert sum(x["Amount"] for record in rig.records() for x in record["tenders"]) == 0  # all is back, to the cent

    run(tmp_path, work, shop("down"))


def test_another_book_gives_back_by_share(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await sell(rig, RICE, RICE)  # 18, 9 each
        await rig.again(shop(rice=5000))
        rig.must("return_receipt", code="1")
        rig.must("return_line", line=2)
        assert rig.view.total_minor == -900

    run(tmp_path, work, shop())


def test_weighed_goods_come_back_whole(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.on_scale = ScaleReading("OK", 500)
        rig.scan(PEAR)
        await rig.until(lambda: rig.view.state == "ringing")
        code = await sell(rig)
        rig.scan(code)
        assert rig.refused("return_line", line=1, qty=1) == "return_weighed"
        rig.must("return_line", line=1)
        rig.must("subtotal")
        rig.must("refund")
        assert rig.records()[1]["stock"] == [{"ItemID": PEAR, "unit": "g", "Quantity": -500}]

    run(tmp_path, work, shop())


def test_without_a_receipt(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        assert rig.refused("return_item", code=TEA, reason=" ") == "reason_missing"
        assert rig.refused("return_item", code=TEA, reason="x", price_minor=301) == "return_price"
        assert rig.refused("return_item", code=PEAR, reason="x") == "return_weight"
        assert not rig.do("return_item", code="nothing", reason="x").ok
        rig.must("return_item", code=TEA, reason="bad", qty=2)
        rig.must("return_item", code=TEA, reason="bad", price_minor=100)
        rig.must("return_item", code=PEAR, reason="bad", weight_g=250)
        assert rig.view.total_minor == -600 - 100 - 250
        await rig.again()
        rig.must("subtotal")
        rig.must("refund")
        (record,) = rig.records()
        assert record["total"] == -950 and {x["returned"]["SequenceNumber"] for x in record["lines"]} == {0}

    run(tmp_path, work, shop())


def test_receipts_that_are_none(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        assert rig.refused("return_all") == rig.refused("return_line", line=1) == "receipt_none_open"
        assert rig.refused("return_close") == "receipt_none_open"
        assert rig.refused("return_receipt", code="1") == "receipt_unknown"
        code = await sell(rig, TEA)
        for wrong, said in (
            ("S1-02-000001-0007", "receipt_offline"), ("S2-01-000001", "receipt_elsewhere"),
            ("S1-01-000001-0008", "receipt_unknown"), ("S1-01-000009-0007", "receipt_unknown"),
            ("x", "receipt_no_code"), ("", "receipt_no_code"),
        ):  # fmt: skip
            assert rig.refused("return_receipt", code=wrong) == said, wrong
        rig.scan(RICE)
        rig.must("void_ticket")
        assert rig.refused("return_receipt", code="2") == "receipt_nothing"
        rig.must("return_receipt", code=code)
        assert rig.refused("return_line", line=7) == "line_unknown"
        rig.must("cancel")
        assert rig.view.open_return is None
        rig.must("return_receipt", code=code)
        rig.must("return_all")
        rig.must("void_line", line=1)
        assert rig.view.state == "idle" and rig.view.open_return is not None

    run(tmp_path, work, shop())


def test_what_came_back_is_known_after_a_restart_and_never_twice(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await sell(rig, TEA, TEA)
        rig.must("return_receipt", code="1")
        rig.must("return_line", line=1)
        rig.must("suspend")  # a return that is put aside
        rig.must("return_receipt", code="1")
        rig.must("return_all")
        rig.must("subtotal")
        rig.must("refund")
        await rig.again()
        rig.must("recall", number=1)  # all of the receipt has come back meanwhile
        assert rig.refused("subtotal") == "return_too_many"
        rig.must("void_ticket")
        assert sum(record["total"] for record in rig.records()) == 0

    run(tmp_path, work, shop())
