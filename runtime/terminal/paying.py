"""Carries one code payment to its certain end: asks, queries, cancels, as runtime.terminal.payment decides.

The customer's code is kept in memory alone, for the one request; after a restart the provider is only queried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from drivers.api import PaymentStatus
from runtime.sale import effects as fx
from runtime.sale.events import PaymentApproved, PaymentCancelAsked, PaymentFailed
from runtime.terminal.clock import local_text
from runtime.terminal.payment import QUERY_EVERY_S, Next, decide
from runtime.terminal.sentences import sentence
from runtime.terminal.tendering import said_paid
from runtime.wire.messages import Severity

if TYPE_CHECKING:
    from runtime.terminal.till import Till

ANSWER_WITHIN_S = 10.0  # one request to the provider
NOTHING_WENT_OUT = frozenset({"NOHARDWARE", "OFFLINE", "BUSY", "CONNECTING"})  # runtime.devices.payment says so


class Paying:
    def __init__(self, till: Till) -> None:
        self._till = till
        self._auth_code = ""
        self._poked = asyncio.Event()
        self._trade_no = ""

    @contextmanager
    def holding(self, auth_code: str) -> Iterator[None]:
        """The customer's code, for as long as the payment is being accepted."""
        self._auth_code = auth_code
        try:
            yield
        finally:
            self._auth_code = ""

    def carry_out(self, effect: fx.AskPayment | fx.QueryPayment | fx.CancelPayment) -> None:
        if effect.trade_no == self._trade_no:
            self._poked.set()  # its loop runs: it looks at the sale's state again
            return
        self._trade_no = effect.trade_no
        asks = isinstance(effect, fx.AskPayment)
        self._till.spawn(self._carry(effect.trade_no, self._auth_code if asks else ""))

    async def _carry(self, trade_no: str, auth_code: str) -> None:
        try:
            await self._to_the_end(trade_no, auth_code)
        finally:
            if self._trade_no == trade_no:
                self._trade_no = ""  # a part that was paid may be asked to be cancelled later

    async def _to_the_end(self, trade_no: str, auth_code: str) -> None:
        till = self._till
        clock = asyncio.get_running_loop().time
        asked_at_s = clock()
        answer = ""
        if auth_code and (payment := till.checkout.sale.payment) is not None:
            answer = _state(await till.devices.pay(trade_no, auth_code, payment.amount_minor, ANSWER_WITHIN_S))
            answer = "NOTSENT" if answer in NOTHING_WENT_OUT else answer
        while (payment := till.checkout.sale.payment) is not None and payment.trade_no == trade_no:
            decision = decide(answer, clock() - asked_at_s, payment.cancelling)
            if decision.next is Next.APPROVE:
                approved = PaymentApproved(trade_no, local_text(till.clock.now()), paper=till.has("POSPrinter"))
                if till.attempt(approved):
                    till.say("good", said_paid(till))
                    till.changed()
                    return
                await asyncio.sleep(QUERY_EVERY_S)  # the disk is full: what is known stays known
                continue
            if decision.next is Next.FAIL:
                if till.attempt(PaymentFailed(trade_no, decision.say)):
                    self._say("bad", decision.say)
                    return
                await asyncio.sleep(QUERY_EVERY_S)
                continue
            if not payment.cancelling and decision.next is Next.CANCEL:
                if not till.attempt(PaymentCancelAsked(trade_no)):
                    await asyncio.sleep(QUERY_EVERY_S)  # the disk is full: this loop must not spin
                continue
            self._say("info", decision.say)
            if await self._wait(decision.wait_s):
                answer = ""
                continue
            if payment.cancelling:
                answer = _state(await till.devices.cancel_payment(trade_no, ANSWER_WITHIN_S))
            else:
                answer = _state(await till.devices.query_payment(trade_no, ANSWER_WITHIN_S))

    async def _wait(self, wait_s: float) -> bool:
        """True where the cashier asked for something meanwhile."""
        if wait_s <= 0:
            return False
        self._poked.clear()
        try:
            async with asyncio.timeout(wait_s):
                await self._poked.wait()
        except TimeoutError:
            return False
        return True

    def _say(self, severity: Severity, code: str) -> None:
        if severity == "info" and self._till.last_said == code:
            return  # once is enough
        self._till.say(severity, sentence(code))
        self._till.changed()


def _state(answer: PaymentStatus | str) -> str:
    return answer if isinstance(answer, str) else answer.state
