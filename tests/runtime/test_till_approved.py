"""What of the sale needs somebody's leave: asked for with its amount, once it is known to be possible at all."""

from __future__ import annotations

from pathlib import Path

from day_rig import by, rules, sell, sign_on
from till_rig import MILK, WATER, Rig, run


def events(rig: Rig) -> list[str]:
    return [row.type for row in rig.journal.rows(1, 10_000)]


def test_a_discount_above_the_limit_needs_another_person(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await sign_on(rig)
        rig.must("quantity", qty=20)
        rig.scan(WATER)  # 40.00
        rig.must("discount_line", line=1, amount_minor=1000, reason="dented")  # as much as a cashier may
        rows = rig.journal.last_seq
        assert rig.refused("discount_line", line=1, amount_minor=1001, reason="dented") == "approval_needed"
        assert rig.refused("price_override", line=1, price_minor=100, reason="dented") == "approval_needed"
        assert rig.refused("price_override", line=7, price_minor=100, reason="dented") == "line_unknown"
        assert rig.journal.last_seq == rows
        answer = await rig.ask("price_override", line=1, price_minor=100, reason="dented", **by("1002"))
        assert not answer.ok and answer.sentence is not None and answer.sentence.code == "approval_role"
        await rig.must_ask("price_override", line=1, price_minor=100, reason="dented", **by("2001"))
        assert events(rig)[-2:] == ["Approved", "LineChangedByHand"]
        assert rig.view.total_minor == 2000 and rig.view.adjustments[0].approver == "2001"
        rig.must("subtotal")
        rig.must("cash", amount_minor=2000)
        assert rig.records()[0]["adjustments"][0]["ApproverID"] == "2001"

    run(tmp_path, work, day=rules(tmp_path))


def test_a_discount_that_grows_is_looked_at_again(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await sign_on(rig)
        rig.scan(WATER)
        rig.must("discount_ticket", percent=50, reason="complaint")  # 1.00
        rig.must("quantity", qty=50)
        rig.scan(WATER)  # 50.00 more off
        assert rig.refused("subtotal") == "approval_needed"
        await rig.must_ask("subtotal", **by("2001"))
        assert rig.view.due_minor == 5100

    run(tmp_path, work, day=rules(tmp_path))


def test_a_sale_given_up_and_goods_taken_back(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await sign_on(rig)
        rig.must("quantity", qty=100)
        rig.scan(MILK)  # 300.00
        assert rig.refused("void_ticket") == "approval_needed"
        await rig.must_ask("void_ticket", reason="walked away", **by("2001"))
        rig.must("quantity", qty=200)
        sell(rig, MILK, given=100_000)  # 600.00
        assert rig.refused("return_item", code=MILK, reason="bad") == "approval_needed"
        rig.must("return_receipt", code="2")
        assert rig.refused("return_all") == "approval_needed"
        rig.must("return_line", line=1, qty=100)  # 300.00
        assert rig.refused("return_line", line=1, qty=100) == "approval_needed"  # with the others more than 500.00
        await rig.must_ask("return_line", line=1, qty=100, reason="bad", **by("2001"))
        rig.must("subtotal")
        rig.must("refund")
        assert [record["total"] for record in rig.records()] == [0, 60_000, -60_000]
        assert rig.till.checkout.shift.drawer_minor == 0
        totals = rig.till.checkout.shift.totals
        assert (totals.voided, totals.sales_minor, totals.returns_minor) == (1, 60_000, -60_000)

    run(tmp_path, work, day=rules(tmp_path))


def test_training_gives_nothing_away(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        await sign_on(rig, "2001")
        rig.must("training_begin")
        rig.scan(MILK)
        assert rig.refused("suspend") == "training_suspend"
        rig.must("subtotal")
        rig.must("part", amount_minor=100)
        rig.must("cash", amount_minor=100)
        rig.must("cancel")
        rig.must("cash", amount_minor=300)
        rig.must("return_item", code=MILK, reason="bad")
        rig.must("subtotal")
        rig.must("refund")
        await rig.until(lambda: len(rig.devices.printed) >= 2)
        assert rig.devices.drawers == 0 and rig.journal.last_sequence == 0

    run(tmp_path, work, day=rules(tmp_path))
