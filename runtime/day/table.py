"""What the day takes, as tables: for every event of the day, whether the sale and the desk let it pass, and if not why.

An event is taken where all tables say Go; the first that says No names the sentence. docs/day.md shows them as
diagrams (runtime.day.diagram).
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.day import events as d
from runtime.day.state import DeskState
from runtime.sale.state import State


@dataclass(frozen=True, slots=True)
class Go:
    """`ends`: the states that it may end in."""

    ends: tuple[DeskState, ...]


@dataclass(frozen=True, slots=True)
class No:
    """`code` is a key of runtime.day.refusals.SENTENCES."""

    code: str


F, O, N, L = DeskState  # noqa: E741  one letter a state, so that the table can be read as one
_NO_USERS, _OFF, _ON, _LOCKED, _NOT_LOCKED = (
    No("no_users"),
    No("signed_off"),
    No("signed_on"),
    No("desk_locked"),
    No("not_locked"),
)

_DESK_ROWS: dict[type[d.DayEvent], tuple[Go | No, ...]] = {
    # event             FREE          OFF         ON             LOCKED
    d.RulesSet:        (Go((F, O)),   Go((O, F)), Go((N, F)),    Go((L, F))),
    d.SignedOn:        (_NO_USERS,    Go((N,)),   _ON,           _ON),
    d.SignedOff:       (_NO_USERS,    _OFF,       Go((O,)),      Go((O,))),
    d.Locked:          (_NO_USERS,    _OFF,       Go((L,)),      _LOCKED),
    d.Unlocked:        (_NO_USERS,    _OFF,       _NOT_LOCKED,   Go((N,))),
    d.Approved:        (_NO_USERS,    _OFF,       Go((N,)),      Go((L,))),
    d.ApprovalRefused: (_NO_USERS,    Go((O,)),   Go((N,)),      Go((L,))),
}  # fmt: skip

DESK: dict[tuple[DeskState, type[d.DayEvent]], Go | No] = {
    (state, event): cell for event, row in _DESK_ROWS.items() for state, cell in zip(DeskState, row, strict=True)
}

# What waits until no sale is open: IDLE, and CLOSED, whose sale only stands on the screen.
BETWEEN_SALES: frozenset[type[d.DayEvent]] = frozenset({d.SignedOff})
_OPEN = frozenset({State.RINGING, State.WEIGHING, State.TENDERING, State.PAYING})

SALE: dict[tuple[State, type[d.DayEvent]], No | None] = {
    (state, event): No("sale_open") if event in BETWEEN_SALES and state in _OPEN else None
    for state in State
    for event in _DESK_ROWS
}

# What the desk says to a person's event of the sale: nothing, or the code of its refusal.
GATE: dict[DeskState, str] = {F: "", O: "signed_off", N: "", L: "desk_locked"}
