"""What can happen to a checkout. An accepted event is one row of the journal, in this form, before anyone sees it.

Events are resolved: they carry the facts (sku, name, price, weight) and not the questions, so a journal is read without
the snapshot that answered them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runtime.day.events import DayEvent
from runtime.sale.state import Adjustment, Apart, Claimant, Facts, Hand, Origin, Suspended


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """An item with its quantity or weight known: scanned, keyed, or from a weigh label."""

    code: str
    sku: str
    name: str
    unit: str
    regular_minor: int
    qty: int  # 0 for a kg item
    weight_g: int  # 0 for an each item
    entry: str
    at: str  # local time
    snapshot: str
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class WeightWanted:
    """A kg item was scanned and the scale must say how much."""

    code: str
    sku: str
    name: str
    regular_minor: int
    entry: str
    at: str
    snapshot: str
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    weight_g: int


@dataclass(frozen=True, slots=True)
class WeighingDropped:
    pass


@dataclass(frozen=True, slots=True)
class QuantitySet:
    """For the next item; None drops it."""

    qty: int | None


@dataclass(frozen=True, slots=True)
class LineQuantityChanged:
    line: int
    qty: int


@dataclass(frozen=True, slots=True)
class LineVoided:
    line: int


@dataclass(frozen=True, slots=True)
class MemberIdentified:
    member: str


@dataclass(frozen=True, slots=True)
class Subtotalled:
    """The total stands: the basket and its receipt as the engine gave it, with the hash of the snapshot that it asked.
    That may be another than the first line's: the book may have changed with a restart."""

    basket: dict[str, Any]
    receipt: dict[str, Any]
    snapshot: str = ""
    apart: tuple[Apart, ...] = ()  # lines that are not in the basket
    adjustments: tuple[Adjustment, ...] = ()  # what is put on lines of either kind
    sum_minor: int | None = None  # what all of it comes to; None: the receipt's total


@dataclass(frozen=True, slots=True)
class TenderingLeft:
    pass


@dataclass(frozen=True, slots=True)
class CashTendered:
    """`paper`: a receipt is to be printed; false on a terminal without a printer."""

    amount_minor: int
    at: str
    paper: bool = True
    rounding: tuple[Adjustment, ...] = ()  # where this cash closes the sale: what it pays otherwise than the total


@dataclass(frozen=True, slots=True)
class PaymentAsked:
    """On disk before the provider hears of it."""

    trade_no: str
    code_tail: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PaymentApproved:
    trade_no: str
    at: str
    paper: bool = True


@dataclass(frozen=True, slots=True)
class PaymentCancelAsked:
    trade_no: str


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """Definitely not paid: declined, or cancelled at the provider."""

    trade_no: str
    reason: str


@dataclass(frozen=True, slots=True)
class SalePutAway:
    """The closed sale leaves the screen."""


@dataclass(frozen=True, slots=True)
class PrintBegun:
    sequence: int
    copy: bool


@dataclass(frozen=True, slots=True)
class PrintEnded:
    """`code` is OK, or why the receipt is not on paper; then it stays waiting. Where `started` is false not a byte of
    it went out, and the next try is no copy."""

    sequence: int
    code: str
    started: bool = True


@dataclass(frozen=True, slots=True)
class TicketVoided:
    """All of it is not wanted. It is a record of its own, of no money."""

    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class SaleSuspended:
    """Put aside, for the next customer. `total_minor` is what the screen showed."""

    total_minor: int
    at: str


@dataclass(frozen=True, slots=True)
class SaleRecalled:
    number: int


@dataclass(frozen=True, slots=True)
class PartSet:
    """The next tender pays only so much of what is due; None drops it."""

    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class TenderTakenBack:
    """The last tender of a part is given back: cash from the drawer, a payment by cancelling it."""


@dataclass(frozen=True, slots=True)
class LineChangedByHand:
    """A price or a discount that a person gives; None takes it off again."""

    line: int
    hand: Hand | None


@dataclass(frozen=True, slots=True)
class TicketChangedByHand:
    """A discount on all that may be discounted; None takes it off again."""

    hand: Hand | None


@dataclass(frozen=True, slots=True)
class AgeConfirmed:
    """Somebody looked: the customer is old enough. A date of birth is kept nowhere."""

    min_age: int


@dataclass(frozen=True, slots=True)
class AgeRefused:
    """The customer is not, or cannot show it: what needs that age is taken out of the sale."""

    min_age: int


@dataclass(frozen=True, slots=True)
class ReturnedGoods:
    """One line that comes back, as it was sold."""

    code: str
    sku: str
    name: str
    unit: str
    regular_minor: int
    qty: int  # 0 for a kg item
    weight_g: int
    facts: Facts | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class GoodsReturned:
    """A customer brings goods back; what is given back for them is known when the total stands."""

    goods: tuple[ReturnedGoods, ...]
    entry: str
    at: str
    snapshot: str


@dataclass(frozen=True, slots=True)
class RefundGiven:
    """What is due to the customer is given back. `rounding` as with cash that is taken."""

    kind: str  # "cash"
    at: str
    paper: bool = True
    rounding: tuple[Adjustment, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketClaimed:
    """A ticket that another till has is wanted here."""

    terminal: str
    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class ClaimClosed:
    """It is not waited for any more, and nothing is ever taken under this claim."""

    claim: int


@dataclass(frozen=True, slots=True)
class TicketReleased:
    """A ticket of this till is given to another; from here on nobody recalls it here."""

    number: int
    to: Claimant


@dataclass(frozen=True, slots=True)
class TicketTaken:
    """A ticket that another till gave away is here, and a ticket of this till from now on."""

    claim: int
    terminal: str  # it came from
    epoch: int
    release: int
    ticket: Suspended


@dataclass(frozen=True, slots=True)
class ReleaseEnded:
    """The ticket was taken; or who should have it is no more."""

    release: int


@dataclass(frozen=True, slots=True)
class ReleaseUndone:
    """The claim was closed before the ticket came: it is a ticket of this till again."""

    release: int


@dataclass(frozen=True, slots=True)
class TakenSettled:
    """The till that the ticket came from has let go of it."""

    claim: int


SaleEvent = (
    ItemAdded
    | WeightWanted
    | Weighed
    | WeighingDropped
    | QuantitySet
    | LineQuantityChanged
    | LineVoided
    | MemberIdentified
    | Subtotalled
    | TenderingLeft
    | CashTendered
    | PaymentAsked
    | PaymentApproved
    | PaymentCancelAsked
    | PaymentFailed
    | SalePutAway
    | PrintBegun
    | PrintEnded
    | TicketVoided
    | SaleSuspended
    | SaleRecalled
    | PartSet
    | TenderTakenBack
    | LineChangedByHand
    | TicketChangedByHand
    | AgeConfirmed
    | AgeRefused
    | GoodsReturned
    | RefundGiven
    | TicketClaimed
    | ClaimClosed
    | TicketReleased
    | TicketTaken
    | ReleaseEnded
    | ReleaseUndone
    | TakenSettled
)

# What devices and the shell bring: it comes whoever is at the desk, also while it is locked.
BY_DEVICE: frozenset[type[SaleEvent]] = frozenset(
    {
        Weighed,
        PaymentApproved,
        PaymentCancelAsked,
        PaymentFailed,
        PrintBegun,
        PrintEnded,
        ClaimClosed,
        TicketReleased,
        TicketTaken,
        ReleaseEnded,
        ReleaseUndone,
        TakenSettled,
    }
)

Event = SaleEvent | DayEvent
