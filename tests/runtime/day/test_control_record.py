"""Control records: complete, canonical, read strictly; the gateway takes them; paper and screen say the same."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.api import Columns, Text
from runtime.day import events as d
from runtime.day.record import Control, build_control, parse_control, read_control
from runtime.day.reports import COUNT_SENTENCES, TITLE_SENTENCES, rows_of, title_of
from runtime.day.state import Totals
from runtime.gateway.batches import checked_batch
from runtime.sale import events as e
from runtime.sale.effects import CloseRecord
from runtime.sale.machine import fold, step
from runtime.sale.record import read_record
from runtime.sale.state import Checkout
from runtime.terminal.control_paper import control_document
from runtime.wire.pack import WireError, pack, unpack
from runtime.wire.records import PackedRecord, RecordBatch
from tests.runtime.sale_events import AT, sale

AFTER = "2026-11-22T22:00:00"
BEFORE: list[e.Event] = [
    d.ShiftOpened(20_000, AT), *sale(350), *sale(650, 700), d.PaidIn(1_000, "零钱", AT), d.PaidOut(200, "邮费", AT),
    d.CashDropped(5_000, "满额", AT), d.DrawerOpened("换零钱", AT),
]  # fmt: skip


def body(checkout: Checkout, event: e.Event) -> bytes:
    """The record of an event, as the till makes it."""
    after, effects = step(checkout, event)
    close = effects[0]
    assert isinstance(close, CloseRecord) and close.control is not None
    return build_control(
        close.control,
        store="S1",
        workstation="T1",
        operator="7",
        epoch=99,
        sequence=after.last_sequence,
        at=AFTER,
        head=b"h" * 32,
        first_row=3,
        last_row=9,
        time_quality="system",
    )


SOLD = fold(BEFORE)
SETTLE = body(fold([d.CountBegun()], SOLD), d.ShiftClosed((d.Counted("cash", 16_000), d.Counted("code", 0)), AFTER))
END = body(SOLD, d.DayTurned(AFTER))
SLIPS = {
    "TillOpen": body(Checkout(), BEFORE[0]),
    "PaidIn": body(SOLD, d.PaidIn(1_000, "零钱", AT, "2001")),
    "PaidOut": body(SOLD, d.PaidOut(200, "邮费", AT)),
    "TenderPickup": body(SOLD, d.CashDropped(5_000, "满额", AT)),
    "NoSale": body(SOLD, d.DrawerOpened("换零钱", AT)),
    "TillSettle": SETTLE,
    "BusinessEOD": END,
}


def test_a_settlement_says_it_all() -> None:
    record = read_record(SETTLE)
    assert (record["type"], record["ControlType"], record["OperatorID"]) == ("ControlTransaction", "TillSettle", "7")
    assert (record["SequenceNumber"], record["rows"], record["epoch"]) == (8, [3, 9], 99)
    assert (record["BeginDateTime"], record["EndDateTime"], record["BusinessDayDate"]) == (AT, AFTER, "2026-11-22")
    assert record["tenders"] == [
        {"TenderType": "Cash", "Count": 2, "Expected": 16_800, "Counted": 16_000, "Over": -800},
        {"TenderType": "Code", "Count": 0, "Expected": 0, "Counted": 0, "Over": 0},
    ]
    assert record["totals"]["sales_minor"] == 1_000 and set(record["totals"]) >= set(COUNT_SENTENCES)


@pytest.mark.parametrize("kind", SLIPS)
def test_every_kind_has_a_paper_that_says_its_amounts(kind: str) -> None:
    record = read_control(SLIPS[kind])
    assert record["ControlType"] == kind and title_of(record) == TITLE_SENTENCES[kind]
    for copy in (False, True):
        paper = control_document(record, copy=copy, blind=True, header=("店",), exponent=2, _=str)
        said = [e.text for e in paper if isinstance(e, Text)] + [
            cell for e in paper if isinstance(e, Columns) for cell, _w, _a in e.cells
        ]
        assert ("*** COPY ***" in said) == copy and TITLE_SENTENCES[kind] in said
        assert record["Reason"] in said or not record["Reason"]
    if kind == "PaidIn":
        assert "10.00" in said and "2001" in said


def test_an_open_shift_says_nothing_of_its_tenders_where_the_count_is_blind() -> None:
    record = read_control(END)
    assert record["ShiftOpen"] and record["tenders"]
    blind = [row.label for row in rows_of(record, blind=True)]
    seeing = [row.label for row in rows_of(record, blind=False)]
    assert "Cash" not in blind and "The drawer is not counted yet" in blind and "Cash" in seeing


def test_the_gateway_takes_them_and_counts_no_sale() -> None:
    records = tuple(
        PackedRecord(n, hashlib.sha256(one).digest(), one)
        for n, one in enumerate((pack({**unpack(b), "SequenceNumber": n + 1}) for n, b in enumerate(SLIPS.values())), 1)
    )
    checked = checked_batch(RecordBatch("S1", "T1", 99, records), "S1").checked
    assert len(checked) == len(SLIPS)
    assert not any(one.is_sale or one.total_minor for one in checked)


def wrong(**changes: Any) -> bytes:
    return pack({**unpack(SETTLE), **changes})


@pytest.mark.parametrize(
    "bad",
    [
        wrong(SequenceNumber=0),
        wrong(rows=[9, 3]),
        wrong(rows=[1]),
        wrong(head=b"h"),
        wrong(epoch=0),
        wrong(ControlType="Refund"),
        wrong(extra=1),
        wrong(totals={"sales": 1}),
        wrong(tenders=[{"TenderType": "Cash", "Count": 1, "Expected": 5, "Counted": 3, "Over": 0}]),
        pack({**unpack(END), "tenders": []}),
        SETTLE + b"\x00",
        SETTLE[:-1],
        msgpack.packb({**unpack(SETTLE), "Amount": 1.0}),
        msgpack.packb({"type": "ControlTransaction"}),
    ],
)
def test_what_does_not_add_up_is_refused(bad: bytes) -> None:
    with pytest.raises(WireError):
        read_record(bad)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_bytes_are_a_record_or_a_wire_error(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(list(SLIPS.values())))
    at = data.draw(st.integers(0, len(whole) - 1))
    mutant = data.draw(
        st.one_of(
            st.binary(max_size=60),
            st.builds(lambda byte: whole[:at] + bytes([byte]) + whole[at + 1 :], st.integers(0, 255)),
            st.just(whole[:at]),
            st.just(whole[:at] + whole[at + 1 :]),
        )
    )
    try:
        parse_control(mutant)
        read_record(mutant)
    except WireError:
        pass


def test_the_largest_report_fits() -> None:
    """Every number as large as it can get."""
    huge = replace(Totals(), **dict.fromkeys(unpack(SETTLE)["totals"], 1 << 62))
    control = Control(
        type="BusinessEOD", reason="长" * 100, totals=replace(huge, sales_minor=0, returns_minor=0, rounding_minor=0)
    )
    made = build_control(
        control, store="S", workstation="T", operator="7", epoch=1, sequence=1, at=AT, head=bytes(32), first_row=1,
        last_row=1, time_quality="system",
    )  # fmt: skip
    assert parse_control(made).Reason == "长" * 100
