"""The working day around the till: which business day it is, the report on the screen, what the journal search found.

The day turns between two sales: at the first idle moment after its time, or just before the first scan after it. What
is on the screen from here (a report, a search) is no state: it goes with the next sale, and with a restart.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runtime.day import events as dev
from runtime.day.business_day import SteadyWatch, first_date, may_turn
from runtime.day.reports import ReportRow, rows_of, title_of, x_record
from runtime.day.state import DeskState
from runtime.journal.errors import JournalError
from runtime.sale.record import read_record
from runtime.sale.state import State
from runtime.terminal.clock import local_text
from runtime.terminal.journal_search import Found
from runtime.terminal.refusal import NotTaken
from runtime.terminal.sentences import sentence
from runtime.wire.messages import ViewFound, ViewReport, ViewReportRow

if TYPE_CHECKING:
    from runtime.terminal.till import Till

LOOKS_EVERY_S = 15.0
BETWEEN = frozenset({State.IDLE, State.CLOSED})


class WorkingDay:
    def __init__(self, till: Till) -> None:
        self._till = till
        self._watch = SteadyWatch()
        self.report: ViewReport | None = None
        self.found: ViewFound | None = None

    def start(self) -> None:
        """Write down what the settings ask for from here on, where that is new; then look at the clock now and then."""
        till, rules = self._till, self._till.rules
        users, shift = rules.users is not None, rules.shift_required
        checkout = till.checkout
        if users == (checkout.desk.state is DeskState.FREE) or shift != checkout.shift.required:
            till.accept(dev.RulesSet(users, shift))
        if rules.day_ends is not None:
            self._is_steady(till.clock.now())
            till.spawn(self._look_now_and_then())

    async def _look_now_and_then(self) -> None:
        while True:
            try:
                if self.tend(begins=False):
                    self._till.changed()
            except JournalError as error:
                if error.code != "DISK_FULL":
                    raise
            await asyncio.sleep(LOOKS_EVERY_S)

    def tend(self, begins: bool) -> bool:
        """End the day where its time is over, and begin the next where a person `begins` something. True where either
        happened. Raises JournalError."""
        till, ends = self._till, self._till.rules.day_ends
        if ends is None or till.checkout.sale.state not in BETWEEN:
            return False
        now = till.clock.now()
        before = till.checkout.day
        steady = self._is_steady(now)
        if before.date and may_turn(before.date, now, ends, till.clock.quality, steady):
            till.accept(dev.DayTurned(local_text(now), paper=till.has("POSPrinter")))
            till.say("info", sentence("day_ended", day=before.date, number=till.checkout.day.number))
        if begins and not till.checkout.day.date:
            date = first_date(now, ends, till.checkout.day.last_date)
            till.accept(dev.DayBegun(date, local_text(now)))
        return till.checkout.day is not before

    def _is_steady(self, now: datetime) -> bool:
        return self._watch.look(now, asyncio.get_running_loop().time())

    # --- what is on the screen ----------------------------------------------------------------------------------

    @property
    def shows(self) -> bool:
        return self.report is not None or self.found is not None

    def clear(self) -> None:
        self.report = self.found = None

    def show_record(self, sequence: int) -> None:
        """The report of a record that was just written."""
        packed = self._till.journal.record(sequence)
        if packed is not None:
            self._show(read_record(packed.body))

    def take_x(self, approver: str) -> None:
        """Show and print what is under way. Raises Refused, JournalError."""
        till = self._till
        at = local_text(till.clock.now())
        till.accept(dev.ReportTaken(at, approver))
        who = till.identity
        record = x_record(till.checkout, who.store, who.workstation, till.operator, approver, at)
        self._show(record)
        if till.has("POSPrinter"):
            till.printing.once(till.printing.control(record, copy=False))

    def _show(self, record: dict[str, Any]) -> None:
        rows = rows_of(record, blind=self._till.rules.shift_blind)
        self.found = None
        self.report = ViewReport(title_of(record), record["EndDateTime"], tuple(_row(row) for row in rows))

    def show_found(self, found: Found) -> None:
        self.report = None
        self.found = ViewFound(found.text, found.records, found.before)

    def needs_record(self, sequence: int) -> None:
        """Raises NotTaken where the journal no longer has a record that it once wrote."""
        till = self._till
        if 1 <= sequence <= till.checkout.last_sequence and till.journal.record(sequence) is None:
            raise NotTaken("receipt_gone", number=sequence)


def _row(row: ReportRow) -> ViewReportRow:
    return ViewReportRow(row.label, row.text, row.count, row.amount_minor, row.strong)
