"""What a code means, and the keys that ring without a scan: repeat, look up, bag.

The sale's state says how a code is read (docs/adr/0004): goods while ringing, a payment code while tendering. A code
that no goods have may be one of the terminal's own papers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.sale import events as ev
from runtime.sale.state import State
from runtime.terminal.clock import local_text
from runtime.terminal.intake import read_goods, read_payment_code
from runtime.terminal.paper_codes import read_suspended
from runtime.terminal.refusal import NotTaken
from runtime.terminal.sentences import sentence
from runtime.terminal.tickets import recall_slip
from runtime.wire.messages import Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till


def take_code(till: Till, code: str, entry: str) -> Sentence:
    """A code, `scanned` or `keyed`. Raises NotTaken, Refused, JournalError."""
    sale = till.checkout.sale
    if till.lookup.armed:
        return till.lookup.of(code)
    till.lookup.drop()
    if sale.state is State.PAYING:
        raise NotTaken("payment_open")
    till.day.tend(begins=True)
    if sale.state is State.TENDERING:
        if not till.has("ElectronicValueRW"):
            raise NotTaken("payments_none")
        if till.disk_code() == "DISK_LAST":  # paid at the provider, and no row that says so
            raise NotTaken("DISK_LAST")
        event = read_payment_code(code, sale, till.trade_no())
        with till.paying.holding(code.strip()):
            till.accept(event)
        return sentence("payment_asked", amount=till.money(event.amount_minor))
    return ring(till, code, entry)


def ring(till: Till, code: str, entry: str) -> Sentence:
    """Goods, whatever the state: the machine says where they are not taken."""
    slip = read_suspended(code, till.identity.store)
    if slip is not None and till.snapshot.find_number(code) < 0:
        return recall_slip(till, slip)
    if till.returns.is_receipt(code) and till.snapshot.find_number(code) < 0:
        return till.returns.look_at(code)
    till.renew()
    book, sale = till.snapshot, till.checkout.sale
    rest = (local_text(till.clock.now()), till.pricing.hash, book.exponent, book.currency, till.settings.bags)
    goods = read_goods(code, entry, sale, book.find, till.templates, *rest)
    till.accept(goods)
    if isinstance(goods, ev.WeightWanted):
        return sentence("weigh_now", name=goods.name)
    least = till.checkout.sale.age_open
    if least and goods.facts is not None and goods.facts.min_age == least:
        return sentence("age_asked", name=goods.name, age=least)
    return sentence("item_added", name=goods.name)


def repeat(till: Till) -> Sentence:
    """The code of the last line is read again, with all that is looked at when goods are scanned."""
    sale = till.checkout.sale
    last = sale.live_lines[-1] if sale.live_lines and sale.state is not State.CLOSED else None
    if last is None:
        raise NotTaken("nothing_rung")
    if last.unit == "kg":
        raise NotTaken("repeat_weighed", name=last.name)
    return ring(till, last.code, "keyed")


def price_lookup(till: Till, code: str = "") -> Sentence:
    if not code:
        return till.lookup.arm()
    return till.lookup.of(code)


def bag(till: Till, number: int = 1) -> Sentence:
    bags = till.settings.bags
    if not 1 <= number <= len(bags):
        raise NotTaken("bag_unknown", number=number)
    return ring(till, bags[number - 1], "keyed")


COMMANDS: dict[str, Callable[..., Sentence | None]] = {"repeat": repeat, "price_lookup": price_lookup, "bag": bag}
