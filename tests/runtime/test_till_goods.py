"""What a book says of its goods: ages, goods that are not sold, what they take from stock; on a till."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from till_rig import Rig, run

from engine.compiler import compile_book
from engine.snapshot import Snapshot
from engine.values import Item
from runtime.sale.state import Facts
from runtime.terminal.ages import years_on
from runtime.terminal.goods import facts_of

ITEMS = """sku,name,unit,price,category,brand,tags,barcodes,age,stock_g,stock_sku
1,tea,each,350,,,,,,,
2,beer,each,480,,,min_age:16,,18,,
3,show piece,each,100,,,not_for_sale,,,,
4,bad milk,each,100,,,recalled,,,,
5,oden 6,each,500,,,,,,100,50
6,oden 13,each,1000,,,,,,220,50
"""


def special_book() -> Snapshot:
    about = {"format": 1, "currency": "CNY", "exponent": 2, "name": "shop", "categories": {}}
    files = {"book.json": json.dumps(about).encode(), "promotions.json": b"[]", "items.csv": ITEMS.encode()}
    return Snapshot(compile_book(files).data)


def test_an_age_is_asked_for_and_eats_no_scan(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        assert rig.refused("age_ok") == "nothing_rung"
        rig.scan("2")
        assert (rig.said, rig.view.age_question) == ("age_asked", 18)
        rig.scan("1")
        assert len(rig.view.lines) == 2 and rig.view.age_question == 18
        rig.must("subtotal")
        assert rig.refused("cash", amount_minor=1000) == "age_open"
        await rig.again()
        assert rig.view.age_question == 18
        assert rig.refused("age_ok", born="2020-01-01") == "too_young"
        assert rig.refused("age_ok", born="2008-11-23") == "too_young"  # tomorrow
        assert rig.refused("age_ok", born="1st of May") == "bad_birth_date"
        rig.must("age_ok", born="2008-11-22")
        assert rig.view.age_question == 0
        rig.must("cash", amount_minor=1000)
        assert rig.records()[0]["age_checked"] == 18
        assert b"2008" not in b"".join(str(row.event).encode() for row in rig.journal.rows(1, 100))
        rig.scan("2")
        rig.must("age_no")
        assert rig.view.state == "idle"

    run(tmp_path, work, special_book())


def test_what_is_not_sold(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        assert rig.refused("scan", code="3") == "not_for_sale"
        assert rig.refused("scan", code="4") == "item_recalled"
        rig.must("price_lookup", code="4")  # a price may be asked for
        assert rig.journal.last_seq == 0

    run(tmp_path, work, special_book())


def test_the_record_says_what_oden_takes_from_stock(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        rig.must("quantity", qty=2)
        rig.scan("5")
        rig.scan("6")
        rig.must("subtotal")
        rig.must("cash", amount_minor=2000)
        (record,) = rig.records()
        assert (record["total"], record["stock"]) == (2000, [{"ItemID": "50", "unit": "g", "Quantity": 420}])

    run(tmp_path, work, special_book())


@pytest.mark.parametrize(
    ("born", "years"), [("2008-02-29", 18), ("2008-02-28", 18), ("2008-03-01", 18), ("2008-03-02", 17)]
)
def test_years(born: str, years: int) -> None:
    assert years_on(date.fromisoformat(born), date(2026, 3, 1)) == years


@given(st.dictionaries(st.sampled_from(["age", "stock_g", "stock_sku"]), st.text(max_size=300)), st.lists(st.text()))
def test_whatever_a_column_says(extra: dict[str, str], tags: list[str]) -> None:
    facts = facts_of(Item("1", "x", "each", 1, "", "", (*tags, "min_age:18"), extra)) or Facts()
    assert 18 <= facts.min_age <= 150 and 0 <= facts.stock_g <= 999_999 and len(facts.stock_sku) <= 200
