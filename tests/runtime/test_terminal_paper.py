"""What stands on the paper: everything foots, a copy says so, the record alone is enough."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from drivers.api import Barcode, Columns, Cut, Document, Text
from runtime.terminal.paper import discounts, receipt_document


def priced(sku: str, qty: int, regular: int, current: int, net: int, promotion: str | None) -> dict[str, Any]:
    gross = qty * regular
    return {
        "sku": sku, "qty": qty, "regular": regular, "gross": gross, "current": current,
        "discount": gross - net, "net": net, "price_promotion": promotion,
    }  # fmt: skip


def record(lines: list[dict[str, Any]], applications: list[dict[str, Any]], given_minor: int) -> dict[str, Any]:
    total = sum(line["net"] for line in lines)
    gross = sum(line["gross"] for line in lines)
    return {
        "StoreID": "S001", "WorkstationID": "01", "SequenceNumber": 7, "epoch": 42, "OperatorID": "1001",
        "EndDateTime": "2026-11-22T18:31:00",
        "receipt": {
            "gross": gross, "discount": gross - total, "total": total, "lines": lines, "applications": applications
        },
        "lines": [
            {"Name": f"品{line['sku']}", "unit": "each", "qty": line["qty"], "milli": 0, "VoidFlag": False}
            for line in lines
        ] + [{"Name": "void", "unit": "each", "qty": 1, "milli": 0, "VoidFlag": True}],
        "tenders": [{"TenderType": "Cash", "Amount": total, "Given": given_minor, "TradeNo": ""}],
        "change": given_minor - total,
    }  # fmt: skip


def document(one: dict[str, Any], copy: bool = False) -> Document:
    return receipt_document(
        one, copy=copy, header=("Shop",), footer=(), exponent=2, sign="¥", promotion_name=str, _=str
    )


def words(paper: Document) -> str:
    return "\n".join(
        element.text if isinstance(element, Text) else " ".join(cell[0] for cell in element.cells)
        for element in paper
        if isinstance(element, Text | Columns)
    )


SALE = record(
    [priced("1", 2, 500, 900, 700, "P1"), priced("2", 1, 250, 250, 250, None)],
    [{"promotion": "P2", "times": 1, "units": [[0, 2]], "gifts": [], "discount": 200}],
    1000,
)


def test_the_receipt_names_what_was_sold_taken_off_and_paid() -> None:
    text = words(document(SALE))
    for part in ("品1", "  2 x 5.00 10.00", "P1 -1.00", "P2 -2.00", "TOTAL ¥9.50", "Cash 10.00", "Change 0.50", "3.00"):
        assert part in text, part
    assert "void" not in text and "COPY" not in text


def test_a_copy_is_the_same_but_for_its_mark() -> None:
    once, again = document(SALE), document(SALE, copy=True)
    added = [element for element in again if element not in once]
    assert [element.text for element in added if isinstance(element, Text)] == ["*** COPY ***"]
    assert len(again) == len(once) + 1


def test_it_ends_with_its_number_as_a_barcode_and_a_cut() -> None:
    paper = document(SALE)
    assert Barcode("S001-01-000007-002a") in paper
    assert paper[-1] == Cut()


amounts = st.integers(0, 10_000)


@given(st.lists(st.tuples(st.integers(1, 9), amounts, amounts, amounts), min_size=1, max_size=8))
def test_what_is_printed_foots(rows: list[tuple[int, int, int, int]]) -> None:
    lines, applications = [], []
    for number, (qty, regular, off, more) in enumerate(rows):
        current = max(0, qty * regular - off)
        net = max(0, current - more)
        lines.append(priced(str(number), qty, regular, current, net, "P" if current < qty * regular else None))
        if net < current:
            applications.append({"promotion": f"Q{number}", "times": 1, "units": [], "discount": current - net})
    receipt = record(lines, applications, 10**9)["receipt"]
    assert receipt["gross"] - sum(amount for _, _, amount in discounts(receipt)) == receipt["total"]
