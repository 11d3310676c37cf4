"""The shell around the pure sale: takes what people and devices do, writes it down, shows it, carries effects out.

One rule: an event is accepted by the machine, then on disk, then on the screen, then its effects happen. All of it runs
on one event loop; nothing here waits for a device, a network or a person while a scan waits. Clock, journal, devices,
gateway link and randomness are handed in: the same code runs in the daemon and in the simulation.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any

from drivers.api import ScanData
from engine.errors import EngineError
from engine.labels import LabelTemplate
from engine.pricing import price
from engine.snapshot import Snapshot
from runtime.devices.ports import Devices, DeviceStatus
from runtime.forward.forwarder import Forwarder
from runtime.journal.errors import JournalError
from runtime.journal.store import Journal
from runtime.sale import effects as fx
from runtime.sale import events as ev
from runtime.sale.machine import resume, step
from runtime.sale.record import Identity
from runtime.sale.state import Checkout, Sale, State
from runtime.terminal.basket import Place, basket_of, plain_basket
from runtime.terminal.clock import Clock, RehearsalClock, local_text
from runtime.terminal.closing import closing
from runtime.terminal.intake import read_goods, read_payment_code
from runtime.terminal.money import amount_text, weight_text
from runtime.terminal.paying import Paying
from runtime.terminal.printing import Printing, ReceiptTexts
from runtime.terminal.refusal import REFUSALS, NotTaken, why
from runtime.terminal.sentences import network_sentence, sentence
from runtime.terminal.view import Surroundings, view_of
from runtime.wire.messages import COMMANDS, Answer, Command, Notice, Sentence, Severity, View, ViewNetwork

log = logging.getLogger(__name__)

WEIGH_FOR_S = 2.0  # one question to the scale; asked again while the item waits
WEIGH_PAUSE_S = 0.3


class Till:
    """`fatal` is called with what happened when the journal can no longer be trusted: the process must end."""

    def __init__(
        self,
        *,
        identity: Identity,
        place: Place,
        clock: Clock,
        journal: Journal,
        devices: Devices,
        snapshot: Snapshot,
        templates: Sequence[LabelTemplate],
        receipt_texts: ReceiptTexts,
        publish: Callable[[View], None],
        fatal: Callable[[BaseException], None],
    ) -> None:
        self.identity = identity
        self.place = place
        self.clock = clock
        self.journal = journal
        self.devices = devices
        self.snapshot = snapshot
        self.forwarder: Forwarder | None = None
        self.checkout = Checkout()
        self._templates = templates
        self._publish = publish
        self._fatal = fatal
        self._snapshot_hash = snapshot.hash.hex()
        self._price: dict[str, Any] | None = None
        self._priced: tuple[object, ...] = ()
        self._rev = 0
        self._notice: Notice | None = None
        self._notices = 0
        self._scale_says: Sentence | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._weighing: asyncio.Task[None] | None = None
        self._paying = Paying(self)
        self._printing = Printing(self, receipt_texts)

    # --- life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Recover: the state is what the journal says; what was under way is taken up again."""
        self.checkout = self.journal.recover()
        self._reprice()
        if self.checkout.sale.lines and self.checkout.sale.state is not State.CLOSED:
            self.say("info", sentence("recovered"))
        for effect in resume(self.checkout):
            self._carry_out(effect)
        self.changed()

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside the sale. If it fails, the daemon fails: nothing dies in silence."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fatal(error)

    # --- what happens -------------------------------------------------------------------------------------------

    def accept(self, event: ev.Event) -> None:
        """On disk, then on the screen, then done. Raises Refused (nothing happened) or JournalError DISK_FULL."""
        before = self.checkout
        after, effects = step(before, event)
        at = local_text(self.clock.now())
        close = closing(effects, self.identity, after, at, self.clock.quality)
        try:
            self.journal.append(at, self.clock.quality, event, close=close, checkpoint=after if close else None)
        except JournalError as error:
            if error.code != "DISK_FULL":
                self._fatal(error)
            raise
        self.checkout = after
        if after.sale is not before.sale:
            self._reprice()
        for effect in effects:
            self._carry_out(effect)

    def attempt(self, event: ev.Event) -> bool:
        """Accept what a device brought; where that cannot be, say why. True where it was accepted."""
        try:
            self.accept(event)
        except REFUSALS as refused:
            self.say("bad", why(refused, self.snapshot.exponent))
        except JournalError as error:
            self.say("bad", sentence(error.code))
        else:
            self.changed()
            return True
        self.changed()
        return False

    def command(self, command: Command) -> Answer:
        """What a person asked for at a front end."""
        try:
            said = self._obey(command.name, command.args)
        except REFUSALS as refused:
            answer = Answer(command.id, False, why(refused, self.snapshot.exponent))
        except JournalError as error:
            answer = Answer(command.id, False, sentence(error.code))
        else:
            answer = Answer(command.id, True, said)
        if answer.sentence is not None:
            self.say(_severity(answer.sentence) if answer.ok else "bad", answer.sentence)
        elif answer.ok:
            self._notice = None
        self.changed()
        return answer

    def scanned(self, device: str, scan: ScanData) -> None:
        """DeviceListener: goods while ringing, a payment code while tendering."""
        try:
            said = self._code(scan.code, "scanned")
        except REFUSALS as refused:
            self.say("bad", why(refused, self.snapshot.exponent))
        except JournalError as error:
            self.say("bad", sentence(error.code))
        else:
            self.say(_severity(said), said)
        self.changed()

    def garbled(self, device: str, reason: str) -> None:
        """DeviceListener."""
        log.info("%s: no code: %s", device, reason)
        self.say("bad", sentence("scan_garbled"))
        self.changed()

    def status_changed(self, status: DeviceStatus) -> None:
        """DeviceListener."""
        if status.device_class == "POSPrinter":
            self._printing.poke()
        self.changed()

    # --- commands -----------------------------------------------------------------------------------------------

    def _obey(self, name: str, args: dict[str, str | int | None]) -> Sentence | None:
        if name not in COMMANDS:
            raise NotTaken("unknown_command", command=name[:40])
        wanted = COMMANDS[name][0]
        if args.keys() != wanted.keys() or any(type(args[key]) is not kind for key, kind in wanted.items()):
            raise NotTaken("bad_arguments", command=name)
        return _COMMANDS[name](self, **args)

    def _code(self, code: str, entry: str) -> Sentence:
        sale = self.checkout.sale
        if sale.state in (State.TENDERING, State.PAYING):
            event = read_payment_code(code, sale, self._trade_no())
            self._paying.auth_code = code.strip()
            self.accept(event)
            return sentence("payment_asked", amount=self._amount(event.amount_minor))
        goods = read_goods(
            code,
            entry,
            sale,
            self.snapshot.find,
            self._templates,
            local_text(self.clock.now()),
            self._snapshot_hash,
            self.snapshot.exponent,
            self.snapshot.currency,
        )
        self.accept(goods)
        if isinstance(goods, ev.WeightWanted):
            return sentence("weigh_now", name=goods.name)
        return sentence("item_added", name=goods.name)

    def _scan(self, code: str) -> Sentence:
        return self._code(code, "keyed")

    def _quantity(self, qty: int) -> Sentence:
        self.accept(ev.QuantitySet(qty))
        return sentence("quantity_set", qty=qty)

    def _set_quantity(self, line: int, qty: int) -> None:
        self.accept(ev.LineQuantityChanged(line, qty))

    def _void_line(self, line: int) -> None:
        self.accept(ev.LineVoided(line))

    def _member(self, id: str) -> None:
        self.accept(ev.MemberIdentified(id.strip()))

    def _weigh(self) -> None:
        if self.checkout.sale.weighing is None:
            raise NotTaken("nothing_to_weigh")
        self._ask_weight()

    def _subtotal(self) -> None:
        self.accept(self._subtotalled())

    def _subtotalled(self) -> ev.Subtotalled:
        """The basket and its price. Where it cannot be priced: says which line, and to void it."""
        sale = self.checkout.sale
        if sale.state is not State.RINGING or not sale.live_lines:
            return ev.Subtotalled({}, {})  # refused by the machine, in its own words
        basket = self._basket(sale)
        try:
            receipt = price(self.snapshot, basket).to_json()
        except EngineError as error:
            raise NotTaken("price_book_changed", name=self._culprit(sale)) from error
        return ev.Subtotalled(plain_basket(basket), receipt)

    def _culprit(self, sale: Sale) -> str:
        return next((x.name for x in sale.live_lines if self.snapshot.find(x.sku) is None), sale.live_lines[0].name)

    def _cancel(self) -> Sentence | None:
        """One step back from wherever the sale is."""
        sale = self.checkout.sale
        if sale.pending_qty is not None:
            self.accept(ev.QuantitySet(None))
        elif sale.state is State.WEIGHING:
            self.accept(ev.WeighingDropped())
        elif sale.state is State.PAYING and sale.payment is not None:
            self.accept(ev.PaymentCancelAsked(sale.payment.trade_no))
            return sentence("payment_cancelling")
        elif sale.state is State.CLOSED:
            self.accept(ev.SalePutAway())
        else:
            self.accept(ev.TenderingLeft())
            return sentence("back_to_ringing")
        return None

    def _cash(self, amount_minor: int) -> Sentence:
        self.accept(ev.CashTendered(amount_minor, local_text(self.clock.now())))
        return sentence("paid")

    def _next(self) -> None:
        self.accept(ev.SalePutAway())

    def _reprint(self) -> Sentence:
        if not self.checkout.prints:
            return sentence("receipts_none")
        self._printing.poke(by_hand=True)
        return sentence("receipt_copied")

    def _clock(self, at: str) -> None:
        if not isinstance(self.clock, RehearsalClock):
            raise NotTaken("not_rehearsing")
        try:
            when = datetime.fromisoformat(at)
        except ValueError:
            raise NotTaken("bad_arguments", command="clock") from None
        if when.tzinfo is not None:
            raise NotTaken("bad_arguments", command="clock")
        self.clock.set(when)

    # --- effects ------------------------------------------------------------------------------------------------

    def _carry_out(self, effect: fx.Effect) -> None:
        match effect:
            case fx.AskWeight():
                self._ask_weight()
            case fx.AskPayment() | fx.QueryPayment() | fx.CancelPayment():
                self._paying.carry_out(effect)
            case fx.Print():
                self._printing.poke()
            case fx.OpenDrawer():
                self.spawn(self._open_drawer())
            case fx.Show(lamp=lamp, amount_minor=amount_minor):
                self.devices.show(lamp, amount_minor)
            case fx.CloseRecord():
                if self.forwarder is not None:
                    self.forwarder.poke()

    async def _open_drawer(self) -> None:
        code = await self.devices.open_drawer()
        if code != "OK":
            self.say("bad", sentence(code, device="printer"))
            self.changed()

    def _ask_weight(self) -> None:
        if self._weighing is not None:
            self._weighing.cancel()
        self._scale_says = None
        self._weighing = self.spawn(self._weigh_until_known())

    async def _weigh_until_known(self) -> None:
        waiting = self.checkout.sale.weighing
        while waiting is not None and self.checkout.sale.weighing is waiting:
            reading = await self.devices.weigh(WEIGH_FOR_S)
            if self.checkout.sale.weighing is not waiting:
                return
            code = reading if isinstance(reading, str) else reading.code
            if not isinstance(reading, str) and code == "OK":
                if self.attempt(ev.Weighed(reading.weight_g)):
                    weight = weight_text(reading.weight_g)
                    self.say("good", sentence("weighed", name=waiting.name, weight=weight))
                    self.changed()
                    return
                code = "ESCAL_OVERWEIGHT"
            says = sentence(code, device="scale")
            if says != self._scale_says:
                self._scale_says = says
                self.changed()
            await asyncio.sleep(WEIGH_PAUSE_S)

    # --- price and view -----------------------------------------------------------------------------------------

    def _basket(self, sale: Sale) -> Any:
        number = self.checkout.last_sequence + 1
        name = f"{self.identity.store}-{self.identity.workstation}-{self.identity.epoch}-{number}"
        return basket_of(sale, self.place, name)

    def _reprice(self) -> None:
        sale = self.checkout.sale
        if sale.receipt:
            self._price = sale.receipt
            self._priced = ()
            return
        wanted = (sale.began_at, sale.member, sale.live_lines)
        if wanted == self._priced:
            return
        self._priced = wanted
        self._price = None
        if sale.live_lines:
            try:
                self._price = price(self.snapshot, self._basket(sale)).to_json()
            except EngineError as error:
                log.warning("the basket cannot be priced: %s", error)
                self.say("bad", sentence("price_book_changed", name=self._culprit(sale)))

    def promotion_name(self, promotion: str) -> str:
        return self.snapshot.promotion_name(promotion) or promotion

    def say(self, severity: Severity, what: Sentence) -> None:
        """Tell the cashier; seen with the next `changed()`."""
        self._notices += 1
        self._notice = Notice(self._notices, severity, what)

    @property
    def last_said(self) -> str:
        """The code of the notice on the screen, or empty."""
        return self._notice.sentence.code if self._notice else ""

    def changed(self) -> None:
        """Something that a screen shows is different."""
        self._rev += 1
        self._publish(self.view())

    def view(self) -> View:
        around = Surroundings(
            rev=self._rev,
            store=self.identity.store,
            workstation=self.identity.workstation,
            operator=self.identity.operator,
            at=local_text(self.clock.now()),
            currency=self.snapshot.currency,
            exponent=self.snapshot.exponent,
            devices=self.devices.statuses(),
            network=self._network(),
            weighing=self._scale_says,
            notice=self._notice,
        )
        return view_of(self.checkout, self._price, around, self.promotion_name)

    def _network(self) -> ViewNetwork:
        if self.forwarder is None:
            return ViewNetwork(False, self.checkout.last_sequence, network_sentence("CONNECTING"))
        ok, code = self.forwarder.status
        return ViewNetwork(ok, self.forwarder.unsent, network_sentence(code, **self.forwarder.status_args))

    def _amount(self, amount_minor: int) -> str:
        return amount_text(amount_minor, self.snapshot.exponent)

    def _trade_no(self) -> str:
        """Unique for ever: store, terminal, epoch and the row that will ask for it. At most 64 characters."""
        return f"{self.identity.store}{self.identity.workstation}{self.identity.epoch:x}{self.journal.last_seq + 1}"


def _severity(said: Sentence) -> Severity:
    """Good is for what was rung or paid; what only says what comes next is information."""
    return "good" if said.code in ("item_added", "paid") else "info"


_COMMANDS: dict[str, Callable[..., Sentence | None]] = {
    "scan": Till._scan,
    "quantity": Till._quantity,
    "set_quantity": Till._set_quantity,
    "void_line": Till._void_line,
    "member": Till._member,
    "weigh": Till._weigh,
    "subtotal": Till._subtotal,
    "cancel": Till._cancel,
    "cash": Till._cash,
    "next": Till._next,
    "reprint": Till._reprint,
    "clock": Till._clock,
}
