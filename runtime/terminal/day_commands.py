"""What a person asks of desk, drawer, shift and day: each command of runtime.wire.messages as what happens to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.day import events as dev
from runtime.day.events import Counted
from runtime.journal.errors import JournalError
from runtime.sale.machine import step
from runtime.terminal.clock import local_text
from runtime.terminal.journal_search import MAX_FOUND, MAX_SEARCH, Found, look, search
from runtime.terminal.refusal import NotTaken
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Command, Sentence
from runtime.wire.pack import WireError

if TYPE_CHECKING:
    from runtime.terminal.till import Till


def _at(till: Till) -> str:
    return local_text(till.clock.now())


# --- the desk -------------------------------------------------------------------------------------------------------


def sign_on(till: Till, user: str, pin: str) -> Sentence:
    return till.approval.sign_on(user)


def sign_off(till: Till) -> None:
    till.accept(dev.SignedOff())
    till.day.clear()


def lock(till: Till) -> None:
    till.accept(dev.Locked())
    till.day.clear()  # whoever passes sees no figures


def unlock(till: Till, user: str, pin: str) -> None:
    till.approval.unlock(user)


def training_begin(till: Till, approver: str = "", pin: str = "") -> Sentence:
    till.accept_approved(dev.TrainingBegun, "training", 0, approver, pin)
    return sentence("training_now")


def training_end(till: Till) -> Sentence:
    till.accept(dev.TrainingEnded())
    return sentence("training_over")


# --- the drawer -----------------------------------------------------------------------------------------------------


def paid_in(till: Till, amount_minor: int, reason: str, approver: str = "", pin: str = "") -> Sentence:
    at, paper = _at(till), till.has("POSPrinter")

    def event(who: str) -> dev.PaidIn:
        return dev.PaidIn(amount_minor, reason, at, who, paper)

    till.accept_approved(event, "paid_in", amount_minor, approver, pin, reason)
    return sentence("paid_in_done", amount=till.money(amount_minor))


def paid_out(till: Till, amount_minor: int, reason: str, approver: str = "", pin: str = "") -> Sentence:
    at, paper = _at(till), till.has("POSPrinter")

    def event(who: str) -> dev.PaidOut:
        return dev.PaidOut(amount_minor, reason, at, who, paper)

    till.accept_approved(event, "paid_out", amount_minor, approver, pin, reason)
    return sentence("paid_out_done", amount=till.money(amount_minor))


def drop(till: Till, amount_minor: int, reason: str, approver: str = "", pin: str = "") -> Sentence:
    at, paper = _at(till), till.has("POSPrinter")

    def event(who: str) -> dev.CashDropped:
        return dev.CashDropped(amount_minor, reason, at, who, paper)

    till.accept_approved(event, "drop", amount_minor, approver, pin, reason)
    return sentence("dropped", amount=till.money(amount_minor))


def no_sale(till: Till, reason: str, approver: str = "", pin: str = "") -> Sentence:
    at, paper = _at(till), till.has("POSPrinter")
    till.accept_approved(lambda who: dev.DrawerOpened(reason, at, who, paper), "no_sale", 0, approver, pin, reason)
    return sentence("drawer_opened")


# --- the shift ------------------------------------------------------------------------------------------------------


def shift_open(till: Till, float_minor: int, approver: str = "", pin: str = "") -> Sentence:
    at, paper = _at(till), till.has("POSPrinter")

    def event(who: str) -> dev.ShiftOpened:
        return dev.ShiftOpened(float_minor, at, who, paper)

    till.accept_approved(event, "shift_open", float_minor, approver, pin)
    return sentence("shift_opened", number=till.checkout.shift.number)


def shift_count(till: Till, approver: str = "", pin: str = "") -> Sentence:
    till.accept_approved(dev.CountBegun, "shift_close", 0, approver, pin)
    till.day.clear()  # an X report does not stand beside the count
    return sentence("count_now")


def shift_close(till: Till, cash_minor: int, code_minor: int | None = None) -> Sentence:
    counted = (Counted("cash", cash_minor), *([] if code_minor is None else [Counted("code", code_minor)]))
    number = till.checkout.shift.number
    till.accept(dev.ShiftClosed(counted, _at(till), till.has("POSPrinter")))
    till.day.show_record(till.checkout.last_sequence)
    return sentence("shift_closed", number=number)


def x_report(till: Till, approver: str = "", pin: str = "") -> None:
    step(till.checkout, dev.ReportTaken("", ""))
    till.day.take_x(till.approved("x_report", 0, approver, pin))


# --- the day --------------------------------------------------------------------------------------------------------


def day_end(till: Till, approver: str = "", pin: str = "") -> Sentence:
    at, paper = _at(till), till.has("POSPrinter")
    date = till.checkout.day.date or at[:10]
    till.accept_approved(lambda who: dev.DayEnded(at, who, paper), "day_end", 0, approver, pin)
    till.day.show_record(till.checkout.last_sequence)
    return sentence("day_ended", day=date, number=till.checkout.day.number)


def reprint_number(till: Till, number: int, approver: str = "", pin: str = "") -> Sentence:
    """0 is the last one."""
    sequence = number or till.checkout.last_sequence
    if not till.has("POSPrinter"):
        raise NotTaken("no_printer")
    till.day.needs_record(sequence)
    till.accept_approved(lambda who: dev.ReprintAsked(sequence, who), "reprint", 0, approver, pin)
    return sentence("reprint_asked", number=sequence)


def journal_search(till: Till, text: str, before: int = 0, approver: str = "", pin: str = "") -> Sentence:
    """One look; the daemon answers this command with `search_answered`, which looks on."""
    before = _may_search(till, text, before, approver, pin)
    records, after = look(till.journal, text, before, MAX_FOUND, till.snapshot.exponent) if before > 1 else ([], 0)
    return _found(till, Found(text, tuple(records), after))


async def search_answered(till: Till, command: Command) -> Sentence:
    """As `journal_search`, letting scans pass between two looks. Raises NotTaken, JournalError."""
    text, before = command.args.get("text"), command.args.get("before", 0)
    if type(text) is not str or type(before) is not int or not command.args.keys() <= {"text", "before"}:
        raise NotTaken("bad_arguments", command=command.name)
    below = _may_search(till, text, before, "", "")
    try:
        return _found(till, await search(till, text, below, lambda: asyncio.sleep(0)))
    except WireError as error:
        raise JournalError("DAMAGED", str(error)) from error


def _may_search(till: Till, text: str, before: int, approver: str, pin: str) -> int:
    last = till.checkout.last_sequence
    if len(text) > MAX_SEARCH or before < 0:
        raise NotTaken("search_text", limit=MAX_SEARCH)
    till.approved("journal_search", 0, approver, pin)
    return min(before or last + 1, last + 1)


def _found(till: Till, found: Found) -> Sentence:
    till.day.show_found(found)
    if not found.records:
        return sentence("search_none")
    return sentence("search_found", count=len(found.records))


DAY_COMMANDS: dict[str, Callable[..., Sentence | None]] = {
    command.__name__: command
    for command in (
        sign_on,
        sign_off,
        lock,
        unlock,
        training_begin,
        training_end,
        paid_in,
        paid_out,
        drop,
        no_sale,
        shift_open,
        shift_count,
        shift_close,
        x_report,
        day_end,
        reprint_number,
        journal_search,
    )
}
