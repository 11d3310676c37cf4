"""Goods that come back: the receipt that is looked at, what is left of it, and what is given back for it.

The receipt on the screen is no row and no question: scanning rings as always, so that an exchange needs no key of its
own. What goes back is priced by the engine's rule under the snapshot of the sale where that is kept, else by the net
share of each line (docs/adr/0018).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.basket import read_basket
from engine.errors import EngineError
from engine.returns import return_rule
from engine.sold import Sale as EngineSale
from engine.values import DEFAULT_NODES
from runtime.journal.errors import JournalError
from runtime.sale.record import read_record
from runtime.sale.sold import Amounts, Back, EngineDue, SoldLine, SoldReceipt, allocated_due, refunds, sold_receipt
from runtime.sale.state import Origin, Sale, SaleLine, State
from runtime.terminal.paper_codes import receipt_code, tag_of
from runtime.terminal.refusal import NotTaken, why
from runtime.terminal.returned import Returned
from runtime.terminal.returns_elsewhere import Elsewhere, says
from runtime.terminal.sentences import sentence
from runtime.wire.beat import ReceiptHold, ReceiptNews
from runtime.wire.messages import Sentence, ViewReturn, ViewReturnLine
from runtime.wire.pack import WireError

if TYPE_CHECKING:
    from runtime.terminal.till import Till

log = logging.getLogger(__name__)

ALL = 1 << 60
MAX_CACHED = 20  # receipts whose prices are remembered
_NUMBER = re.compile(r"(.+)-([^-]+)-([0-9]{6,16})(?:-([0-9a-f]{4}))?", re.ASCII)
_OWN = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a receipt was printed; `epoch` 0 where another till must say."""

    terminal: str
    tag: str
    sequence: int
    epoch: int


class Returns:
    def __init__(self, till: Till) -> None:
        self._till = till
        self._returned = Returned(till.journal)
        self._reading = False
        self.elsewhere = Elsewhere(till)
        self.open: SoldReceipt | None = None
        self._sold: dict[tuple[int, int], tuple[SoldReceipt, EngineDue]] = {}
        self._refunds: tuple[tuple[SaleLine, ...], dict[int, int]] = ((), {})

    # --- the receipt --------------------------------------------------------------------------------------------

    def is_receipt(self, code: str) -> bool:
        return _NUMBER.fullmatch(code) is not None

    def look_at(self, code: str) -> Sentence:
        """Show a receipt, by its code or this terminal's number; one of another till when it comes. Raises NotTaken,
        JournalError."""
        till = self._till
        place = self._place(code.strip())
        own = place.terminal == till.identity.workstation
        if own and not self._returned.catch_up():
            self._read_on()
            raise NotTaken("returns_reading")
        if own:
            self._sold_lines(place.epoch, place.sequence)  # refused where there is nothing
        if till.sharing.online:
            self.elsewhere.ask((place.terminal, place.tag, place.sequence), place.epoch)
            return sentence("receipt_asked", number=place.sequence, workstation=place.terminal)
        if not own:
            raise NotTaken("receipt_offline", number=place.sequence, workstation=place.terminal[:20])
        return self._show(place.epoch, place.sequence)

    def _sold_lines(self, epoch: int, sequence: int) -> SoldReceipt:
        sold = self._receipt(epoch, sequence)[0]
        if not sold.lines:
            raise NotTaken("receipt_nothing", number=sequence)
        return sold

    def _show(self, epoch: int, sequence: int) -> Sentence:
        sold = self.open = self._sold_lines(epoch, sequence)
        return sentence("receipt_open", number=sequence, amount=self._till.money(sold.paid_minor))

    # --- the store ----------------------------------------------------------------------------------------------

    def holds(self) -> tuple[ReceiptHold, ...]:
        """The receipts that nobody else may take goods back of, for the next beat."""
        checkout, own = self._till.checkout, self._till.identity.workstation
        sales = [one.sale for one in checkout.suspended]
        if checkout.sale.state is not State.CLOSED:
            sales.append(checkout.sale)
        used = [
            (line.returned.terminal or own, line.returned.epoch, line.returned.sequence)
            for sale in sales
            for line in sale.live_lines
            if line.returned is not None and line.returned.sequence
        ]
        if self.open is not None:
            used.append((self.open.terminal, self.open.epoch, self.open.sequence))
        return self.elsewhere.holds(used)

    def heard(self, news: Iterable[ReceiptNews], online: bool) -> bool:
        """What the gateway says of receipts; True where the screen is another one. Raises JournalError."""
        till = self._till
        told = self.elsewhere.heard(news)
        for one, opens in told:
            if one.state == "held":
                self._refunds = ((), {})
                till.reprice()
            if opens and one.state == "held":
                self._try_to_show(one.epoch, one.sequence)
            elif opens or one.state == "elsewhere":
                till.say("bad", says(one, sentence))
        for (terminal, tag, sequence), opens in (gone := self.elsewhere.given_up(online)):
            own = terminal == till.identity.workstation
            epoch = next((info.epoch for info in till.journal.epochs() if tag_of(info.epoch) == tag), 0)
            if opens and own and epoch:
                self._try_to_show(epoch, sequence)  # as without a gateway
            elif opens:
                till.say("bad", sentence("receipt_offline", number=sequence, workstation=terminal))
        return bool(told or gone)

    def _try_to_show(self, epoch: int, sequence: int) -> None:
        try:
            self._till.say("info", self._show(epoch, sequence))
        except NotTaken as refused:
            self._till.say("bad", why(refused, self._till.snapshot.exponent))

    def back(self, epoch: int, sequence: int) -> Back:
        """What came back of a receipt: on this till, and on others as the gateway said."""
        return self._returned.back(epoch, sequence, self.elsewhere.came_back((epoch, sequence)))

    def close(self) -> bool:
        was = self.open is not None
        self.open = None
        return was

    def _place(self, code: str) -> _Place:
        who = self._till.identity
        match = _NUMBER.fullmatch(code)
        if match is None:
            if not _OWN.fullmatch(code):
                raise NotTaken("receipt_no_code", code=code[:40])
            return _Place(who.workstation, tag_of(who.epoch), int(code), who.epoch)
        if match[1] != who.store:
            raise NotTaken("receipt_elsewhere", store=match[1][:20], workstation=match[2][:20])
        if match[2] != who.workstation:
            if not match[4]:
                raise NotTaken("receipt_no_code", code=code[:40])
            return _Place(match[2], match[4], int(match[3]), 0)
        if not match[4]:
            return _Place(who.workstation, tag_of(who.epoch), int(match[3]), who.epoch)
        for info in reversed(self._till.journal.epochs()):
            if tag_of(info.epoch) == match[4]:
                return _Place(who.workstation, match[4], int(match[3]), info.epoch)
        raise NotTaken("receipt_unknown", number=int(match[3]))

    def _receipt(self, epoch: int, sequence: int) -> tuple[SoldReceipt, EngineDue]:
        known = self._sold.get((epoch, sequence))
        if known is not None:
            return known
        record = self._record(epoch, sequence)
        if record["type"] != "RetailTransaction" or record.get("TransactionStatus") == "Voided":
            raise NotTaken("receipt_nothing", number=sequence)
        sold = sold_receipt(record)
        if len(self._sold) >= MAX_CACHED:
            self._sold.clear()
        self._sold[epoch, sequence] = found = (sold, self._engine_due(sold))
        return found

    def _record(self, epoch: int, sequence: int) -> Mapping[str, Any]:
        """Of this till's journal, or of another till's where the gateway gave it."""
        foreign = self.elsewhere.record((epoch, sequence))
        if foreign is not None:
            return foreign
        if all(info.epoch != epoch for info in self._till.journal.epochs()):
            raise NotTaken("receipt_waits", number=sequence)
        packed = self._till.journal.record(sequence, epoch=epoch)
        if packed is None:
            raise NotTaken("receipt_unknown", number=sequence)
        try:
            return read_record(packed.body)
        except WireError as error:
            raise NotTaken("receipt_unreadable", sequence=sequence) from error

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
            parts = refunds(sold, self.back(epoch, sequence), now, engine_due)
        except (NotTaken, EngineError, ValueError) as error:
            log.error("receipt %d cannot be refunded: %s", sequence, error)
            parts = [0] * len(group)
        return {line.line: part for line, part in zip(group, parts, strict=True)}

    def left(self, sold: SoldReceipt, line: SoldLine) -> int:
        """Pieces or grams that had not come back before this sale."""
        return line.amount - self.back(sold.epoch, sold.sequence).amounts.get(line.line, 0)

    def check(self, sale: Sale) -> None:
        """A sale that was put aside may have been overtaken: nothing comes back twice. Raises NotTaken."""
        back: dict[tuple[int, int, int], int] = {}
        if any(one.returned is not None for one in sale.live_lines):
            self._returned.catch_up(ALL)
        for one in sale.live_lines:
            if one.returned is None or not one.returned.sequence:
                continue
            key = (one.returned.epoch, one.returned.sequence, one.returned.line)
            foreign, online = one.returned.terminal, self._till.sharing.online
            if (foreign or online) and not self.elsewhere.knows(key[:2]):  # as after a restart
                seller = foreign or self._till.identity.workstation
                self.elsewhere.ask((seller, tag_of(key[0]), key[1]), key[0], opens=False)
                raise NotTaken("receipt_waits", number=key[1])
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
        back = self.back(sold.epoch, sold.sequence)
        return ViewReturn(
            number=sold.sequence,
            code=receipt_code(who.store, sold.terminal, sold.sequence, sold.epoch),
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
