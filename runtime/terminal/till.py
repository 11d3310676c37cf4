"""The shell around the pure sale: takes what people and devices do, writes it down, shows it, carries effects out.

One rule: an event is accepted by the machine, then on disk, then on the screen, then its effects happen. All of it runs
on one event loop; nothing here waits for a device, a network or a person while a scan waits. Clock, journal, devices,
gateway link and randomness are handed in: the same code runs in the daemon and in the simulation.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from drivers.api import DeviceClass, ScanData
from engine.labels import LabelTemplate
from engine.snapshot import Snapshot
from runtime.day.state import DeskState
from runtime.devices.ports import Devices, DeviceStatus
from runtime.distribution.keeping import Keeper
from runtime.forward.forwarder import Forwarder
from runtime.journal.errors import JournalError
from runtime.journal.store import Journal
from runtime.sale import effects as fx
from runtime.sale import events as ev
from runtime.sale.machine import resume, step
from runtime.sale.record import Identity
from runtime.sale.state import Checkout, State
from runtime.terminal.approval import Approval, carries_pin
from runtime.terminal.basket import Place
from runtime.terminal.clock import Clock, local_text
from runtime.terminal.closing import closing
from runtime.terminal.commands import Commands
from runtime.terminal.day_commands import search_answered
from runtime.terminal.day_rules import DayRules
from runtime.terminal.hinting import Hinting
from runtime.terminal.lookup import Lookup
from runtime.terminal.members import KEY_BYTES, MemberNumbers
from runtime.terminal.money import amount_text
from runtime.terminal.paying import Paying
from runtime.terminal.pricing import Pricing
from runtime.terminal.printing import Printing, ReceiptTexts
from runtime.terminal.refusal import REFUSALS, NotTaken, why
from runtime.terminal.returns import Returns
from runtime.terminal.scanning import take_code
from runtime.terminal.sentences import network_sentence, sentence
from runtime.terminal.settings import SaleSettings
from runtime.terminal.sharing import Sharing
from runtime.terminal.snapshots import Snapshots
from runtime.terminal.tendering import rounding_rows
from runtime.terminal.view import Surroundings, view_of
from runtime.terminal.weighing import ScaleWork
from runtime.terminal.working_day import WorkingDay
from runtime.wire.messages import Answer, Command, Notice, Sentence, Severity, View, ViewNetwork
from runtime.wire.pack import WireError

log = logging.getLogger(__name__)

LAST_ROOM_BYTES = 2 << 20  # what is left is for cash sales: a hundred of them, and more


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
        snapshots: Snapshots | None = None,
        templates: Sequence[LabelTemplate],
        receipt_texts: ReceiptTexts,
        sale_settings: SaleSettings | None = None,
        publish: Callable[[View], None],
        fatal: Callable[[BaseException], None],
        day: DayRules | None = None,
        members: MemberNumbers | None = None,
    ) -> None:
        self.identity = identity
        self.members = members or MemberNumbers(bytes(KEY_BYTES))
        self.clock = clock
        self.journal = journal
        self.devices = devices
        self.snapshot = snapshot
        self._snapshots = snapshots
        self.forwarder: Forwarder | None = None
        self.prices: Keeper | None = None
        self.checkout = Checkout()
        self.templates = templates
        self.settings = sale_settings or SaleSettings()
        self._publish = publish
        self._fatal = fatal
        self._rev = 0
        self._notice: Notice | None = None
        self._notices = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.pricing = Pricing(snapshot, place)
        self._hinting = Hinting(self, place)
        self.scale = ScaleWork(self)
        self.printing = Printing(self, receipt_texts)
        self.paying = Paying(self)
        self.lookup = Lookup(self)
        self.returns = Returns(self)
        self.pricing.refunds_of = self.returns.refunds_of
        self.sharing = Sharing(self)
        self.rules = day or DayRules()
        self.approval = Approval(self, self.rules)
        self.day = WorkingDay(self)
        self._commands = Commands(self)

    # --- life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Recover: the state is what the journal says; what was under way is taken up again."""
        self.checkout = self.journal.recover()
        sale = self.checkout.sale
        self.scale.recover(self.checkout)
        if sale.lines and sale.state is not State.CLOSED:
            if self._snapshots is not None:
                self._sell_by(self._snapshots.for_basket(sale.snapshot))
            changed = self.pricing.is_of_another_book(sale)
            self.say("info", sentence("book_changed" if changed else "recovered"))
        self.reprice()
        self.approval.start()
        self.day.start()
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
        """On disk, then on the screen, then done. Raises Refused or NotTaken (nothing happened) or JournalError."""
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
        except WireError as error:  # a row or record that no journal takes: nothing was written
            raise NotTaken("sale_too_large") from error
        self.checkout = after
        if after.last_sequence != before.last_sequence:
            self.returns.close()
        if after.sale is not before.sale:
            self.reprice()
            self.day.clear()
        if after.sale.state is not before.sale.state:
            self.renew()
        for effect in effects:
            self._carry_out(effect)

    def accept_approved(
        self,
        make: Callable[[str], ev.Event],
        operation: str,
        amount_minor: int,
        approver: str,
        pin: str,
        reason: str = "",
    ) -> None:
        """Accept what needs somebody's leave; `make` is given who gave it. What cannot be done is refused before
        anybody is asked. Raises as `accept` and `approved`."""
        step(self.checkout, make(approver))
        self.accept(make(self.approved(operation, amount_minor, approver, pin, reason)))

    def attempt(self, event: ev.Event) -> bool:
        """Accept what a device brought; where that cannot be, say why, once. True where it was accepted."""
        try:
            self.accept(event)
        except REFUSALS as refused:
            says = why(refused, self.snapshot.exponent)
        except JournalError as error:
            says = sentence(error.code)
        else:
            self.changed()
            return True
        if self.last_said != says.code:
            self.say("bad", says)
            self.changed()
        return False

    def command(self, command: Command) -> Answer:
        """What a person asked for at a front end."""
        try:
            said = self._commands.obey(command.name, command.args)
        except REFUSALS as refused:
            return self._answered(command, False, why(refused, self.snapshot.exponent))
        except JournalError as error:
            return self._answered(command, False, sentence(error.code))
        return self._answered(command, True, said)

    def _answered(self, command: Command, ok: bool, said: Sentence | None) -> Answer:
        answer = Answer(command.id, ok, said)
        if answer.sentence is not None:
            self.say(_severity(answer.sentence) if answer.ok else "bad", answer.sentence)
        elif answer.ok:
            self._notice = None
        self.changed()
        return answer

    def handle(self, command: Command) -> Answer | Coroutine[Any, Any, Answer]:
        """As `command`; what carries a PIN is answered once that is checked, beside the loop."""
        if carries_pin(command):
            return self.approval.answered(command)
        if command.name == "journal_search":
            return self._searched(command)
        return self.command(command)

    async def _searched(self, command: Command) -> Answer:
        try:
            said = await search_answered(self, command)
        except REFUSALS as refused:
            return self._answered(command, False, why(refused, self.snapshot.exponent))
        except JournalError as error:
            return self._answered(command, False, sentence(error.code))
        return self._answered(command, True, said)

    def approved(
        self, operation: str, amount_minor: int = 0, approver: str = "", pin: str = "", reason: str = ""
    ) -> str:
        """Who lets this operation pass (runtime.day.permissions): the operator, or the approver, whose PIN was checked
        before (`handle`). Empty on a terminal without users. Raises NotTaken `approval_needed` (operation, role) and
        others, Refused, JournalError. An approval by another person is a row before it returns; a refusal too."""
        return self.approval.approved(operation, amount_minor, approver, reason)

    def scanned(self, device: str, scan: ScanData) -> None:
        """DeviceListener: goods while ringing, a payment code while tendering."""
        try:
            said = take_code(self, scan.code, "scanned")
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
            self.printing.poke()
        self.changed()

    @property
    def shown_minor(self) -> int:
        """What the screen says the sale comes to."""
        return self.pricing.sum.total_minor if self.pricing.sum else 0

    def has(self, device_class: DeviceClass) -> bool:
        """Whether the settings name such a device, well or not."""
        return any(status.device_class == device_class for status in self.devices.statuses())

    # --- effects ------------------------------------------------------------------------------------------------

    def _carry_out(self, effect: fx.Effect) -> None:
        match effect:
            case fx.AskWeight():
                self.scale.ask()
            case fx.AskPayment() | fx.QueryPayment() | fx.CancelPayment():
                self.paying.carry_out(effect)
            case fx.Print():
                self.printing.poke()
            case fx.PrintTraining():
                self.printing.once(self.printing.training())
            case fx.OpenDrawer():
                self.spawn(self._open_drawer())
            case fx.Show(lamp=lamp, amount_minor=amount_minor):
                self.devices.show(lamp, amount_minor)
            case fx.CloseRecord():
                if self.forwarder is not None:
                    self.forwarder.poke()

    async def _open_drawer(self) -> None:
        if not self.has("POSPrinter"):
            return  # a drawer hangs on a printer: this terminal has none
        code = await self.devices.open_drawer()
        if code != "OK":
            self.say("bad", sentence(code, device="printer"))
            self.changed()

    @property
    def operator(self) -> str:
        """Who sells: the one that is signed on; of the settings where nobody signs on here."""
        desk = self.checkout.desk
        return self.identity.operator if desk.state is DeskState.FREE else desk.user

    # --- price and view -----------------------------------------------------------------------------------------

    @property
    def basket_id(self) -> str:
        """What the next closed sale's basket is called."""
        who = self.identity
        return f"{who.store}-{who.workstation}-{who.epoch}-{self.checkout.last_sequence + 1}"

    def reprice(self) -> None:
        culprit = self.pricing.of(self.checkout)
        if culprit:
            self.say("bad", sentence("price_book_changed", name=culprit))

    def renew(self) -> None:
        """Between sales a new price file takes over. A bad one is in the log: no cashier can mend it."""
        if self._snapshots is not None and self.checkout.sale.state in (State.IDLE, State.CLOSED):
            self._sell_by(self._snapshots.look())

    def _sell_by(self, snapshot: Snapshot) -> None:
        if snapshot is not self.snapshot:
            self.snapshot = snapshot
            self.pricing.use(snapshot)

    def kept_snapshot(self, hash_hex: str) -> Snapshot | None:
        """The snapshot of an earlier sale, where it is still here."""
        if hash_hex == self.pricing.hash:
            return self.snapshot
        return self._snapshots.kept(hash_hex) if self._snapshots is not None else None

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
        self._hinting.look(self.spawn)

    def view(self) -> View:
        around = Surroundings(
            rev=self._rev,
            store=self.identity.store,
            workstation=self.identity.workstation,
            operator=self.operator,
            at=local_text(self.clock.now()),
            currency=self.snapshot.currency,
            exponent=self.snapshot.exponent,
            devices=self.devices.statuses(),
            network=self.network(),
            weighing=self.scale.says,
            notice=self._notice,
            hint=self._hinting.of(self.checkout.sale),
            looking_up=self.lookup.armed,
            lookup=self.lookup.shown,
            bags=self.lookup.bags(),
            open_return=self.returns.view(),
            cash_rounding_minor=sum(row.amount_minor for row in rounding_rows(self)),
            report=self.day.report,
            found=self.day.found,
            prices=self.prices_code(),
            others=self.sharing.view(),
            recalling=self.sharing.recalling,
            disk=self.disk_code(),
        )
        return view_of(self.checkout, self.pricing.receipt, self.pricing.sum, around, self.pricing.promotion_name)

    def disk_code(self) -> str:
        """DISK_LOW while the journal's reserve is in use, DISK_LAST when little of it is left; else empty."""
        if not self.journal.low:
            return ""
        room = self.journal.room_bytes
        return "DISK_LAST" if room is not None and room < LAST_ROOM_BYTES else "DISK_LOW"

    def prices_code(self) -> Sentence | None:
        """What a person should know of prices that do not come; damage on the way is fetched again without one."""
        code, args = self.prices.status if self.prices is not None else ("", {})
        return None if code in ("", "prices_refused") else sentence(code, **args)

    def network(self) -> ViewNetwork:
        if self.forwarder is None:
            return ViewNetwork(False, self.checkout.last_sequence, network_sentence("CONNECTING"))
        ok, code = self.forwarder.status
        said = network_sentence(code, **self.forwarder.status_args)
        return ViewNetwork(ok, self.forwarder.unsent, said, self.forwarder.since)

    def money(self, amount_minor: int) -> str:
        """An amount as sentences have it."""
        return amount_text(amount_minor, self.snapshot.exponent)

    def trade_no(self) -> str:
        """Unique for ever: store, terminal, epoch and the row that will ask for it. At most 64 characters."""
        return f"{self.identity.store}{self.identity.workstation}{self.identity.epoch:x}{self.journal.last_seq + 1}"


def _severity(said: Sentence) -> Severity:
    """Good is for what was rung or paid; what only says what comes next is information."""
    return "good" if said.code in ("item_added", "paid") else "info"
