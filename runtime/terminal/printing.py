"""Puts closed sales on paper, oldest first, beside the sale: the cashier never waits for the printer.

A row says that printing begins before the first byte goes out, and a row says how it ended. Where it ended badly, or
the daemon died between the two, some of the receipt may be on paper: it is printed again marked as a copy, never twice
in silence.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drivers.api import Document
from runtime.journal.errors import JournalError
from runtime.sale.events import PrintBegun, PrintEnded
from runtime.sale.record import Identity, build_record, read_record
from runtime.sale.state import PrintJob, Suspended
from runtime.terminal.clock import local_text
from runtime.terminal.control_paper import control_document
from runtime.terminal.paper import receipt_document
from runtime.terminal.sentences import sentence
from runtime.terminal.slips import suspended_slip
from runtime.wire.pack import WireError, unpack

if TYPE_CHECKING:
    from runtime.terminal.till import Till

log = logging.getLogger(__name__)

READY = frozenset({"OK", "EPTR_REC_NEAREMPTY"})
AGAIN_AFTER_S = 5.0  # where the printer says that it is well and yet a receipt failed
AGAIN_AT_MOST_S = 60.0
MAX_ONCE = 5  # papers without a record that wait; past it the oldest is let go


@dataclass(frozen=True, slots=True)
class ReceiptTexts:
    """What a receipt says besides the sale."""

    header: tuple[str, ...]
    footer: tuple[str, ...]
    sign: str
    translate: Callable[[str], str]


class Printing:
    def __init__(self, till: Till, texts: ReceiptTexts) -> None:
        self._till = till
        self.texts = texts
        self._poked = asyncio.Event()
        self._by_hand = False
        self._running = False
        self._once: deque[Document] = deque(maxlen=MAX_ONCE)
        self._unreadable: set[int] = set()  # receipts whose record is damaged: the others are printed all the same

    def poke(self, by_hand: bool = False) -> None:
        """A receipt is waiting, the printer has changed, or the cashier wants it now."""
        self._by_hand = self._by_hand or by_hand
        self._poked.set()
        if not self._running and (self._once or self._next() is not None):
            self._running = True
            self._till.spawn(self._until_none_waits())

    def once(self, document: Document) -> None:
        """Paper that no record is behind: an X report, a training receipt. It waits for the printer, not for a
        restart."""
        self._once.append(document)
        self.poke()

    def slip(self, ticket: Suspended) -> None:
        """Beside the sale, and lost where the printer is not well: the ticket is on the screen's list all the same."""
        till = self._till
        self._till.spawn(self._print_slip(suspended_slip(ticket, till.identity, till.snapshot.exponent, self.texts)))

    async def _print_slip(self, document: Document) -> None:
        await self._till.devices.print_document(document)

    async def _until_none_waits(self) -> None:
        again_s = AGAIN_AFTER_S
        try:
            while self._once or self._next() is not None:
                self._poked.clear()
                if not (self._ready() or self._by_hand):
                    await self._poked.wait()
                    continue
                self._by_hand = False
                if await self._print_next():
                    again_s = AGAIN_AFTER_S
                    continue
                try:
                    async with asyncio.timeout(again_s):
                        await self._poked.wait()
                except TimeoutError:
                    again_s = min(again_s * 2, AGAIN_AT_MOST_S)
        finally:
            self._running = False

    async def _print_next(self) -> bool:
        """True where the next one may follow at once. Receipts first: they are somebody's."""
        job = self._next()
        if job is not None:
            return await self._print(job)
        document = self._once[0]
        result = await self._till.devices.print_document(document)
        if (result.code == "OK" or result.started) and self._once and self._once[0] is document:
            self._once.popleft()
        if result.code != "OK":
            self._till.say("bad", sentence(result.code, device="printer"))
            self._till.changed()
        return result.code == "OK"

    def _next(self) -> PrintJob | None:
        return next((job for job in self._till.checkout.prints if job.sequence not in self._unreadable), None)

    def _ready(self) -> bool:
        return any(s.device_class == "POSPrinter" and s.code in READY for s in self._till.devices.statuses())

    async def _print(self, job: PrintJob) -> bool:
        """True where the next one may follow at once."""
        till = self._till
        try:
            document = self._document(job)
        except (JournalError, WireError) as error:
            if isinstance(error, JournalError) and error.code not in ("CHAIN_BROKEN", "DAMAGED"):
                raise
            log.error("receipt %d cannot be printed: %s", job.sequence, error)
            self._unreadable.add(job.sequence)
            till.say("bad", sentence("receipt_unreadable", sequence=job.sequence))
            till.changed()
            return True
        if not till.attempt(PrintBegun(job.sequence, job.begun)):
            return False
        result = await till.devices.print_document(document)
        await self._ended(PrintEnded(job.sequence, result.code, result.started))
        if result.code != "OK":
            till.say("bad", sentence(result.code, device="printer"))
            till.changed()
            return False
        if job.begun:
            till.say("info", sentence("receipt_copied"))
            till.changed()
        return True

    async def _ended(self, ended: PrintEnded) -> None:
        """On disk, however long that is full: what is on paper must not be printed again for want of a row."""
        till = self._till
        while any(job.sequence == ended.sequence for job in till.checkout.prints) and not till.attempt(ended):
            await asyncio.sleep(AGAIN_AFTER_S)

    def _document(self, job: PrintJob) -> Document:
        packed = self._till.journal.record(job.sequence)
        if packed is None:
            raise JournalError("CHAIN_BROKEN", f"record {job.sequence} is not there", row=self._till.journal.last_seq)
        record = read_record(packed.body)
        if record["type"] == "ControlTransaction":
            return self.control(record, copy=job.begun)
        return self._receipt(record, copy=job.begun)

    def control(self, record: dict[str, Any], copy: bool) -> Document:
        """The paper of a control record, or of an X report."""
        texts, till = self.texts, self._till
        return control_document(
            record,
            copy=copy,
            blind=till.rules.shift_blind,
            header=texts.header,
            exponent=till.snapshot.exponent,
            _=texts.translate,
        )

    def training(self) -> Document:
        """The paper of the training sale that has just closed: like a receipt, without its number."""
        till = self._till
        checkout, at = till.checkout, local_text(till.clock.now())
        who = till.identity
        body = build_record(
            Identity(who.store, who.workstation, till.operator, who.epoch),
            checkout,
            sequence=checkout.last_sequence,
            at_begin=checkout.sale.began_at,
            at_end=at,
            business_day=at[:10],
            head=bytes(32),
            first_row=1,
            last_row=1,
            time_quality=till.clock.quality,
        )
        return self._receipt({**unpack(body), "SequenceNumber": 0}, copy=False, training=True)

    def _receipt(self, record: dict[str, Any], copy: bool, training: bool = False) -> Document:
        texts = self.texts
        return receipt_document(
            record,
            copy=copy,
            training=training,
            header=texts.header,
            footer=texts.footer,
            exponent=self._till.snapshot.exponent,
            sign=texts.sign,
            promotion_name=self._till.pricing.promotion_name,
            _=texts.translate,
        )
