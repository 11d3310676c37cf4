"""From what a person presses to Commands. Pure: `(view, local, action) -> (local, commands)`.

ui.possible says which actions a state has; the operations of the working day are in ui.operations, what a form is told
in ui.forms. What needs judgement (is 100000 a quantity, is the cash enough) is the daemon's to refuse: it keeps the
sentence and the row. Refused here is only what no command can be made of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from runtime.wire.messages import View
from ui.keys import typed
from ui.local import Local, live_lines, say, scroll_by, select, typing, with_typing
from ui.money import entered_minor
from ui.operations import OPERATIONS, Commands, Operation, Result, chosen_line, new_sale
from ui.overlay import ON_PANEL, cover_of, in_panel
from ui.possible import valid
from ui.texts import own
from ui.theme import next_theme

MAX_TYPED = 64
PAYMENT_CODE_DIGITS = 16  # from here on, digits typed in payment are a payment code and no amount
MAX_QUANTITY_DIGITS = 9
STRAY = ("cancel", "enter", "ok")  # take care of themselves where there is nothing to do


def press(view: View | None, local: Local, action: str) -> Result:
    """One hot key or button. Quick cash is `cash:AMOUNT_MINOR`, a touched line `line:NUMBER`, a touched row of a panel
    `choose:NUMBER`, a field of a form `field:NUMBER`, a character `type:X`, what a wedge scanner typed `scan:CODE`. An
    action that is not known is a KeyError: a fault of the tables."""
    word, _, value = action.partition(":")
    if word == "type":
        return _type(local, value), ()
    if word == "scan" and view is not None and local.connected:  # whatever is open: goods are rung
        return replace(local, note=None), (("scan", {"code": value}),)
    if word in ON_PANEL and cover_of(view, local):
        done = in_panel(view, local, word, value)
        if done is not None:
            local, run, commands = done
            return press(view, local, run) if run else (local, commands)
    handler = _ANYTIME.get(word)
    if handler is not None:
        return handler(view, local)
    if word == "line":
        return (select(view, local, int(value)) if view is not None else local), ()
    if word == "cancel":
        return _cancel(view, local)
    if word in ("choose", "field"):  # its panel has just gone
        return local, ()
    if view is None or not local.connected:
        return say(local, own("UI_NOT_CONNECTED")), ()
    if word == "cash":
        if view.state != "tendering":
            return say(local, own("UI_NOT_NOW")), ()
        return replace(local, entry="", note=None), (("cash", {"amount_minor": int(value)}),)
    if word == "scan":
        return replace(local, note=None), (("scan", {"code": value}),)
    if local.form is not None:  # a key of another operation: neither is forgotten unseen
        return say(local, own("UI_FORM_OPEN")), ()
    if word == "ok":
        word = "enter"
    if word == "enter" and local.entry and view.state != "tendering":  # a code is the daemon's to refuse, in any state
        return replace(local, entry="", note=None), (("scan", {"code": local.entry}),)
    if word not in valid(view, local):
        return say(local, own("UI_NOT_NOW")), ()
    return _ON_SALE[word](view, replace(local, note=None, help_open=False, filter=""))


# --- what only this screen sees ---------------------------------------------------------------------------------


def _type(local: Local, text: str) -> Local:
    if not all(typed(one) for one in text):
        return local
    before = typing(local)
    if len(before) + len(text) > MAX_TYPED:
        return say(local, own("UI_FULL"))
    return with_typing(local, before + text)


def _erase(_view: View | None, local: Local) -> Result:
    return with_typing(local, typing(local)[:-1]), ()


def _clear(_view: View | None, local: Local) -> Result:
    return with_typing(local, ""), ()


def _help(_view: View | None, local: Local) -> Result:
    return replace(local, help_open=not local.help_open, filter="", pick=None, first=0), ()


def _language(_view: View | None, local: Local) -> Result:
    return replace(local, language="en" if local.language == "zh" else "zh"), ()


def _theme(_view: View | None, local: Local) -> Result:
    return replace(local, theme=next_theme(local.theme)), ()


def _move(step: int) -> Callable[[View | None, Local], Result]:
    def move(view: View | None, local: Local) -> Result:
        lines = live_lines(view) if view is not None else ()
        if view is None or not lines:
            return say(local, own("UI_NO_LINE"), "info"), ()
        numbers = [line.line for line in lines]
        if local.selected not in numbers:
            return select(view, local, numbers[-1]), ()
        at = min(max(0, numbers.index(local.selected) + step), len(numbers) - 1)
        return select(view, local, numbers[at]), ()

    return move


def _page(direction: int) -> Callable[[View | None, Local], Result]:
    def page(view: View | None, local: Local) -> Result:
        if view is None:
            return local, ()
        return scroll_by(view, local, direction * max(1, local.page_rows - 1)), ()

    return page


def _cancel(view: View | None, local: Local) -> Result:
    """One step back: the panel (ui.overlay), then what was typed, then the chosen line, then the daemon's own step."""
    if local.entry:
        return replace(local, entry="", note=None), ()
    if local.selected is not None:
        return replace(local, selected=None, scroll=None, note=None), ()
    local = replace(local, note=None)
    if view is None or not local.connected or "cancel" not in valid(view, local):
        return local, ()
    return local, (("cancel", {}),)


# --- what touches the sale --------------------------------------------------------------------------------------


def _enter(view: View, local: Local) -> Result:
    if view.state == "tendering":
        if not local.entry:  # + is exact cash; an Enter too many after a scan must not take money
            return say(local, own("UI_NO_CASH")), ()
        return _pay(view, local)
    return (local, (("next", {}),)) if view.state == "closed" else (local, ())


def _pay(view: View, local: Local) -> Result:
    if view.state == "ringing":
        if local.entry:  # a code or a quantity was begun: paying now would forget it
            return say(local, own("UI_TYPED", typed=local.entry)), ()
        return local, (("subtotal", {}),)
    if view.state == "closed":
        return local, (("next", {}),)
    if is_refund(view):
        if local.entry:
            return say(local, own("UI_TYPED", typed=local.entry)), ()
        return local, (("refund", {}),)
    if not local.entry:
        return local, (("cash", {"amount_minor": due_minor(view)}),)
    if is_payment_code(local.entry):
        return replace(local, entry=""), (("scan", {"code": local.entry}),)
    amount_minor = entered_minor(local.entry, view.exponent)
    if amount_minor is None:
        return say(replace(local, entry=""), own("UI_BAD_AMOUNT", typed=local.entry)), ()
    return replace(local, entry=""), (("cash", {"amount_minor": amount_minor}),)


def is_payment_code(typed: str) -> bool:
    """Whether what was typed in payment cannot be an amount of cash."""
    return len(typed) >= PAYMENT_CODE_DIGITS or not set(typed) <= set("0123456789.")


def _code_pay(view: View, local: Local) -> Result:
    if is_refund(view):
        return local, (("refund_code", {}),)
    if not local.entry:
        return say(local, own("UI_SCAN_CODE"), "info"), ()
    return replace(local, entry=""), (("scan", {"code": local.entry}),)


def _number(local: Local) -> int | None:
    return int(local.entry) if local.entry.isdecimal() and len(local.entry) <= MAX_QUANTITY_DIGITS else None


def _quantity(view: View, local: Local) -> Result:
    if not local.entry:
        return say(local, own("UI_NO_DIGITS")), ()
    qty = _number(local)
    if qty is None:
        return say(replace(local, entry=""), own("UI_BAD_QUANTITY", typed=local.entry)), ()
    return replace(local, entry=""), (*new_sale(view), ("quantity", {"qty": qty}))


def _member(view: View, local: Local) -> Result:
    if not local.entry:
        return say(local, own("UI_NO_DIGITS")), ()
    return replace(local, entry=""), (*new_sale(view), ("member", {"id": local.entry}))


def _void_line(view: View, local: Local) -> Result:
    line, local = chosen_line(view, local)
    if line is None:
        return local, ()
    return replace(local, selected=None), (("void_line", {"line": line.line}),)


def _set_quantity(view: View, local: Local) -> Result:
    if not local.entry:
        return say(local, own("UI_NO_DIGITS")), ()
    qty = _number(local)
    if qty is None:
        return say(replace(local, entry=""), own("UI_BAD_QUANTITY", typed=local.entry)), ()
    line, local = chosen_line(view, local)
    if line is None:
        return local, ()
    # It stays chosen: the mark shows which line it was.
    return replace(local, entry=""), (("set_quantity", {"line": line.line, "qty": qty}),)


def due_minor(view: View) -> int:
    """What is still to be paid in cash, never below nothing: rounded as the book says, or the part that is set."""
    if view.due_minor or view.cash_due_minor:
        return max(0, view.cash_due_minor)
    return max(0, view.total_minor - view.paid_minor)


def is_refund(view: View) -> bool:
    """Whether money goes back to the customer."""
    return view.state == "tendering" and view.total_minor - view.paid_minor < 0


_ANYTIME: dict[str, Callable[[View | None, Local], Result]] = {
    "erase": _erase,
    "clear": _clear,
    "help": _help,
    "language": _language,
    "theme": _theme,
    "up": _move(-1),
    "down": _move(1),
    "page_up": _page(-1),
    "page_down": _page(1),
}
_ON_SALE: dict[str, Operation] = {
    **OPERATIONS,
    "enter": _enter,
    "pay": _pay,
    "code_pay": _code_pay,
    "quantity": _quantity,
    "set_quantity": _set_quantity,
    "void_line": _void_line,
    "member": _member,
}
__all__ = ["STRAY", "Commands", "due_minor", "is_payment_code", "is_refund", "press", "valid"]
