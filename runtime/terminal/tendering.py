"""The keys while the total stands: what is due, in cash and otherwise, all of it or a part."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.rounding import cash_rounding
from runtime.sale import events as ev
from runtime.sale.state import Adjustment, State
from runtime.sale.sums import cash_rounding_rows
from runtime.terminal.clock import local_text
from runtime.terminal.handwork import check_again
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till


def subtotal(till: Till, approver: str = "", pin: str = "") -> None:
    if till.checkout.sale.state is State.RINGING:
        check_again(till, approver, pin)
        till.returns.check(till.checkout.sale)
    till.accept(till.pricing.subtotalled(till.checkout, till.basket_id))


def cash(till: Till, amount_minor: int) -> Sentence:
    at, paper = local_text(till.clock.now()), till.has("POSPrinter")
    till.accept(ev.CashTendered(amount_minor, at, paper, rounding_rows(till)))
    return said_paid(till)


def part(till: Till, amount_minor: int) -> Sentence:
    till.accept(ev.PartSet(amount_minor))
    return sentence("part_set", amount=till.money(amount_minor))


def back(till: Till) -> Sentence | None:
    """One step back: the part that is set, then the last tender, then the total."""
    sale = till.checkout.sale
    if sale.part_minor is not None:
        till.accept(ev.PartSet(None))
        return None
    if not sale.tenders:
        till.accept(ev.TenderingLeft())
        return sentence("back_to_ringing")
    last = sale.tenders[-1]
    till.accept(ev.TenderTakenBack())
    if last.kind == "cash":
        return sentence("cash_back", amount=till.money(last.amount_minor))
    return sentence("payment_cancelling")


def rounding_rows(till: Till) -> tuple[Adjustment, ...]:
    """What cash for all that is due is rounded by, as the book says."""
    sale = till.checkout.sale
    if sale.state is not State.TENDERING:
        return ()
    return cash_rounding_rows(sale, cash_rounding(till.snapshot.book), till.snapshot.exponent)


def said_paid(till: Till) -> Sentence:
    """After a tender: paid, or what is still due."""
    sale = till.checkout.sale
    if sale.state is not State.TENDERING:
        return sentence("paid")
    last = till.money(sale.tenders[-1].amount_minor)
    return sentence("part_paid_now", amount=last, due=till.money(sale.due_minor))


COMMANDS: dict[str, Callable[..., Sentence | None]] = {"subtotal": subtotal, "cash": cash, "part": part}
