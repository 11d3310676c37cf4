"""The state of one checkout: the sale on the screen and the receipts that are not on paper yet. Values only.

A state is a fold over the journal's rows (runtime.sale.machine.step); nothing in it comes from anywhere else. Prices in
it are those that the events brought, so a fold needs no snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from runtime.day.state import AT_REST, FIRST_DAY, NO_SHIFT, Day, Desk, Shift


class State(str, Enum):
    IDLE = "idle"  # nothing rung
    RINGING = "ringing"  # a basket is open
    WEIGHING = "weighing"  # a weighed item waits for its weight
    TENDERING = "tendering"  # the total stands
    PAYING = "paying"  # a payment's end is not known yet
    CLOSED = "closed"  # paid and on disk; the next scan begins the next sale

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Facts:
    """What the book says of an item besides its price, where it says anything."""

    no_discount: bool = False  # nothing is taken off it by hand either
    apart: bool = False  # never given to the engine: a carrier bag that the book would let be discounted
    min_age: int = 0  # years; 0: for everybody
    stock_sku: str = ""  # what it is taken from, where that is another item
    stock_g: int = 0  # grams that one takes from stock; 0: it is counted by pieces


@dataclass(frozen=True, slots=True)
class Hand:
    """What a person changed of a price."""

    kind: str  # "price", "percent" or "amount"
    value: int  # the price of one or a kg; percent taken off, 1 to 100; minor units taken off
    reason: str
    approver: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where goods that came back were sold. `sequence` 0: nobody has the receipt."""

    epoch: int = 0
    sequence: int = 0
    line: int = 0
    left: int = 0  # pieces or grams of that line that had not come back before this sale
    refund_minor: int = 0  # without a receipt: what is given back for the line
    reason: str = ""
    approver: str = ""
    terminal: str = ""  # that sold it; empty: this one


@dataclass(frozen=True, slots=True)
class SaleLine:
    line: int  # from 1, never used again
    code: str  # what was scanned or keyed
    sku: str
    name: str
    unit: str  # "each" or "kg"
    regular_minor: int  # for one, or for a kg
    qty: int  # 0 for a kg line
    weight_g: int  # 0 for an each line
    entry: str  # "scanned", "keyed", "label", "scale"
    voided: bool = False
    facts: Facts | None = None
    hand: Hand | None = None
    returned: Origin | None = None  # it came back

    @property
    def apart(self) -> bool:
        """Priced without the engine: it came back, or its price is a person's, or fixed."""
        if self.returned is not None:
            return True
        return (self.hand is not None and self.hand.kind == "price") or (self.facts is not None and self.facts.apart)


@dataclass(frozen=True, slots=True)
class Weighing:
    """A kg item that waits for its weight."""

    code: str
    sku: str
    name: str
    regular_minor: int
    entry: str
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Tender:
    kind: str  # "cash" or "code"
    amount_minor: int  # what it paid of the total
    given_minor: int  # what was handed over
    trade_no: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is put on a line's price after the engine: a person's doing, or the rounding of cash."""

    line: int
    kind: str  # a key of runtime.sale.sums.KINDS
    amount_minor: int  # added to the line's net: below 0 for what is taken off
    reason: str = ""
    approver: str = ""
    value: int = 0  # of the Hand


@dataclass(frozen=True, slots=True)
class Apart:
    """What a line that the engine was not asked for costs before anything is put on it."""

    line: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class Payment:
    """A code payment whose end is not known."""

    trade_no: str
    code_tail: str  # the last four characters; the rest is never kept
    amount_minor: int
    cancelling: bool = False


def _is_sold(line: SaleLine) -> bool:
    return not line.voided and line.returned is None


@dataclass(frozen=True, slots=True)
class Sale:
    state: State = State.IDLE
    began_at: str = ""  # local time of the first line: the time that prices are asked for
    snapshot: str = ""  # hash of the snapshot the first line was priced with
    lines: tuple[SaleLine, ...] = ()
    pending_qty: int | None = None
    member: str = ""
    weighing: Weighing | None = None
    basket: dict[str, Any] = field(default_factory=dict)  # fixed at subtotal, as `lane price` reads it
    receipt: dict[str, Any] = field(default_factory=dict)  # fixed at subtotal, as `lane price` writes it
    tenders: tuple[Tender, ...] = ()
    change_minor: int = 0
    payment: Payment | None = None
    voided: bool = False  # the whole ticket: it was never sold
    part_minor: int | None = None  # the next tender pays so much and no more
    rounding: tuple[Adjustment, ...] = ()  # of the cash that closes it
    hand: Hand | None = None  # on the whole ticket
    apart: tuple[Apart, ...] = ()  # fixed at subtotal, as the next two
    adjustments: tuple[Adjustment, ...] = ()
    sum_minor: int | None = None  # what it comes to; None: the receipt's total
    age_checked: int = 0  # years that the customer was found to have

    @property
    def total_minor(self) -> int:
        """What the sale comes to before cash is rounded; 0 until subtotal."""
        return int(self.receipt.get("total", 0)) if self.sum_minor is None else self.sum_minor

    @property
    def rounding_minor(self) -> int:
        """What cash pays beyond the total; below 0 where it pays less."""
        return sum(row.amount_minor for row in self.rounding)

    @property
    def due_minor(self) -> int:
        return self.total_minor + self.rounding_minor - sum(t.amount_minor for t in self.tenders)

    @property
    def age_open(self) -> int:
        """Years that the customer must have for what is in the sale; 0 where nobody needs to look."""
        least = max((line.facts.min_age for line in self.lines if line.facts and _is_sold(line)), default=0)
        return least if least > self.age_checked else 0

    @property
    def live_lines(self) -> tuple[SaleLine, ...]:
        return tuple(line for line in self.lines if not line.voided)

    @property
    def basket_lines(self) -> tuple[SaleLine, ...]:
        """Those that the engine prices."""
        return tuple(line for line in self.lines if not line.voided and not line.apart)


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A closed sale whose receipt is not known to be on paper. If `begun`, some of it may be: the next is a COPY."""

    sequence: int
    begun: bool = False
    copy: bool = False  # the try under way is a copy: an earlier one may be on paper


@dataclass(frozen=True, slots=True)
class Slip:
    """The ticket that a slip of paper names: of the till that put it aside first."""

    terminal: str
    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class Suspended:
    """A sale that was put aside; it is rung on when it is recalled, once."""

    number: int  # from 1 in each epoch, never used again
    at: str  # local time
    total_minor: int  # what it came to then, for the person who looks for it
    items: int  # lines that are sold
    name: str  # of the first of them
    sale: Sale
    slip: Slip | None = None  # where it came from another till


@dataclass(frozen=True, slots=True)
class Claimant:
    """The one claim that a ticket is given away for; its till takes it under this claim or never."""

    terminal: str
    epoch: int
    claim: int


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """A ticket of another till that is wanted here. `claim` is from 1 in each epoch and never used again: one that is
    neither open nor taken is closed for good."""

    claim: int
    terminal: str  # whose ticket it is
    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class Released:
    """A ticket that left this till. It is kept until it is known that it was taken, or never will be."""

    release: int  # from 1 in each epoch, never used again
    to: Claimant
    ticket: Suspended


@dataclass(frozen=True, slots=True)
class Taken:
    """A ticket came here under this claim; remembered until the till that it came from has let go of it."""

    claim: int
    terminal: str
    epoch: int
    release: int


@dataclass(frozen=True, slots=True)
class Shares:
    """What this till and the others owe each other (runtime.sale.shared). Oldest first."""

    claims: tuple[OpenClaim, ...] = ()
    released: tuple[Released, ...] = ()
    taken: tuple[Taken, ...] = ()
    last_claim: int = 0
    last_release: int = 0


NOTHING_SHARED = Shares()


@dataclass(frozen=True, slots=True)
class Checkout:
    sale: Sale = Sale()
    prints: tuple[PrintJob, ...] = ()  # oldest first
    last_sequence: int = 0  # SequenceNumber of the last record
    suspended: tuple[Suspended, ...] = ()  # oldest first
    last_suspended: int = 0  # number of the last ticket that was put aside
    desk: Desk = AT_REST
    shift: Shift = NO_SHIFT
    day: Day = FIRST_DAY
    shares: Shares = NOTHING_SHARED
