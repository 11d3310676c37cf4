"""The sale's machine: what each event does, what is refused and in which words, and what no walk may break."""

from __future__ import annotations

import typing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.sale import diagram, paying
from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.effects import (
    AskPayment,
    AskWeight,
    CancelPayment,
    CloseRecord,
    OpenDrawer,
    Print,
    QueryPayment,
    Show,
)
from runtime.sale.machine import HANDLERS, fold, resume, step
from runtime.sale.refusals import MAX_LINES, MAX_PRINTS, SENTENCES, Refused
from runtime.sale.state import (
    Apart,
    Checkout,
    Claimant,
    Facts,
    Hand,
    OpenClaim,
    PrintJob,
    Released,
    Sale,
    SaleLine,
    Shares,
    State,
    Taken,
    Tender,
)
from runtime.sale.table import STATES, TABLE, Go, No
from tests.runtime.sale_events import AT, BROUGHT_BACK, WANT, anything, item, kilo, sale, subtotal


def refused(checkout: Checkout, event: e.Event) -> str:
    with pytest.raises(Refused) as caught:
        step(checkout, event)
    assert "{" not in str(caught.value)  # its arguments fill its sentence
    return caught.value.code


ONE_ASIDE = fold([item(), e.SaleSuspended(350, AT)]).suspended[0]
SHARES = Shares(
    claims=(OpenClaim(1, "02", 22, 5),),
    released=(Released(1, Claimant("03", 33, 1), replace(ONE_ASIDE, number=2)),),
    taken=(Taken(2, "02", 22, 1),),
    last_claim=2,
    last_release=1,
)


def one_aside(checkout: Checkout) -> Checkout:
    """The same with a suspended ticket, number 1, another on its way, and dealings with other tills."""
    return replace(checkout, suspended=(ONE_ASIDE,), last_suspended=2, shares=SHARES)


def for_adults(checkout: Checkout) -> Checkout:
    """The same with an item that is not for everybody."""
    line = SaleLine(2, "2", "2", "beer", "each", 350, 1, 0, "scanned", facts=Facts(min_age=18))
    return replace(checkout, sale=replace(checkout.sale, lines=(*checkout.sale.lines, line)))


def refund_due() -> Checkout:
    receipt = {"total": 0, "lines": []}
    return fold([BROUGHT_BACK, e.Subtotalled({}, receipt, "s", (Apart(1, -300),), (), -300)])


REFUND_DUE = refund_due()
RINGING = fold([item()])
WEIGHING = fold([WANT])
TENDERING = fold([item(), subtotal(350)])
PART_PAID = fold([item(), subtotal(350), e.PartSet(50), e.CashTendered(50, AT)])
PAYING = fold([item(), subtotal(350), e.PaymentAsked("T1", "1234", 350)])
CLOSED = fold([item(), subtotal(350), e.CashTendered(1000, AT)])
IN_STATE = dict(zip(STATES, (Checkout(), RINGING, WEIGHING, TENDERING, PAYING, CLOSED), strict=True))


def test_the_table_is_total_and_says_nothing_that_does_not_exist() -> None:
    assert set(TABLE) == {(state, event) for state in State for event in typing.get_args(e.SaleEvent)}
    assert {cell.handler for cell in TABLE.values() if isinstance(cell, Go)} == set(HANDLERS)
    assert {cell.code for cell in TABLE.values() if isinstance(cell, No)} <= set(SENTENCES)
    assert all(cell.ends for cell in TABLE.values() if isinstance(cell, Go))


def test_every_refusal_has_a_sentence_and_a_remedy() -> None:
    for code, (text, remedy) in SENTENCES.items():
        assert text.endswith(".") and remedy.endswith("."), code


def test_what_the_table_refuses_is_refused_in_every_state() -> None:
    samples: list[e.Event] = [
        item(),
        WANT,
        e.Weighed(5),
        e.WeighingDropped(),
        e.QuantitySet(2),
        e.LineQuantityChanged(1, 2),
        e.LineVoided(1),
        e.MemberIdentified("M1"),
        subtotal(350),
        e.TenderingLeft(),
        e.CashTendered(350, AT),
        e.PaymentAsked("T1", "1234", 350),
        e.PaymentApproved("T1", AT),
        e.PaymentCancelAsked("T1"),
        e.PaymentFailed("T1", "declined"),
        e.SalePutAway(),
        e.TicketVoided("", AT),
        e.SaleSuspended(350, AT),
        e.SaleRecalled(1),
        e.LineChangedByHand(1, Hand("price", 100, "torn")),
        e.TicketChangedByHand(Hand("percent", 10, "friend")),
        e.AgeConfirmed(18),
        e.AgeRefused(18),
        BROUGHT_BACK,
        e.RefundGiven("cash", AT),
        e.PartSet(100),
        e.TenderTakenBack(),
        e.TicketClaimed("02", 22, 4),
        e.ClaimClosed(1),
        e.TicketReleased(1, Claimant("02", 22, 1)),
        e.TicketTaken(1, "02", 22, 1, replace(ONE_ASIDE, number=5)),
        e.ReleaseEnded(1),
        e.ReleaseUndone(1),
        e.TakenSettled(2),
    ]
    assert len(samples) == len(typing.get_args(e.SaleEvent)) - 2
    for state, checkout in IN_STATE.items():
        assert checkout.sale.state is state
        for event in samples:
            cell = TABLE[state, type(event)]
            if isinstance(cell, No):
                assert refused(checkout, event) == cell.code
            else:
                begin = PART_PAID if isinstance(event, e.TenderTakenBack) else one_aside(checkout)
                begin = REFUND_DUE if isinstance(event, e.RefundGiven) else begin
                begin = for_adults(begin) if isinstance(event, e.AgeConfirmed | e.AgeRefused) else begin
                assert step(begin, event)[0].sale.state in cell.ends


def test_a_cash_sale() -> None:
    checkout, effects = step(TENDERING, e.CashTendered(1000, AT))
    assert effects == (CloseRecord(1), OpenDrawer(), Show("change", 650), Print(1, False))
    assert (checkout.sale.change_minor, checkout.last_sequence, checkout.prints) == (650, 1, (PrintJob(1),))
    assert checkout.sale.due_minor == 0
    after = fold([e.SalePutAway()], checkout)
    assert (after.sale, after.prints, after.last_sequence) == (Sale(), (PrintJob(1),), 1)


def test_cash_short_says_how_much() -> None:
    with pytest.raises(Refused) as caught:
        step(TENDERING, e.CashTendered(300, AT))
    assert (caught.value.code, caught.value.args_named) == ("cash_short", {"short": 50})
    assert refused(TENDERING, e.CashTendered(6901234567892, AT)) == "bad_amount"
    assert refused(TENDERING, e.CashTendered(-1, AT)) == "bad_amount"


def test_a_sale_that_costs_nothing_is_closed_with_cash_0_and_no_drawer() -> None:
    checkout = fold([item(0), subtotal(0)])
    assert refused(checkout, e.PaymentAsked("T1", "1234", 0)) == "nothing_due"
    assert step(checkout, e.CashTendered(0, AT))[1] == (CloseRecord(1), Show("change", 0), Print(1, False))


def test_a_code_payment() -> None:
    assert refused(TENDERING, e.PaymentAsked("T1", "1234", 349)) == "payment_amount"
    assert refused(TENDERING, e.PaymentAsked("", "1234", 350)) == "bad_trade"
    assert refused(TENDERING, e.PaymentAsked("T1", "134567890123456789", 350)) == "bad_trade"
    assert step(TENDERING, e.PaymentAsked("T1", "1234", 350))[1] == (AskPayment("T1", 350),)
    assert refused(PAYING, e.PaymentApproved("T2", AT)) == "payment_foreign"
    assert refused(PAYING, e.PaymentFailed("T2", "declined")) == "payment_foreign"
    checkout, effects = step(PAYING, e.PaymentApproved("T1", AT))
    assert effects == (CloseRecord(1), Show("paid", 350), Print(1, False))
    assert checkout.sale.tenders[0].trade_no == "T1" and checkout.sale.payment is None
    assert fold([e.PaymentFailed("T1", "declined")], PAYING) == TENDERING


def test_a_cancel_goes_on_until_the_provider_has_spoken() -> None:
    cancelling, effects = step(PAYING, e.PaymentCancelAsked("T1"))
    assert effects == (CancelPayment("T1"),)
    assert step(cancelling, e.PaymentCancelAsked("T1"))[1] == (CancelPayment("T1"),)
    assert fold([e.PaymentFailed("T1", "cancelled")], cancelling).sale.state is State.TENDERING
    assert fold([e.PaymentApproved("T1", AT)], cancelling).sale.state is State.CLOSED
    assert CancelPayment("T1") in resume(cancelling)


def test_quantities() -> None:
    for qty in (0, 100_000, -1):
        assert refused(Checkout(), e.QuantitySet(qty)) == "bad_quantity"
        assert refused(Checkout(), item(qty=qty)) == "bad_quantity"
        assert refused(RINGING, e.LineQuantityChanged(1, qty)) == "bad_quantity"
    waiting = fold([e.QuantitySet(3)])
    assert (waiting.sale.state, waiting.sale.pending_qty) == (State.IDLE, 3)
    assert refused(waiting, kilo()) == refused(waiting, WANT) == "quantity_for_weighed"
    assert fold([item(qty=3)], waiting).sale.pending_qty is None
    assert fold([e.QuantitySet(None)], waiting) == Checkout()
    assert refused(Checkout(), e.QuantitySet(None)) == "no_quantity"
    assert fold([e.LineQuantityChanged(1, 9999)], RINGING).sale.lines[0].qty == 9999
    assert refused(fold([kilo()]), e.LineQuantityChanged(1, 2)) == "line_weighed"
    assert refused(RINGING, e.LineQuantityChanged(2, 2)) == "line_unknown"


def test_weighing() -> None:
    weighing, effects = step(RINGING, WANT)
    assert effects == (Show("price", 1280), AskWeight())
    assert refused(weighing, item()) == "weighing_open"
    for weight_g in (0, -5, 1_000_000):
        assert refused(weighing, e.Weighed(weight_g)) == "bad_weight"
    line = fold([e.Weighed(1234)], weighing).sale.lines[1]
    assert (line.line, line.unit, line.weight_g, line.qty, line.entry) == (2, "kg", 1234, 0, "scale")
    assert fold([e.WeighingDropped()], weighing) == RINGING
    assert fold([e.WeighingDropped()], WEIGHING) == Checkout()


def test_the_last_line_voided_leaves_nothing_for_the_next_customer() -> None:
    checkout = fold([e.MemberIdentified("M1"), item(), item(990), e.LineVoided(1)])
    assert [line.voided for line in checkout.sale.lines] == [True, False]
    assert refused(checkout, e.LineVoided(1)) == refused(checkout, e.LineQuantityChanged(1, 2)) == "line_voided"
    assert refused(checkout, e.LineVoided(3)) == "line_unknown"
    assert fold([item()], checkout).sale.lines[-1].line == 3  # a number is never used again
    assert fold([e.LineVoided(2)], checkout) == Checkout()


def test_the_next_sale_does_not_wait_for_the_printer() -> None:
    printing = fold([e.PrintBegun(1, False)], CLOSED)
    for event in (item(990), WANT, e.QuantitySet(2), e.MemberIdentified("M9")):
        after = fold([event], printing)
        alone = fold([event])
        assert (after.sale, after.prints) == (alone.sale, printing.prints)
    assert refused(CLOSED, e.QuantitySet(0)) == "bad_quantity"


def test_a_receipt_of_which_something_may_be_on_paper_is_a_copy_next_time() -> None:
    assert refused(CLOSED, e.PrintEnded(1, "OK")) == "print_not_begun"
    assert refused(CLOSED, e.PrintBegun(1, True)) == "print_copy"
    assert refused(CLOSED, e.PrintBegun(2, False)) == "print_unknown"
    begun = fold([e.PrintBegun(1, False)], CLOSED)
    assert Print(1, True) in resume(begun)  # killed in the middle of it
    assert refused(begun, e.PrintBegun(1, False)) == "print_copy"
    assert fold([e.PrintEnded(1, "OK")], begun).prints == ()
    assert fold([e.PrintEnded(1, "OFFLINE", False)], begun) == CLOSED  # not a byte of it went out
    partly = fold([e.PrintEnded(1, "EPTR_REC_EMPTY")], begun)
    assert partly.prints == (PrintJob(1, begun=True),)
    again = fold([e.PrintBegun(1, True), e.PrintEnded(1, "OFFLINE", False)], partly)
    assert again == partly  # the second try printed nothing, the first did


def test_limits() -> None:
    line = SaleLine(1, "1", "1", "x", "each", 1, 1, 0, "scanned")
    full = Checkout(sale=replace(RINGING.sale, lines=tuple(replace(line, line=n + 1) for n in range(MAX_LINES))))
    assert refused(full, item()) == refused(full, WANT) == "too_many_lines"
    many = replace(TENDERING, prints=tuple(PrintJob(n) for n in range(1, MAX_PRINTS + 1)), last_sequence=MAX_PRINTS)
    assert len(fold([e.CashTendered(350, AT)], many).prints) == MAX_PRINTS
    assert refused(Checkout(), item(price=-1)) == refused(Checkout(), item(price=1 << 62)) == "bad_price"
    assert refused(Checkout(), item(name="长" * 300)) == "bad_item"
    assert refused(RINGING, subtotal(-1)) == "bad_total"
    assert refused(Checkout(), e.MemberIdentified("")) == "bad_member"
    assert fold([e.MemberIdentified("M1"), e.MemberIdentified("")]) == Checkout()


def test_resume() -> None:
    assert resume(Checkout()) == (Show("off", 0),)
    assert resume(WEIGHING) == (AskWeight(), Show("off", 0))
    assert resume(TENDERING) == (Show("total", 350),)
    assert resume(PAYING) == (QueryPayment("T1"), Show("total", 350))
    assert resume(CLOSED) == (Show("change", 650), Print(1, False))
    assert fold(sale()).prints == (PrintJob(1),)


def walk(events: list[e.Event]) -> None:
    """Whatever happens, in whatever order: the invariants of money, of numbers, and of the fold."""
    checkout, accepted = Checkout(), list[e.Event]()
    closed = 0
    for event in events:
        try:
            after, effects = step(checkout, event)
        except Refused as error:
            assert str(error)
            continue
        accepted.append(event)
        cell = TABLE[checkout.sale.state, type(event)]
        assert isinstance(cell, Go) and after.sale.state in cell.ends
        sale = after.sale
        closings = [x for x in effects if isinstance(x, CloseRecord)]
        voided = [x for x in closings if x.sale is not None]
        assert len(closings) == after.last_sequence - checkout.last_sequence
        assert len(closings) - len(voided) == (sale.state is State.CLOSED) - (
            checkout.sale.state is State.CLOSED and sale.state is State.CLOSED
        )
        closed += len(closings)
        assert after.last_sequence == closed
        if closings and closings[0].sale is not None:
            assert closings == [CloseRecord(closed, sale=closings[0].sale)] and closings[0].sale.voided
        elif closings:
            assert closings == [CloseRecord(closed)] and Print(closed, False) in effects
        if sale.state is State.CLOSED:
            assert sum(x.amount_minor for x in sale.tenders) == sale.total_minor + sale.rounding_minor
            assert sale.part_minor is None and sale.due_minor == 0
        elif sale.state in (State.TENDERING, State.PAYING):
            assert sale.due_minor > 0 or not sale.tenders
            assert sale.due_minor >= 0 or sale.state is State.TENDERING
        else:
            assert sale.tenders == ()
        refunded = any(x.amount_minor < 0 for x in sale.tenders)
        assert not refunded or (sale.state is State.CLOSED and sale.total_minor < 0 and len(sale.tenders) == 1)
        assert sale.change_minor == sum(x.given_minor - x.amount_minor for x in sale.tenders) >= 0
        assert not sale.rounding or sale.state is State.CLOSED
        assert (sale.payment is not None) == (sale.state is State.PAYING)
        assert (sale.weighing is not None) == (sale.state is State.WEIGHING)
        assert bool(sale.live_lines) or sale.state in (State.IDLE, State.WEIGHING)
        assert not (sale.state is State.IDLE and sale.lines)
        assert [line.line for line in sale.lines] == list(range(1, len(sale.lines) + 1))
        rung = [x.number for x in after.suspended]
        assert rung == sorted(set(rung)) and all(1 <= x <= after.last_suspended for x in rung)
        assert all(x.sale.live_lines and x.sale.state is State.RINGING for x in after.suspended)
        assert all(1 <= job.sequence <= closed for job in after.prints)
        resume(after)
        checkout = after
    assert fold(accepted) == checkout


@settings(max_examples=150, deadline=None)
@given(st.lists(anything, max_size=40))
def test_no_walk_breaks_the_sale(events: list[e.Event]) -> None:
    walk(events)


@pytest.mark.long
@settings(max_examples=5000, deadline=None)
@given(st.lists(anything, max_size=80))
def test_no_long_walk_breaks_the_sale(events: list[e.Event]) -> None:
    walk(events)


def test_the_walk_finds_cash_that_is_taken_short(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(checkout: Checkout, event: e.CashTendered) -> Step:
        tender = Tender(kind="cash", amount_minor=event.amount_minor, given_minor=event.amount_minor)
        sale = replace(checkout.sale, tenders=(tender,))
        return paying.close(replace(checkout, sale=sale), drawer=True, paper=True)

    monkeypatch.setitem(HANDLERS, "take_cash", careless)
    with pytest.raises(AssertionError):
        walk([item(), subtotal(350), e.CashTendered(300, AT)])


def test_the_diagram_in_the_docs_is_the_table() -> None:
    page = diagram.PAGE.read_text(encoding="utf-8")
    assert diagram.page_with_diagram(page) == page, "docs/sale.md is stale: run python -m runtime.sale.diagram"
    assert "ringing --> tendering: Subtotalled" in page
