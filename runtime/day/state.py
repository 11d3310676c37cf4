"""The state of the working day on one terminal: who is at the desk, the shift at the drawer, the business day. Values.

A part of the fold over the journal's rows (runtime.day.machine), beside the sale. Every field has a default: an older
journal, which knows none of this, is a terminal where nobody signs on, no shift is opened, and the day is
the calendar's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class DeskState(str, Enum):
    FREE = "free"  # nobody signs on here: the terminal has no users
    OFF = "off"  # somebody must sign on
    ON = "on"
    LOCKED = "locked"  # signed on and away

    def __str__(self) -> str:
        return self.value


class ShiftState(str, Enum):
    NONE = "none"  # none is asked for: what is sold is booked to an implied one
    NEEDED = "needed"  # one must be opened before anything is sold
    OPEN = "open"
    COUNTING = "counting"  # the drawer is being counted; nothing is sold

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Failed:
    """PINs that were wrong, one after the other. `user` is UNKNOWN for everyone who is not in the users file."""

    user: str
    times: int


UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Desk:
    state: DeskState = DeskState.FREE
    user: str = ""  # who is signed on
    name: str = ""
    role: str = ""
    training: bool = False
    failed: tuple[Failed, ...] = ()

    def failed_times(self, user: str) -> int:
        return next((each.times for each in self.failed if each.user == user), 0)


@dataclass(frozen=True, slots=True)
class TenderSum:
    kind: str  # "cash", "code"
    count: int
    amount_minor: int  # taken, less what was given back


@dataclass(frozen=True, slots=True)
class Totals:
    """What the records of a shift or a day come to. All amounts are minor units; those of returns are negative."""

    sales: int = 0
    sales_minor: int = 0
    returns: int = 0
    returns_minor: int = 0
    voided: int = 0  # sales given up, with a record of it
    discount_minor: int = 0
    rounding_minor: int = 0  # what tenders brought beyond what was due
    paid_in: int = 0
    paid_in_minor: int = 0
    paid_out: int = 0
    paid_out_minor: int = 0
    drops: int = 0
    drops_minor: int = 0
    no_sales: int = 0
    tenders: tuple[TenderSum, ...] = ()

    def tender(self, kind: str) -> TenderSum:
        return next((each for each in self.tenders if each.kind == kind), TenderSum(kind, 0, 0))


NO_TOTALS = Totals()


@dataclass(frozen=True, slots=True)
class Shift:
    """Of the drawer, not of a person: who is signed on may change in it."""

    state: ShiftState = ShiftState.NONE
    required: bool = False
    number: int = 0  # of the last that was opened
    opened_at: str = ""
    opened_by: str = ""
    float_minor: int = 0
    totals: Totals = NO_TOTALS

    @property
    def drawer_minor(self) -> int:
        """The cash that should be in the drawer: what a blind count must not show."""
        sums = self.totals
        moved_minor = sums.paid_in_minor - sums.paid_out_minor - sums.drops_minor
        return self.float_minor + sums.tender("cash").amount_minor + moved_minor


@dataclass(frozen=True, slots=True)
class Day:
    """`date` is the BusinessDayDate of what is sold now; empty where it is the calendar's."""

    date: str = ""
    last_date: str = ""  # of the day that was ended last
    number: int = 0  # of the last Z report
    totals: Totals = NO_TOTALS
    ever_minor: int = 0  # sales less returns of all days that were ended


AT_REST = Desk()
NO_SHIFT = Shift()
FIRST_DAY = Day()
