"""Events that more than one test needs, and a strategy for walks through the machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from runtime.sale import events as e
from runtime.sale.state import Apart, Checkout, Claimant, Facts, Hand, Origin, Sale, SaleLine, State, Suspended

AT = "2026-11-22T18:30:00"


def item(price: int = 350, qty: int = 1, name: str = "关东煮") -> e.ItemAdded:
    return e.ItemAdded("6901234567892", "1001", name, "each", price, qty, 0, "scanned", AT, "s" * 64)


def kilo(price: int = 1280, weight_g: int = 500) -> e.ItemAdded:
    return e.ItemAdded("2000001005007", "2000001", "苹果", "kg", price, 0, weight_g, "label", AT, "s" * 64)


BEER = replace(item(990, name="啤酒"), facts=Facts(min_age=18))
BROUGHT_BACK = e.GoodsReturned(
    (e.ReturnedGoods("1001", "1001", "关东煮", "each", 350, 1, 0, None, Origin(7, 1, 1, 2, 0, "", "")),),
    "receipt",
    AT,
    "s",
)
WANT = e.WeightWanted("2000001", "2000001", "苹果", 1280, "keyed", AT, "s" * 64)


_LINE = SaleLine(1, "6901234567892", "1001", "关东煮", "each", 350, 1, 0, "scanned")
TICKET = Suspended(1, AT, 350, 1, "关东煮", Sale(state=State.RINGING, began_at=AT, snapshot="s", lines=(_LINE,)))


def total_of(checkout: Checkout) -> int:
    lines = checkout.sale.live_lines
    return sum(x.regular_minor * x.qty + (x.regular_minor * x.weight_g + 500) // 1000 for x in lines)


def subtotal(total: int) -> e.Subtotalled:
    return e.Subtotalled({"at": AT, "lines": []}, {"total": total, "lines": []})


def sale(price: int = 350, given: int = 1000) -> list[e.Event]:
    """A whole cash sale, until it is put away."""
    return [item(price), subtotal(price), e.CashTendered(given, AT), e.SalePutAway()]


_small = st.integers(-1, 12)
_wild = st.one_of(_small, st.integers(-(2**70), 2**70))
_trade = st.sampled_from(["T1", "T2", "", "x" * 300])
_text = st.one_of(st.sampled_from(["", "M1", "苹果"]), st.text(max_size=4))
_unit = st.sampled_from(["each", "kg", "litre"])
_goods = st.builds(
    e.ReturnedGoods, st.just("1001"), st.just("1001"), st.just("x"), _unit, _small, _small, _small, st.none(),
    st.builds(Origin, st.just(7), st.integers(0, 1), st.just(1), _small, _wild),
)  # fmt: skip
_hand = st.one_of(
    st.none(),
    st.just(Hand("price", 100, "torn")),
    st.builds(Hand, st.sampled_from(["price", "percent", "amount", "x"]), _wild, st.sampled_from(["", "torn"])),
)
_receipt: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({"total": 0}), st.fixed_dictionaries({"total": _wild}), st.just({}), st.just({"total": "12"})
)
anything: st.SearchStrategy[e.Event] = st.one_of(
    st.builds(
        e.ItemAdded, _text, _text, _text, _unit, _wild, _wild, _wild, st.just("scanned"), st.just(AT), st.just("s")
    ),
    st.just(item()),
    st.builds(item, price=_small, qty=_small),
    st.just(kilo()),
    st.builds(e.WeightWanted, _text, _text, _text, _wild, st.just("keyed"), st.just(AT), st.just("s")),
    st.just(WANT),
    st.builds(e.Weighed, _wild),
    st.just(e.Weighed(500)),
    st.just(e.WeighingDropped()),
    st.builds(e.QuantitySet, st.one_of(st.none(), _wild)),
    st.builds(e.LineQuantityChanged, _small, _small),
    st.builds(e.LineVoided, _small),
    st.builds(e.MemberIdentified, _text),
    st.builds(e.Subtotalled, st.just({}), _receipt),
    st.just(subtotal(7)),
    st.just(e.TenderingLeft()),
    st.builds(e.CashTendered, _wild, st.just(AT)),
    st.just(e.CashTendered(5000, AT)),
    st.builds(e.PaymentAsked, _trade, st.just("1234"), _wild),
    st.just(e.PaymentAsked("T1", "1234", 7)),
    st.builds(e.PaymentApproved, _trade, st.just(AT)),
    st.builds(e.PaymentCancelAsked, _trade),
    st.builds(e.PaymentFailed, _trade, st.just("declined")),
    st.just(e.SalePutAway()),
    st.builds(e.PrintBegun, _small, st.booleans()),
    st.just(e.TicketVoided("changed their mind", AT)),
    st.just(e.SaleSuspended(350, AT)),
    st.builds(e.SaleSuspended, _wild, st.just(AT)),
    st.builds(e.SaleRecalled, _small),
    st.builds(e.LineChangedByHand, _small, _hand),
    st.builds(e.TicketChangedByHand, _hand),
    st.just(BEER),
    st.just(BROUGHT_BACK),
    st.builds(e.GoodsReturned, st.lists(_goods, max_size=2).map(tuple), st.just("receipt"), st.just(AT), st.just("s")),
    st.builds(e.RefundGiven, st.sampled_from(["cash", "code"]), st.just(AT)),
    st.just(e.Subtotalled({}, {"total": 0, "lines": []}, "s", (Apart(1, -300),), (), -300)),
    st.builds(e.AgeConfirmed, st.sampled_from([0, 16, 18, 99])),
    st.builds(e.AgeRefused, st.sampled_from([0, 18])),
    st.builds(e.PartSet, st.one_of(st.none(), _small, _wild)),
    st.just(e.PartSet(3)),
    st.just(e.TenderTakenBack()),
    st.builds(e.TicketClaimed, st.sampled_from(["", "02"]), _small, _small),
    st.just(e.TicketClaimed("02", 22, 1)),
    st.builds(e.ClaimClosed, _small),
    st.builds(e.TicketReleased, _small, st.builds(Claimant, st.just("02"), _small, _small)),
    st.builds(e.TicketTaken, _small, st.just("02"), st.just(22), _small, st.just(TICKET)),
    st.just(e.TicketTaken(1, "02", 22, 1, TICKET)),
    st.builds(e.ReleaseEnded, _small),
    st.builds(e.ReleaseUndone, _small),
    st.builds(e.TakenSettled, _small),
    st.builds(e.PrintEnded, _small, st.sampled_from(["OK", "OFFLINE"]), st.booleans()),
)
