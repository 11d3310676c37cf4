"""The basket as text: lines, discounts, and the amounts beside it. Pure, a part of ui.models."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.wire.messages import View, ViewLine
from ui.actions import due_minor, is_refund
from ui.local import Local, first_shown, live_lines
from ui.money import grouped_text, money_text, weight_text
from ui.texts import Texts, mark

MAX_TENDERS = 3  # figures beside the total
MAX_SAVINGS = 4  # discounts by name; what is over is one sum
TENDER_WORDS = {"cash": mark("Cash in"), "code": mark("Paid by code"), "": mark("Received")}
HEADS = (mark("Ln"), mark("Goods"), mark("Qty"), mark("Price"), mark("Off"), mark("Amount"))


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    number: str
    name: str
    note: str  # price promotion, or that it is voided
    amount: str  # pieces or weight
    unit_price: str
    discount: str
    net: str
    voided: bool
    selected: bool


@dataclass(frozen=True, slots=True)
class Saving:
    name: str
    amount: str


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: str


def rows_of(view: View | None, local: Local, t: Texts) -> tuple[tuple[Row, ...], str]:
    if view is None:
        return (), ""
    first = first_shown(view, local)
    shown = view.lines[first : first + local.page_rows]
    rows = tuple(_row(view, line, line.line == local.selected, t) for line in shown)
    if len(shown) == len(view.lines):
        return rows, ""
    return rows, t(
        "Lines {first} to {last} of {count}", first=first + 1, last=first + len(shown), count=len(view.lines)
    )


def _row(view: View, line: ViewLine, selected: bool, t: Texts) -> Row:
    kg = line.unit == "kg"
    price = grouped_text(line.regular_minor, view.exponent)
    discount = f"-{grouped_text(line.discount_minor, view.exponent)}" if line.discount_minor > 0 else ""
    return Row(
        line=line.line,
        number=str(line.line),
        name=line.name,
        note=_note(view, line, t),
        amount=weight_text(line.weight_g) if kg else str(line.qty),
        unit_price=f"{price}/kg" if kg else price,
        discount="" if line.voided else discount,
        net=grouped_text(line.net_minor, view.exponent),
        voided=line.voided,
        selected=selected,
    )


def _note(view: View, line: ViewLine, t: Texts) -> str:
    """What is special about the line; what a person did comes before what the book says."""
    if line.voided:
        return t("Voided")
    if line.line in view.returned_lines:
        return t("Comes back")
    by_hand = next((one for one in view.adjustments if one.line == line.line), None)
    if by_hand is not None:
        return t("By hand: {reason}", reason=by_hand.reason)
    return line.price_promotion


def rung_text(view: View, text: str, name: str) -> str:
    """What was rung last, with its price: the cashier compares it with the shelf. `text` as it is, where the last line
    is another one."""
    line = view.lines[-1] if view.lines else None
    if line is None or line.voided or line.name != name:
        return text
    net = money_text(line.net_minor, view.currency, view.exponent)
    return f"{text}　{net}" if line.qty == 1 else f"{text} × {line.qty}　{net}"


def empty_of(view: View | None, local: Local, t: Texts) -> str:
    if view is not None and (view.lines or not local.connected or view.state not in ("idle", "ringing")):
        return ""
    if (
        view is not None
        and (view.desk in ("off", "locked") or view.shift in ("needed", "counting"))
        and not view.training
    ):
        return ""  # the banner says what comes first
    return t("Scan the first item") if view is not None else t("Connecting")


def savings_of(view: View | None, t: Texts) -> tuple[Saving, ...]:
    """Those that no line has under its own name: at most MAX_SAVINGS; with more, the last says how many are left and
    what they come to."""
    if view is None:
        return ()

    at_a_line = {line.price_promotion for line in live_lines(view)}
    others = [(t("By hand: {reason}", reason=one.reason), one.amount_minor) for one in view.adjustments if not one.line]
    others += [
        (f"{one.name} ×{one.times}" if one.times > 1 else one.name, -one.amount_minor)
        for one in view.discounts
        if one.name not in at_a_line
    ]
    named = others if len(others) <= MAX_SAVINGS else others[: MAX_SAVINGS - 1]
    left = others[len(named) :]
    if left:
        named = [*named, (t("{count} more discounts", count=len(left)), sum(minor for _, minor in left))]
    return tuple(Saving(name, grouped_text(minor, view.exponent)) for name, minor in named)


def _paid_by(view: View, t: Texts) -> tuple[Figure, ...]:
    """What came in so far, each tender on its own; more than there is room for as one sum of a kind."""
    tenders: list[tuple[str, int]] = [(one.kind, one.amount_minor) for one in view.tenders] or [("", view.paid_minor)]
    if len(tenders) > MAX_TENDERS:
        kinds = dict.fromkeys(kind for kind, _ in tenders)
        tenders = [(kind, sum(amount for one, amount in tenders if one == kind)) for kind in kinds]
    return tuple(
        Figure(t(TENDER_WORDS[kind]), money_text(amount, view.currency, view.exponent)) for kind, amount in tenders
    )


def still_due_minor(view: View) -> int:
    """What is not paid yet: the whole of it, also while the next tender is to pay a part."""
    return due_minor(view) if view.part_minor is None else max(0, view.due_minor)


def figures_of(view: View | None, t: Texts) -> tuple[Figure, tuple[Figure, ...]]:
    if view is None:
        return Figure(t("Total"), ""), ()

    def figure(label: str, amount_minor: int) -> Figure:
        return Figure(label, money_text(amount_minor, view.currency, view.exponent))

    live = live_lines(view)
    pieces = Figure(t("Items"), str(sum(1 if line.unit == "kg" else line.qty for line in live)))
    saved = [figure(t("You save"), view.discount_minor)] if view.discount_minor > 0 else []
    total = figure(t("To pay"), view.total_minor)
    if view.state in ("tendering", "paying"):
        if is_refund(view):
            return figure(t("Give back"), view.paid_minor - view.total_minor), (pieces, *saved)
        paid = _paid_by(view, t) if view.paid_minor else ()
        if view.part_minor is not None:
            return figure(t("This part"), due_minor(view)), (figure(t("Still due"), still_due_minor(view)), *paid)
        if paid:
            return figure(t("Still due"), still_due_minor(view)), (total, *paid)
        return figure(t("Due"), due_minor(view)), (pieces, *saved)
    if view.state == "closed" and view.total_minor < 0:
        return figure(t("Gave back"), -view.total_minor), (pieces, *saved)
    if view.state == "closed":
        given_minor = max(view.paid_minor, view.total_minor + view.change_minor)
        kinds = {tender.kind for tender in view.tenders}
        given = figure(t(TENDER_WORDS[min(kinds) if len(kinds) == 1 else ""]), given_minor)
        if kinds == {"code"} and not view.change_minor:  # nobody waits for change: say what came in
            return given, (pieces, *saved)
        return figure(t("Change due"), view.change_minor), (pieces, *saved, total, given)
    regular = [figure(t("Regular"), view.gross_minor)] if saved else []  # else it is the total once more
    return figure(t("Total"), view.total_minor), (pieces, *regular, *saved)
