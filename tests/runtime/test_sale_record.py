"""The record of a closed sale: complete, canonical, and read strictly."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.sale import events as e
from runtime.sale.machine import fold
from runtime.sale.record import Identity, build_record, pack_record, parse_record, read_record
from runtime.sale.state import Checkout
from runtime.wire.pack import WireError, pack
from tests.runtime.sale_events import AT, WANT, item, subtotal

WHO = Identity(store="S1", workstation="T1", operator="7", epoch=99)
BASKET: dict[str, Any] = {"at": AT, "lines": [{"code": "1001", "qty": 2}, {"code": "2000001", "milli": 500}]}
RECEIPT: dict[str, Any] = {"total": 1340, "lines": [{"net": 700}, {"net": 640}]}
SOLD = fold(
    [
        item(qty=2),
        item(990, name="取消"),
        e.LineVoided(2),
        WANT,
        e.Weighed(500),
        e.Subtotalled(BASKET, RECEIPT),
        e.CashTendered(2000, AT),
    ]
)


def body_of(checkout: Checkout) -> bytes:
    return build_record(WHO, checkout, 1, AT, "2026-11-22T18:31:00", "2026-11-22", b"h" * 32, 3, 9, "set")


def test_a_record_says_it_all() -> None:
    record = read_record(body_of(SOLD))
    assert record["type"] == "RetailTransaction"
    assert (record["StoreID"], record["WorkstationID"], record["OperatorID"], record["epoch"]) == ("S1", "T1", "7", 99)
    assert (record["SequenceNumber"], record["BusinessDayDate"], record["rows"]) == (1, "2026-11-22", [3, 9])
    assert (record["BeginDateTime"], record["EndDateTime"]) == (AT, "2026-11-22T18:31:00")
    assert (record["basket"], record["receipt"], record["snapshot"]) == (BASKET, RECEIPT, "s" * 64)
    assert [(x["Name"], x["VoidFlag"]) for x in record["lines"]] == [("关东煮", False), ("取消", True), ("苹果", False)]
    assert record["tenders"] == [{"TenderType": "Cash", "Amount": 1340, "Given": 2000, "TradeNo": ""}]
    assert record["change"] == 660
    packed = pack_record(1, body_of(SOLD))
    assert (packed.sequence, packed.body, len(packed.hash)) == (1, body_of(SOLD), 32)


def test_a_code_payment_is_in_it_without_the_code() -> None:
    paid = fold([item(), subtotal(350), e.PaymentAsked("20261122-1", "1234", 350), e.PaymentApproved("20261122-1", AT)])
    record = read_record(body_of(paid))
    assert record["tenders"] == [{"TenderType": "Code", "Amount": 350, "Given": 350, "TradeNo": "20261122-1"}]
    assert b"1234" not in body_of(paid).replace(b"6901234567892", b"")


def test_an_open_sale_has_no_record() -> None:
    for checkout in (Checkout(), fold([item()]), fold([item(), subtotal(350)])):
        with pytest.raises(WireError):
            body_of(checkout)
    with pytest.raises(WireError):
        build_record(WHO, SOLD, 2, AT, AT, "2026-11-22", b"h" * 32, 3, 9, "set")


def test_what_does_not_add_up_is_refused() -> None:
    good = msgpack.unpackb(body_of(SOLD))
    lies: list[dict[str, Any]] = [
        {"change": 0},
        {"receipt": {"total": 1}},
        {"receipt": {"total": 1340.0}},
        {"rows": [3]},
        {"rows": [9, 3]},
        {"head": b""},
        {"epoch": 0},
        {"SequenceNumber": 0},
        {"type": "Refund"},
        {"more": 1},
        {"tenders": []},
        {"basket": {"at": 1.5}},
        {"basket": {"at": msgpack.Timestamp(1)}},
    ]
    for lie in lies:
        with pytest.raises(WireError):
            read_record(msgpack.packb(dict(sorted({**good, **lie}.items()))))
    with pytest.raises(WireError):
        read_record(msgpack.packb(dict(reversed(good.items()))))  # not canonical
    assert pack(parse_record(body_of(SOLD))) == body_of(SOLD)


@given(st.binary(max_size=300))
def test_garbage_is_a_wire_error(body: bytes) -> None:
    with pytest.raises(WireError):
        read_record(body)


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4))
def test_mutated_records_are_wire_errors_or_records(flips: list[tuple[int, int]]) -> None:
    body = bytearray(body_of(SOLD))
    for at, byte in flips:
        body[at % len(body)] = byte
    try:
        read_record(bytes(body))
    except WireError:
        pass
