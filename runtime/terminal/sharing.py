"""What this till shares with the others: what its beats say, and what it does with the answers.

Nothing here waits. A ticket of another till is asked for, and the cashier goes on: when it comes, it is rung up at once
if the till is still free, else it waits in this till's own list. Without a gateway the till has its own tickets.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runtime.sale import events as ev
from runtime.sale.refusals import Refused
from runtime.sale.state import State
from runtime.terminal.refusal import NotTaken
from runtime.terminal.sentences import sentence
from runtime.terminal.shared_tickets import events_of, handed_of, shares_of
from runtime.terminal.tickets import recalled
from runtime.terminal.view import view_others
from runtime.wire.beat import Beat, BeatAnswer, OtherTicket
from runtime.wire.messages import Sentence, ViewSuspended
from runtime.wire.status import Status

if TYPE_CHECKING:
    from runtime.terminal.till import Till

log = logging.getLogger(__name__)

CLAIM_S = 12.0  # how long a ticket of another till is waited for
GRACE_S = 3.0  # before a till that is not heard is taken for one that is off: a gateway may just have started


@dataclass(slots=True)
class _Asked:
    """A claim of a person who waits, since when (of the loop's clock)."""

    since_s: float
    terminal: str
    number: int


class Sharing:
    """`poke` makes the next beat come at once. `fast`: somebody waits for an answer."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self.online = False  # the last beat was answered
        self.others: tuple[OtherTicket, ...] = ()
        self._others_hash = b""
        self._asked: dict[int, _Asked] = {}
        self._old: dict[int, float] = {}  # claims of before this run, since when they are seen
        self._handed: frozenset[int] = frozenset()
        self.poke: Callable[[], None] = lambda: None
        self.users_hash = b""

    @property
    def fast(self) -> bool:
        return bool(self._asked) or self._till.returns.elsewhere.fast

    # --- a person ----------------------------------------------------------------------------------------------------

    def claim(self, terminal: str, number: int, approver: str, pin: str) -> Sentence:
        """Ask another till for a ticket. Raises NotTaken, Refused, JournalError."""
        till = self._till
        for other in self.others:
            if (other.terminal, other.ticket.number) == (terminal, number):
                break
        else:
            raise NotTaken("slip_unknown", number=number, terminal=terminal[:20])
        if not self.online:
            raise NotTaken("recall_offline", terminal=terminal)
        if not other.ticket.may_leave:
            raise NotTaken("recall_stays", number=number, terminal=terminal)
        event = ev.TicketClaimed(terminal, other.epoch, number)
        till.accept_approved(lambda _: event, "recall", 0, approver, pin)
        self._asked[till.checkout.shares.last_claim] = _Asked(_now_s(), terminal, number)
        self.poke()
        return sentence("recall_asked", number=number, terminal=terminal)

    @property
    def recalling(self) -> str:
        """The till that is being asked, or empty."""
        return next((one.terminal for one in self._asked.values()), "")

    def view(self) -> tuple[ViewSuspended, ...]:
        """The tickets of the others, but for those that are on their way here."""
        coming = {(one.terminal, one.number) for one in self._till.checkout.shares.claims}
        return view_others(one for one in self.others if (one.terminal, one.ticket.number) not in coming)

    # --- beats -------------------------------------------------------------------------------------------------------

    def beat(self, run: int, serial: int, status: Status | None) -> Beat:
        till, book = self._till, self._till.snapshot
        return Beat(
            store=till.identity.store,
            terminal=till.identity.workstation,
            epoch=till.identity.epoch,
            run=run,
            serial=serial,
            status=status,
            prices=till.prices_code(),
            shares=replace(shares_of(till.checkout), currency=book.currency, exponent=book.exponent),
            handed=handed_of(till.checkout, self._handed),
            others=self._others_hash,
            receipts=till.returns.holds(),
            last_sequence=till.checkout.last_sequence,
            users=self.users_hash,
        )

    def heard(self, answer: BeatAnswer) -> bool:
        """Do what follows. True where the next beat should come at once. Raises JournalError."""
        till = self._till
        was = (self.online, self.others, till.checkout.shares, till.checkout.suspended, tuple(self._asked))
        self.online = True
        self._handed = frozenset(fate.release for fate in answer.fates if fate.handed)
        if answer.others is not None:
            self.others, self._others_hash = answer.others, answer.others_hash
        silent = {news.claim for news in answer.news if news.state == "silent"}
        before = till.checkout.shares
        for event in events_of(till.checkout, answer):
            self._take(event)
        self._look_at_claims(silent)
        news = till.returns.heard(answer.receipts, online=True)
        if news or was != (self.online, self.others, till.checkout.shares, till.checkout.suspended, tuple(self._asked)):
            till.changed()
        return till.checkout.shares != before

    def lost(self) -> None:
        """No answer came. Raises JournalError."""
        was = (self.online, tuple(self._asked))
        self.online = False
        self._look_at_claims(frozenset())
        news = self._till.returns.heard((), online=False)
        if news or was != (False, tuple(self._asked)):
            self._till.changed()

    def _take(self, event: ev.Event) -> None:
        till = self._till
        try:
            till.accept(event)
        except (Refused, NotTaken) as refused:
            log.info("%s: %s", type(event).__name__, refused)
            return
        if isinstance(event, ev.TicketTaken):
            self._came(event)
        elif isinstance(event, ev.ClaimClosed):
            asked = self._asked.pop(event.claim, None)
            if asked is not None:
                till.say("bad", sentence("recall_gone", number=asked.number, terminal=asked.terminal))

    def _came(self, event: ev.TicketTaken) -> None:
        """It is this till's now; rung up at once where somebody waits and nothing else is open."""
        till = self._till
        asked = self._asked.pop(event.claim, None)
        number = till.checkout.last_suspended
        if asked is not None and till.checkout.sale.state in (State.IDLE, State.CLOSED):
            try:
                till.day.tend(begins=True)
                till.accept(ev.SaleRecalled(number))
            except (Refused, NotTaken) as refused:
                log.info("a ticket of till %s waits in the list: %s", event.terminal, refused)
            else:
                said = sentence("recall_came", number=event.ticket.number, terminal=event.terminal)
                till.say("info", recalled(till, said))
                return
        till.say("info", sentence("recall_waits", number=number, terminal=event.terminal))

    def _look_at_claims(self, silent: frozenset[int] | set[int]) -> None:
        """Close what was waited for long enough; those of before a restart, too."""
        till, now_s = self._till, _now_s()
        for claim in till.checkout.shares.claims:
            since_s = self._since(claim.claim, now_s)
            off = claim.claim in silent and now_s - since_s > GRACE_S
            if off or now_s - since_s > CLAIM_S:
                self._forget(claim.claim)
                till.accept(ev.ClaimClosed(claim.claim))
                code = "recall_no_answer" if self.online else "recall_offline"
                till.say("bad", sentence(code, number=claim.number, terminal=claim.terminal))

    def _since(self, claim: int, now_s: float) -> float:
        asked = self._asked.get(claim)
        return asked.since_s if asked is not None else self._old.setdefault(claim, now_s)

    def _forget(self, claim: int) -> None:
        self._asked.pop(claim, None)
        self._old.pop(claim, None)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
