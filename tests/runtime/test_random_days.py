"""Random days at a whole till, against a model of a few integers: sales with mixed tenders, rounded cash and discounts
by hand, voids, suspended tickets, returns and exchanges, slips, shifts, days, training, restarts as after kill -9, full
disks. Whatever happens, to the minor unit: totals by tender, counts, cash in the drawer and receipts agree; the journal
folds to the same state from its first row.

Broken variants (change that is booked as taken, training that counts, a drop that stays in the drawer) are found.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from till_rig import FREE, MILK, PAY_CODE, WATER, Rig, full

from drivers.api import Columns, Document, Text
from engine.compiler import compile_book
from engine.snapshot import Snapshot
from runtime.day import booking, machine
from runtime.day.state import Shift, Totals
from runtime.sale.machine import fold
from runtime.terminal.day_rules import DayRules

NET = {MILK: 300, WATER: 203, FREE: 0}
REGULAR = {MILK: 350, WATER: 203, FREE: 0}
UNIT = 10  # the smallest coin: cash is rounded down to it


def shop() -> Snapshot:
    lines = ["sku,name,unit,price,category,brand,tags,barcodes"]
    lines += [f"{sku},goods {sku},each,{minor},,,," for sku, minor in REGULAR.items()]
    about = {"format": 1, "currency": "CNY", "exponent": 2, "name": "shop", "categories": {}, "cash_rounding": "down"}
    cheap = {"id": "P1", "name": "cheap", "type": "price", "items": {"skus": [MILK]}, "price": NET[MILK]}
    files = {"book.json": about, "promotions.json": [cheap]}
    data = {name: json.dumps(value).encode() for name, value in files.items()}
    return Snapshot(compile_book({**data, "items.csv": "\n".join([*lines, ""]).encode()}).data)


BOOK = shop()


def in_cash(amount: int) -> int:
    """What an amount is in coins: less where it is taken, more where it is given back."""
    return amount // UNIT * UNIT


@dataclass
class Sums:
    """What a shift or a day has come to, in the words of a person with a pencil."""

    sales: int = 0
    taken: int = 0
    returns: int = 0
    back: int = 0
    voided: int = 0
    rounded: int = 0
    saved: int = 0
    cash: int = 0
    cash_times: int = 0
    code: int = 0
    code_times: int = 0
    paid_in: list[int] = field(default_factory=list)
    paid_out: list[int] = field(default_factory=list)
    drops: list[int] = field(default_factory=list)
    no_sales: int = 0

    def like(self, totals: Totals) -> None:
        assert (totals.sales, totals.sales_minor) == (self.sales, self.taken)
        assert (totals.returns, totals.returns_minor) == (self.returns, self.back)
        assert (totals.voided, totals.rounding_minor) == (self.voided, self.rounded)
        assert totals.discount_minor == self.saved
        cash, code = totals.tender("cash"), totals.tender("code")
        assert (cash.count, cash.amount_minor) == (self.cash_times, self.cash)
        assert (code.count, code.amount_minor) == (self.code_times, self.code)
        assert (totals.paid_in, totals.paid_in_minor) == (len(self.paid_in), sum(self.paid_in))
        assert (totals.paid_out, totals.paid_out_minor) == (len(self.paid_out), sum(self.paid_out))
        assert (totals.drops, totals.drops_minor) == (len(self.drops), sum(self.drops))
        assert totals.no_sales == self.no_sales
        assert self.cash + self.code == self.taken + self.back + self.rounded


@dataclass
class Model:
    shift: Sums = field(default_factory=Sums)
    day: Sums = field(default_factory=Sums)
    change_float: int = 0
    shifts: int = 0
    open: bool = False
    counting: bool = False
    training: bool = False
    ever: int = 0
    days: int = 0
    records: list[tuple[str, int]] = field(default_factory=list)  # what, how much
    receipts: list[int] = field(default_factory=list)  # numbers of sales of which nothing came back
    paid: dict[int, int] = field(default_factory=dict)  # number -> what was paid for it in the end
    dates: list[str] = field(default_factory=list)  # BusinessDayDate of each record
    date: str = ""  # of the business day under way
    given_up: set[int] = field(default_factory=set)  # numbers of records that nobody gets on paper

    @property
    def drawer(self) -> int:
        one = self.shift
        return self.change_float + one.cash + sum(one.paid_in) - sum(one.paid_out) - sum(one.drops)

    def both(self) -> tuple[Sums, Sums]:
        return self.shift, self.day


amounts = st.one_of(st.integers(1, 500), st.integers(1, 10**9))
baskets = st.lists(st.tuples(st.sampled_from([MILK, WATER, FREE]), st.integers(1, 5)), min_size=1, max_size=3)


@dataclass(frozen=True)
class How:
    over: int
    with_code: bool
    part: bool
    void_first: bool
    off: int
    aside: bool
    give_up: bool
    crash: bool


_rarely = st.sampled_from([False, False, False, True])
_off = st.sampled_from([0, 0, 7, 203])
hows = st.builds(How, st.integers(0, 3_000), st.booleans(), st.booleans(), _rarely, _off, _rarely, _rarely, _rarely)


def words(document: Document) -> str:
    texts = [e.text for e in document if isinstance(e, Text)]
    return "\n".join(texts + ["|".join(c[0] for c in e.cells) for e in document if isinstance(e, Columns)])


class Days(RuleBasedStateMachine):
    day_rules: ClassVar[DayRules] = DayRules(day_ends=timedelta(hours=3))

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="days-"))
        self.model = Model()
        self.crashes = 0
        self.printed: list[Document] = []

    def go(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        async def made() -> Rig:
            rig = Rig(self.folder, BOOK, day=self.day_rules)
            rig.clock.quality = "rehearsal"  # its jumps are meant
            return rig

        self.rig = self.go(made())

    def teardown(self) -> None:
        try:
            if hasattr(self, "rig"):
                self.check_to_the_end()
                self.go(self.rig.close())
        finally:
            self.loop.close()
            shutil.rmtree(self.folder)

    def _record(self, kind: str, amount: int) -> None:
        self.model.records.append((kind, amount))
        self.model.dates.append(self.model.date or self.today)

    @property
    def today(self) -> str:
        return (self.rig.clock.at - timedelta(hours=3)).date().isoformat()

    def _begins(self, by_person: bool = True) -> None:
        """What happens to the day before anything else does."""
        model = self.model
        if model.date and 0 < (date.fromisoformat(self.today) - date.fromisoformat(model.date)).days <= 31:
            self._record("BusinessEOD", 0)
            self._day_is_over()
        if by_person and not model.date:
            model.date = self.today

    def _day_is_over(self) -> None:
        model = self.model
        model.ever += model.day.taken + model.day.back
        model.days += 1
        model.day, model.date = Sums(), ""

    # --- what people do -----------------------------------------------------------------------------------------

    @precondition(lambda self: not self.model.counting)
    @rule(basket=baskets, how=hows)
    def sell(self, basket: list[tuple[str, int]], how: How) -> None:
        self.go(self._sell(basket, how))

    async def _sell(self, basket: list[tuple[str, int]], how: How) -> None:
        self._begins()
        rig, model = self.rig, self.model
        for sku, qty in basket:
            rig.must("quantity", qty=qty)
            rig.must("scan", code=sku)
        live = basket
        if how.void_first:
            rig.must("void_line", line=1)
            live = basket[1:]
            if not live:
                return
        total = sum(NET[sku] * qty for sku, qty in live)
        saved = sum((REGULAR[sku] - NET[sku]) * qty for sku, qty in live)
        waters = [n for n, (sku, _) in enumerate(basket, 1) if sku == WATER and not (how.void_first and n == 1)]
        number = waters[0] if waters else 0
        if how.off and number:
            rig.must("discount_line", line=number, amount_minor=how.off, reason="碰伤")
            total, saved = total - how.off, saved + how.off
        if how.aside:
            await self._put_aside()
        if how.crash:
            await self._crash()
        if how.give_up:
            rig.must("void_ticket", reason="不要了")
            if not model.training:
                self._record("sale", 0)
                model.given_up.add(len(model.records))
                for sums in model.both():
                    sums.voided += 1
            return
        rig.must("subtotal")
        assert rig.view.total_minor == total
        cash, code = await self._pay(total, how)
        if not model.training:
            self._record("sale", total)
            model.receipts.append(len(model.records))
            model.paid[len(model.records)] = cash + code
            self._book(sales=1, taken=total, saved=saved, cash=cash, code=code, in_cash=bool(cash) or not code)

    async def _pay(self, total: int, how: How) -> tuple[int, int]:
        """Cash and code that come in; a part in cash, then all that is left."""
        rig = self.rig
        rig.devices.provider["pay"] = ["SUCCESS"]
        part = 100 if how.part and total > 100 else 0
        change = 0
        if part:
            rig.must("part", amount_minor=part)
            rig.must("cash", amount_minor=part + how.over)
            change = how.over
        left = total - part
        if how.with_code and left and not self.model.training:
            rig.must("scan", code=PAY_CODE)
            await rig.until(lambda: rig.view.state == "closed")
            assert rig.view.change_minor == change
            return part, left
        due = in_cash(left)
        assert rig.view.cash_due_minor == due
        assert due == 0 or rig.refused("cash", amount_minor=due - 1) == "cash_short"
        rig.must("cash", amount_minor=due + how.over)
        assert rig.view.state == "closed" and rig.view.change_minor == change + how.over
        return part + due, 0

    def _book(
        self,
        *,
        sales: int = 0,
        taken: int = 0,
        returns: int = 0,
        back: int = 0,
        saved: int = 0,
        cash: int = 0,
        code: int = 0,
        in_cash: bool = True,
    ) -> None:
        for sums in self.model.both():
            sums.sales += sales
            sums.taken += taken
            sums.returns += returns
            sums.back += back
            sums.saved += saved
            sums.rounded += cash + code - taken - back
            sums.cash += cash
            sums.cash_times += in_cash
            sums.code += code
            sums.code_times += bool(code)

    async def _put_aside(self) -> None:
        rig = self.rig
        if self.model.training:
            assert rig.refused("suspend") == "training_suspend"
            return
        rig.must("suspend")
        await self._crash()
        rig.must("recall", number=rig.view.suspended[-1].number)

    @precondition(lambda self: not self.model.counting and not self.model.training and self.model.receipts)
    @rule(which=st.integers(0, 99), bought=st.sampled_from([0, 0, 1, 9]), crash=st.booleans())
    def bring_back(self, which: int, bought: int, crash: bool) -> None:
        self.go(self._bring_back(which, bought, crash))

    async def _bring_back(self, which: int, bought: int, crash: bool) -> None:
        """All of a receipt comes back for what was paid; with `bought`, so much water is taken for it."""
        self._begins()
        rig, model = self.rig, self.model
        number = model.receipts[which % len(model.receipts)]
        paid = model.paid[number]
        rig.must("return_receipt", code=str(number))
        rig.must("return_all", reason="不新鲜")
        model.receipts.remove(number)
        if bought:
            rig.must("quantity", qty=bought)
            rig.must("scan", code=WATER)
        if crash:
            await self._crash()
        rig.must("subtotal")
        new = NET[WATER] * bought
        total = new - paid
        assert rig.view.total_minor == total, (number, paid, bought)
        if total < 0:
            rig.must("refund")
            cash = in_cash(total)
        else:
            cash = in_cash(total)
            rig.must("cash", amount_minor=cash)
        self._record("sale", total)
        self._book(sales=bool(bought), taken=new, returns=1, back=-paid, cash=cash)
        assert rig.refused("return_all") in ("receipt_none_open", "receipt_nothing")

    @precondition(lambda self: not self.model.counting and not self.model.training)
    @rule(qty=st.integers(1, 4))
    def bring_back_without_receipt(self, qty: int) -> None:
        self.go(self._without_receipt(qty))

    async def _without_receipt(self, qty: int) -> None:
        self._begins()
        rig = self.rig
        rig.must("return_item", code=WATER, qty=qty, reason="没有小票")
        rig.must("subtotal")
        rig.must("refund")
        total = -NET[WATER] * qty
        self._record("sale", total)
        self._book(returns=1, back=total, cash=in_cash(total))

    @rule(amount=amounts, what=st.sampled_from(["paid_in", "paid_out", "drop", "no_sale"]))
    def move(self, amount: int, what: str) -> None:
        self.go(self._move(amount, what))

    async def _move(self, amount: int, what: str) -> None:
        self._begins()
        rig, model = self.rig, self.model
        args: dict[str, Any] = {"reason": "因为"} if what == "no_sale" else {"reason": "因为", "amount_minor": amount}
        if model.training:
            assert rig.refused(what, **args) == "in_training"
            return
        if model.counting and what != "no_sale":
            assert rig.refused(what, **args) == "shift_counting"
            return
        rig.must(what, **args)
        kinds = {"paid_in": "PaidIn", "paid_out": "PaidOut", "drop": "TenderPickup", "no_sale": "NoSale"}
        self._record(kinds[what], 0 if what == "no_sale" else amount)
        for sums in model.both():
            if what == "no_sale":
                sums.no_sales += 1
            else:
                {"paid_in": sums.paid_in, "paid_out": sums.paid_out, "drop": sums.drops}[what].append(amount)

    @precondition(lambda self: not self.model.open and not self.model.training)
    @rule(change=st.integers(0, 10**6))
    def open_shift(self, change: int) -> None:
        self._begins()
        self.go(self._must("shift_open", float_minor=change))
        self.model.open, self.model.change_float, self.model.shift = True, change, Sums()
        self.model.shifts += 1
        self._record("TillOpen", change)

    @precondition(lambda self: self.model.open and not self.model.training and not self.model.counting)
    @rule()
    def begin_count(self) -> None:
        self._begins()
        self.go(self._must("shift_count"))
        self.model.counting = True

    @precondition(lambda self: self.model.counting)
    @rule()
    def go_on_selling(self) -> None:
        self.go(self._must("cancel"))
        if self.rig.view.shift == "counting":  # the first step back took a report off the screen
            self.go(self._must("cancel"))
        self.model.counting = False

    @precondition(lambda self: self.model.counting)
    @rule(cash_over=st.integers(-200, 200), count_code=st.booleans())
    def close_shift(self, cash_over: int, count_code: bool) -> None:
        self._begins()
        model = self.model
        drawer = model.drawer
        counted = max(0, drawer + cash_over)
        args = {"cash_minor": counted} | ({"code_minor": model.shift.code} if count_code else {})
        self.go(self._must("shift_close", **args))
        record = self.rig.records()[-1]
        assert record["ShiftNumber"] == model.shifts
        cash = record["tenders"][0]
        assert (cash["TenderType"], cash["Expected"], cash["Counted"]) == ("Cash", drawer, counted)
        assert cash["Over"] == counted - drawer
        code = [tender for tender in record["tenders"] if tender["TenderType"] == "Code"]
        assert sum(tender["Expected"] for tender in code) == model.shift.code
        self._record("TillSettle", model.change_float)
        model.open = model.counting = False
        model.shift, model.change_float = Sums(), 0

    @rule()
    def end_day(self) -> None:
        self.go(self._end_day())

    async def _end_day(self) -> None:
        rig, model = self.rig, self.model
        if model.training or model.open:
            assert rig.refused("day_end") in ("in_training", "shift_still_open", "shift_counting")
            return
        rig.must("day_end")
        record = rig.records()[-1]
        day = model.day
        self._record("BusinessEOD", 0)
        self._day_is_over()
        assert (record["ReportNumber"], record["GrandTotal"]) == (model.days, model.ever)
        assert record["totals"]["sales_minor"] == day.taken
        assert {t["TenderType"]: t["Expected"] for t in record["tenders"]} == {
            kind: amount
            for kind, times, amount in (
                ("Cash", day.cash_times, day.cash),
                ("Code", day.code_times, day.code),
            )
            if times
        }

    @precondition(lambda self: not self.model.counting)
    @rule()
    def train(self) -> None:
        self._begins()
        self.go(self._must("training_end" if self.model.training else "training_begin"))
        self.model.training = not self.model.training

    @precondition(lambda self: not self.model.counting)
    @rule()
    def look(self) -> None:
        self.go(self._must("x_report"))

    @rule(number=st.integers(1, 40))
    def print_again(self, number: int) -> None:
        self.go(self._print_again(number))

    async def _print_again(self, number: int) -> None:
        self._begins()
        code = self.rig.do("reprint_number", number=number)
        if self.model.training:
            assert code.sentence is not None and code.sentence.code == "in_training"
        else:
            assert code.ok == (number <= len(self.model.records)) or (
                code.sentence is not None and code.sentence.code == "print_waits"
            )

    # --- what happens to a till ---------------------------------------------------------------------------------

    @rule()
    def crash(self) -> None:
        self.go(self._crash())
        self._begins(by_person=False)  # the clock is looked at as soon as it is back

    @rule(nights=st.sampled_from([1, 1, 2, 40]))
    def night(self, nights: int) -> None:
        at = self.rig.clock.at
        self.rig.clock.at = at.replace(hour=12) + timedelta(days=nights)

    async def _crash(self) -> None:
        self.crashes += 1
        await self.rig.again()
        await asyncio.sleep(0)  # what it does by itself

    @rule()
    def disk_is_full_for_a_moment(self) -> None:
        self.go(self._full())

    async def _full(self) -> None:
        rig = self.rig
        full(True)
        before = rig.till.checkout
        for name, args in (("paid_in", {"amount_minor": 5, "reason": "x"}), ("scan", {"code": MILK})):
            assert not rig.do(name, **args).ok
        assert (rig.till.checkout.day, rig.till.checkout.shift, rig.till.checkout.sale) == (
            before.day,
            before.shift,
            before.sale,
        )
        full(False)

    async def _must(self, name: str, **args: Any) -> None:
        self.rig.must(name, **args)
        await asyncio.sleep(0)

    # --- what must hold -----------------------------------------------------------------------------------------

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "rig"):
            return
        checkout, model = self.rig.till.checkout, self.model
        model.shift.like(checkout.shift.totals)
        model.day.like(checkout.day.totals)
        assert checkout.shift.drawer_minor == model.drawer
        assert checkout.last_sequence == len(model.records)
        assert (str(checkout.shift.state) == "counting") == model.counting
        assert checkout.shift.number == model.shifts and checkout.day.ever_minor == model.ever

    def check_to_the_end(self) -> None:
        """The records are the model's, each on paper, and the rows fold to the state from the first one."""
        rig, model = self.rig, self.model

        async def printed() -> None:
            rig.till.printing.poke(by_hand=True)
            await rig.until(lambda: not rig.till.checkout.prints)

        self.go(printed())
        records = rig.records()
        assert [record["SequenceNumber"] for record in records] == list(range(1, len(records) + 1))
        seen = [
            (record.get("ControlType", "sale"), record["Amount"] if "Amount" in record else record["total"])
            for record in records
        ]
        assert seen == model.records
        assert [record["BusinessDayDate"] for record in records] == model.dates
        papers = [words(document) for document in rig.devices.printed]
        for number in set(range(1, len(records) + 1)) - model.given_up:
            own = [paper for paper in papers if f"No. {number:06d}" in paper]
            assert own, f"record {number} is not on paper"
            assert sum("*** COPY ***" not in paper for paper in own) <= 1
        state = rig.till.checkout
        events = [row.read_event() for row in rig.journal.rows(1, 10_000)]
        assert fold(events) == state
        assert rig.journal.recover() == state and rig.journal.verify() is None


def play(examples: int, steps: int, find: bool = False, days: type[Days] = Days) -> None:
    """`find`: a fault that is there is found, always by the same days. None is made small: that takes minutes."""

    run_state_machine_as_test(
        days,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],
            derandomize=find,
            report_multiple_bugs=False,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_random_days_agree_with_the_model() -> None:
    play(20, 25)


@pytest.mark.long
def test_many_random_days_agree_with_the_model() -> None:
    play(400, 60)


def test_change_that_is_booked_as_taken_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = booking.with_sale
    monkeypatch.setattr(booking, "with_sale", lambda totals, sale: honest(totals, replace(sale, change_minor=0)))
    with pytest.raises(AssertionError):
        play(25, 25, find=True)


def test_training_that_counts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "closed", lambda before, after, effects: (booking.booked(after), effects))
    with pytest.raises(AssertionError):
        play(40, 25, find=True)


def test_a_drop_that_stays_in_the_drawer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = property(lambda self: self.float_minor + self.totals.tender("cash").amount_minor)
    monkeypatch.setattr(Shift, "drawer_minor", wrong)
    with pytest.raises(AssertionError):
        play(25, 25, find=True)
