"""What the day takes, as tables: what the sale, the desk, the shift and training say to every event of the day.

An event is taken where all four say Go; the first that says No names the sentence (`cell`). docs/day.md shows desk and
shift as diagrams (runtime.day.diagram). What desk and shift say to the events of the sale is at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from runtime.day import events as d
from runtime.day.state import DeskState, ShiftState
from runtime.sale.state import State

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Go(Generic[S]):
    """`ends`: the states that it may end in."""

    ends: tuple[S, ...]


@dataclass(frozen=True, slots=True)
class No:
    """`code` is a key of runtime.day.refusals.SENTENCES."""

    code: str


def _to(*ends: S) -> Go[S]:
    return Go(ends)


F, O, N, L = DeskState  # noqa: E741  one letter a state, so that the table can be read as one
_NO_USERS, _OFF, _ON, _LOCKED = No("no_users"), No("signed_off"), No("signed_on"), No("desk_locked")
_NOT_LOCKED = No("not_locked")
_WORK = (_to(F), _OFF, _to(N), _LOCKED)  # what a person at work does
_CLOCK = (_to(F), _to(O), _to(N), _to(L))  # what comes by itself

_DESK_ROWS: dict[type[d.DayEvent], tuple[Go[DeskState] | No, ...]] = {
    # event            FREE        OFF        ON           LOCKED
    d.RulesSet:        (_to(F, O), _to(O, F), _to(N, F),   _to(L, F)),
    d.SignedOn:        (_NO_USERS, _to(N),    _ON,         _ON),
    d.SignedOff:       (_NO_USERS, _OFF,      _to(O),      _LOCKED),
    d.Locked:          (_NO_USERS, _OFF,      _to(L),      _LOCKED),
    d.Unlocked:        (_NO_USERS, _OFF,      _NOT_LOCKED, _to(N)),
    d.Approved:        (_NO_USERS, _OFF,      _to(N),      _LOCKED),
    d.ApprovalRefused: (_NO_USERS, _to(O),    _to(N),      _to(L)),
    d.TrainingBegun:   _WORK,
    d.TrainingEnded:   _WORK,
    d.ShiftOpened:     _WORK,
    d.CountBegun:      _WORK,
    d.CountDropped:    _WORK,
    d.ShiftClosed:     _WORK,
    d.PaidIn:          _WORK,
    d.PaidOut:         _WORK,
    d.CashDropped:     _WORK,
    d.DrawerOpened:    _WORK,
    d.ReportTaken:     _WORK,
    d.DayBegun:        _CLOCK,
    d.DayEnded:        _WORK,
    d.DayTurned:       _CLOCK,
    d.ReprintAsked:    _WORK,
}  # fmt: skip
EVENTS = tuple(_DESK_ROWS)

DESK: dict[tuple[DeskState, type[d.DayEvent]], Go[DeskState] | No] = {
    (state, event): cell for event, row in _DESK_ROWS.items() for state, cell in zip(DeskState, row, strict=True)
}

NO, NEED, OPEN, COUNT = ShiftState
_NONE, _NEEDED, _IS_OPEN, _COUNTING = No("shift_none"), No("shift_needed"), No("shift_is_open"), No("shift_counting")
_NO_COUNT, _STILL_OPEN = No("count_none"), No("shift_still_open")
_STAYS = (_to(NO), _to(NEED), _to(OPEN), _to(COUNT))
_MONEY = (_to(NO), _NEEDED, _to(OPEN), _COUNTING)  # what moves money in the drawer

_SHIFT_ROWS: dict[type[d.DayEvent], tuple[Go[ShiftState] | No, ...]] = {
    # event          NONE            NEEDED          OPEN          COUNTING
    d.RulesSet:      (_to(NO, NEED), _to(NEED, NO),  _to(OPEN),    _to(COUNT)),
    d.ShiftOpened:   (_to(OPEN),     _to(OPEN),      _IS_OPEN,     _COUNTING),
    d.CountBegun:    (_NONE,         _NONE,          _to(COUNT),   _COUNTING),
    d.CountDropped:  (_NO_COUNT,     _NO_COUNT,      _NO_COUNT,    _to(OPEN)),
    d.ShiftClosed:   (_NO_COUNT,     _NO_COUNT,      _NO_COUNT,    _to(NO, NEED)),
    d.PaidIn:        _MONEY,
    d.PaidOut:       _MONEY,
    d.CashDropped:   _MONEY,
    d.DrawerOpened:  _STAYS,
    d.TrainingBegun: (_to(NO),       _to(NEED),      _to(OPEN),    _COUNTING),
    d.ReportTaken:   (_to(NO),       _to(NEED),      _to(OPEN),    _COUNTING),
    d.DayEnded:      (_to(NO),       _to(NEED),      _STILL_OPEN,  _COUNTING),
}  # fmt: skip

SHIFT: dict[tuple[ShiftState, type[d.DayEvent]], Go[ShiftState] | No] = {
    (state, event): cell
    for event in EVENTS
    for state, cell in zip(ShiftState, _SHIFT_ROWS.get(event, _STAYS), strict=True)
}

# What waits until no sale is open: IDLE, and CLOSED, whose sale only stands on the screen.
BETWEEN_SALES: frozenset[type[d.DayEvent]] = frozenset(
    {
        d.SignedOff,
        d.TrainingBegun,
        d.TrainingEnded,
        d.ShiftOpened,
        d.CountBegun,
        d.ShiftClosed,
        d.PaidIn,
        d.PaidOut,
        d.CashDropped,
        d.DayBegun,
        d.DayEnded,
        d.DayTurned,
    }
)
_OPEN_SALE = frozenset({State.RINGING, State.WEIGHING, State.TENDERING, State.PAYING})
SALE: dict[tuple[State, type[d.DayEvent]], No | None] = {
    (state, event): No("sale_open") if event in BETWEEN_SALES and state in _OPEN_SALE else None
    for state in State
    for event in EVENTS
}

# In training nothing is done to real money, numbers or days by a person's hand.
NOT_IN_TRAINING: frozenset[type[d.DayEvent]] = frozenset(
    {
        d.TrainingBegun,
        d.ShiftOpened,
        d.CountBegun,
        d.ShiftClosed,
        d.PaidIn,
        d.PaidOut,
        d.CashDropped,
        d.DrawerOpened,
        d.DayEnded,
        d.ReprintAsked,
    }
)
TRAINING: dict[tuple[bool, type[d.DayEvent]], No | None] = {
    (training, event): No("in_training")
    if training and event in NOT_IN_TRAINING
    else No("no_training")
    if not training and event is d.TrainingEnded
    else None
    for training in (False, True)
    for event in EVENTS
}


def cell(sale: State, desk: DeskState, shift: ShiftState, training: bool, event: type[d.DayEvent]) -> No | None:
    """Why the event is refused in this state, or None where it is taken."""
    for said in (DESK[desk, event], SALE[sale, event], TRAINING[training, event], SHIFT[shift, event]):
        if isinstance(said, No):
            return said
    return None


# What the desk says to a person's event of the sale, and the shift to one that begins a sale: nothing, or a code.
DESK_GATE: dict[DeskState, str] = {F: "", O: "signed_off", N: "", L: "desk_locked"}
SHIFT_GATE: dict[ShiftState, str] = {NO: "", NEED: "shift_needed", OPEN: "", COUNT: "shift_counting"}
