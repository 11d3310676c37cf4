"""The price of the basket on the screen: asked when its lines change, fixed at the subtotal.

The book may be another one after a restart. Then the open basket is priced by the new one and the cashier is told;
what it does not have any more is named until it is voided. A total that stands keeps the receipt that it has.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.errors import BasketError, EngineError
from engine.pricing import price
from engine.snapshot import Snapshot
from engine.values import BasketLine, Item
from runtime.sale.events import Subtotalled
from runtime.sale.record import MAX_RECORD_BYTES
from runtime.sale.state import Checkout, Sale, State
from runtime.sale.sums import Sum, summed
from runtime.terminal.basket import Place, basket_of, plain_basket
from runtime.terminal.names import promotion_text
from runtime.terminal.refusal import NotTaken
from runtime.wire.pack import pack

log = logging.getLogger(__name__)

MAX_SALE_BYTES = MAX_RECORD_BYTES - (1 << 14)  # of basket, receipt and lines: the record must hold them and the rest


class Pricing:
    """`receipt` is the price of the live lines as `lane price` writes it, None where there is none."""

    def __init__(self, snapshot: Snapshot, place: Place) -> None:
        self._snapshot = self._before = snapshot
        self._place = place
        self.hash = snapshot.hash.hex()
        self.receipt: dict[str, Any] | None = None
        self.sum: Sum | None = None  # with what is put on it by hand
        self._priced: tuple[object, ...] = ()
        self.refunds_of: Callable[[Sale], Mapping[int, int]] = lambda sale: {}

    def use(self, snapshot: Snapshot) -> None:
        """Price by another snapshot from now on. Names of promotions are still found in the one before."""
        self._before, self._snapshot = self._snapshot, snapshot
        self.hash = snapshot.hash.hex()
        self._priced = ()

    def of(self, checkout: Checkout) -> str:
        """Price what is on the screen. Gives the name of the item that cannot be priced, or nothing."""
        sale = checkout.sale
        if sale.receipt:
            self.receipt = sale.receipt
            self.sum = Sum(sale.total_minor, sale.apart, sale.adjustments)
            self._priced = ()
            return ""
        wanted = _asked(sale)
        if wanted == self._priced:
            self.sum = self._summed(sale, self.receipt) if self.receipt is not None else None
            return ""
        self._priced = wanted
        self.receipt = self.sum = None
        if sale.live_lines:
            try:
                self.receipt = price(self._snapshot, basket_of(sale, self._place, "")).to_json()
                self.sum = self._summed(sale, self.receipt)
            except EngineError as error:
                log.warning("the basket cannot be priced: %s", error.code)
                return self._culprit(sale, error)
        return ""

    def subtotalled(self, checkout: Checkout, basket_id: str) -> Subtotalled:
        """The basket and its price. Raises NotTaken where it cannot be priced, or not be recorded."""
        sale = checkout.sale
        if sale.state is not State.RINGING or not sale.live_lines:
            return Subtotalled({}, {})  # refused by the machine, in its own words
        basket = basket_of(sale, self._place, basket_id)
        plain = plain_basket(basket)
        if self.receipt is not None and self._priced == _asked(sale):
            receipt = {**self.receipt, "id": basket_id}  # what the screen shows: the same basket but for its name
        else:
            try:
                receipt = price(self._snapshot, basket).to_json()
            except EngineError as error:
                raise NotTaken("price_book_changed", name=self._culprit(sale, error)) from error
        comes_to = self._summed(sale, receipt)
        if len(pack([plain, receipt, sale.lines, comes_to])) > MAX_SALE_BYTES:
            raise NotTaken("sale_too_large")
        if comes_to.is_plain:
            return Subtotalled(plain, receipt, self.hash)
        total = comes_to.total_minor
        return Subtotalled(plain, receipt, self.hash, comes_to.apart, comes_to.adjustments, total)

    def sum_of(self, sale: Sale) -> Sum | None:
        """What a sale would come to; None where it cannot be priced."""
        try:
            return self._summed(sale, price(self._snapshot, basket_of(sale, self._place, "")).to_json())
        except EngineError:
            return None

    def _summed(self, sale: Sale, receipt: dict[str, Any]) -> Sum:
        return summed(sale, receipt, self.refunds_of(sale))

    def alone(self, sale: Sale, item: Item, at: str) -> dict[str, Any]:
        """The receipt of one piece, or a kg, for the customer who is here. Raises EngineError."""
        line = BasketLine(item.sku, milli=1000) if item.unit == "kg" else BasketLine(item.sku, qty=1)
        basket = basket_of(sale, self._place, "")
        return price(self._snapshot, replace(basket, at=basket.at or at, lines=(line,))).to_json()

    def is_of_another_book(self, sale: Sale) -> bool:
        return bool(sale.live_lines) and not sale.receipt and sale.snapshot != self.hash

    def promotion_name(self, promotion: str) -> str:
        """As people may read it; the number of one that has left the book."""
        name = self._snapshot.promotion_name(promotion)
        if name == promotion:
            name = self._before.promotion_name(promotion)
        return promotion_text(name or promotion)

    def _culprit(self, sale: Sale, error: EngineError) -> str:
        if isinstance(error, BasketError) and error.line is not None and error.line < len(sale.basket_lines):
            return sale.basket_lines[error.line].name
        gone = (line.name for line in sale.live_lines if self._snapshot.find(line.sku) is None)
        return next(gone, sale.live_lines[0].name)


def _asked(sale: Sale) -> tuple[object, ...]:
    """All that the price of a sale depends on, but for the snapshot and the place."""
    return (sale.began_at, sale.member, sale.live_lines)
