"""Goods that come back: the receipt that is looked at, what is left of it, and what is given back for it.

The receipt on the screen is no row and no question: scanning rings as always, so that an exchange needs no key of its
own. What goes back is priced by the engine's rule under the snapshot of the sale where that is kept, else by the net
share of each line (docs/adr/0018).
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from engine.basket import read_basket
from engine.errors import EngineError
from engine.returns import return_rule
from engine.sold import Sale as EngineSale
from engine.values import DEFAULT_NODES
from runtime.journal.errors import JournalError
from runtime.sale.record import read_record
from runtime.sale.sold import Amounts, EngineDue, SoldLine, SoldReceipt, allocated_due, refunds, sold_receipt
from runtime.sale.state import Origin, Sale, SaleLine, State
from runtime.terminal.paper_codes import receipt_code, tag_of
from runtime.terminal.refusal import NotTaken
from runtime.terminal.returned import Returned
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Sentence, ViewReturn, ViewReturnLine
from runtime.wire.pack import WireError

if TYPE_CHECKING:
    from runtime.terminal.till import Till

log = logging.getLogger(__name__)

ALL = 1 << 60
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
        self._returned.catch_up(ALL)  # after a restart: what came back before must be known, however long it takes
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
        if any(one.returned is not None for one in sale.live_lines):
            self._returned.catch_up(ALL)
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
