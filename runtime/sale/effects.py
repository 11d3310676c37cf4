"""What the shell must do once an event is on disk. Values only; the machine asks, the shell carries out.

The rule: `CloseRecord` belongs into the same commit as the event's own row. Every other effect is carried out after
that commit, in the order given, and may be lost in a crash: `machine.resume` asks again for what still matters.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.api import Lamp
from runtime.day.record import Control
from runtime.sale.state import Sale


@dataclass(frozen=True, slots=True)
class AskWeight:
    """Ask the scale for the item that waits in `sale.weighing`; answer with Weighed."""


@dataclass(frozen=True, slots=True)
class AskPayment:
    """Ask the provider for a payment. The customer's code is in the shell's memory only, never in a row: after a
    restart the payment is queried, and never asked for again."""

    trade_no: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class QueryPayment:
    trade_no: str


@dataclass(frozen=True, slots=True)
class CancelPayment:
    """Until the provider answers: PaymentFailed when it is cancelled, PaymentApproved only when it says that it cannot
    be cancelled because it is paid."""

    trade_no: str


@dataclass(frozen=True, slots=True)
class CloseRecord:
    """A transaction is closed: its record is written in the commit of this event's row, or neither is. `sale` is it
    where it is not the one on the screen any more; `control`: it is no sale but this (runtime.day)."""

    sequence: int
    control: Control | None = None
    sale: Sale | None = None


@dataclass(frozen=True, slots=True)
class Print:
    """Put the receipt of a closed sale on paper: PrintBegun on disk first, then the bytes, then PrintEnded."""

    sequence: int
    copy: bool


@dataclass(frozen=True, slots=True)
class OpenDrawer:
    pass


@dataclass(frozen=True, slots=True)
class Show:
    """For the line displays."""

    lamp: Lamp
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PrintTraining:
    """Put the closed training sale on paper, marked; it has no record and no number, and is not tried again."""


Effect = AskWeight | AskPayment | QueryPayment | CancelPayment | CloseRecord | Print | OpenDrawer | Show | PrintTraining
