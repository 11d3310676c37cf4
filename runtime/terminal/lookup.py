"""What goods cost, without ringing them. No row is written: nothing has happened.

A look-up is never in the way of a sale: what it shows goes with the next key or scan. Where the cashier pressed the key
without a code, the next scan is looked up, once; going one step back gives that up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.codes import CodeError, read_code
from engine.errors import EngineError
from engine.snapshot import Snapshot
from runtime.terminal.clock import local_text
from runtime.terminal.money import amount_text
from runtime.terminal.names import goods_text
from runtime.terminal.refusal import NotTaken
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Sentence, ViewBag, ViewLookup

if TYPE_CHECKING:
    from runtime.terminal.till import Till


class Lookup:
    def __init__(self, till: Till) -> None:
        self._till = till
        self.armed = False
        self.shown: ViewLookup | None = None
        self._bags_of: Snapshot | None = None
        self._bags: tuple[ViewBag, ...] = ()

    def bags(self) -> tuple[ViewBag, ...]:
        """The carrier bags of the settings, as the book has them now."""
        book = self._till.snapshot
        if self._bags_of is not book:
            self._bags_of = book
            found = [(number, book.find(sku)) for number, sku in enumerate(self._till.settings.bags, 1)]
            self._bags = tuple(
                ViewBag(number, item.sku, goods_text(item.name, item.sku), item.price) for number, item in found if item
            )
        return self._bags

    def arm(self) -> Sentence:
        self.shown, self.armed = None, True
        return sentence("lookup_next")

    def drop(self) -> bool:
        """Nothing is looked up any more. True where something was."""
        was = self.armed or self.shown is not None
        self.shown, self.armed = None, False
        return was

    def of(self, code: str) -> Sentence:
        """Show what one piece, or a kg, costs alone. Raises NotTaken with the code's own reason."""
        till = self._till
        self.drop()
        book = till.snapshot
        try:
            reading = read_code(code, book.find, till.templates, exponent=book.exponent, currency=book.currency)
            alone = till.pricing.alone(till.checkout.sale, reading.item, local_text(till.clock.now()))
        except CodeError as error:
            raise NotTaken(error.code, **error.args_by_name) from error
        except EngineError as error:
            raise NotTaken("price_book_changed", name=goods_text(reading.item.name, reading.item.sku)) from error
        item = reading.item
        name = goods_text(item.name, item.sku)
        net = alone["total"]
        gives = [line["price_promotion"] for line in alone["lines"]]
        gives += [one["promotion"] for one in alone["applications"]]
        self.shown = ViewLookup(
            sku=item.sku,
            name=name,
            unit="kg" if item.unit == "kg" else "each",
            regular_minor=item.price,
            net_minor=net,
            promotions=tuple(till.pricing.promotion_name(one) for one in gives if one),
        )
        says = "lookup_kg" if item.unit == "kg" else "lookup_each"
        return sentence(says, name=name, amount=amount_text(net, book.exponent))
