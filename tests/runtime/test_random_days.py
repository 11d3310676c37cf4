"""Random days at a whole till, against a model of a few integers: sales, payments, voids, slips, shifts, days,
training, restarts as after kill -9, full disks. Whatever happens, to the minor unit: totals by tender, counts, cash in
the drawer and receipts agree; the journal folds to the same state from its first row.

Broken variants (change that is booked as taken, training that counts, a drop that stays in the drawer) are found.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
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
from runtime.day import booking, machine
from runtime.day.state import Shift, Totals
from runtime.sale.machine import fold
from runtime.terminal.day_rules import DayRules

NET = {MILK: 300, WATER: 200, FREE: 0}
REGULAR = {MILK: 350, WATER: 200, FREE: 0}


@dataclass
class Sums:
    """What a shift or a day has come to, in the words of a person with a pencil."""

    sales: int = 0
    taken: int = 0
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
        assert (totals.returns, totals.returns_minor, totals.rounding_minor) == (0, 0, 0)
        assert totals.discount_minor == self.saved
        cash, code = totals.tender("cash"), totals.tender("code")
        assert (cash.count, cash.amount_minor) == (self.cash_times, self.cash)
        assert (code.count, code.amount_minor) == (self.code_times, self.code)
        assert (totals.paid_in, totals.paid_in_minor) == (len(self.paid_in), sum(self.paid_in))
        assert (totals.paid_out, totals.paid_out_minor) == (len(self.paid_out), sum(self.paid_out))
        assert (totals.drops, totals.drops_minor) == (len(self.drops), sum(self.drops))
        assert totals.no_sales == self.no_sales
        assert cash.amount_minor + code.amount_minor == totals.sales_minor


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

    @property
    def drawer(self) -> int:
        one = self.shift
        return self.change_float + one.cash + sum(one.paid_in) - sum(one.paid_out) - sum(one.drops)

    def both(self) -> tuple[Sums, Sums]:
        return self.shift, self.day


amounts = st.one_of(st.integers(1, 500), st.integers(1, 10**9))
baskets = st.lists(st.tuples(st.sampled_from([MILK, WATER, FREE]), st.integers(1, 5)), min_size=1, max_size=3)
blind = st.booleans()


def words(document: Document) -> str:
    texts = [e.text for e in document if isinstance(e, Text)]
    return "\n".join(texts + ["|".join(c[0] for c in e.cells) for e in document if isinstance(e, Columns)])


class Days(RuleBasedStateMachine):
    day_rules: ClassVar[DayRules] = DayRules()

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
            return Rig(self.folder, day=self.day_rules)

        self.rig = self.go(made())

    def teardown(self) -> None:
        try:
            if hasattr(self, "rig"):
                self.check_to_the_end()
                self.go(self.rig.close())
        finally:
            self.loop.close()
            shutil.rmtree(self.folder)

    # --- what people do -----------------------------------------------------------------------------------------

    @precondition(lambda self: not self.model.counting)
    @rule(basket=baskets, over=st.integers(0, 3_000), with_code=st.booleans(), void=st.booleans(), crash=st.booleans())
    def sell(self, basket: list[tuple[str, int]], over: int, with_code: bool, void: bool, crash: bool) -> None:
        self.go(self._sell(basket, over, with_code, void, crash))

    async def _sell(self, basket: list[tuple[str, int]], over: int, with_code: bool, void: bool, crash: bool) -> None:
        rig, model = self.rig, self.model
        for sku, qty in basket:
            rig.must("quantity", qty=qty)
            rig.must("scan", code=sku)
        live = basket
        if void:
            rig.must("void_line", line=1)
            live = basket[1:]
            if not live:
                return
        if crash:
            await self._crash()
        rig.must("subtotal")
        total = sum(NET[sku] * qty for sku, qty in live)
        saved = sum((REGULAR[sku] - NET[sku]) * qty for sku, qty in live)
        assert rig.view.total_minor == total
        pays_code = with_code and total > 0 and not model.training
        if pays_code:
            rig.devices.provider["pay"] = ["SUCCESS"]
            rig.must("scan", code=PAY_CODE)
            await rig.until(lambda: rig.view.state == "closed")
        else:
            assert total == 0 or rig.refused("cash", amount_minor=total - 1) == "cash_short"
            rig.must("cash", amount_minor=total + over)
            assert rig.view.change_minor == over
        if model.training:
            return
        model.records.append(("sale", total))
        for sums in model.both():
            sums.sales += 1
            sums.taken += total
            sums.saved += saved
            if pays_code:
                sums.code += total
                sums.code_times += 1
            else:
                sums.cash += total
                sums.cash_times += 1

    @rule(amount=amounts, what=st.sampled_from(["paid_in", "paid_out", "drop", "no_sale"]))
    def move(self, amount: int, what: str) -> None:
        self.go(self._move(amount, what))

    async def _move(self, amount: int, what: str) -> None:
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
        model.records.append((kinds[what], 0 if what == "no_sale" else amount))
        for sums in model.both():
            if what == "no_sale":
                sums.no_sales += 1
            else:
                {"paid_in": sums.paid_in, "paid_out": sums.paid_out, "drop": sums.drops}[what].append(amount)

    @precondition(lambda self: not self.model.open and not self.model.training)
    @rule(change=st.integers(0, 10**6))
    def open_shift(self, change: int) -> None:
        self.go(self._must("shift_open", float_minor=change))
        self.model.open, self.model.change_float, self.model.shift = True, change, Sums()
        self.model.shifts += 1
        self.model.records.append(("TillOpen", change))

    @precondition(lambda self: self.model.open and not self.model.training and not self.model.counting)
    @rule()
    def begin_count(self) -> None:
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
        model.records.append(("TillSettle", model.change_float))
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
        model.ever += model.day.taken
        model.days += 1
        record = rig.records()[-1]
        assert (record["ReportNumber"], record["GrandTotal"]) == (model.days, model.ever)
        assert record["totals"]["sales_minor"] == model.day.taken
        assert {t["TenderType"]: t["Expected"] for t in record["tenders"]} == {
            kind: amount
            for kind, times, amount in (
                ("Cash", model.day.cash_times, model.day.cash),
                ("Code", model.day.code_times, model.day.code),
            )
            if times
        }
        model.records.append(("BusinessEOD", 0))
        model.day = Sums()

    @precondition(lambda self: not self.model.counting)
    @rule()
    def train(self) -> None:
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

    async def _crash(self) -> None:
        self.crashes += 1
        await self.rig.again()

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
            (record.get("ControlType", "sale"), record["Amount"] if "Amount" in record else record["receipt"]["total"])
            for record in records
        ]
        assert seen == model.records
        papers = [words(document) for document in rig.devices.printed]
        for number in range(1, len(records) + 1):
            own = [paper for paper in papers if f"No. {number:06d}" in paper]
            assert own, f"record {number} is not on paper"
            assert sum("*** COPY ***" not in paper for paper in own) <= 1
        state = rig.till.checkout
        events = [row.read_event() for row in rig.journal.rows(1, 10_000)]
        assert fold(events) == state
        assert rig.journal.recover() == state and rig.journal.verify() is None


def play(examples: int, steps: int, find: bool = False) -> None:
    """`find`: a fault that is there is to be found, always by the same days, and not made small."""
    phases = [Phase.generate] if find else list(Phase)

    run_state_machine_as_test(
        Days,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=phases,
            derandomize=find,
            report_multiple_bugs=False,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_random_days_agree_with_the_model() -> None:
    play(15, 20)


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
