"""What happens to the desk, the shift and the day. Rows of the journal beside the sale's (runtime.sale.events).

A PIN is in none of them. `at` is local time, for people; nothing is ordered by it. `approver` is who let it pass, as
runtime.terminal.approval says: the operator, another person, or empty on a terminal without users. `paper`: there is a
printer for the slip.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RulesSet:
    """What the settings ask for from here on; written where they are not what the rows before say."""

    users: bool  # somebody must sign on
    shift: bool = False  # a shift must be open


@dataclass(frozen=True, slots=True)
class SignedOn:
    user: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class SignedOff:
    pass


@dataclass(frozen=True, slots=True)
class Locked:
    pass


@dataclass(frozen=True, slots=True)
class Unlocked:
    """`user` is who came: the one that is signed on, or one who may unlock for others."""

    user: str


@dataclass(frozen=True, slots=True)
class Approved:
    """Somebody else's PIN let an operation pass; the operation's own row follows."""

    operation: str
    approver: str
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRefused:
    """`why` is `wrong_pin` or `role`. Who is in no users file is UNKNOWN: what was keyed may have been a PIN."""

    operation: str
    approver: str
    why: str


@dataclass(frozen=True, slots=True)
class TrainingBegun:
    """What is sold from here on is no sale: no record, no number, no total, no drawer."""

    approver: str = ""


@dataclass(frozen=True, slots=True)
class TrainingEnded:
    approver: str = ""


@dataclass(frozen=True, slots=True)
class ShiftOpened:
    """`float_minor` is the change that lies in the drawer."""

    float_minor: int
    at: str
    approver: str = ""
    paper: bool = True


@dataclass(frozen=True, slots=True)
class CountBegun:
    """The drawer is opened and counted; nothing is sold meanwhile."""

    approver: str = ""


@dataclass(frozen=True, slots=True)
class CountDropped:
    """The shift goes on."""


@dataclass(frozen=True, slots=True)
class Counted:
    kind: str  # of a tender
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ShiftClosed:
    """What was counted, each tender once; cash at least."""

    counted: tuple[Counted, ...]
    at: str
    paper: bool = True


@dataclass(frozen=True, slots=True)
class PaidIn:
    amount_minor: int
    reason: str
    at: str
    approver: str = ""
    paper: bool = True


@dataclass(frozen=True, slots=True)
class PaidOut:
    amount_minor: int
    reason: str
    at: str
    approver: str = ""
    paper: bool = True


@dataclass(frozen=True, slots=True)
class CashDropped:
    """Money that leaves the drawer for the safe."""

    amount_minor: int
    reason: str
    at: str
    approver: str = ""
    paper: bool = True


@dataclass(frozen=True, slots=True)
class DrawerOpened:
    """Without a sale."""

    reason: str
    at: str
    approver: str = ""
    paper: bool = True


@dataclass(frozen=True, slots=True)
class ReportTaken:
    """An X report: it changes nothing, and is a row because it was seen."""

    at: str
    approver: str = ""


@dataclass(frozen=True, slots=True)
class DayBegun:
    """`date` is the BusinessDayDate of what follows, `YYYY-MM-DD`."""

    date: str
    at: str


@dataclass(frozen=True, slots=True)
class DayEnded:
    """By a person: the Z report."""

    at: str
    approver: str = ""
    paper: bool = True


@dataclass(frozen=True, slots=True)
class DayTurned:
    """By the clock, between two sales: the Z report. A shift stays open."""

    at: str
    paper: bool = True


@dataclass(frozen=True, slots=True)
class ReprintAsked:
    """A receipt or slip by its number, as a copy."""

    sequence: int
    approver: str = ""


DayEvent = (
    RulesSet
    | SignedOn
    | SignedOff
    | Locked
    | Unlocked
    | Approved
    | ApprovalRefused
    | TrainingBegun
    | TrainingEnded
    | ShiftOpened
    | CountBegun
    | CountDropped
    | ShiftClosed
    | PaidIn
    | PaidOut
    | CashDropped
    | DrawerOpened
    | ReportTaken
    | DayBegun
    | DayEnded
    | DayTurned
    | ReprintAsked
)
