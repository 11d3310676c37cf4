"""The pure machine of the working day, beside the sale's: desk, shift and business day.

The tables say what is legal (runtime.day.table), the handlers here say what it does. The sale's machine hands its day
events here, asks `gate` before it takes one of its own, and lets `closed` book what closes. What is decided here and
nowhere else:

* A training sale closes without record, number, totals and drawer: `closed` takes all of it off again, whatever the
  sale's machine wanted.
* A shift is the drawer's, a business day the terminal's: each is booked for itself, and either may end first.
* What should be in the drawer is in the state and in the record of the close, and nowhere before the count is in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from runtime.day import events as d
from runtime.day.booking import booked
from runtime.day.permissions import ROLES
from runtime.day.record import Control, ControlTender, ControlType
from runtime.day.state import NO_TOTALS, Day, Desk, DeskState, Failed, Shift, ShiftState, TenderSum, Totals
from runtime.day.table import DESK_GATE, SHIFT_GATE, cell
from runtime.day.users import MAX_ID, MAX_USER_NAME, MAX_USERS
from runtime.sale.effects import CloseRecord, Effect, OpenDrawer, Print, PrintTraining
from runtime.sale.refusals import MAX_AMOUNT_MINOR, MAX_PRINTS, Refused
from runtime.sale.state import PrintJob, Sale

if TYPE_CHECKING:
    from runtime.sale.state import Checkout

Step = tuple["Checkout", tuple[Effect, ...]]
MAX_REASON = 100
MAX_DETAIL = 200
MAX_FAILED_TIMES = 1_000
MAX_TENDER_KINDS = 16
_IDLE = Sale()
_NAMES: dict[str, Literal["Cash", "Code"]] = {"cash": "Cash", "code": "Code"}


def step(checkout: Checkout, event: d.DayEvent) -> Step:
    """The state after an event of the day, and the effects in order. Raises Refused; nothing has changed then."""
    kind = type(event)
    desk = checkout.desk
    said = cell(checkout.sale.state, desk.state, checkout.shift.state, desk.training, kind)
    if said is not None:
        raise Refused(said.code, name=desk.name) if said.code == "signed_on" else Refused(said.code)
    return HANDLERS[kind](checkout, event)


def gate(checkout: Checkout, by_person: bool, begins: bool) -> None:
    """Whether desk and shift let an event of the sale pass: what a device says always, and `begins` of a new sale only
    with a shift where one is asked for. Raises Refused."""
    if by_person:
        if code := DESK_GATE[checkout.desk.state]:
            raise Refused(code)
        if begins and (code := SHIFT_GATE[checkout.shift.state]) and not checkout.desk.training:
            raise Refused(code)


def closed(before: Checkout, after: Checkout, effects: tuple[Effect, ...]) -> Step:
    """A sale has closed: it is booked, or in training undone but for the screen and a paper that says so."""
    if not before.desk.training:
        return booked(after), effects
    kept: list[Effect] = []
    for effect in effects:
        if isinstance(effect, Print):
            kept.append(PrintTraining())
        elif not isinstance(effect, CloseRecord | OpenDrawer):
            kept.append(effect)
    return replace(after, last_sequence=before.last_sequence, prints=before.prints), tuple(kept)


# -- checks ----------------------------------------------------------------------------------------------------------


def _user(text: str) -> None:
    if not 1 <= len(text) <= MAX_ID:
        raise Refused("bad_user")


def _approver(text: str) -> None:
    if len(text) > MAX_ID:
        raise Refused("bad_user")


def _text(text: str, limit: int = MAX_REASON) -> None:
    if len(text) > limit or not text.isprintable():
        raise Refused("bad_reason", limit=limit)


def _reason(text: str) -> None:
    _text(text)
    if not text.strip():
        raise Refused("reason_needed")


def _amount(value: int, low: int) -> None:
    if type(value) is not int or not low <= value <= MAX_AMOUNT_MINOR:
        raise Refused("bad_amount")


# -- the desk --------------------------------------------------------------------------------------------------------


def _desk(checkout: Checkout, **changes: Any) -> Step:
    return replace(checkout, desk=replace(checkout.desk, **changes)), ()


def set_rules(checkout: Checkout, event: d.RulesSet) -> Step:
    """Where users are new, somebody must sign on; where they are no more, nobody is signed on. A shift that is open is
    closed before the new rule counts."""
    desk, shift = checkout.desk, checkout.shift
    if event.users == (desk.state is DeskState.FREE):
        desk = Desk(state=DeskState.OFF if event.users else DeskState.FREE, failed=desk.failed)
    shift = replace(shift, required=event.shift)
    if shift.state in (ShiftState.NONE, ShiftState.NEEDED):
        shift = replace(shift, state=_none_or_needed(shift))
    return replace(checkout, desk=desk, shift=shift), ()


def sign_on(checkout: Checkout, event: d.SignedOn) -> Step:
    _user(event.user)
    if not 1 <= len(event.name) <= MAX_USER_NAME or event.role not in ROLES:
        raise Refused("bad_user")
    failed = _forgiven(checkout.desk, event.user)
    return _desk(
        checkout, state=DeskState.ON, user=event.user, name=event.name, role=event.role, training=False, failed=failed
    )


def sign_off(checkout: Checkout, event: d.SignedOff) -> Step:
    """Training ends with it; its last sale leaves the screen."""
    sale = _IDLE if checkout.desk.training else checkout.sale
    return replace(checkout, sale=sale, desk=Desk(state=DeskState.OFF, failed=checkout.desk.failed)), ()


def lock(checkout: Checkout, event: d.Locked) -> Step:
    return _desk(checkout, state=DeskState.LOCKED)


def unlock(checkout: Checkout, event: d.Unlocked) -> Step:
    _user(event.user)
    return _desk(checkout, state=DeskState.ON, failed=_forgiven(checkout.desk, event.user))


def approve(checkout: Checkout, event: d.Approved) -> Step:
    _user(event.approver)
    _text(event.operation)
    _text(event.reason)
    _text(event.detail, MAX_DETAIL)
    return _desk(checkout, failed=_forgiven(checkout.desk, event.approver))


def refuse(checkout: Checkout, event: d.ApprovalRefused) -> Step:
    """A wrong PIN is counted; a right one of somebody who may not approve ends the count."""
    _user(event.approver)
    _text(event.operation)
    _text(event.why)
    if event.why != "wrong_pin":
        return _desk(checkout, failed=_forgiven(checkout.desk, event.approver))
    times = min(checkout.desk.failed_times(event.approver) + 1, MAX_FAILED_TIMES)
    others = _forgiven(checkout.desk, event.approver)
    return _desk(checkout, failed=(*others, Failed(event.approver, times))[-MAX_USERS:])


def _forgiven(desk: Desk, user: str) -> tuple[Failed, ...]:
    return tuple(each for each in desk.failed if each.user != user)


def begin_training(checkout: Checkout, event: d.TrainingBegun) -> Step:
    return _train(checkout, event.approver, True)


def end_training(checkout: Checkout, event: d.TrainingEnded) -> Step:
    return _train(checkout, event.approver, False)


def _train(checkout: Checkout, approver: str, training: bool) -> Step:
    """What stands on the screen of the one is nothing of the other."""
    _approver(approver)
    return replace(checkout, sale=_IDLE, desk=replace(checkout.desk, training=training)), ()


# -- the drawer ------------------------------------------------------------------------------------------------------


def _recorded(checkout: Checkout, control: Control, paper: bool, drawer: bool) -> Step:
    """The next record is this one; its slip waits for the printer like a receipt."""
    sequence = checkout.last_sequence + 1
    effects: list[Effect] = [CloseRecord(sequence, control)]
    if drawer:
        effects.append(OpenDrawer())
    prints = checkout.prints
    if paper:
        prints = (*prints, PrintJob(sequence))[-MAX_PRINTS:]
        effects.append(Print(sequence, copy=False))
    return replace(checkout, prints=prints, last_sequence=sequence), tuple(effects)


def _moved(checkout: Checkout, event: d.PaidIn | d.PaidOut | d.CashDropped, kind: ControlType, name: str) -> Step:
    _amount(event.amount_minor, 1)
    _reason(event.reason)
    _approver(event.approver)
    checkout = _counted(checkout, name, event.amount_minor)
    control = Control(
        type=kind,
        reason=event.reason,
        approver=event.approver,
        amount_minor=event.amount_minor,
        shift=checkout.shift.number,
        date=checkout.day.date,
    )
    return _recorded(checkout, control, event.paper, drawer=True)


def _counted(checkout: Checkout, name: str, amount_minor: int | None = None) -> Checkout:
    """One more of `name` in the totals of shift and day, and its amount with it."""

    def more(totals: Totals) -> Totals:
        changes = {name: getattr(totals, name) + 1}
        if amount_minor is not None:
            changes[f"{name}_minor"] = getattr(totals, f"{name}_minor") + amount_minor
        return replace(totals, **changes)

    shift, day = checkout.shift, checkout.day
    return replace(checkout, shift=replace(shift, totals=more(shift.totals)), day=replace(day, totals=more(day.totals)))


def pay_in(checkout: Checkout, event: d.PaidIn) -> Step:
    return _moved(checkout, event, "PaidIn", "paid_in")


def pay_out(checkout: Checkout, event: d.PaidOut) -> Step:
    return _moved(checkout, event, "PaidOut", "paid_out")


def drop_cash(checkout: Checkout, event: d.CashDropped) -> Step:
    return _moved(checkout, event, "TenderPickup", "drops")


def open_drawer(checkout: Checkout, event: d.DrawerOpened) -> Step:
    _reason(event.reason)
    _approver(event.approver)
    checkout = _counted(checkout, "no_sales")
    control = Control(
        type="NoSale",
        reason=event.reason,
        approver=event.approver,
        shift=checkout.shift.number,
        date=checkout.day.date,
    )
    return _recorded(checkout, control, event.paper, drawer=True)


# -- the shift -------------------------------------------------------------------------------------------------------


def _none_or_needed(shift: Shift) -> ShiftState:
    return ShiftState.NEEDED if shift.required else ShiftState.NONE


def open_shift(checkout: Checkout, event: d.ShiftOpened) -> Step:
    """What an implied shift has booked stays in the day alone: its drawer was nobody's."""
    _amount(event.float_minor, 0)
    _approver(event.approver)
    shift = replace(
        checkout.shift,
        state=ShiftState.OPEN,
        number=checkout.shift.number + 1,
        opened_at=event.at,
        opened_by=checkout.desk.user,
        float_minor=event.float_minor,
        totals=NO_TOTALS,
    )
    control = Control(
        type="TillOpen",
        approver=event.approver,
        amount_minor=event.float_minor,
        shift=shift.number,
        date=checkout.day.date,
    )
    return _recorded(replace(checkout, shift=shift), control, event.paper, drawer=True)


def begin_count(checkout: Checkout, event: d.CountBegun) -> Step:
    _approver(event.approver)
    return replace(checkout, shift=replace(checkout.shift, state=ShiftState.COUNTING)), (OpenDrawer(),)


def drop_count(checkout: Checkout, event: d.CountDropped) -> Step:
    return replace(checkout, shift=replace(checkout.shift, state=ShiftState.OPEN)), ()


def close_shift(checkout: Checkout, event: d.ShiftClosed) -> Step:
    shift = checkout.shift
    counted = {each.kind: each.amount_minor for each in event.counted}
    if "cash" not in counted or len(counted) != len(event.counted) or len(counted) > MAX_TENDER_KINDS:
        raise Refused("count_cash")
    for amount_minor in counted.values():
        _amount(amount_minor, 0)
    control = Control(
        type="TillSettle",
        began_at=shift.opened_at,
        amount_minor=shift.float_minor,
        shift=shift.number,
        date=checkout.day.date,
        tenders=settled(shift, counted),
        totals=shift.totals,
    )
    ended = Shift(state=_none_or_needed(shift), required=shift.required, number=shift.number)
    return _recorded(replace(checkout, shift=ended), control, event.paper, drawer=False)


def settled(shift: Shift, counted: dict[str, int]) -> tuple[ControlTender, ...]:
    """Every tender of the shift, and every one that was counted: cash as it should lie in the drawer."""
    kinds = ["cash", *(each.kind for each in shift.totals.tenders if each.kind != "cash")]
    kinds += [kind for kind in counted if kind not in kinds]
    tenders = []
    for kind in kinds:
        booked_sum = shift.totals.tender(kind)
        expected_minor = shift.drawer_minor if kind == "cash" else booked_sum.amount_minor
        found = counted.get(kind)
        over_minor = 0 if found is None else found - expected_minor
        tenders.append(ControlTender(_NAMES.get(kind, "Other"), booked_sum.count, expected_minor, found, over_minor))
    return tuple(tenders)


def take_report(checkout: Checkout, event: d.ReportTaken) -> Step:
    _approver(event.approver)
    return checkout, ()


# -- the day ---------------------------------------------------------------------------------------------------------


def begin_day(checkout: Checkout, event: d.DayBegun) -> Step:
    if checkout.day.date:
        raise Refused("day_begun")
    try:
        proper = date.fromisoformat(event.date).isoformat() == event.date
    except ValueError:
        proper = False
    if not proper:
        raise Refused("bad_date")
    return replace(checkout, day=replace(checkout.day, date=event.date)), ()


def end_day(checkout: Checkout, event: d.DayEnded) -> Step:
    _approver(event.approver)
    return _end_day(checkout, event.at, event.approver, event.paper)


def turn_day(checkout: Checkout, event: d.DayTurned) -> Step:
    return _end_day(checkout, event.at, "", event.paper)


def _end_day(checkout: Checkout, at: str, approver: str, paper: bool) -> Step:
    day, totals = checkout.day, checkout.day.totals
    date_of_day = day.date or at[:10]
    ever_minor = day.ever_minor + totals.sales_minor + totals.returns_minor
    control = Control(
        type="BusinessEOD",
        approver=approver,
        shift=checkout.shift.number,
        number=day.number + 1,
        date=date_of_day,
        shift_open=checkout.shift.state in (ShiftState.OPEN, ShiftState.COUNTING),
        tenders=tuple(taken(each) for each in totals.tenders),
        totals=totals,
        ever_minor=ever_minor,
    )
    ended = Day(last_date=date_of_day, number=day.number + 1, ever_minor=ever_minor)
    return _recorded(replace(checkout, day=ended), control, paper, drawer=False)


def taken(tender: TenderSum) -> ControlTender:
    return ControlTender(_NAMES.get(tender.kind, "Other"), tender.count, tender.amount_minor)


def ask_reprint(checkout: Checkout, event: d.ReprintAsked) -> Step:
    """Some of it was on paper once, or may have been: so it is a copy."""
    _approver(event.approver)
    last = checkout.last_sequence
    if type(event.sequence) is not int or not 1 <= event.sequence <= last:
        raise Refused("receipt_number", number=event.sequence, last=last)
    if any(job.sequence == event.sequence for job in checkout.prints):
        raise Refused("print_waits", number=event.sequence)
    prints = (*checkout.prints, PrintJob(event.sequence, begun=True))[-MAX_PRINTS:]
    return replace(checkout, prints=prints), (Print(event.sequence, copy=True),)


HANDLERS: dict[type[d.DayEvent], Callable[[Checkout, Any], Step]] = {
    d.RulesSet: set_rules,
    d.SignedOn: sign_on,
    d.SignedOff: sign_off,
    d.Locked: lock,
    d.Unlocked: unlock,
    d.Approved: approve,
    d.ApprovalRefused: refuse,
    d.TrainingBegun: begin_training,
    d.TrainingEnded: end_training,
    d.ShiftOpened: open_shift,
    d.CountBegun: begin_count,
    d.CountDropped: drop_count,
    d.ShiftClosed: close_shift,
    d.PaidIn: pay_in,
    d.PaidOut: pay_out,
    d.CashDropped: drop_cash,
    d.DrawerOpened: open_drawer,
    d.ReportTaken: take_report,
    d.DayBegun: begin_day,
    d.DayEnded: end_day,
    d.DayTurned: turn_day,
    d.ReprintAsked: ask_reprint,
}
