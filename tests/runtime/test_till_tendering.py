"""Mixed tenders and rounded cash on a till with a real journal and engine."""

from __future__ import annotations

import json
from pathlib import Path

from till_rig import PAY_CODE, Rig, run

from drivers.api import Columns
from engine.compiler import compile_book
from engine.snapshot import Snapshot

TEA, RICE = "1", "2"


def rounding_book(how: str) -> Snapshot:
    about = {"format": 1, "currency": "CNY", "exponent": 2, "name": "shop", "categories": {}, "cash_rounding": how}
    items = b"sku,name,unit,price,category,brand,tags,barcodes\n1,tea,each,1126,,,,\n2,rice,each,1220,,,,\n"
    files = {"book.json": json.dumps(about).encode(), "promotions.json": b"[]", "items.csv": items}
    return Snapshot(compile_book(files).data)


def test_cash_is_rounded_and_a_code_is_not(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(TEA)
        rig.scan(RICE)
        rig.must("subtotal")
        assert (rig.view.total_minor, rig.view.due_minor, rig.view.cash_due_minor) == (2346, 2346, 2340)
        assert rig.refused("cash", amount_minor=2339) == "cash_short"
        await rig.again()
        rig.must("cash", amount_minor=2400)
        assert (rig.view.change_minor, rig.view.rounding_minor, rig.view.state) == (60, -6, "closed")
        await rig.until(lambda: rig.view.receipts_waiting == 0)
        rows = [[cell[0] for cell in part.cells] for part in rig.devices.printed[0] if isinstance(part, Columns)]
        assert ["Cash rounding", "-0.06"] in rows and ["Cash", "24.00"] in rows and ["Change", "0.60"] in rows
        rig.scan(TEA)
        rig.must("subtotal")
        rig.devices.provider["pay"] = ["SUCCESS"]
        rig.scan(PAY_CODE)
        await rig.until(lambda: rig.view.state == "closed")
        assert [(x["total"], x["tenders"][0]["Amount"]) for x in rig.records()] == [(2346, 2340), (1126, 1126)]

    run(tmp_path, work, rounding_book("down"))


def test_part_by_code_part_in_cash_and_one_step_back(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(TEA)
        rig.scan(RICE)
        rig.must("subtotal")
        assert rig.refused("part", amount_minor=2346) == "bad_part"
        rig.must("part", amount_minor=1000)
        assert (rig.view.part_minor, rig.view.cash_due_minor) == (1000, 1000)
        rig.devices.provider["pay"] = ["SUCCESS"]
        rig.scan(PAY_CODE)
        await rig.until(lambda: rig.view.due_minor == 1346 and rig.view.state == "tendering")
        assert rig.said == "part_paid_now"
        await rig.again()
        assert (rig.view.due_minor, rig.view.cash_due_minor, rig.view.paid_minor) == (1346, 1340, 1000)
        rig.must("part", amount_minor=346)
        rig.must("cash", amount_minor=350)
        assert rig.view.due_minor == 1000
        await rig.until(lambda: rig.devices.drawers == 1)
        rig.must("cancel")  # gives the cash back
        assert rig.view.due_minor == 1346
        await rig.until(lambda: rig.devices.drawers == 2)
        assert rig.refused("void_ticket") == "part_paid"
        rig.devices.provider["cancel"] = ["REVOKED"]
        rig.must("cancel")  # and the code
        await rig.until(lambda: rig.view.state == "tendering" and rig.view.due_minor == 2346)
        rig.must("cancel")
        assert rig.view.state == "ringing"
        rig.must("subtotal")
        rig.must("part", amount_minor=46)
        rig.must("cancel")
        assert rig.view.part_minor is None
        rig.must("cash", amount_minor=2340)
        (record,) = rig.records()
        assert [(x["TenderType"], x["Amount"]) for x in record["tenders"]] == [("Cash", 2340)]
        assert rig.devices.asked == ["pay", "cancel"]

    run(tmp_path, work, rounding_book("down"))


def test_a_part_that_cannot_be_cancelled_stays_paid(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.scan(TEA)
        rig.must("subtotal")
        rig.must("part", amount_minor=1000)
        rig.devices.provider["pay"] = ["SUCCESS"]
        rig.scan(PAY_CODE)
        await rig.until(lambda: rig.view.due_minor == 126)
        rig.devices.provider["cancel"] = ["TIMEOUT", "TIMEOUT", "REVOKED"]
        rig.must("cancel")
        await rig.again()  # killed while it is being cancelled: it goes on
        await rig.until(lambda: rig.view.state == "tendering", within_s=10)
        assert rig.view.due_minor == 1126

    run(tmp_path, work, rounding_book("none"))
