"""What can be done now: the buttons, what each would do, and the sums a customer is likely to hand over. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.wire.messages import View
from ui.actions import due_minor, is_payment_code, is_refund
from ui.keys import BY_ACTION
from ui.local import Local
from ui.money import note_text
from ui.overlay import cover_of
from ui.possible import valid
from ui.texts import Texts, mark

BANK_NOTES = (10, 20, 50, 100)  # in whole units of the currency; in hundreds of one that has no smaller units


@dataclass(frozen=True, slots=True)
class Button:
    action: str
    label: str
    key: str  # its hot key, shown on it; empty for one that has none
    primary: bool = False
    wide: bool = False  # in the widest place without being primary


def button_of(
    action: str, local: Local, t: Texts, label: str = "", primary: bool = False, wide: bool = False
) -> Button:
    return Button(action, label or t(BY_ACTION[action].label), local.settings.keys.first(action), primary, wide)


def pad_key(action: str, label: str) -> Button:
    return Button(action, label, "")


# The order on the screen; enter, erase and the arrows have places of their own.
BUTTON_ORDER = (
    "pay", "weigh", "code_pay", "quantity", "set_quantity", "void_line", "member", "reprint", "x_report", "paid_out",
    "cancel",
)  # fmt: skip
PAY_WORDS = {"ringing": mark("Pay"), "tendering": mark("Exact cash"), "closed": mark("Next sale")}
CANCEL_WORDS = {
    "weighing": mark("Cancel weighing"),
    "tendering": mark("Back to goods"),
    "paying": mark("Cancel payment"),
}
# The bar below the basket: one place for each, the same in every state. The list of operations has all of them.
BAR: tuple[tuple[str, ...], ...] = (
    ("bag", "part"),
    ("repeat", "shift"),
    ("hold",),
    ("price_override", "no_sale"),
    ("discount_line", "discount_ticket", "return_receipt"),
    ("price_lookup", "void_ticket"),
)


def bar_of(view: View | None, local: Local, t: Texts) -> tuple[Button | None, ...]:
    """What the places of BAR hold now; None for an empty one."""
    now = valid(view, local)
    bar: list[Button | None] = []
    for actions in BAR:
        action = next((one for one in actions if one in now), None)
        if action == "shift" and view is not None and _wide(view, local, t, now):
            action = None  # it is the widest button
        label = _label_now(action, view, t) if action and view is not None else ""
        bar.append(button_of(action, local, t, label) if action else None)
    return tuple(bar)


def _label_now(action: str, view: View, t: Texts) -> str:
    """What a key that has two meanings would do; empty for one with one."""
    if action == "hold":
        if view.state in ("idle", "closed"):
            return t("Recall ({count})", count=len(view.suspended))
        return t("Hold")
    if action == "shift":
        return t("Close shift") if view.shift == "open" else t("Open a shift")
    return ""


def buttons_of(view: View | None, local: Local, t: Texts) -> tuple[Button, ...]:
    now = valid(view, local)
    cover = cover_of(view, local)
    if view is None:
        return ()
    if cover in ("form", "return", "found", "report"):
        return _panel_buttons(view, local, t, cover)
    buttons = []
    if wide := _wide(view, local, t, now):
        buttons.append(wide)
    for action in BUTTON_ORDER:
        if action not in now or (wide and action in ("pay", "weigh")):
            continue
        if action in ("pay", "code_pay") and view.age_question:
            continue  # the daemon takes no money before the answer
        label = ""
        if action == "pay":
            label = _pay_label(view, local, t)
        elif action == "code_pay" and is_refund(view):
            label = t("Refund by code")
        elif action == "code_pay":
            label = t("Pay by code")
        elif action == "cancel":
            label = _cancel_label(view, local, t)
            if not label:
                continue  # it only clears what was typed, and the keypad has a key for that
        # Cash and code are equally likely: two equal buttons, until what is typed says which of them it is.
        primary = action in ("pay", "weigh") or (action == "code_pay" and not local.entry)
        buttons.append(button_of(action, local, t, label, primary, wide=action == "code_pay"))
    return tuple(buttons)


def _wide(view: View, local: Local, t: Texts, now: tuple[str, ...]) -> Button | None:
    """What must be done before anything is sold."""
    if "sign" in now and view.desk == "off":
        return button_of("sign", local, t, t("Sign on"), primary=True)
    if "lock" in now and view.desk == "locked":
        return button_of("lock", local, t, t("Unlock"), primary=True)
    if "shift" in now and view.shift == "needed" and view.state == "idle":
        return button_of("shift", local, t, t("Open a shift"), primary=True)
    if "shift" in now and view.shift == "counting":
        return button_of("shift", local, t, t("Key the count"), primary=True)
    return None


def _panel_buttons(view: View, local: Local, t: Texts, cover: str) -> tuple[Button, ...]:
    keys = local.settings.keys
    back = Button("cancel", t("Back"), keys.first("cancel"))
    if cover == "form" and local.form is not None:
        last = local.form.active + 1 == len(local.form.values)
        return (Button("ok", t("Confirm") if last else t("Next field"), keys.first("enter"), True), back)
    if cover == "report":
        return (Button("ok", t("Close report"), keys.first("cancel"), True),)
    if cover == "found":
        print_it = Button("ok", t("Print a copy"), keys.first("enter"), True)
        return (print_it, back) if local.pick is not None else (back,)
    this = Button("ok", t("Take this back"), keys.first("enter"), True)
    ends = "pay" if "pay" in valid(view, local) and view.state == "ringing" else "cancel"  # money goes back, or nothing
    finish = Button(ends, t("Finish"), keys.first(ends), local.pick is None, wide=True)
    leave = (Button("cancel", t("Put away"), keys.first("cancel")),) if ends == "pay" else ()
    return (this, finish, *leave) if local.pick is not None else (finish, *leave)


def _pay_label(view: View, local: Local, t: Texts) -> str:
    """What `+` would do with what is typed."""
    if is_refund(view):
        return t("Give back in cash")
    if view.state != "tendering" or not local.entry:
        return t(PAY_WORDS[view.state])
    return t("Pay by this code") if is_payment_code(local.entry) else t("Take cash")


def _cancel_label(view: View, local: Local, t: Texts) -> str:
    """What Esc would step back from; empty for what was typed."""
    if view.state in CANCEL_WORDS and local.selected is None:
        if view.state == "tendering" and view.tenders:
            return t("Undo tender")
        return t(CANCEL_WORDS[view.state])
    if local.selected is not None:
        return t("Unmark line")
    if view.looking_up or view.lookup is not None:
        return t("End price check")
    if view.open_return is not None:
        return t("Put away")
    return t("Drop quantity") if view.pending_qty is not None else ""


def quick_amounts(due: int, exponent: int) -> tuple[int, ...]:
    """What a customer who has not the exact sum is likely to hand over, least first: more than what is due, and no note
    of it too many, so what is due filled up to the next 10, 20, 50, 100. Four at most; none where notes pay exactly."""
    unit = 10**exponent if exponent > 0 else 100
    filled = {-(-due // (note * unit)) * note * unit for note in BANK_NOTES}
    return tuple(sorted(amount for amount in filled if amount > due > 0))


def quick_cash_of(view: View | None, local: Local, t: Texts) -> tuple[Button, ...]:
    """Sums of notes; the exact sum has a button of its own."""
    if view is None or view.state != "tendering" or not local.connected or cover_of(view, local) == "form":
        return ()
    if is_refund(view) or view.age_question:
        return ()
    amounts = quick_amounts(due_minor(view), view.exponent)
    return tuple(Button(f"cash:{amount}", note_text(amount, view.currency, view.exponent), "") for amount in amounts)
