"""A till's day as the journal sees it: the real machine, the real records, the real journal, and what was promised."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from runtime.journal.reserve import Reserve
from runtime.journal.retention import Retention
from runtime.journal.rows import make_row, next_hash
from runtime.journal.store import AppendContext, Journal
from runtime.sale import events as e
from runtime.sale.machine import step
from runtime.sale.record import Identity
from runtime.sale.refusals import Refused
from runtime.sale.state import Checkout
from runtime.terminal.closing import closing
from runtime.wire.records import PackedRecord

PATH = Path("/till/journal.db")
EPOCH = 7
WHO = Identity("S001", "01", "0042", EPOCH)
SNAPSHOT = "5" * 64
FORGETFUL = Retention(keep_days=0)
NAMES = ("鲜牛奶 950ml", "关东煮 鱼丸", "Sparkling water 6 x 500 ml", "红富士苹果", "一次性购物袋")


@dataclass
class Truth:
    """All that the journal was told and said. Row n is at index n - 1, the state after it at index n."""

    rows: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    records: list[tuple[int, int, bytes, bytes]] = field(default_factory=list)
    states: list[Checkout] = field(default_factory=lambda: [Checkout()])
    anchors: list[tuple[int, bytes, int]] = field(default_factory=list)  # that were ever begun
    acknowledged: int = 0  # rows whose append has returned
    begun: int = 0  # rows whose append has begun
    printed: int = 0  # the last sale whose receipt went to the printer
    pruned: int = 0  # anchors whose commit has returned


def basket(dice: random.Random, lines: int) -> Iterator[e.Event]:
    """A sale's events up to the subtotal, which `Till.sell` makes."""
    for number in range(lines):
        price = dice.randrange(100, 9999)
        name = dice.choice(NAMES)
        sku = f"{dice.randrange(10**6):06d}"
        yield e.ItemAdded(f"690{dice.randrange(10**10):010d}", sku, name, "each", price, dice.choice((1, 1, 1, 2)), 0,
                          "scanned", at(number), SNAPSHOT)  # fmt: skip


def at(number: int) -> str:
    return f"2026-11-{1 + number // 400 % 28:02d}T{8 + number // 60 % 12:02d}:{number % 60:02d}:00"


class Till:
    """Writes rows and remembers. `told` is called whenever `truth` has changed."""

    def __init__(
        self, open_journal: Callable[[], Journal], dice: random.Random, told: Callable[[], None] = lambda: None
    ) -> None:
        self._open = open_journal
        self._dice = dice
        self._told = told
        self.truth = Truth()
        self.checkout = Checkout()
        self.journal: Journal | None = None

    def start(self) -> None:
        self.journal = self._open()
        self.checkout = self.journal.recover()

    def accept(self, event: e.Event) -> None:
        """Raises JournalError: then nothing of this event was promised."""
        truth, journal = self.truth, self.journal
        assert journal is not None
        after, effects = step(self.checkout, event)
        when = at(len(truth.rows))
        made: list[PackedRecord] = []
        close = closing(effects, WHO, after, when, "system")

        def keep(context: AppendContext) -> PackedRecord:
            assert close is not None
            made.append(close(context))
            return made[-1]

        # What is about to be written is computed by the same code as in `append`, ahead of it.
        seq = journal.last_seq + 1
        body = make_row(seq, when, "system", event)
        truth.rows[seq - 1 :] = [(seq, body, next_hash(journal.head, body))]
        truth.states[seq:] = [after]
        truth.begun = seq
        self._told()
        journal.append(when, "system", event, close=keep if close else None, checkpoint=after if close else None)
        for record in made[-1:]:
            truth.records[record.sequence - 1 :] = [(record.sequence, seq, record.body, record.hash)]
        self.checkout = after
        truth.acknowledged = seq
        self._told()

    def sell(self, lines: int) -> None:
        """A cash sale with its receipt; sometimes with a voided line, a member, a way back from the total."""
        dice = self._dice
        for event in basket(dice, lines):
            self.accept(event)
        if lines > 2 and dice.random() < 0.2:
            self.accept(e.LineVoided(dice.randint(1, lines)))
        if dice.random() < 0.1:
            self.accept(e.MemberIdentified(f"M{dice.randrange(10**8):08d}"))
        self.total()
        if dice.random() < 0.05:
            self.accept(e.TenderingLeft())
            self.total()
        self.accept(e.CashTendered(self.checkout.sale.due_minor + dice.choice((0, 50, 1000)), at(len(self.truth.rows))))
        self.print()

    def print(self) -> None:
        for job in self.checkout.prints:
            self.accept(e.PrintBegun(job.sequence, job.begun))
            self.truth.printed = job.sequence
            self._told()
            self.accept(e.PrintEnded(job.sequence, "OK"))

    def total(self) -> None:
        """Subtotal, at regular prices."""
        live = self.checkout.sale.live_lines
        nets = [line.regular_minor * line.qty for line in live]
        said = [
            {
                "regular": line.regular_minor, "gross": net, "current": net, "net": net, "discount": 0,
                "price_promotion": None,
            }
            for line, net in zip(live, nets, strict=True)
        ]  # fmt: skip
        total = sum(nets)
        bought = [{"code": line.code, "qty": line.qty} for line in live]
        receipt = {"total": total, "gross": total, "discount": 0, "lines": said, "applications": []}
        self.accept(e.Subtotalled({"at": at(len(self.truth.rows)), "lines": bought}, receipt, SNAPSHOT))

    def settle(self, settled: int) -> None:
        assert self.journal is not None
        self.journal.note_watermarks(EPOCH, self.checkout.last_sequence, settled)

    def prune(self) -> int:
        """One step of it; the anchor that it makes is known before."""
        journal, truth = self.journal, self.truth
        assert journal is not None
        before = journal.anchor()
        ahead = [r for r in truth.records if before.sequence < r[0]][:10]
        truth.anchors += [(row, truth.rows[row - 1][2], sequence) for sequence, row, _, _ in ahead]
        self._told()
        count = journal.prune(FORGETFUL, "2027-01-01T00:00:00")
        truth.pruned = journal.anchor().sequence
        self._told()
        return count


def open_at(vfs: str, reserve: Reserve | None = None) -> Journal:
    return Journal.open(PATH, machine="m", random_epoch=lambda: EPOCH, vfs=vfs, reserve=reserve)


def any_legal(checkout: Checkout) -> e.Event:
    """Something to sell on with, whatever the state."""
    for event in (e.MemberIdentified("M1"), e.TenderingLeft()):
        try:
            step(checkout, event)
        except Refused:
            continue
        return event
    raise AssertionError(f"nothing is possible in {checkout.sale.state}")
