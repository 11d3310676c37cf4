"""From what a person presses to Commands. Pure: `(view, local, action) -> (local, commands)`.

The table VALID says which actions a state of the sale has; the screen offers exactly those. What needs judgement (is
100000 a quantity, is the cash enough) is the daemon's to refuse: it keeps the sentence and the row. Refused here is
only what no command can be made of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from runtime.wire.messages import View, ViewLine
from ui.keys import MAX_ENTRY, typed
from ui.local import Local, live_lines, on_screen, say, scroll_by, select
from ui.money import entered_minor
from ui.texts import own

PAYMENT_CODE_DIGITS = 16  # from here on, digits typed in payment are a payment code and no amount
MAX_QUANTITY_DIGITS = 9

Args = dict[str, str | int | None]
Commands = tuple[tuple[str, Args], ...]
Result = tuple[Local, Commands]

# state -> actions that touch the sale; those of LOCAL are always there
VALID: dict[str, tuple[str, ...]] = {
    "idle": ("enter", "quantity", "member"),
    "ringing": ("pay", "enter", "quantity", "set_quantity", "void_line", "member"),
    "weighing": ("weigh", "cancel"),
    "tendering": ("pay", "enter", "code_pay", "cancel"),
    "paying": ("cancel",),
    "closed": ("pay", "enter", "quantity", "member"),
}
LOCAL = ("up", "down", "page_up", "page_down", "erase", "language", "help")


def valid(view: View | None, local: Local) -> tuple[str, ...]:
    """The actions that do something now."""
    if view is None or not local.connected:
        return LOCAL
    actions = VALID[view.state]
    if "cancel" not in actions and (view.pending_qty is not None or local.entry or local.selected is not None):
        actions += ("cancel",)
    if view.state == "ringing" and not live_lines(view):
        actions = tuple(a for a in actions if a not in ("pay", "void_line", "set_quantity"))
    if view.receipts_waiting:
        actions += ("reprint",)
    return actions + LOCAL


def press(view: View | None, local: Local, action: str) -> Result:
    """One hot key or button. Quick cash is `cash:AMOUNT_MINOR`, a touched line `line:NUMBER`, a character `type:X`,
    what a wedge scanner typed `scan:CODE`. An action that is not known is a KeyError: a fault of the tables."""
    word, _, value = action.partition(":")
    if word == "type":
        return _type(local, value), ()
    handler = _ANYTIME.get(word)
    if handler is not None:
        return handler(view, local)
    if word == "line":
        return (select(view, local, int(value)) if view is not None else local), ()
    if word == "cancel":
        return _cancel(view, local)
    if view is None or not local.connected:
        return say(local, own("UI_NOT_CONNECTED")), ()
    if word == "cash":
        if view.state != "tendering":
            return say(local, own("UI_NOT_NOW")), ()
        return replace(local, entry="", note=None), (("cash", {"amount_minor": int(value)}),)
    if word == "scan":
        return replace(local, note=None), (("scan", {"code": value}),)
    if word == "enter" and local.entry and view.state != "tendering":  # a code is the daemon's to refuse, in any state
        return replace(local, entry="", note=None), (("scan", {"code": local.entry}),)
    if word not in valid(view, local):
        return say(local, own("UI_NOT_NOW")), ()
    return _ON_SALE[word](view, replace(local, note=None))


# --- what only this screen sees ---------------------------------------------------------------------------------


def _type(local: Local, text: str) -> Local:
    if not all(typed(one) for one in text):
        return local
    if len(local.entry) + len(text) > MAX_ENTRY:
        return say(local, own("UI_FULL"))
    return replace(local, entry=local.entry + text)


def _erase(_view: View | None, local: Local) -> Result:
    return replace(local, entry=local.entry[:-1]), ()


def _clear(_view: View | None, local: Local) -> Result:
    return replace(local, entry=""), ()


def _help(_view: View | None, local: Local) -> Result:
    return replace(local, help_open=not local.help_open), ()


def _language(_view: View | None, local: Local) -> Result:
    return replace(local, language="en" if local.language == "zh" else "zh"), ()


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
    """One step back: the help, then what was typed, then the chosen line, then the daemon's own step."""
    if local.help_open:
        return replace(local, help_open=False), ()
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


def _code_pay(_view: View, local: Local) -> Result:
    if not local.entry:
        return say(local, own("UI_NO_DIGITS")), ()
    return replace(local, entry=""), (("scan", {"code": local.entry}),)


def _number(local: Local) -> int | None:
    return int(local.entry) if local.entry.isdecimal() and len(local.entry) <= MAX_QUANTITY_DIGITS else None


def _quantity(view: View, local: Local) -> Result:
    if not local.entry:
        return say(local, own("UI_NO_DIGITS")), ()
    qty = _number(local)
    if qty is None:
        return say(replace(local, entry=""), own("UI_BAD_QUANTITY", typed=local.entry)), ()
    return replace(local, entry=""), (*_new_sale(view), ("quantity", {"qty": qty}))


def _member(view: View, local: Local) -> Result:
    if not local.entry:
        return say(local, own("UI_NO_DIGITS")), ()
    return replace(local, entry=""), (*_new_sale(view), ("member", {"id": local.entry}))


def _new_sale(view: View) -> Commands:
    """What belongs to the next sale puts the closed one away first."""
    return (("next", {}),) if view.state == "closed" else ()


def _chosen(view: View, local: Local) -> tuple[ViewLine | None, Local]:
    """The chosen line. With none chosen the last one is, to be confirmed by the same key; so is one that was scrolled
    away: nothing is done to a line that nobody sees."""
    lines = live_lines(view)
    line = next((one for one in lines if one.line == local.selected), None)
    if line is not None and on_screen(view, local, line.line):
        return line, local
    line = line or lines[-1]
    return None, say(select(view, local, line.line), own("UI_CHOSEN", line=line.line, name=line.name), "info")


def _void_line(view: View, local: Local) -> Result:
    line, local = _chosen(view, local)
    if line is None:
        return local, ()
    return replace(local, selected=None), (("void_line", {"line": line.line}),)


def _set_quantity(view: View, local: Local) -> Result:
    if not local.entry:
        return say(local, own("UI_NO_DIGITS")), ()
    qty = _number(local)
    if qty is None:
        return say(replace(local, entry=""), own("UI_BAD_QUANTITY", typed=local.entry)), ()
    line, local = _chosen(view, local)
    if line is None:
        return local, ()
    # It stays chosen: the mark shows which line it was.
    return replace(local, entry=""), (("set_quantity", {"line": line.line, "qty": qty}),)


def due_minor(view: View) -> int:
    """What is still to be paid, never below nothing."""
    return max(0, view.total_minor - view.paid_minor)


_ANYTIME: dict[str, Callable[[View | None, Local], Result]] = {
    "erase": _erase,
    "clear": _clear,
    "help": _help,
    "language": _language,
    "up": _move(-1),
    "down": _move(1),
    "page_up": _page(-1),
    "page_down": _page(1),
}
_ON_SALE: dict[str, Callable[[View, Local], Result]] = {
    "enter": _enter,
    "pay": _pay,
    "code_pay": _code_pay,
    "quantity": _quantity,
    "set_quantity": _set_quantity,
    "void_line": _void_line,
    "member": _member,
    "weigh": lambda _view, local: (local, (("weigh", {}),)),
    "reprint": lambda _view, local: (local, (("reprint", {}),)),
}
