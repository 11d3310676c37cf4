"""Code payments: no sale without the provider's word, no money without a sale, no loop that spins."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from till_rig import FREE, MILK, PAY_CODE, Devices, Rig, full, run

from runtime.terminal import paying, payment


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "QUERY_EVERY_S", 0.02)
    monkeypatch.setattr(payment, "QUERY_EVERY_S", 0.02)


def tender(rig: Rig) -> None:
    rig.scan(MILK)
    rig.must("subtotal")


def test_what_never_went_out_to_the_provider_is_certainly_not_paid(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.provider["pay"] = ["OFFLINE"]
        tender(rig)
        rig.scan(PAY_CODE)
        await rig.until(lambda: rig.view.state == "tendering")
        assert rig.said == "payment_not_sent"
        assert rig.devices.asked == ["pay"]
        rig.must("cash", amount_minor=300)

    run(tmp_path, work)


def test_a_late_offline_says_nothing_about_what_went_out_before(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.provider["pay"] = ["TIMEOUT"]
        rig.devices.provider["query"] = ["OFFLINE", "OFFLINE", "SUCCESS"]
        tender(rig)
        rig.scan(PAY_CODE)
        await rig.until(lambda: rig.view.state == "closed")
        assert [r["tenders"][0]["TenderType"] for r in rig.records()] == ["Code"]

    run(tmp_path, work)


@pytest.mark.parametrize("ends", ["SUCCESS", "PAYERROR"])
def test_a_full_disk_while_a_payment_ends_does_not_spin_and_loses_nothing(tmp_path: Path, ends: str) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.provider.update(pay=["USERPAYING"], query=[ends])
        tender(rig)
        rig.scan(PAY_CODE)
        await rig.until(lambda: rig.devices.asked)
        full(True)
        await rig.until(lambda: rig.said == "DISK_FULL")
        before, serial = len(rig.devices.asked), rig.view.notice
        await asyncio.sleep(0.1)
        assert len(rig.devices.asked) - before <= 6
        assert rig.view.notice == serial  # said once, not at every try
        assert rig.view.state == "paying"
        full(False)
        await rig.until(lambda: rig.view.state == ("closed" if ends == "SUCCESS" else "tendering"))
        assert len(rig.records()) == (ends == "SUCCESS")

    run(tmp_path, work)


def test_without_a_provider_a_payment_code_is_refused_and_cash_is_taken(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        tender(rig)
        rig.scan(PAY_CODE)
        assert rig.said == "payments_none"
        assert rig.view.state == "tendering"
        rig.must("cash", amount_minor=300)

    run(tmp_path, work, devices=Devices("Scanner", "POSPrinter"))


def test_the_customers_code_is_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)

    async def work(rig: Rig) -> None:
        tender(rig)
        for bad in (PAY_CODE[:-1] + " 9", PAY_CODE + "9" * 60):
            rig.scan(bad)
            assert rig.said == "not_a_payment_code"
            assert PAY_CODE[:12] not in str(rig.view)
        rig.devices.provider["pay"] = ["USERPAYING"]
        rig.scan(PAY_CODE)
        rig.scan(PAY_CODE[:-2] + "11")
        assert rig.said == "payment_open"
        assert PAY_CODE[:12] not in str(vars(rig.till.paying))
        assert all(PAY_CODE[:12] not in str(view) for view in rig.views)

    run(tmp_path, work)
    for file in tmp_path.iterdir():
        assert PAY_CODE[:12].encode() not in file.read_bytes()
    assert PAY_CODE[:12] not in caplog.text


def test_goods_scanned_while_the_customer_pays_are_told_why(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.provider.update(pay=["USERPAYING"], query=["USERPAYING"])
        tender(rig)
        rig.scan(PAY_CODE)
        rig.scan("6901234567892")
        assert rig.said == "payment_open"

    run(tmp_path, work)


def test_the_drawer_opens_for_cash_alone(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.provider["pay"] = ["SUCCESS"]
        tender(rig)
        rig.scan(PAY_CODE)
        await rig.until(lambda: rig.view.state == "closed" and rig.devices.printed)
        rig.scan(FREE)
        rig.must("subtotal")
        assert rig.view.total_minor == 0
        rig.scan(PAY_CODE)
        assert rig.said == "nothing_due"
        rig.must("cash", amount_minor=0)
        await rig.until(lambda: len(rig.devices.printed) == 2)
        assert rig.devices.drawers == 0
        tender(rig)
        rig.must("cash", amount_minor=1000)
        await rig.until(lambda: len(rig.devices.printed) == 3)
        assert rig.devices.drawers == 1

    run(tmp_path, work)


@pytest.mark.parametrize("at", ["asked", "cancelling", "before the answer"])
def test_after_a_crash_a_payment_is_queried_and_never_asked_again(tmp_path: Path, at: str) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.provider.update(pay=["USERPAYING"], query=["USERPAYING"], cancel=["USERPAYING"])
        tender(rig)
        rig.scan(PAY_CODE)
        if at != "before the answer":
            await rig.until(lambda: "query" in rig.devices.asked)
        if at == "cancelling":
            rig.must("cancel")
            await rig.until(lambda: "cancel" in rig.devices.asked)
        rig.devices.asked.clear()
        rig.devices.provider.update(query=["SUCCESS"], cancel=["REVOKED"])
        await rig.again()
        wanted = "tendering" if at == "cancelling" else "closed"
        await rig.until(lambda: rig.view.state == wanted)
        assert "pay" not in rig.devices.asked
        assert len(rig.records()) == (wanted == "closed")

    run(tmp_path, work)


def test_a_cancel_key_that_is_held_down_writes_one_row(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.provider.update(pay=["USERPAYING"], query=["USERPAYING"], cancel=["USERPAYING"])
        tender(rig)
        rig.scan(PAY_CODE)
        rows = rig.journal.last_seq
        for _ in range(30):
            rig.must("cancel")
        assert rig.journal.last_seq == rows + 1

    run(tmp_path, work)


def test_a_payment_that_is_not_on_disk_is_not_asked_for(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.devices.provider["pay"] = ["SUCCESS"]
        tender(rig)
        full(True)
        rig.scan(PAY_CODE)
        assert rig.said == "DISK_FULL" and rig.view.state == "tendering"
        await asyncio.sleep(0.05)
        assert not rig.devices.asked and not rig.till.paying._auth_code
        full(False)
        rig.scan(PAY_CODE)
        await rig.until(lambda: rig.view.state == "closed")
        assert rig.devices.asked == ["pay"]

    run(tmp_path, work)


def test_a_till_that_takes_silence_for_not_sent_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "NOTHING_WENT_OUT", frozenset({"TIMEOUT"}))
    monkeypatch.setattr(Rig, "within_s", 0.8)
    with pytest.raises((AssertionError, TimeoutError)):
        test_a_late_offline_says_nothing_about_what_went_out_before(tmp_path)
