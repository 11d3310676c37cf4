"""What can be done now: the buttons, what each would do, and the sums a customer is likely to hand over. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.wire.messages import View
from ui.actions import due_minor, is_payment_code, valid
from ui.keys import BY_ACTION
from ui.local import Local
from ui.money import note_text
from ui.texts import Texts, mark

BANK_NOTES = (10, 50, 100)  # bank notes, in whole units of the currency


@dataclass(frozen=True, slots=True)
class Button:
    action: str
    label: str
    key: str  # its hot key, shown on it; empty for one that has none
    primary: bool = False


def button_of(action: str, t: Texts, label: str = "", primary: bool = False) -> Button:
    hot = BY_ACTION[action]
    return Button(action, label or t(hot.label), hot.keys[0], primary)


def pad_key(action: str, label: str) -> Button:
    return Button(action, label, "")


# The order on the screen; enter, erase and the arrows have places of their own.
BUTTON_ORDER = ("pay", "weigh", "code_pay", "quantity", "set_quantity", "void_line", "member", "reprint", "cancel")
PAY_WORDS = {"ringing": mark("Pay"), "tendering": mark("Exact cash"), "closed": mark("Next sale")}
CANCEL_WORDS = {
    "weighing": mark("Cancel weighing"),
    "tendering": mark("Back to goods"),
    "paying": mark("Cancel payment"),
}


def buttons_of(view: View | None, local: Local, t: Texts) -> tuple[Button, ...]:
    now = valid(view, local)
    buttons = []
    for action in BUTTON_ORDER:
        if action not in now or view is None:
            continue
        label = ""
        if action == "pay":
            label = _pay_label(view, local, t)
        elif action == "cancel":
            label = _cancel_label(view, local, t)
            if not label:
                continue  # it only clears what was typed, and the keypad has a key for that
        buttons.append(button_of(action, t, label, primary=action in ("pay", "weigh")))
    return tuple(buttons)


def _pay_label(view: View, local: Local, t: Texts) -> str:
    """What `+` would do with what is typed."""
    if view.state != "tendering" or not local.entry:
        return t(PAY_WORDS[view.state])
    return t("Pay by this code") if is_payment_code(local.entry) else t("Take cash")


def _cancel_label(view: View, local: Local, t: Texts) -> str:
    """What Esc would step back from; empty for what was typed."""
    if view.state in CANCEL_WORDS and local.selected is None:
        return t(CANCEL_WORDS[view.state])
    if local.selected is not None:
        return t("Unmark line")
    return t("Drop quantity") if view.pending_qty is not None else ""


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


def quick_cash_of(view: View | None, local: Local, t: Texts) -> tuple[Button, ...]:
    if view is None or view.state != "tendering" or not local.connected:
        return ()
    amounts = quick_amounts(due_minor(view), view.exponent)
    return tuple(
        Button(f"cash:{amount}", note_text(amount, view.currency, view.exponent) if i else t("Exact"), "")
        for i, amount in enumerate(amounts)
    )
