"""The day's machine: every event in every state, what each does, and what no training and no count gives away."""

from __future__ import annotations

import typing
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.day import diagram, machine
from runtime.day import events as d
from runtime.day.machine import HANDLERS
from runtime.day.record import Control, ControlTender
from runtime.day.refusals import SENTENCES
from runtime.day.state import Desk, DeskState, Shift, ShiftState, TenderSum, Totals
from runtime.day.table import DESK, EVENTS, SALE, SHIFT, TRAINING, Go, No, cell
from runtime.sale import events as e
from runtime.sale.effects import CloseRecord, OpenDrawer, Print, PrintTraining, Show
from runtime.sale.machine import fold, step
from runtime.sale.refusals import MAX_AMOUNT_MINOR, Refused
from runtime.sale.state import Checkout, PrintJob, Sale, State
from runtime.wire.pack import build, pack, unpack
from tests.runtime.sale_events import AT, WANT, anything, item, sale, subtotal

SAMPLES: dict[type[d.DayEvent], d.DayEvent] = {
    d.RulesSet: d.RulesSet(True, True),
    d.SignedOn: d.SignedOn("1001", "王小明", "cashier"),
    d.SignedOff: d.SignedOff(),
    d.Locked: d.Locked(),
    d.Unlocked: d.Unlocked("1001"),
    d.Approved: d.Approved("paid_out", "2001", "牛奶", "12.00"),
    d.ApprovalRefused: d.ApprovalRefused("paid_out", "?", "wrong_pin"),
    d.TrainingBegun: d.TrainingBegun("2001"),
    d.TrainingEnded: d.TrainingEnded(),
    d.ShiftOpened: d.ShiftOpened(20_000, AT),
    d.CountBegun: d.CountBegun(),
    d.CountDropped: d.CountDropped(),
    d.ShiftClosed: d.ShiftClosed((d.Counted("cash", 100),), AT),
    d.PaidIn: d.PaidIn(500, "找零", AT),
    d.PaidOut: d.PaidOut(500, "水费", AT),
    d.CashDropped: d.CashDropped(500, "满额", AT),
    d.DrawerOpened: d.DrawerOpened("换零钱", AT),
    d.ReportTaken: d.ReportTaken(AT),
    d.DayBegun: d.DayBegun("2026-11-22", AT),
    d.DayEnded: d.DayEnded(AT),
    d.DayTurned: d.DayTurned(AT),
    d.ReprintAsked: d.ReprintAsked(1),
}
_BASE = replace(fold(sale()), prints=())
_SALES: dict[State, Sale] = {
    State.IDLE: Sale(),
    State.RINGING: fold([item()]).sale,
    State.WEIGHING: fold([WANT]).sale,
    State.TENDERING: fold([item(), subtotal(350)]).sale,
    State.PAYING: fold([item(), subtotal(350), e.PaymentAsked("T1", "1234", 350)]).sale,
    State.CLOSED: fold([item(), subtotal(350), e.CashTendered(1000, AT)]).sale,
}


def checkout_in(sale_state: State, desk: DeskState, shift: ShiftState, training: bool) -> Checkout:
    signed = {"user": "1001", "name": "王小明", "role": "cashier"} if desk in (DeskState.ON, DeskState.LOCKED) else {}
    return replace(
        _BASE,
        sale=_SALES[sale_state],
        desk=Desk(state=desk, training=training, **signed),
        shift=Shift(state=shift, required=shift is ShiftState.NEEDED, number=3, float_minor=100),
    )


def refused(checkout: Checkout, event: e.Event) -> str:
    with pytest.raises(Refused) as caught:
        step(checkout, event)
    assert "{" not in str(caught.value)
    return caught.value.code


def test_the_tables_are_total_and_say_nothing_that_does_not_exist() -> None:
    kinds = set(typing.get_args(d.DayEvent))
    assert set(EVENTS) == kinds == set(HANDLERS) == set(SAMPLES)
    assert set(DESK) == set(product(DeskState, kinds)) and set(SHIFT) == set(product(ShiftState, kinds))
    assert set(SALE) == set(product(State, kinds)) and set(TRAINING) == set(product((False, True), kinds))
    said = {c.code for table in (DESK, SHIFT, SALE, TRAINING) for c in table.values() if isinstance(c, No)}
    assert said <= set(SENTENCES)
    for text, remedy in SENTENCES.values():
        assert text.endswith(".") and remedy.endswith(".")


def test_every_event_in_every_state_is_taken_or_refused_as_the_tables_say() -> None:
    cells = 0
    for sale_state, desk, shift, training in product(State, DeskState, ShiftState, (False, True)):
        before = checkout_in(sale_state, desk, shift, training)
        for kind, event in SAMPLES.items():
            cells += 1
            no = cell(sale_state, desk, shift, training, kind)
            if no is not None:
                assert refused(before, event) == no.code
                continue
            after, effects = step(before, event)
            desk_cell, shift_cell = DESK[desk, kind], SHIFT[shift, kind]
            assert isinstance(desk_cell, Go) and after.desk.state in desk_cell.ends
            assert isinstance(shift_cell, Go) and after.shift.state in shift_cell.ends
            closes = [x for x in effects if isinstance(x, CloseRecord)]
            assert len(closes) == after.last_sequence - before.last_sequence
            assert all(x.control is not None for x in closes)
            assert after.sale == before.sale or (before.desk.training != after.desk.training)
            assert build(Checkout, unpack(pack(after))) == after  # a checkpoint keeps all of it
    assert cells == 6 * 4 * 4 * 2 * len(SAMPLES)


def test_what_desk_and_shift_say_to_the_sale() -> None:
    for sale_state, desk, shift, training in product(State, DeskState, ShiftState, (False, True)):
        before = checkout_in(sale_state, desk, shift, training)
        ask = {State.PAYING: e.PaymentFailed("T1", "declined"), State.WEIGHING: e.Weighed(5)}.get(sale_state)
        if ask is not None:
            step(before, ask)  # what a device says passes whoever is there
        event: e.Event = e.QuantitySet(2) if sale_state in (State.IDLE, State.CLOSED) else e.LineVoided(1)
        if desk is DeskState.OFF:
            assert refused(before, event) == "signed_off"
        elif desk is DeskState.LOCKED:
            assert refused(before, event) == "desk_locked"
        elif sale_state in (State.IDLE, State.CLOSED) and not training and shift is ShiftState.NEEDED:
            assert refused(before, event) == "shift_needed"
        elif sale_state in (State.IDLE, State.CLOSED) and not training and shift is ShiftState.COUNTING:
            assert refused(before, event) == "shift_counting"
        elif sale_state in (State.IDLE, State.RINGING, State.CLOSED):
            step(before, event)


ON = fold([d.RulesSet(True), d.SignedOn("1001", "王小明", "cashier")])


def test_signing_on_and_off() -> None:
    assert fold([d.RulesSet(True)]).desk == Desk(state=DeskState.OFF)
    assert ON.desk == Desk(DeskState.ON, "1001", "王小明", "cashier")
    assert refused(ON, d.SignedOn("1002", "李四", "cashier")) == "signed_on"
    assert refused(fold([d.RulesSet(True)]), d.SignedOn("1" * 21, "x", "cashier")) == "bad_user"
    assert refused(fold([d.RulesSet(True)]), d.SignedOn("1", "x", "boss")) == "bad_user"
    assert fold([d.SignedOff()], ON).desk.user == ""
    assert fold([d.Locked(), d.Unlocked("2001")], ON).desk.user == "1001"  # who unlocked did not sign on
    assert fold([d.RulesSet(False)], ON).desk == Desk()
    assert fold([d.RulesSet(True)], ON) == ON


def test_wrong_pins_are_counted_until_a_right_one() -> None:
    wrong, other = d.ApprovalRefused("sign_on", "1001", "wrong_pin"), d.ApprovalRefused("sign_on", "?", "wrong_pin")
    many = fold([d.RulesSet(True), wrong, other, wrong, wrong])
    assert (many.desk.failed_times("1001"), many.desk.failed_times("?"), many.desk.failed_times("x")) == (3, 1, 0)
    assert fold([d.SignedOn("1001", "a", "cashier")], many).desk.failed_times("1001") == 0
    assert fold([d.SignedOn("2001", "a", "cashier")], many).desk.failed_times("1001") == 3
    assert fold([d.SignedOn("2001", "a", "manager"), d.SignedOff()], many).desk.failed_times("1001") == 3
    assert fold([d.ApprovalRefused("drop", "1001", "role")], many).desk.failed_times("1001") == 0


def test_a_shift_from_float_to_count() -> None:
    opened, effects = step(Checkout(), d.ShiftOpened(20_000, AT))
    control = Control(type="TillOpen", amount_minor=20_000, shift=1)
    assert effects == (CloseRecord(1, control), OpenDrawer(), Print(1, False))
    assert opened.prints == (PrintJob(1),) and opened.shift.drawer_minor == 20_000
    events: list[e.Event] = [
        *sale(350, 1000),
        item(500), subtotal(500), e.PaymentAsked("T", "1234", 500), e.PaymentApproved("T", AT), e.SalePutAway(),
        d.PaidIn(1_000, "零钱", AT), d.PaidOut(300, "邮费", AT), d.CashDropped(15_000, "满额", AT),
        d.DrawerOpened("换零钱", AT),
        d.CountBegun(),
    ]  # fmt: skip
    counting = fold(events, opened)
    sums = counting.shift.totals
    assert sums == counting.day.totals
    assert sums.tenders == (TenderSum("cash", 1, 350), TenderSum("code", 1, 500))
    assert (sums.sales, sums.sales_minor, sums.paid_in, sums.paid_out, sums.drops, sums.no_sales) == (
        2,
        850,
        1,
        1,
        1,
        1,
    )
    assert counting.shift.drawer_minor == 20_000 + 350 + 1_000 - 300 - 15_000
    assert refused(counting, d.ShiftClosed((), AT)) == refused(counting, d.ShiftClosed((d.Counted("code", 1),), AT))
    assert refused(counting, d.ShiftClosed((d.Counted("cash", 1), d.Counted("cash", 1)), AT)) == "count_cash"
    assert refused(counting, d.ShiftClosed((d.Counted("cash", -1),), AT)) == "bad_amount"
    closed, effects = step(counting, d.ShiftClosed((d.Counted("cash", 6_000), d.Counted("code", 500)), AT))
    record = effects[0]
    assert isinstance(record, CloseRecord) and record.control is not None and record.control.totals == sums
    assert record.control.tenders == (
        ControlTender("Cash", 1, 6_050, 6_000, -50),
        ControlTender("Code", 1, 500, 500, 0),
    )
    assert closed.shift == Shift(number=1) and closed.day.totals == sums
    uncounted = step(counting, d.ShiftClosed((d.Counted("cash", 6_050),), AT))[1][0]
    assert isinstance(uncounted, CloseRecord) and uncounted.control is not None
    assert uncounted.control.tenders[1] == ControlTender("Code", 1, 500)
    assert fold([d.CountDropped()], counting).shift.state is ShiftState.OPEN


def test_a_shift_that_is_asked_for() -> None:
    needed = fold([d.RulesSet(False, True)])
    assert needed.shift.state is ShiftState.NEEDED
    assert refused(needed, item()) == refused(needed, d.PaidIn(1, "x", AT)) == "shift_needed"
    assert fold([d.ShiftOpened(0, AT), *sale()], needed).shift.totals.sales == 1
    ringing = fold([d.RulesSet(False, True)], fold([item()]))
    assert (
        fold([subtotal(350), e.CashTendered(350, AT)], ringing).sale.state is State.CLOSED
    )  # what is open is finished
    closed = fold([e.SalePutAway()], fold([d.RulesSet(False, True)], fold(sale()[:-1])))
    assert closed.sale == Sale()
    opened = fold([d.ShiftOpened(0, AT)])
    assert fold([d.RulesSet(False, True)], opened).shift.state is ShiftState.OPEN
    after = fold([d.RulesSet(False, True), d.CountBegun(), d.ShiftClosed((d.Counted("cash", 0),), AT)], opened)
    assert after.shift.state is ShiftState.NEEDED


def test_amounts_and_reasons() -> None:
    for wrong in (0, -1, MAX_AMOUNT_MINOR + 1, 1 << 70):
        assert refused(Checkout(), d.PaidIn(wrong, "x", AT)) == "bad_amount"
        assert refused(Checkout(), d.CashDropped(wrong, "x", AT)) == "bad_amount"
    assert refused(Checkout(), d.ShiftOpened(-1, AT)) == "bad_amount"
    for reason, code in (
        ("", "reason_needed"),
        ("  ", "reason_needed"),
        ("x" * 101, "bad_reason"),
        ("a\nb", "bad_reason"),
    ):
        assert refused(Checkout(), d.PaidOut(1, reason, AT)) == refused(Checkout(), d.DrawerOpened(reason, AT)) == code


def test_days() -> None:
    begun = fold([d.DayBegun("2026-11-22", AT)])
    assert refused(begun, d.DayBegun("2026-11-23", AT)) == "day_begun"
    for wrong in ("", "2026-13-01", "20261122", "2026-11-22T10:00:00"):
        assert refused(Checkout(), d.DayBegun(wrong, AT)) == "bad_date"
    sold = fold([*sale(350), *sale(650)], begun)
    ended, effects = step(sold, d.DayTurned("2026-11-23T03:00:05"))
    close = effects[0]
    assert isinstance(close, CloseRecord) and close.control is not None
    assert (close.sequence, close.control.number, close.control.date) == (3, 1, "2026-11-22")
    assert close.control.tenders == (ControlTender("Cash", 2, 1_000),) and close.control.ever_minor == 1_000
    assert (ended.day.date, ended.day.last_date, ended.day.number, ended.day.totals) == ("", "2026-11-22", 1, Totals())
    again = fold([*sale(100), d.DayEnded("2026-11-23T09:00:00")], ended)
    assert (again.day.number, again.day.ever_minor, again.day.last_date) == (2, 1_100, "2026-11-23")
    opened = fold([d.ShiftOpened(0, AT)], begun)
    assert refused(opened, d.DayEnded(AT)) == "shift_still_open"
    turned, effects = step(opened, d.DayTurned(AT))
    close = effects[0]
    assert turned.shift.state is ShiftState.OPEN and isinstance(close, CloseRecord)
    assert close.control is not None and close.control.shift_open


def test_a_reprint_is_a_copy_of_what_there_is() -> None:
    assert refused(Checkout(), d.ReprintAsked(1)) == "receipt_number"
    sold = replace(fold(sale()), prints=())
    assert refused(sold, d.ReprintAsked(2)) == refused(sold, d.ReprintAsked(0)) == "receipt_number"
    asked, effects = step(sold, d.ReprintAsked(1))
    assert effects == (Print(1, copy=True),) and asked.prints == (PrintJob(1, begun=True),)
    assert refused(asked, d.ReprintAsked(1)) == "print_waits"
    assert refused(asked, e.PrintBegun(1, False)) == "print_copy"
    tried = fold([e.PrintBegun(1, True), e.PrintEnded(1, "OFFLINE", False)], asked)
    assert tried.prints == (PrintJob(1, begun=True),)  # still a copy


def same_but_for_the_screen(one: Checkout, other: Checkout) -> bool:
    return replace(one, sale=Sale(), desk=Desk()) == replace(other, sale=Sale(), desk=Desk())


TRAINED: list[e.Event] = [d.TrainingBegun(), item(), item(990), subtotal(1340), e.CashTendered(2000, AT)]


def practise(before: Checkout) -> None:
    closed = fold(TRAINED, before)
    assert closed.sale.state is State.CLOSED and closed.sale.change_minor == 660
    assert same_but_for_the_screen(closed, before)
    effects = step(fold(TRAINED[:-1], before), TRAINED[-1])[1]
    assert effects == (Show("change", 660), PrintTraining())
    assert fold([d.TrainingEnded()], closed) == replace(before, sale=Sale())


def test_training_touches_no_total_no_number_and_no_drawer() -> None:
    practise(Checkout())
    practise(fold([d.ShiftOpened(5_000, AT), *sale(), d.DayBegun("2026-11-22", AT)]))
    tendering = fold(TRAINED[:-1])
    assert refused(tendering, e.PaymentAsked("T", "1234", 1340)) == "training_cash"
    assert fold([d.TrainingBegun()], fold(sale()[:-1])).sale == Sale()  # no real sale stands on the screen
    assert fold([d.SignedOff()], fold(TRAINED, ON)).sale == Sale()


def test_training_that_counts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = machine.closed

    def careless(before: Checkout, after: Checkout, effects: Any) -> machine.Step:
        return honest(replace(before, desk=Desk()), after, effects)

    monkeypatch.setattr(machine, "closed", careless)
    with pytest.raises(AssertionError):
        practise(Checkout())


def test_an_older_checkpoint_is_read() -> None:
    plain = unpack(pack(fold(sale())))
    for new in ("desk", "shift", "day"):
        del plain[new]
    old = build(Checkout, plain)
    assert old.desk == Desk() and old.shift == Shift() and old.last_sequence == 1


def test_the_tables_in_the_docs_are_the_codes() -> None:
    page = diagram.PAGE.read_text(encoding="utf-8")
    assert diagram.page_with_parts(page) == page, "docs/day.md is stale: run python -m runtime.day.diagram"
    assert "open --> counting: CountBegun" in page and "on --> locked: Locked" in page


_reasons = st.one_of(st.sampled_from(["水费", "", "x" * 200, "a\tb"]), st.text(max_size=5))
_money = st.one_of(st.integers(-1, 50_000), st.integers(-(2**70), 2**70))
_users = st.sampled_from(["1001", "2001", "", "?", "1" * 30])
day_events: st.SearchStrategy[d.DayEvent] = st.one_of(
    st.builds(d.RulesSet, st.booleans(), st.booleans()),
    st.builds(d.SignedOn, _users, _reasons, st.sampled_from(["cashier", "manager", "boss"])),
    st.builds(d.Unlocked, _users),
    st.builds(d.Approved, st.just("drop"), _users, _reasons),
    st.builds(d.ApprovalRefused, st.just("drop"), _users, st.sampled_from(["wrong_pin", "role"])),
    st.builds(d.ShiftOpened, _money, st.just(AT)),
    st.builds(
        d.ShiftClosed, st.lists(st.builds(d.Counted, st.sampled_from(["cash", "code"]), _money)).map(tuple), st.just(AT)
    ),
    st.builds(d.PaidIn, _money, _reasons, st.just(AT)),
    st.builds(d.PaidOut, _money, _reasons, st.just(AT)),
    st.builds(d.CashDropped, _money, _reasons, st.just(AT)),
    st.builds(d.DrawerOpened, _reasons, st.just(AT)),
    st.builds(d.DayBegun, st.sampled_from(["2026-11-22", "2026-11-23", "x"]), st.just(AT)),
    st.builds(d.ReprintAsked, st.integers(-1, 5)),
    st.sampled_from(list(SAMPLES.values())),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(day_events, anything, st.sampled_from([item(7), subtotal(7), e.CashTendered(9, AT)])), max_size=50
    )
)
def test_no_walk_breaks_the_day(events: list[e.Event]) -> None:
    """Whatever happens, in whatever order: sums foot, numbers rise by one for each record, training leaves no trace."""
    checkout, accepted = Checkout(), list[e.Event]()
    for event in events:
        try:
            after, effects = step(checkout, event)
        except Refused as error:
            assert str(error)
            continue
        accepted.append(event)
        closes = [x for x in effects if isinstance(x, CloseRecord)]
        assert [x.sequence for x in closes] == list(range(checkout.last_sequence + 1, after.last_sequence + 1))
        for totals in (after.shift.totals, after.day.totals):
            came_minor = totals.sales_minor + totals.returns_minor + totals.rounding_minor
            assert sum(each.amount_minor for each in totals.tenders) == came_minor
        if checkout.desk.training and not isinstance(event, d.DayTurned | d.DayBegun | d.RulesSet | d.CountDropped):
            assert (after.shift, after.day, after.last_sequence) == (
                checkout.shift,
                checkout.day,
                checkout.last_sequence,
            )
            assert not any(isinstance(x, OpenDrawer) for x in effects)
        assert bool(after.desk.user) == (after.desk.state in (DeskState.ON, DeskState.LOCKED))
        assert not (after.desk.training and after.shift.state is ShiftState.COUNTING)
        checkout = after
    assert fold(accepted) == checkout
    assert build(Checkout, unpack(pack(checkout))) == checkout
