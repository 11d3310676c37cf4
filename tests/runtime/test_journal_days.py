"""Random days (test_random_days), exported: what `lane journal export` says of the day comes to what the model and the
Z report say, by tender and by what moved the drawer; every record is found by what it came to and has its paper.

Broken variants (change that is not taken off, a return that counts as a sale) are found.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from test_random_days import Days, play

from runtime.journal.live import LiveJournal
from runtime.terminal.findable import amount_of
from runtime.tools import journal_export, poslog
from runtime.tools.journal_export import Paper, export
from runtime.tools.journal_find import Wanted, epochs_of, matching


def minor(text: str) -> int:
    return int(Decimal(text or "0").scaleb(2))


def by_tender(transactions: Iterable[dict[str, Any]]) -> dict[str, int]:
    """As a bookkeeper adds up the JSON: what was given, less the change."""
    sums: Counter[str] = Counter()
    for one in transactions:
        items = one.get("RetailTransaction", {}).get("LineItem", [])
        for tender in (item["Tender"] for item in items if "Tender" in item):
            sums[tender["TenderType"]] += minor(tender["Amount"])
            change = tender.get("TenderChange", {"TenderType": "Cash", "Amount": "0"})
            sums[change["TenderType"]] -= minor(change["Amount"])
    return {kind: amount for kind, amount in sums.items() if amount}


def by_row(rows: Iterable[dict[str, str]], begins: str) -> dict[str, int]:
    """As a bookkeeper adds up a column of the table."""
    sums: Counter[str] = Counter()
    for row in rows:
        if row["Kind"].startswith(begins):
            sums[row["Kind"].removeprefix(begins)] += minor(row["ExtendedAmount"])
    return {kind: amount for kind, amount in sums.items() if amount}


def one_adds_up(one: dict[str, Any]) -> None:
    body = one["RetailTransaction"]
    goods = [item.get("Sale") or item.get("Return") for item in body["LineItem"]]
    net = sum(minor(each["ExtendedAmount"]) for each in goods if each and each["ExtendedAmount"])
    assert net == minor(body["Total"][1]["Amount"])
    rounding = sum(minor(item["Rounding"]["Amount"]) for item in body["LineItem"] if "Rounding" in item)
    assert net + rounding == sum(by_tender([one]).values())
    assert [item["SequenceNumber"] for item in body["LineItem"]] == list(range(1, len(body["LineItem"]) + 1))
    if body["TransactionStatus"] == "Voided":
        assert net == 0 and all(item["VoidFlag"] for item in body["LineItem"])


class ExportedDays(Days):
    def check_to_the_end(self) -> None:
        super().check_to_the_end()
        records = self.rig.records()
        if not records:
            return
        live = LiveJournal(self.folder / "journal.db")
        try:
            self.export_agrees(records, live)
        finally:
            live.close()

    def export_agrees(self, records: list[dict[str, Any]], live: LiveJournal) -> None:
        paper, epoch = Paper(self.folder / "journal.db"), epochs_of(live, None)
        said = {}
        for kind in journal_export.FORMATS:
            out = io.StringIO()
            assert export(matching(live, epoch, Wanted(), newest_first=False), kind, paper, out) == len(records)
            said[kind] = out.getvalue()
        whole = json.loads(said["json"])["POSLog"]["Transaction"]
        table = list(csv.DictReader(io.StringIO(said["csv"])))
        assert all(f"No. {number:06d}" in said["text"] for number in range(1, len(records) + 1))
        since = 1  # the first record of the day
        for record, one in zip(records, whole, strict=True):
            if "RetailTransaction" in one:
                one_adds_up(one)
            wanted = Wanted(amount_minor=amount_of(record))
            assert wanted.fits(record)
            if record.get("ControlType") == "BusinessEOD":
                self.day_agrees(record, whole[since - 1 : record["SequenceNumber"]], table, since)
                since = record["SequenceNumber"] + 1
        last, day = whole[since - 1 :], self.model.day
        assert by_tender(last) == {kind: sum_ for kind, sum_ in (("Cash", day.cash), ("Code", day.code)) if sum_}

    def day_agrees(
        self, z: dict[str, Any], of_day: list[dict[str, Any]], table: list[dict[str, str]], since: int
    ) -> None:
        expected = {tender["TenderType"]: tender["Expected"] for tender in z["tenders"] if tender["Expected"]}
        assert by_tender(of_day) == expected
        last = z["SequenceNumber"]
        rows = [row for row in table if since <= int(row["SequenceNumber"]) <= last]
        assert by_row(rows, "Tender ") == expected
        own = by_row([row for row in rows if int(row["SequenceNumber"]) == last], "Total ")
        totals = z["totals"]
        assert own.get("sales", 0) == totals["sales_minor"] and own.get("returns", 0) == totals["returns_minor"]
        assert sum(by_row(rows, "Return").values()) == totals["returns_minor"]
        sold = sum(sum(by_row(rows, begins).values()) for begins in ("Sale", "Modifier "))
        assert sold == totals["sales_minor"]
        assert sum(by_row(rows, "Rounding").values()) == totals["rounding_minor"]
        for kind, name in (("PaidIn", "paid_in"), ("PaidOut", "paid_out"), ("TenderPickup", "drops")):
            assert sum(by_row(rows, kind).values()) == totals[f"{name}_minor"]
        of_kind = Counter(row["Kind"] for row in rows)
        assert of_kind["NoSale"] == totals["no_sales"]


def test_random_days_are_exported_as_the_model_has_them() -> None:
    play(12, 25, days=ExportedDays)


@pytest.mark.long
def test_many_random_days_are_exported() -> None:
    play(200, 60, days=ExportedDays)


def test_change_that_is_not_taken_off_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = poslog._tender
    monkeypatch.setattr(poslog, "_tender", lambda tender, money: honest({**tender, "Amount": tender["Given"]}, money))
    with pytest.raises(AssertionError):
        play(10, 25, find=True, days=ExportedDays)


def test_a_line_apart_that_is_left_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = poslog.net_lines
    monkeypatch.setattr(poslog, "net_lines", lambda record: honest({**record, "apart": []}))
    with pytest.raises(AssertionError):
        play(25, 25, find=True, days=ExportedDays)
