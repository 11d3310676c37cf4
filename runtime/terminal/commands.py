"""What a person asks for at a front end: each command of runtime.wire.messages as what happens to the sale."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.day.events import CountDropped
from runtime.day.state import ShiftState
from runtime.sale import events as ev
from runtime.sale.state import State
from runtime.sale.sums import regular_price
from runtime.service.scrub import scrub
from runtime.terminal import ages, handwork, return_keys, scanning, tendering, tickets
from runtime.terminal.clock import RehearsalClock, rehearsal_time
from runtime.terminal.day_commands import DAY_COMMANDS
from runtime.terminal.names import is_member_number
from runtime.terminal.refusal import NotTaken
from runtime.terminal.sentences import sentence
from runtime.terminal.working_day import BETWEEN
from runtime.wire.messages import COMMANDS, OPTIONAL, Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till

# What a person asks for without beginning a business day.
_ANY_DAY = frozenset({"clock", "lock", "unlock", "cancel", "reprint", "journal_search", "x_report", "day_end"})


BETWEEN_OR_RINGING = frozenset({State.IDLE, State.RINGING, State.CLOSED})
KEEP_LOOKUP = frozenset({"scan", "price_lookup", "cancel"})  # these see to what is looked up themselves


class Commands:
    def __init__(self, till: Till) -> None:
        self._till = till

    def obey(self, name: str, args: dict[str, str | int | None]) -> Sentence | None:
        """Do it, and what to tell the cashier. Raises NotTaken, Refused, JournalError: then nothing has happened."""
        if name not in COMMANDS:
            raise NotTaken("unknown_command", command=name[:40])
        wanted, optional = COMMANDS[name][0], OPTIONAL.get(name, {})
        known = {**optional, **wanted}
        if not wanted.keys() <= args.keys() <= known.keys() or any(type(args[key]) is not known[key] for key in args):
            raise NotTaken("bad_arguments", command=name)
        reason = args.get("reason")
        if isinstance(reason, str):
            args = {**args, "reason": scrub(reason)}
        if name not in KEEP_LOOKUP:
            self._till.lookup.drop()
        if name not in _ANY_DAY:
            self._till.day.tend(begins=True)
        if name in DAY_COMMANDS:
            return DAY_COMMANDS[name](self._till, **args)
        if name in _BY_THEME:
            return _BY_THEME[name](self._till, **args)
        return _COMMANDS[name](self, **args)

    def _scan(self, code: str) -> Sentence:
        return scanning.take_code(self._till, code, "keyed")

    def _quantity(self, qty: int) -> Sentence:
        self._till.accept(ev.QuantitySet(qty))
        return sentence("quantity_set", qty=qty)

    def _set_quantity(self, line: int, qty: int) -> None:
        self._till.accept(ev.LineQuantityChanged(line, qty))

    def _void_line(self, line: int, approver: str = "", pin: str = "") -> None:
        till = self._till
        lines = till.checkout.sale.lines
        amount_minor = next((regular_price(one) for one in lines if one.line == line), 0)
        till.accept_approved(lambda _: ev.LineVoided(line), "void_line", amount_minor, approver, pin)
        till.scale.voided(lines[line - 1])

    def _member(self, id: str) -> None:
        number = id.strip()
        if number and not is_member_number(number):  # none takes the member off again
            raise NotTaken("bad_member")
        self._till.accept(ev.MemberIdentified(self._till.members.written(number)))

    def _weigh(self) -> None:
        if self._till.checkout.sale.weighing is None:
            raise NotTaken("nothing_to_weigh")
        self._till.scale.ask(by_hand=True)

    def _cancel(self) -> Sentence | None:
        """One step back from wherever the sale is."""
        till = self._till
        sale = till.checkout.sale
        if till.lookup.drop() or (sale.state in BETWEEN_OR_RINGING and till.returns.close()):
            return None
        if till.day.shows and sale.state in BETWEEN:
            till.day.clear()
        elif till.checkout.shift.state is ShiftState.COUNTING:
            till.accept(CountDropped())
            return sentence("count_dropped")
        elif sale.pending_qty is not None:
            till.accept(ev.QuantitySet(None))
        elif sale.state is State.WEIGHING:
            till.accept(ev.WeighingDropped())
        elif sale.state is State.PAYING and sale.payment is not None:
            if not sale.payment.cancelling:  # it goes on by itself: a key that is held down writes no rows
                till.accept(ev.PaymentCancelAsked(sale.payment.trade_no))
            return sentence("payment_cancelling")
        elif sale.state is State.CLOSED:
            till.accept(ev.SalePutAway())
        elif sale.state is State.TENDERING:
            return tendering.back(till)
        else:
            raise NotTaken("nothing_to_cancel")
        return None

    def _next(self) -> None:
        self._till.accept(ev.SalePutAway())

    def _reprint(self) -> Sentence:
        if not self._till.checkout.prints:
            return sentence("receipts_none")
        self._till.printing.poke(by_hand=True)
        return sentence("receipts_tried")

    def _clock(self, at: str) -> None:
        clock = self._till.clock
        if not isinstance(clock, RehearsalClock):
            raise NotTaken("not_rehearsing")
        try:
            clock.set(rehearsal_time(at))
        except ValueError:
            raise NotTaken("bad_arguments", command="clock") from None


_COMMANDS: dict[str, Callable[..., Sentence | None]] = {
    "scan": Commands._scan,
    "quantity": Commands._quantity,
    "set_quantity": Commands._set_quantity,
    "void_line": Commands._void_line,
    "member": Commands._member,
    "weigh": Commands._weigh,
    "cancel": Commands._cancel,
    "next": Commands._next,
    "reprint": Commands._reprint,
    "clock": Commands._clock,
}
_BY_THEME: dict[str, Callable[..., Sentence | None]] = {
    **scanning.COMMANDS,
    **tickets.COMMANDS,
    **tendering.COMMANDS,
    **handwork.COMMANDS,
    **ages.COMMANDS,
    **return_keys.COMMANDS,
}
