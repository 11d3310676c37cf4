"""What the terminals of a store share, in one small exchange every two seconds, over HTTP, in msgpack.

    POST /v1/beat      body Beat, answer 200 BeatAnswer; errors as runtime.wire.records has them

A Beat says all of what a terminal is and has, never a change of it: one that is lost, repeated or late does no harm,
and a gateway with a new disk knows everything again after one beat of each terminal. Only the status is for people. A
beat of an older `serial` than the last in the same `run` is refused (`stale_beat`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from runtime.wire.messages import Sentence
from runtime.wire.status import Status

PATH = "/v1/beat"
MAX_BEAT_BYTES = 2 << 20
MAX_ANSWER_BYTES = 4 << 20
MAX_TICKET_BYTES = 1 << 20
HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class TicketSlip:
    """The ticket that the slip of paper names: of the terminal that put it aside first."""

    terminal: str
    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class TicketSummary:
    """A ticket that was put aside, as a list shows it."""

    number: int
    at: str
    total_minor: int
    items: int
    name: str
    may_leave: bool = True
    slip: TicketSlip | None = None  # where it came from another terminal


@dataclass(frozen=True, slots=True)
class TicketClaim:
    """A ticket of another terminal that is wanted; `claim` is the claimant's number for it."""

    claim: int
    terminal: str
    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class TicketRelease:
    """A ticket that was given away for that claim, and is kept until its fate is known."""

    release: int
    number: int
    terminal: str
    epoch: int
    claim: int


@dataclass(frozen=True, slots=True)
class TicketTake:
    """A ticket that came, until the terminal that it came from has let go of it."""

    claim: int
    terminal: str
    epoch: int
    release: int


@dataclass(frozen=True, slots=True)
class Shares:
    """What one terminal has for the others and of them (runtime.sale.shared), and the currency that it sells in."""

    tickets: tuple[TicketSummary, ...] = ()
    claims: tuple[TicketClaim, ...] = ()
    releases: tuple[TicketRelease, ...] = ()
    takes: tuple[TicketTake, ...] = ()
    last_number: int = 0
    last_claim: int = 0
    last_release: int = 0
    currency: str = ""  # ISO 4217 letters; empty: not said
    exponent: int = 2  # its decimals


@dataclass(frozen=True, slots=True)
class HandedTicket:
    """The ticket of a release: canonical msgpack of runtime.sale.state.Suspended."""

    release: int
    body: bytes


@dataclass(frozen=True, slots=True)
class ReceiptHold:
    """A receipt that goods come back of here: nobody else in the store takes goods back of it meanwhile. `tag` is that
    of the epoch, as the code on the paper has it (runtime.terminal.paper_codes). `ask`: its record, too."""

    terminal: str
    tag: str
    sequence: int
    ask: bool
    epoch: int = 0  # 0: not known yet


@dataclass(frozen=True, slots=True)
class Beat:
    store: str
    terminal: str
    epoch: int
    run: int  # random, of this run of the daemon
    serial: int  # rises with every beat of a run
    status: Status | None = None  # how it is, for people; None: as it last said
    prices: Sentence | None = None  # why new prices are not taken
    shares: Shares = field(default_factory=Shares)
    handed: tuple[HandedTicket, ...] = ()  # at most one
    others: bytes = b""  # hash of the list of the others' tickets that it has
    receipts: tuple[ReceiptHold, ...] = ()
    last_sequence: int = 0  # SequenceNumber of its last record
    users: bytes = b""  # hash of its list of users


@dataclass(frozen=True, slots=True)
class Wanted:
    """A claim on a ticket of the terminal that is answered."""

    number: int
    terminal: str
    epoch: int
    claim: int


@dataclass(frozen=True, slots=True)
class Fate:
    """What came of a release. `taken` and `closed` are for good; `gone`: the claimant is no more (a new disk).
    `handed`: the gateway has the ticket and need not be given it again."""

    release: int
    fate: Literal["open", "taken", "closed", "gone"]
    handed: bool


@dataclass(frozen=True, slots=True)
class ClaimNews:
    """`silent`: the owner was not heard for a while; `gone`: it has no such ticket any more, or will not give it."""

    claim: int
    state: Literal["waiting", "silent", "gone"]


@dataclass(frozen=True, slots=True)
class ArrivedTicket:
    claim: int
    terminal: str
    epoch: int
    release: int
    body: bytes


@dataclass(frozen=True, slots=True)
class OtherTicket:
    terminal: str
    epoch: int
    ticket: TicketSummary


@dataclass(frozen=True, slots=True)
class CameBack:
    """Goods of one line of a receipt that came back, by the record that says so."""

    line: int
    amount: int  # pieces or grams
    given_minor: int
    terminal: str  # of that record, as the next two
    epoch: int
    sequence: int


@dataclass(frozen=True, slots=True)
class ReceiptNews:
    """`held`: it is this terminal's now, here is its record and what came back of it in the store; `elsewhere`:
    `holder` takes goods back of it; `unknown`: the gateway has no such record."""

    terminal: str
    tag: str
    sequence: int
    state: Literal["held", "elsewhere", "unknown"]
    holder: str = ""
    epoch: int = 0
    record: bytes = b""
    back: tuple[CameBack, ...] = ()


@dataclass(frozen=True, slots=True)
class BeatAnswer:
    """`others` is None where the list is the one whose hash was sent."""

    wanted: tuple[Wanted, ...] = ()
    fates: tuple[Fate, ...] = ()
    news: tuple[ClaimNews, ...] = ()
    arrived: tuple[ArrivedTicket, ...] = ()  # at most one
    settled: tuple[int, ...] = ()  # claims of `takes` whose owner has let go
    others: tuple[OtherTicket, ...] | None = None
    others_hash: bytes = b""
    receipts: tuple[ReceiptNews, ...] = ()  # of those that were asked for
    users: bytes = b""  # hash of the store's list of users; empty: the gateway has none
    prices: int = 0  # number of the publication that the gateway has for its terminals; 0: none
    tell: bool = False  # the next beat should say its status
