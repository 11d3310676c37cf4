"""The other operations: what each key of the working day does, as a command or as the form that asks for more. Pure.

    OPERATIONS[action](view, local) -> (local, commands)

An amount or a number that was typed before the key fills the form's first field: `9.9 /` asks for the reason alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from runtime.wire.messages import View, ViewLine
from ui.forms import Args, Form, birth_date, filled_amount, opened
from ui.local import Local, live_lines, on_screen, say, select, with_form
from ui.money import entered_minor
from ui.texts import own

Commands = tuple[tuple[str, Args], ...]
Result = tuple[Local, Commands]
Operation = Callable[[View, Local], Result]


def chosen_line(view: View, local: Local) -> tuple[ViewLine | None, Local]:
    """The chosen line. With none chosen the last one is, to be confirmed by the same key; so is one that was scrolled
    away: nothing is done to a line that nobody sees."""
    lines = live_lines(view)
    line = next((one for one in lines if one.line == local.selected), None)
    if line is not None and on_screen(view, local, line.line):
        return line, local
    line = line or lines[-1]
    return None, say(select(view, local, line.line), own("UI_CHOSEN", line=line.line, name=line.name), "info")


def _line_of_form(view: View, local: Local) -> tuple[ViewLine, Local]:
    """The same for a form, which shows the line's name: the last one needs no second key."""
    lines = live_lines(view)
    line = next((one for one in lines if one.line == local.selected), lines[-1])
    return line, select(view, local, line.line)


def new_sale(view: View) -> Commands:
    """What belongs to the next sale puts the closed one away first."""
    return (("next", {}),) if view.state == "closed" else ()


def _open(local: Local, form: Form) -> Result:
    return replace(with_form(local, form), entry="", note=None), ()


def _sends(command: str) -> Operation:
    return lambda _view, local: (local, ((command, {}),))


def _asks(name: str) -> Operation:
    return lambda _view, local: _open(local, opened(name))


def _part(view: View, local: Local) -> Result:
    amount_minor = entered_minor(local.entry, view.exponent) if local.entry else None
    if amount_minor is None:
        return _open(local, opened("part"))
    return replace(local, entry=""), (("part", {"amount_minor": amount_minor}),)


def _asks_amount(name: str) -> Operation:
    return lambda view, local: _open(local, opened(name, filled_amount(local.entry, view)))


def _bag(_view: View, local: Local) -> Result:
    if not local.entry:
        return local, (("bag", {}),)
    if not local.entry.isdecimal() or len(local.entry) > 2:
        return say(replace(local, entry=""), own("UI_BAD_NUMBER", typed=local.entry)), ()
    return replace(local, entry=""), (("bag", {"number": int(local.entry)}),)


def _price_lookup(_view: View, local: Local) -> Result:
    args: Args = {"code": local.entry} if local.entry else {}
    return replace(local, entry=""), (("price_lookup", args),)


def _hold(view: View, local: Local) -> Result:
    """Put aside what is open, or take up again what was put aside: one alone at once, else from a list."""
    if view.state in ("ringing", "tendering") and live_lines(view):
        return local, (("suspend", {}),)
    if not view.suspended:
        return say(local, own("UI_NO_SUSPENDED")), ()
    if len(view.suspended) == 1 and not view.suspended[0].terminal:  # another till's is never taken by one key
        return local, (("recall", {"number": view.suspended[0].number}),)
    return _open(local, opened("recall", local.entry if local.entry.isdecimal() else ""))


def _price_override(view: View, local: Local) -> Result:
    line, local = _line_of_form(view, local)
    return _open(
        local, opened("price_override", filled_amount(local.entry, view), args={"line": line.line}, name=line.name)
    )


def _discount_line(view: View, local: Local) -> Result:
    line, local = _line_of_form(view, local)
    percent = local.entry if local.entry.isdecimal() and len(local.entry) <= 3 else ""
    return _open(local, opened("discount_line", percent, args={"line": line.line}, name=line.name))


def _discount_ticket(_view: View, local: Local) -> Result:
    percent = local.entry if local.entry.isdecimal() and len(local.entry) <= 3 else ""
    return _open(local, opened("discount_ticket", percent))


def _age_ok(_view: View, local: Local) -> Result:
    if not local.entry:
        return local, (("age_ok", {}),)
    born = birth_date(local.entry)
    if born is None:
        return say(replace(local, entry=""), own("UI_BAD_DATE", typed=local.entry)), ()
    return replace(local, entry=""), (("age_ok", {"born": born}),)


def _sign(view: View, local: Local) -> Result:
    return (local, (("sign_off", {}),)) if view.desk == "on" else _open(local, opened("sign_on"))


def _lock(view: View, local: Local) -> Result:
    return (local, (("lock", {}),)) if view.desk == "on" else _open(local, opened("unlock", view.operator))


def _shift(view: View, local: Local) -> Result:
    if view.shift == "open":
        return local, (*new_sale(view), ("shift_count", {}))
    if view.shift == "counting":
        return _open(local, opened("shift_close", filled_amount(local.entry, view)))
    return _open(local, opened("shift_open", filled_amount(local.entry, view)))


def _training(view: View, local: Local) -> Result:
    return local, (*new_sale(view), ("training_end" if view.training else "training_begin", {}))


def _reprint_number(_view: View, local: Local) -> Result:
    if local.entry.isdecimal() and len(local.entry) <= 9:
        return replace(local, entry=""), (("reprint_number", {"number": int(local.entry)}),)
    return _open(local, opened("reprint_number"))


def _search(_view: View, local: Local) -> Result:
    if local.entry:
        return replace(local, entry=""), (("journal_search", {"text": local.entry}),)
    return _open(local, opened("journal_search"))


def _return_receipt(_view: View, local: Local) -> Result:
    if local.entry:
        return replace(local, entry=""), (("return_receipt", {"code": local.entry}),)
    return _open(local, opened("return_receipt"))


OPERATIONS: dict[str, Operation] = {
    "weigh": _sends("weigh"),
    "reprint": _sends("reprint"),
    "repeat": _sends("repeat"),
    "age_no": _sends("age_no"),
    "x_report": _sends("x_report"),
    "day_end": _sends("day_end"),
    "age_ok": _age_ok,
    "bag": _bag,
    "price_lookup": _price_lookup,
    "hold": _hold,
    "void_ticket": _asks("void_ticket"),
    "price_override": _price_override,
    "discount_line": _discount_line,
    "discount_ticket": _discount_ticket,
    "part": _part,
    "paid_in": _asks_amount("paid_in"),
    "paid_out": _asks_amount("paid_out"),
    "drop": _asks_amount("drop"),
    "no_sale": _asks("no_sale"),
    "shift": _shift,
    "sign": _sign,
    "lock": _lock,
    "training": _training,
    "reprint_number": _reprint_number,
    "journal_search": _search,
    "return_receipt": _return_receipt,
    "return_item": lambda _view, local: _open(local, opened("return_item", local.entry)),
}
