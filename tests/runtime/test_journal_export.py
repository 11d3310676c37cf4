"""`lane journal` on a day of every kind of record: POSLog's names, the table, the paper, and what finds what."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from till_rig import MILK, WATER, Rig

from runtime.cli import main
from runtime.terminal.journal_search import matches
from runtime.tools.journal_export import CSV_NAMES, Paper, table_rows
from runtime.tools.journal_find import Wanted

KINDS = [
    "TillOpen",
    "sale",
    "voided",
    "return",
    "PaidIn",
    "PaidOut",
    "TenderPickup",
    "NoSale",
    "TillSettle",
    "BusinessEOD",
]
_made: dict[str, Path] = {}


@pytest.fixture
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One record of each of KINDS."""
    if "day" not in _made:
        folder = tmp_path_factory.mktemp("day")
        asyncio.run(_sell(folder))
        _made["day"] = folder / "journal.db"
    return _made["day"]


async def _sell(folder: Path) -> None:
    rig = Rig(folder)
    try:
        rig.must("shift_open", float_minor=20_000)
        rig.must("member", id="13800138000")
        rig.must("scan", code=MILK)
        rig.must("scan", code=WATER)
        rig.must("discount_line", line=2, amount_minor=50, reason="碰伤")
        rig.must("subtotal")
        rig.must("cash", amount_minor=1_000)
        rig.must("scan", code=MILK)
        rig.must("void_ticket", reason="不要了")
        rig.must("return_item", code=WATER, qty=2, reason="没有小票")
        rig.must("subtotal")
        rig.must("refund")
        rig.must("paid_in", amount_minor=1_100, reason="零钱")
        rig.must("paid_out", amount_minor=2_300, reason="=邮费")
        rig.must("drop", amount_minor=5_000, reason="满额")
        rig.must("no_sale", reason="换零钱")
        rig.must("shift_count")
        rig.must("shift_close", cash_minor=14_000)
        rig.must("day_end")
    finally:
        await rig.close()


@pytest.fixture
def lane(day: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def ran(word: str, *more: str) -> str:
        status = main(["journal", word, str(day), *more])
        out, err = capsys.readouterr()
        assert status in (0, 1) and not err
        return str(out)

    return ran


def test_json_has_poslogs_names(lane: Callable[..., str]) -> None:
    whole = json.loads(lane("export"))["POSLog"]["Transaction"]
    names = [
        next(iter(set(one) & {"RetailTransaction", "ControlTransaction", "TenderControlTransaction"})) for one in whole
    ]
    tender, control = "TenderControlTransaction", "ControlTransaction"
    assert names == [control, *["RetailTransaction"] * 3, *[tender] * 3, control, tender, control]
    sale, voided, back = (one["RetailTransaction"] for one in whole[1:4])
    assert (sale["TransactionStatus"], voided["TransactionStatus"]) == ("Totaled", "Voided")
    assert sale["CustomerID"] == "138****8000" and voided["LineItem"][0]["VoidFlag"] is True
    water = sale["LineItem"][1]["Sale"]
    assert (water["ExtendedAmount"], water["RegularSalesUnitPrice"]) == ("1.50", "2.00")
    assert water["RetailPriceModifier"] == [{"MethodCode": "ItemDiscount", "Amount": "-0.50", "Reason": "碰伤"}]
    assert [one["Amount"] for one in sale["Total"]] == ["5.50", "4.50"]
    cash = sale["LineItem"][2]["Tender"]
    assert (cash["Amount"], cash["TenderChange"]["Amount"], cash["TypeCode"]) == ("10.00", "5.50", "Sale")
    goods = back["LineItem"][0]["Return"]
    assert (goods["ExtendedAmount"], goods["Quantity"], goods["Reason"]) == ("-4.00", "2", "没有小票")
    assert back["LineItem"][1]["Tender"]["TypeCode"] == "Refund" and back["Total"][1]["Amount"] == "-4.00"
    assert whole[5][tender]["PaidOut"]["Amount"] == "23.00" and whole[7][control]["NoSale"]["Reason"] == "换零钱"
    counted = whole[8][tender]["TillSettle"]["TenderSummary"][0]
    assert (counted["Expected"], counted["Counted"], counted["Over"]) == ("138.50", "140.00", "1.50")
    z = whole[9][control]["BusinessEOD"]
    assert z["TenderSummary"][0]["Expected"] == "0.50" and z["GrandTotal"] == "0.50"
    assert (z["lanekit"]["sales"], z["lanekit"]["sales_amount"], z["lanekit"]["returns_amount"]) == (1, "4.50", "-4.00")


def test_the_table_has_a_row_for_each(lane: Callable[..., str]) -> None:
    rows = list(csv.DictReader(io.StringIO(lane("export", "--format", "csv"))))
    said = [(row["Kind"], row["ExtendedAmount"]) for row in rows]
    for one in (
        ("Sale", "2.00"), ("Modifier amount", "-0.50"), ("Return", "-4.00"), ("Tender Cash", "4.50"),
        ("Tender Cash", "-4.00"), ("PaidIn", "11.00"), ("PaidOut", "23.00"), ("TenderPickup", "50.00"),
        ("NoSale", "0.00"), ("Counted Cash", "140.00"), ("Over Cash", "1.50"), ("Total sales", "4.50"),
    ):  # fmt: skip
        assert one in said, one
    assert [row["VoidFlag"] for row in rows if row["SequenceNumber"] == "3"] == ["1"]
    assert next(row for row in rows if row["Kind"] == "PaidOut")["Description"] == "'=邮费"  # no formula


def test_text_is_the_paper(lane: Callable[..., str]) -> None:
    for number, words in enumerate((
        "Shift opened", "TOTAL", "*** VOIDED ***", "Given back in cash", "Paid in", "Paid out", "Taken to the safe",
        "Drawer opened without a sale", "Shift closed", "Z report",
    ), start=1):  # fmt: skip
        paper = lane("export", "--format", "text", "--sale", str(number))
        assert words in paper and f"No. {number:06d}" in paper and "*** COPY ***" in paper


def test_what_finds_what(lane: Callable[..., str]) -> None:
    def found(*words: str) -> list[int]:
        return [int(line.split()[0]) for line in lane("search", *words).splitlines()]

    everything = list(range(10, 0, -1))
    assert found("--text", "9") == everything  # the operator
    assert found("--amount", "23.00") == [10, 9, 6]  # the slip, and what the reports say of it
    assert 2 in found("--amount", "4.50") and 4 in found("--amount", "4.00") and 4 in found("--amount", "-4.00")
    assert found("--amount", "1.50") == [9, 2]  # what was over; a line after its discount
    assert found("--text", "邮费") == [6] and found("--text", "零钱") == [8, 5] and found("--text", "碰") == [2]
    assert found("--text", "没有小票") == [4] and found("--text", "voided") == [3] and found("--text", "nosale") == [8]
    assert [line.split()[0] for line in lane("show", "--sale", "6").splitlines()]
    assert "PaidOut: =邮费" in lane("search", "--sale", "6") and "Returned goods" in lane("search", "--sale", "4")


def test_no_telephone_is_exported(lane: Callable[..., str]) -> None:
    for words in (
        ["search", "--json"],
        ["show", "--json"],
        *(["export", "--format", f] for f in ("json", "csv", "text")),
    ):
        assert "13800138000" not in lane(*words)


_any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4), st.binary(max_size=4)),
    lambda one: st.one_of(st.lists(one, max_size=3), st.dictionaries(st.text(max_size=4), one, max_size=3)),
    max_leaves=6,
)


def _changed(value: Any, draw: Callable[[Any], Any]) -> Any:
    """Now and then another value in place of one, at any depth."""
    if draw(st.integers(0, 9)) == 0:
        return draw(_any)
    if isinstance(value, dict):
        return {key: _changed(each, draw) for key, each in value.items()}
    return [_changed(each, draw) for each in value] if isinstance(value, list) else value


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_map_is_exported_and_searched(data: st.DataObject) -> None:
    """A record of another version, or that somebody edited."""
    record = _changed(data.draw(st.sampled_from(_records())), data.draw)
    if not isinstance(record, dict):
        return
    paper = Paper(Path("x"))
    assert json.loads(paper.line_of(record, True)) and paper.line_of(record, False)
    assert all(len(row) == len(CSV_NAMES) for row in table_rows(record, paper))
    Wanted(amount_minor=3, text="x", sku="y").fits(record)
    matches(record, "x", 2)
    try:
        paper.text(record)
    except ValueError:
        pass


def _records() -> list[dict[str, Any]]:
    line = {"LineNumber": 1, "code": "1", "ItemID": "1", "Name": "x", "unit": "kg", "regular": 3, "qty": 0, "milli": 5}
    back = {
        **line,
        "LineNumber": 2,
        "returned": {"SequenceNumber": 4, "LineNumber": 1, "Reason": "r", "ApproverID": "a"},
    }
    priced = {"gross": 3, "net": 2, "current": 3, "regular": 3, "price_promotion": None}
    sale: dict[str, Any] = {
        "type": "RetailTransaction", "SequenceNumber": 1, "epoch": 7, "head": b"h",
        "StoreID": "S", "WorkstationID": "1",
        "EndDateTime": "2026-11-22T10:00:00", "lines": [line, back], "apart": [{"LineNumber": 2, "Amount": -3}],
        "receipt": {"gross": 3, "total": 2, "lines": [priced], "applications": [], "discount": 1},
        "adjustments": [{"LineNumber": 1, "kind": "percent", "Amount": -1, "Reason": "r", "Value": 9}],
        "tenders": [{"TenderType": "Cash", "Amount": 1, "Given": 5, "TradeNo": ""}], "total": -2, "OperatorID": "7",
    }  # fmt: skip
    control: dict[str, Any] = {
        **sale, "type": "ControlTransaction", "ControlType": "BusinessEOD", "Amount": 4, "Reason": "r",
        "tenders": [{"TenderType": "Cash", "Count": 1, "Expected": 5, "Counted": 6, "Over": 1}],
        "totals": {"sales": 1, "sales_minor": 5}, "GrandTotal": 9, "ShiftNumber": 1, "ReportNumber": 2,
    }  # fmt: skip
    return [sale, control]
