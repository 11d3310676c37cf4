"""What little more would bring the customer a discount, worked out while the cashier does nothing.

Rule: nothing here stands between a scan and its view. Work begins a moment after the view went out, goes on in steps
of one pricing each, with the loop free between them, and is dropped when the sale changes. Where the price itself was
not proved, or a step took long, the basket is too hard for hints, and so is what is added to it. A hint is for the
basket that it was worked out for and is shown with no other. Where something fails, hints are off and the sale goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from engine.hints import Hint, Hinter
from engine.values import Application, Receipt, ReceiptLine
from runtime.sale.state import Sale, State
from runtime.terminal.basket import Place, basket_of
from runtime.terminal.names import goods_text, promotion_text
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till

log = logging.getLogger(__name__)

IDLE_S = 0.25  # after a change; a cashier in full swing is never idle so long
NODES = 100  # search nodes of a pricing
TRIES = 6  # baskets that are priced
MAX_STEP_S = 0.02  # a basket of which one step took longer gets no more of them: a scan would wait for it


class Hinting:
    def __init__(self, till: Till, place: Place) -> None:
        self._till = till
        self._place = place
        self._sale: Sale | None = None
        self._hint: Sentence | None = None
        self._task: asyncio.Task[None] | None = None
        self._off = False
        self._hard: tuple[str, int] = ("", 0)  # a sale's beginning, and the lines from which it is too hard

    def of(self, sale: Sale) -> Sentence | None:
        """The hint for this sale, where one is known."""
        return self._hint if sale is self._sale else None

    def look(self, spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]) -> None:
        """The view of the sale went out: look for a hint, unless that is done or under way."""
        sale = self._till.checkout.sale
        if sale is self._sale:
            return
        self._sale, self._hint = sale, None
        if self._task is not None:
            self._task.cancel()
            self._task = None
        receipt = self._till.pricing.receipt
        lines = sum(1 for line in sale.lines if not line.voided)
        if self._off or sale.state is not State.RINGING or not lines or receipt is None or not receipt["optimal"]:
            return
        if self._hard[0] == sale.began_at and lines >= self._hard[1]:
            return
        self._task = spawn(self._work(sale, receipt))

    async def _work(self, sale: Sale, receipt: dict[str, Any]) -> None:
        await asyncio.sleep(IDLE_S)
        till = self._till
        try:
            basket = basket_of(sale, self._place, "")
            hinter = Hinter(till.snapshot, basket, receipt_of(receipt), nodes=NODES, tries=TRIES)
            loop = asyncio.get_running_loop()
            steps = hinter.steps()
            more = True
            while more:
                begun = loop.time()
                more = next(steps, ...) is None
                if loop.time() - begun > MAX_STEP_S:
                    self._hard = (sale.began_at, len(basket.lines))
                    more = False
                await asyncio.sleep(0)
            found = hinter.found()
        except Exception:
            # What only helps must not end the daemon, which would start, find the same basket and end again.
            log.exception("a hint cannot be worked out; there are none until the next start")
            self._off = True
            return
        if found and sale is self._sale:
            self._hint = hint_sentence(found[0], till.snapshot.exponent)
            till.changed()


def hint_sentence(hint: Hint, exponent: int) -> Sentence:
    args = hint.args(exponent)
    args["name"], args["item"] = promotion_text(hint.name), goods_text(hint.item, hint.sku)
    return sentence(hint.code, **args)


def receipt_of(plain: dict[str, Any]) -> Receipt:
    """The receipt that `Receipt.to_json` wrote."""
    return Receipt(
        id=plain["id"],
        engine=plain["engine"],
        gross=plain["gross"],
        discount=plain["discount"],
        total=plain["total"],
        optimal=plain["optimal"],
        bound=plain["bound"],
        coupons=dict(plain["coupons"]),
        lines=tuple(ReceiptLine(**{"qty": 0, "milli": 0, **line}) for line in plain["lines"]),
        applications=tuple(
            Application(
                one["promotion"],
                one["times"],
                tuple((line, count) for line, count in one["units"]),
                tuple((line, count) for line, count in one["gifts"]),
                one["discount"],
            )
            for one in plain["applications"]
        ),
    )
