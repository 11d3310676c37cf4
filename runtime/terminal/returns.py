"""The keys for goods that come back: the receipt that is looked at, what is left of it, what is given back for it.

The receipt on the screen is no row and no question: scanning rings as always, so that an exchange needs no key of its
own. What goes back is priced by the engine's rule under the snapshot of the sale where that is kept, else by the net
share of each line (docs/adr/0018).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.basket import read_basket
from engine.codes import CodeError, read_code
from engine.errors import EngineError
from engine.returns import return_rule
from engine.sold import Sale as EngineSale
from engine.values import DEFAULT_NODES
from runtime.journal.errors import JournalError
from runtime.sale import events as ev
from runtime.sale.machine import step
from runtime.sale.record import read_record
from runtime.sale.sold import Amounts, EngineDue, SoldLine, SoldReceipt, allocated_due, refunds, sold_receipt
from runtime.sale.state import Origin, Sale, SaleLine, State
from runtime.terminal.clock import local_text
from runtime.terminal.goods import facts_of
from runtime.terminal.names import goods_text
from runtime.terminal.paper_codes import receipt_code, tag_of
from runtime.terminal.refusal import NotTaken
from runtime.terminal.returned import Returned
from runtime.terminal.sentences import sentence
from runtime.terminal.tendering import rounding_rows
from runtime.wire.messages import Sentence, ViewReturn, ViewReturnLine
from runtime.wire.pack import WireError

if TYPE_CHECKING:
    from runtime.terminal.till import Till

log = logging.getLogger(__name__)

MAX_CACHED = 20  # receipts whose prices are remembered
_NUMBER = re.compile(r"(.+)-([^-]+)-([0-9]{6,16})(?:-([0-9a-f]{4}))?", re.ASCII)
_OWN = re.compile(r"[0-9]{1,9}", re.ASCII)


class Returns:
    def __init__(self, till: Till) -> None:
        self._till = till
        self._returned = Returned(till.journal)
        self._reading = False
        self.open: SoldReceipt | None = None
        self._sold: dict[tuple[int, int], tuple[SoldReceipt, EngineDue]] = {}
        self._refunds: tuple[tuple[SaleLine, ...], dict[int, int]] = ((), {})

    # --- the receipt --------------------------------------------------------------------------------------------

    def is_receipt(self, code: str) -> bool:
        return _NUMBER.fullmatch(code) is not None

    def look_at(self, code: str) -> Sentence:
        """Show a receipt, by its code or this terminal's number. Raises NotTaken, JournalError."""
        till = self._till
        epoch, sequence = self._place(code.strip())
        if not self._returned.catch_up():
            self._read_on()
            raise NotTaken("returns_reading")
        sold = self._receipt(epoch, sequence)[0]
        if not sold.lines:
            raise NotTaken("receipt_nothing", number=sequence)
        self.open = sold
        return sentence("receipt_open", number=sequence, amount=till.money(sold.paid_minor))

    def close(self) -> bool:
        was = self.open is not None
        self.open = None
        return was

    def _place(self, code: str) -> tuple[int, int]:
        who = self._till.identity
        match = _NUMBER.fullmatch(code)
        if match is None:
            if not _OWN.fullmatch(code):
                raise NotTaken("receipt_no_code", code=code[:40])
            return who.epoch, int(code)
        if (match[1], match[2]) != (who.store, who.workstation):
            raise NotTaken("receipt_elsewhere", store=match[1][:20], workstation=match[2][:20])
        if not match[4]:
            return who.epoch, int(match[3])
        for info in reversed(self._till.journal.epochs()):
            if tag_of(info.epoch) == match[4]:
                return info.epoch, int(match[3])
        raise NotTaken("receipt_unknown", number=int(match[3]))

    def _receipt(self, epoch: int, sequence: int) -> tuple[SoldReceipt, EngineDue]:
        known = self._sold.get((epoch, sequence))
        if known is not None:
            return known
        packed = self._till.journal.record(sequence, epoch=epoch)
        if packed is None:
            raise NotTaken("receipt_unknown", number=sequence)
        try:
            record = read_record(packed.body)
        except WireError as error:
            raise NotTaken("receipt_unreadable", sequence=sequence) from error
        if record["type"] != "RetailTransaction" or record.get("TransactionStatus") == "Voided":
            raise NotTaken("receipt_nothing", number=sequence)
        sold = sold_receipt(record)
        if len(self._sold) >= MAX_CACHED:
            self._sold.clear()
        self._sold[epoch, sequence] = found = (sold, self._engine_due(sold))
        return found

    def _engine_due(self, sold: SoldReceipt) -> EngineDue:
        snapshot = self._till.kept_snapshot(sold.snapshot)
        by_share = allocated_due(sold)
        if snapshot is None or not sold.basket.get("lines"):
            return by_share
        try:
            rule = return_rule(snapshot.book)
            sale = EngineSale(snapshot, read_basket(sold.basket), sold.receipt, DEFAULT_NODES, rule)
        except (EngineError, ValueError) as error:
            log.warning("receipt %d is refunded by its shares: %s", sold.sequence, error)
            return by_share
        weighed = frozenset(line.place for line in sold.lines if line.unit == "kg")

        def due(back: Amounts) -> int:
            left = [
                0 if at in weighed and back.get(at) else units - back.get(at, 0) for at, units in enumerate(sale.units)
            ]
            return sale.due(tuple(left))

        return due

    def _read_on(self) -> None:
        if not self._reading:
            self._reading = True
            self._till.spawn(self._read_all())

    async def _read_all(self) -> None:
        try:
            await self._returned.read_all()
        except JournalError as error:
            log.error("the records cannot be read for returns: %s", error)
        finally:
            self._reading = False

    # --- what is given back -------------------------------------------------------------------------------------

    def refunds_of(self, sale: Sale) -> dict[int, int]:
        """What is given back for each returned line of a sale."""
        lines = tuple(line for line in sale.live_lines if line.returned is not None)
        if not lines:
            return {}
        if self._refunds[0] == lines:
            return self._refunds[1]
        found: dict[int, int] = {}
        by_receipt: dict[tuple[int, int], list[SaleLine]] = {}
        for line in lines:
            origin = line.returned or Origin()
            if origin.sequence:
                by_receipt.setdefault((origin.epoch, origin.sequence), []).append(line)
            else:
                found[line.line] = origin.refund_minor
        for (epoch, sequence), group in by_receipt.items():
            found.update(self._refunds_of_receipt(epoch, sequence, group))
        self._refunds = (lines, found)
        return found

    def _refunds_of_receipt(self, epoch: int, sequence: int, group: list[SaleLine]) -> dict[int, int]:
        self._returned.catch_up()
        now = [(line.returned.line, line.qty or line.weight_g) for line in group if line.returned is not None]
        try:
            sold, engine_due = self._receipt(epoch, sequence)
            parts = refunds(sold, self._returned.back(epoch, sequence), now, engine_due)
        except (NotTaken, EngineError, ValueError) as error:
            log.error("receipt %d cannot be refunded: %s", sequence, error)
            parts = [0] * len(group)
        return {line.line: part for line, part in zip(group, parts, strict=True)}

    def left(self, sold: SoldReceipt, line: SoldLine) -> int:
        """Pieces or grams that had not come back before this sale."""
        return line.amount - self._returned.back(sold.epoch, sold.sequence).amounts.get(line.line, 0)

    def check(self, sale: Sale) -> None:
        """A sale that was put aside may have been overtaken: nothing comes back twice. Raises NotTaken."""
        back: dict[tuple[int, int, int], int] = {}
        for one in sale.live_lines:
            if one.returned is None or not one.returned.sequence:
                continue
            key = (one.returned.epoch, one.returned.sequence, one.returned.line)
            back[key] = back.get(key, 0) + (one.qty or one.weight_g)
            sold = self._receipt(key[0], key[1])[0]
            line = sold.line(key[2])
            left = self.left(sold, line) if line is not None else 0
            if back[key] > left:
                raise NotTaken("return_too_many", name=one.name, left=left)

    def coming_back(self) -> list[SaleLine]:
        """The lines of the open sale whose goods come back."""
        sale = self._till.checkout.sale
        if sale.state is State.CLOSED:
            return []
        return [line for line in sale.live_lines if line.returned is not None]

    def here(self, sold: SoldReceipt, line: SoldLine) -> int:
        """What comes back of it in this sale."""
        return sum(
            one.qty or one.weight_g
            for one in self.coming_back()
            if one.returned is not None
            and (one.returned.epoch, one.returned.sequence, one.returned.line) == (sold.epoch, sold.sequence, line.line)
        )

    def view(self) -> ViewReturn | None:
        sold = self.open
        if sold is None:
            return None
        who = self._till.identity
        back = self._returned.back(sold.epoch, sold.sequence)
        return ViewReturn(
            number=sold.sequence,
            code=receipt_code(who.store, who.workstation, sold.sequence, sold.epoch),
            at=sold.at,
            paid_minor=sold.paid_minor,
            given_minor=back.given_minor,
            lines=tuple(
                ViewReturnLine(
                    line=line.line,
                    sku=line.sku,
                    name=line.name,
                    unit="kg" if line.unit == "kg" else "each",
                    sold=line.amount,
                    left=self.left(sold, line) - self.here(sold, line),
                    net_minor=line.net_minor,
                )
                for line in sold.lines
            ),
        )


# --- the keys ---------------------------------------------------------------------------------------------------------


def return_receipt(till: Till, code: str) -> Sentence:
    return till.returns.look_at(code)


def return_close(till: Till) -> None:
    if not till.returns.close():
        raise NotTaken("receipt_none_open")


def return_line(till: Till, line: int, qty: int = 0, reason: str = "", approver: str = "", pin: str = "") -> Sentence:
    """`qty` pieces of a line of the receipt on the screen, or all that is left of it; weighed goods come back whole."""
    sold = _open(till)
    found = sold.line(line)
    if found is None:
        raise NotTaken("line_unknown", line=line)
    left = till.returns.left(sold, found) - till.returns.here(sold, found)
    if found.unit == "kg" and qty:
        raise NotTaken("return_weighed", name=found.name)
    if left <= 0 or qty > left or qty < 0:
        raise NotTaken("return_too_many", name=found.name, left=max(0, left))
    return _take(till, sold, [(found, qty or left)], reason, approver, pin)


def return_all(till: Till, reason: str = "", approver: str = "", pin: str = "") -> Sentence:
    """All that is left of the receipt on the screen."""
    sold = _open(till)
    rest = [(line, till.returns.left(sold, line) - till.returns.here(sold, line)) for line in sold.lines]
    rest = [(line, amount) for line, amount in rest if amount > 0]
    if not rest:
        raise NotTaken("receipt_nothing", number=sold.sequence)
    return _take(till, sold, rest, reason, approver, pin)


def return_item(
    till: Till,
    code: str,
    reason: str,
    qty: int = 1,
    weight_g: int = 0,
    price_minor: int = -1,
    approver: str = "",
    pin: str = "",
) -> Sentence:
    """Goods without a receipt: for what they cost now when sold alone, or for less. `price_minor` is of one or a kg."""
    book = till.snapshot
    try:
        reading = read_code(code, book.find, till.templates, exponent=book.exponent, currency=book.currency)
        item = reading.item
        alone = till.pricing.alone(Sale(), item, local_text(till.clock.now()))
    except CodeError as error:
        raise NotTaken(error.code, **error.args_by_name) from error
    except EngineError as error:
        raise NotTaken("price_book_changed", name=code[:40]) from error
    name = goods_text(item.name, item.sku)
    unit_minor = alone["total"] if price_minor < 0 else price_minor
    if unit_minor > alone["total"]:
        raise NotTaken("return_price", name=name, most=till.money(alone["total"]))
    if not reason.strip():
        raise NotTaken("reason_missing")
    grams = (weight_g or reading.weight_g or 0) if item.unit == "kg" else 0
    pieces = qty if item.unit == "each" else 0
    if item.unit == "kg" and not grams:
        raise NotTaken("return_weight", name=name)
    refund_minor = unit_minor * pieces if pieces else (unit_minor * grams + 500) // 1000
    facts = facts_of(item)
    facts = replace(facts, min_age=0) if facts is not None else None
    origin = Origin(refund_minor=refund_minor, reason=reason.strip())

    def make(who: str) -> ev.Event:
        goods = ev.ReturnedGoods(
            code, item.sku, name, item.unit, item.price, pieces, grams, facts, replace(origin, approver=who)
        )
        return ev.GoodsReturned((goods,), "keyed", local_text(till.clock.now()), till.pricing.hash)

    back = [one.returned.refund_minor for one in till.returns.coming_back() if one.returned]
    till.accept_approved(make, "return_without_receipt", sum(back) + refund_minor, approver, pin, origin.reason)
    return sentence("goods_returned", name=name, amount=till.money(refund_minor))


def refund(till: Till) -> Sentence:
    """What is due to the customer, in cash."""
    at, paper = local_text(till.clock.now()), till.has("POSPrinter")
    rows = rounding_rows(till)
    till.accept(ev.RefundGiven("cash", at, paper, rows))
    return sentence("refunded", amount=till.money(-till.checkout.sale.tenders[-1].amount_minor))


def refund_code(till: Till) -> Sentence:
    """No driver of a provider has refunds: that is said, and nothing is done."""
    if till.checkout.sale.due_minor >= 0:
        raise NotTaken("nothing_to_refund")
    raise NotTaken("refund_code_none")


def _open(till: Till) -> SoldReceipt:
    if till.returns.open is None:
        raise NotTaken("receipt_none_open")
    return till.returns.open


def _take(
    till: Till, sold: SoldReceipt, lines: list[tuple[SoldLine, int]], reason: str, approver: str, pin: str
) -> Sentence:
    def make(who: str) -> ev.Event:
        goods = tuple(_goods(till, sold, line, amount, reason.strip(), who) for line, amount in lines)
        return ev.GoodsReturned(goods, "receipt", local_text(till.clock.now()), till.pricing.hash)

    sale = step(till.checkout, make(approver))[0].sale
    back = till.returns.refunds_of(sale)
    with_receipt = [one.line for one in sale.live_lines if one.returned is not None and one.returned.sequence]
    total_minor = sum(back[number] for number in with_receipt)
    till.accept_approved(make, "return_with_receipt", total_minor, approver, pin, reason.strip())
    new_minor = sum(back[number] for number in with_receipt[-len(lines) :])
    return sentence("goods_returned", name=lines[0][0].name, amount=till.money(new_minor))


def _goods(till: Till, sold: SoldReceipt, line: SoldLine, amount: int, reason: str, who: str) -> ev.ReturnedGoods:
    item = till.snapshot.find(line.sku)
    facts = facts_of(item) if item is not None else None
    return ev.ReturnedGoods(
        code=line.code,
        sku=line.sku,
        name=line.name,
        unit=line.unit,
        regular_minor=line.regular_minor,
        qty=amount if line.unit == "each" else 0,
        weight_g=amount if line.unit == "kg" else 0,
        facts=replace(facts, min_age=0) if facts is not None else None,
        origin=Origin(
            epoch=sold.epoch,
            sequence=sold.sequence,
            line=line.line,
            left=till.returns.left(sold, line),
            reason=reason,
            approver=who,
        ),
    )


COMMANDS: dict[str, Callable[..., Sentence | None]] = {
    "return_receipt": return_receipt,
    "return_close": return_close,
    "return_line": return_line,
    "return_all": return_all,
    "return_item": return_item,
    "refund": refund,
    "refund_code": refund_code,
}
