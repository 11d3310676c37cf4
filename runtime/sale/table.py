"""The sale's transitions as a table: for every state and every event, what is done and where it ends, or why not.

docs/sale.md shows this table as a diagram (runtime.sale.diagram). PrintBegun and PrintEnded are the sister machine of
`Checkout.prints`, what the tills of a store share that of `Checkout.shares`: they change no state of the sale, for
neither a printer nor another till stops one.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.sale import events as e
from runtime.sale.state import State


@dataclass(frozen=True, slots=True)
class Go:
    """The event is allowed: `handler` is a key of machine.HANDLERS, `ends` the states that it may end in."""

    handler: str
    ends: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class No:
    """The event is refused in this state: `code` is a key of refusals.SENTENCES."""

    code: str


I, R, W, T, P, C = State  # noqa: E741  one letter a state, so that the table can be read as one
STATES = (I, R, W, T, P, C)

_NOTHING, _WEIGHING, _NO_WEIGHING = No("nothing_rung"), No("weighing_open"), No("not_weighing")
_NO_TOTAL, _TOTAL, _PAYMENT, _NO_PAYMENT = No("no_total"), No("total_stands"), No("payment_open"), No("no_payment")
_CLOSED, _NOT_CLOSED, _OPEN = No("sale_closed"), No("nothing_closed"), No("sale_open")
_ADD, _WEIGH = Go("add_item", (R,)), Go("want_weight", (W,))
_RETURN = Go("take_return", (R,))


def _qty(end: State) -> Go:
    return Go("set_quantity", (end,))


def _member(end: State) -> Go:
    return Go("identify_member", (end,))


def _age(end: State) -> Go:
    return Go("confirm_age", (end,))


def _claim(end: State) -> Go:
    return Go("claim", (end,))


def _always(handler: str) -> tuple[Go, ...]:
    return tuple(Go(handler, (state,)) for state in STATES)


# In CLOSED, what is allowed begins the next sale: the closed one leaves the screen first (machine.step).
_ROWS: dict[type[e.SaleEvent], tuple[Go | No, ...]] = {
    # event               IDLE        RINGING     WEIGHING    TENDERING   PAYING      CLOSED
    e.ItemAdded:         (_ADD,       _ADD,       _WEIGHING,  _TOTAL,     _PAYMENT,   _ADD),
    e.WeightWanted:      (_WEIGH,     _WEIGH,     _WEIGHING,  _TOTAL,     _PAYMENT,   _WEIGH),
    e.Weighed:           (_NO_WEIGHING, _NO_WEIGHING, Go("weigh", (R,)), _NO_WEIGHING, _NO_WEIGHING, _NO_WEIGHING),
    e.WeighingDropped:   (_NO_WEIGHING, _NO_WEIGHING, Go("drop_weighing", (I, R)), _NO_WEIGHING, _NO_WEIGHING,
                          _NO_WEIGHING),
    e.QuantitySet:       (_qty(I),    _qty(R),    _WEIGHING,  _TOTAL,     _PAYMENT,   _qty(I)),
    e.LineQuantityChanged: (_NOTHING, Go("change_quantity", (R,)), _WEIGHING, _TOTAL, _PAYMENT, _CLOSED),
    e.LineVoided:        (_NOTHING,   Go("void_line", (R, I)), _WEIGHING, _TOTAL, _PAYMENT, _CLOSED),
    e.MemberIdentified:  (_member(I), _member(R), _member(W), _TOTAL,     _PAYMENT,   _member(I)),
    e.Subtotalled:       (_NOTHING,   Go("subtotal", (T,)), _WEIGHING, _TOTAL, _PAYMENT, _CLOSED),
    e.TenderingLeft:     (_NO_TOTAL,  _NO_TOTAL,  _NO_TOTAL,  Go("leave_tendering", (R,)), _PAYMENT, _CLOSED),
    e.CashTendered:      (_NO_TOTAL,  _NO_TOTAL,  _NO_TOTAL,  Go("take_cash", (C, T)), _PAYMENT, _CLOSED),
    e.PaymentAsked:      (_NO_TOTAL,  _NO_TOTAL,  _NO_TOTAL,  Go("ask_payment", (P,)), _PAYMENT, _CLOSED),
    e.PaymentApproved:   (_NO_PAYMENT, _NO_PAYMENT, _NO_PAYMENT, _NO_PAYMENT, Go("approve_payment", (C, T)),
                          _NO_PAYMENT),
    e.PaymentCancelAsked: (_NO_PAYMENT, _NO_PAYMENT, _NO_PAYMENT, _NO_PAYMENT, Go("cancel_payment", (P,)), _NO_PAYMENT),
    e.PaymentFailed:     (_NO_PAYMENT, _NO_PAYMENT, _NO_PAYMENT, _NO_PAYMENT, Go("fail_payment", (T,)), _NO_PAYMENT),
    e.SalePutAway:       (_NOT_CLOSED, _NOT_CLOSED, _NOT_CLOSED, _NOT_CLOSED, _NOT_CLOSED, Go("put_away", (I,))),
    e.TicketVoided:      (_NOTHING,   Go("void_ticket", (I,)), _WEIGHING, Go("void_ticket", (I,)), _PAYMENT, _CLOSED),
    e.SaleSuspended:     (_NOTHING,   Go("suspend", (I,)), _WEIGHING, Go("suspend", (I,)), _PAYMENT, _CLOSED),
    e.SaleRecalled:      (Go("recall", (R,)), _OPEN, _WEIGHING, _OPEN, _PAYMENT, Go("recall", (R,))),
    e.PartSet:           (_NO_TOTAL,  _NO_TOTAL,  _NO_TOTAL,  Go("set_part", (T,)), _PAYMENT, _CLOSED),
    e.TenderTakenBack:   (_NO_TOTAL,  _NO_TOTAL,  _NO_TOTAL,  Go("take_back", (T, P)), _PAYMENT, _CLOSED),
    e.LineChangedByHand: (_NOTHING,   Go("change_line", (R,)), _WEIGHING, _TOTAL, _PAYMENT, _CLOSED),
    e.TicketChangedByHand: (_NOTHING, Go("change_ticket", (R,)), _WEIGHING, _TOTAL, _PAYMENT, _CLOSED),
    e.AgeConfirmed:      (_NOTHING,   _age(R),    _age(W),    _age(T),    _PAYMENT,   _CLOSED),
    e.AgeRefused:        (_NOTHING,   Go("refuse_age", (R, I)), _WEIGHING, Go("refuse_age", (R, I)), _PAYMENT, _CLOSED),
    e.GoodsReturned:     (_RETURN,    _RETURN,    _WEIGHING,  _TOTAL,     _PAYMENT,   _RETURN),
    e.RefundGiven:       (_NO_TOTAL,  _NO_TOTAL,  _NO_TOTAL,  Go("give_refund", (C,)), _PAYMENT, _CLOSED),
    e.PrintBegun:        _always("print_begun"),
    e.PrintEnded:        _always("print_ended"),
    e.TicketClaimed:     (_claim(I),  _OPEN,      _WEIGHING,  _OPEN,      _PAYMENT,   _claim(C)),
    e.ClaimClosed:       _always("close_claim"),
    e.TicketReleased:    _always("release"),
    e.TicketTaken:       _always("take"),
    e.ReleaseEnded:      _always("end_release"),
    e.ReleaseUndone:     _always("undo_release"),
    e.TakenSettled:      _always("settle_taken"),
}  # fmt: skip

TABLE: dict[tuple[State, type[e.SaleEvent]], Go | No] = {
    (state, event): cell for event, row in _ROWS.items() for state, cell in zip(STATES, row, strict=True)
}
SHARING: frozenset[type[e.SaleEvent]] = frozenset(
    {
        e.TicketClaimed,
        e.ClaimClosed,
        e.TicketReleased,
        e.TicketTaken,
        e.ReleaseEnded,
        e.ReleaseUndone,
        e.TakenSettled,
    }
)
SISTERS: frozenset[type[e.SaleEvent]] = SHARING | {e.PrintBegun, e.PrintEnded}  # they leave the sale as it is
