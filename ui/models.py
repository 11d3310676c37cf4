"""The view model: everything that the screen shows, as text and flags, made from a View and the Local state. Pure.

The painter (ui/screens) has no rule of its own left. Nothing is said by colour alone: a severity has a shape and a
word, a voided line has a word and a stroke, a chosen line has a mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runtime.wire.messages import View, ViewDevice, ViewLine
from ui.actions import due_minor, valid
from ui.keys import BY_ACTION, HOT_KEYS
from ui.local import Local, basis, first_shown, live_lines
from ui.money import amount_text, money_text, weight_text
from ui.texts import Texts, mark, own

Severity = Literal["good", "info", "bad"]

STATE_WORDS: dict[str, tuple[str, str]] = {  # state -> (banner, hint below it)
    "idle": (mark("Ready"), mark("Scan goods, or type a code and press Enter.")),
    "ringing": (mark("Ringing"), mark("Scan on; + ends and takes payment.")),
    "weighing": (mark("Weighing"), mark("Put it on the scale; it is taken when steady. Esc leaves it.")),
    "tendering": (mark("Payment"), mark("Type the cash and press Enter, + for exact cash, or scan the payment code.")),
    "paying": (mark("Paying by code"), mark("Ask the customer to look at the phone. Esc cancels.")),
    "closed": (mark("Paid"), mark("Scan on for the next sale.")),
}
CLASS_WORDS: dict[str, str] = {
    "Scanner": mark("Scanner"),
    "POSPrinter": mark("Receipt printer"),
    "Scale": mark("Scale"),
    "LineDisplay": mark("Customer display"),
    "ElectronicValueRW": mark("Code payment terminal"),
    "CashDrawer": mark("Cash drawer"),
}
SEVERITY_WORDS: dict[Severity, str] = {"good": mark("Done"), "info": mark("Note"), "bad": mark("Attention")}
TENDER_WORDS = {"cash": mark("Cash received"), "code": mark("Paid by code"), "": mark("Received")}
HEADS = (mark("Line"), mark("Goods"), mark("Qty"), mark("Price"), mark("Off"), mark("Amount"))
BANK_NOTES = (10, 50, 100)  # bank notes, in whole units of the currency


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
class Trouble:
    """A device or the network, when it is not well. `info`: it works still (paper nearly out)."""

    text: str
    remedy: str
    severity: Severity = "bad"


@dataclass(frozen=True, slots=True)
class Banner:
    text: str
    hint: str
    severity: Severity
    solid: bool = False  # somebody has to do something, or it is over: seen from afar


@dataclass(frozen=True, slots=True)
class Message:
    word: str
    severity: Severity
    text: str
    remedy: str
    fresh: bool  # prominent; an older one steps back once the sale has moved on
    beep: str  # changes when a sound is due: `good:7`, `bad:note3`; empty for a silent one


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Button:
    action: str
    label: str
    key: str  # its hot key, shown on it; empty for one that has none
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    language: str
    store: str
    workstation: str
    operator: str
    time: str
    health: str  # devices and network in a few words
    healthy: bool
    unsent: str
    troubles: tuple[Trouble, ...]
    banner: Banner
    heads: tuple[str, ...]  # of the list's columns
    rows: tuple[Row, ...]  # those that fit, from the first shown
    line_count: int  # of all, shown or not
    position: str  # which lines of how many; empty when all are shown
    empty: str  # what stands where the lines would
    savings: tuple[Saving, ...]
    main: Figure  # the huge one
    figures: tuple[Figure, ...]
    member: str
    entry: str
    entry_label: str
    message: Message | None
    buttons: tuple[Button, ...]
    quick_cash: tuple[Button, ...]
    pad: tuple[Button, Button, Button]  # of the keypad: erase, clear, enter
    tools: tuple[Button, ...]  # help and language: always there
    help_title: str
    help: tuple[tuple[str, str], ...]  # (keys, what they do); empty when closed


def screen(view: View | None, local: Local, t: Texts) -> Screen:
    """All that is on the screen now. Without a View yet it says that it connects, and offers what needs none."""
    names = _device_names(view, t)
    troubles = _troubles(view, local, t, names)
    rows, position = _rows(view, local, t)
    main, figures = _figures(view, t)
    return Screen(
        language=local.language,
        store=view.store if view else "",
        workstation=t("Till {number}", number=view.workstation) if view else "",
        operator=t("Cashier {name}", name=view.operator) if view and view.operator else "",
        time=_time(view, local),
        health=_health(view, local, t),
        healthy=not any(trouble.severity == "bad" for trouble in troubles),
        unsent=_unsent(view, t),
        troubles=troubles,
        banner=_banner(view, local, t),
        heads=tuple(t(head) for head in HEADS),
        rows=rows,
        line_count=len(view.lines) if view else 0,
        position=position,
        empty=_empty(view, local, t),
        savings=_savings(view, local),
        main=main,
        figures=figures,
        member=t("Member {number}", number=masked(view.member)) if view and view.member else "",
        entry=local.entry,
        entry_label=_entry_label(view, t),
        message=_message(view, local, t, names),
        buttons=_buttons(view, local, t),
        quick_cash=_quick_cash(view, local, t),
        pad=(_pad("erase", t("Erase")), _pad("clear", t("Clear")), _pad("enter", t("Enter"))),
        tools=(_button("help", t), Button("language", "English" if local.language == "zh" else "中文", "F11")),
        help_title=t("Keys (F1 or Esc closes this; scanning goes on)"),
        help=tuple((" / ".join(h.keys), t(h.help)) for h in HOT_KEYS) if local.help_open else (),
    )


def masked(text: str) -> str:
    """A member's number or phone as it may be shown: `138****1234`."""
    return text if len(text) < 8 else f"{text[:3]}****{text[-4:]}"


def _time(view: View | None, local: Local) -> str:
    at = local.clock or (view.at if view else "")
    return at[:16].replace("T", " ")


# --- how things are ---------------------------------------------------------------------------------------------


def _device_names(view: View | None, t: Texts) -> dict[str, str]:
    """Devices by what they are; by their own name too where there are two of a kind."""
    if view is None:
        return {}
    kinds = [d.device_class for d in view.devices]
    names = {}
    for device in view.devices:
        word = t(CLASS_WORDS.get(device.device_class, device.device_class))
        names[device.name] = word if kinds.count(device.device_class) == 1 else f"{word} {device.name}"
    return names


def _sick(view: View) -> tuple[ViewDevice, ...]:
    return tuple(device for device in view.devices if not device.ok)


def _troubles(view: View | None, local: Local, t: Texts, names: dict[str, str]) -> tuple[Trouble, ...]:
    if view is None or not local.connected:
        return (Trouble(*t.sentence(own("UI_CONNECTING"))),)
    troubles = [Trouble(*t.sentence(device.sentence, names)) for device in _sick(view)]
    warned = [d for d in view.devices if d.ok and d.sentence.code not in ("OK", "")]
    notes = [Trouble(*t.sentence(device.sentence, names), severity="info") for device in warned]
    if not view.network.ok:
        text, remedy = t.sentence(view.network.sentence, names)
        troubles.append(Trouble(text, remedy or t("Sell on: sales are kept here and sent later.")))
    return tuple(troubles + notes)


def _health(view: View | None, local: Local, t: Texts) -> str:
    if view is None or not local.connected:
        return t("Connecting")
    sick = len(_sick(view))
    devices = t("Devices: {count} with trouble", count=sick) if sick else t("Devices ready")
    network = t("Network ready") if view.network.ok else t("Network away")
    return f"{devices} · {network}"


def _unsent(view: View | None, t: Texts) -> str:
    if view is None:
        return ""
    parts = []
    if view.network.unsent:
        parts.append(t("{count} sales not sent yet", count=view.network.unsent))
    if view.receipts_waiting:
        parts.append(t("{count} receipts wait for the printer", count=view.receipts_waiting))
    return " · ".join(parts)


def _banner(view: View | None, local: Local, t: Texts) -> Banner:
    if view is None or not local.connected:
        return Banner(t("Connecting"), t("The basket comes back by itself."), "bad", solid=True)
    text, hint = STATE_WORDS[view.state]
    severity: Severity = "good" if view.state in ("closed", "idle") else "info"
    if view.state == "weighing" and view.weighing is not None:
        said, remedy = t.sentence(view.weighing.sentence)
        return Banner(f"{t(text)} · {view.weighing.name}", f"{said} {remedy}".strip() or t(hint), severity, solid=True)
    if view.pending_qty is not None and view.state in ("idle", "ringing"):
        return Banner(
            t("{qty} of the next item", qty=view.pending_qty), t("Scan it; Esc drops the quantity."), severity
        )
    if view.state == "closed" and view.change_minor > 0:
        change = money_text(view.change_minor, view.currency, view.exponent)
        return Banner(t("Paid · give {change} change", change=change), t(hint), severity, solid=True)
    return Banner(t(text), t(hint), severity, solid=view.state in ("closed", "paying", "weighing"))


def _message(view: View | None, local: Local, t: Texts, names: dict[str, str]) -> Message | None:
    if local.note is not None:
        note = local.note
        severity: Severity = "bad" if note.severity == "bad" else "info"
        text, remedy = t.sentence(note.sentence, names)
        beep = f"bad:note{note.serial}" if severity == "bad" else ""
        return Message(t(SEVERITY_WORDS[severity]), severity, text, remedy, True, beep)
    if view is None or view.notice is None:
        return None
    notice = view.notice
    text, remedy = t.sentence(notice.sentence, names)
    fresh = local.notice_seen != notice.serial or local.notice_basis == basis(view)
    beep = "" if notice.severity == "info" else f"{notice.severity}:{notice.serial}"
    return Message(t(SEVERITY_WORDS[notice.severity]), notice.severity, text, remedy, fresh, beep)


# --- the basket -------------------------------------------------------------------------------------------------


def _rows(view: View | None, local: Local, t: Texts) -> tuple[tuple[Row, ...], str]:
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
    price = amount_text(line.regular_minor, view.exponent)
    discount = f"-{amount_text(line.discount_minor, view.exponent)}" if line.discount_minor > 0 else ""
    return Row(
        line=line.line,
        number=str(line.line),
        name=line.name,
        note=t("Voided") if line.voided else line.price_promotion,
        amount=weight_text(line.weight_g) if kg else str(line.qty),
        unit_price=f"{price}/kg" if kg else price,
        discount="" if line.voided else discount,
        net=amount_text(line.net_minor, view.exponent),
        voided=line.voided,
        selected=selected,
    )


def _empty(view: View | None, local: Local, t: Texts) -> str:
    if view is not None and (view.lines or not local.connected):
        return ""
    return t("Scan the first item") if view is not None else t("Connecting")


def _savings(view: View | None, local: Local) -> tuple[Saving, ...]:
    if view is None:
        return ()
    return tuple(
        Saving(
            f"{one.name} ×{one.times}" if one.times > 1 else one.name,
            f"-{amount_text(one.amount_minor, view.exponent)}",
        )
        for one in view.discounts
    )


def _figures(view: View | None, t: Texts) -> tuple[Figure, tuple[Figure, ...]]:
    if view is None:
        return Figure(t("Total"), ""), ()

    def figure(label: str, amount_minor: int) -> Figure:
        return Figure(label, money_text(amount_minor, view.currency, view.exponent))

    live = live_lines(view)
    pieces = Figure(t("Items"), str(sum(1 if line.unit == "kg" else line.qty for line in live)))
    saved = [figure(t("You save"), view.discount_minor)] if view.discount_minor > 0 else []
    total = figure(t("To pay"), view.total_minor)
    if view.state in ("tendering", "paying"):
        paid = [total, figure(t("Paid so far"), view.paid_minor)] if view.paid_minor else []
        return figure(t("Due"), due_minor(view)), (pieces, *saved, *paid)
    if view.state == "closed":
        given_minor = max(view.paid_minor, view.total_minor + view.change_minor)
        kinds = {tender.kind for tender in view.tenders}
        given = figure(t(TENDER_WORDS[kinds.pop()] if len(kinds) == 1 else "Received"), given_minor)
        return figure(t("Change due"), view.change_minor), (pieces, *saved, total, given)
    return figure(t("Total"), view.total_minor), (pieces, *saved, figure(t("Regular"), view.gross_minor))


# --- what can be done -------------------------------------------------------------------------------------------


def _entry_label(view: View | None, t: Texts) -> str:
    if view is not None and view.state == "tendering":
        return t("Cash given, or payment code")
    return t("Code or number")


def _button(action: str, t: Texts, label: str = "", primary: bool = False) -> Button:
    hot = BY_ACTION[action]
    return Button(action, label or t(hot.label), hot.keys[0], primary)


def _pad(action: str, label: str) -> Button:
    return Button(action, label, "")


# The order on the screen; enter, erase and the arrows have places of their own.
BUTTON_ORDER = ("pay", "weigh", "code_pay", "quantity", "set_quantity", "void_line", "member", "reprint", "cancel")
PAY_WORDS = {"ringing": mark("Pay"), "tendering": mark("Exact cash"), "closed": mark("Next sale")}


def _buttons(view: View | None, local: Local, t: Texts) -> tuple[Button, ...]:
    now = valid(view, local)
    buttons = []
    for action in BUTTON_ORDER:
        if action not in now:
            continue
        label = ""
        if action == "pay" and view is not None:
            label = t("Take cash") if view.state == "tendering" and local.entry else t(PAY_WORDS[view.state])
        buttons.append(_button(action, t, label, primary=action in ("pay", "weigh")))
    return tuple(buttons)


def quick_amounts(due: int, exponent: int) -> tuple[int, ...]:
    """What a customer is likely to hand over: what is due, and that filled up to the next 10, 50, 100."""
    unit = 10**exponent
    amounts = [due]
    for note in BANK_NOTES:
        amount = -(-due // (note * unit)) * note * unit
        if amount not in amounts and amount > 0:
            amounts.append(amount)
    if len(amounts) < 4 and due > 0:
        last = 100 * unit
        more = -(-due // last) * last + last
        if more not in amounts:
            amounts.append(more)
    return tuple(amounts[:4])


def _quick_cash(view: View | None, local: Local, t: Texts) -> tuple[Button, ...]:
    if view is None or view.state != "tendering" or not local.connected:
        return ()
    amounts = quick_amounts(due_minor(view), view.exponent)
    return tuple(
        Button(f"cash:{amount}", money_text(amount, view.currency, view.exponent), t("exact") if i == 0 else "")
        for i, amount in enumerate(amounts)
    )
