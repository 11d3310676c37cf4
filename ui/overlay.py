"""What lies over the basket, and what keys and touches mean on it: the list of operations, a form, a report, what a
search found, a receipt to return from. Pure.

At most one is on top: what the cashier opened before what the daemon shows. None of them holds up a scan, and the
total, the message and the keypad stay on the screen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from runtime.wire.messages import Sentence, View, ViewSuspended
from ui.forms import Args, Form, Option, entered, moved, opened, to_field
from ui.keys import HOT_KEYS
from ui.local import Local, say, with_form
from ui.money import money_text, weight_text
from ui.possible import valid
from ui.search import matches
from ui.texts import own

Cover = Literal["", "help", "form", "report", "found", "return"]
MOVES = ("enter", "cancel", "up", "down", "page_up", "page_down", "erase", "help")  # last: nobody looks for them
ON_PANEL = ("enter", "ok", "up", "down", "page_up", "page_down", "cancel", "choose", "field")
Done = tuple[Local, str, tuple[tuple[str, Args], ...]]  # what was pressed instead, or commands


def cover_of(view: View | None, local: Local) -> Cover:
    if local.help_open:
        return "help"
    if view is None:
        return ""
    if local.form is not None:
        return "form"
    if view.desk in ("off", "locked"):
        return ""
    between = view.state in ("idle", "closed")  # goods that are rung put reports and lists away
    if view.report is not None and between:
        return "report"
    if view.found is not None and between:
        return "found"
    return "return" if view.open_return is not None and (between or view.state == "ringing") else ""


def listed(view: View | None, local: Local) -> tuple[str, ...]:
    """The operations that the search leaves, those that are possible now first."""
    now = valid(view, local)
    words = local.words.operations
    found = [
        hot.action
        for hot in HOT_KEYS
        if matches(
            local.filter, hot.label, hot.help, *words.get(hot.action, ()), *local.settings.keys.of_action[hot.action]
        )
    ]
    return tuple(sorted(found, key=lambda action: (action not in now, action in MOVES)))


def options_of(form: Form, view: View, local: Local) -> tuple[Option, ...]:
    """What the active field may be chosen from."""
    if form.field.kind == "reason":
        reasons = local.settings.reasons.get(form.name) or local.words.reasons.get(form.name, ())
        return tuple(Option(str(n), text, text) for n, text in enumerate(reasons, start=1))
    if form.field.kind == "ticket":
        return tuple(_ticket_option(one, view) for one in view.suspended)
    return ()


def _ticket_option(one: ViewSuspended, view: View) -> Option:
    """Its number is typed; where another ticket before it has the same, the till's too."""
    first = next(other for other in view.suspended if other.number == one.number)
    value = f"{one.terminal}/{one.number}" if one.terminal else str(one.number)
    detail = f"{one.at[11:16]} · {money_text(one.total_minor, view.currency, view.exponent)}"
    key = str(one.number) if first is one else value
    return Option(key, one.name, value, detail, one.lines - 1, one.terminal)


def row_count(view: View | None, local: Local) -> int:
    """Rows of the panel on top."""
    cover = cover_of(view, local)
    if cover == "help":
        return len(listed(view, local))
    if view is None or not cover:
        return 0
    if cover == "form" and local.form is not None:
        return len(options_of(local.form, view, local))
    if cover == "report" and view.report is not None:
        return len(view.report.rows)
    if cover == "found" and view.found is not None:
        return len(view.found.records)
    return len(view.open_return.lines) if view.open_return is not None else 0


def in_panel(view: View | None, local: Local, word: str, value: str) -> Done | None:
    """What a key does on the panel on top. None: the panel does not care, it is the sale's."""
    cover = cover_of(view, local)
    if word in ("page_up", "page_down"):
        return _page(view, local, 1 if word == "page_down" else -1)
    if cover == "help":
        return _on_help(view, local, word, value)
    if view is None:
        return None
    if cover == "form" and local.form is not None:
        return _on_form(view, local, local.form, word, value)
    if cover == "return" and is_quantity(local.entry) and (word == "choose" or local.pick is not None):
        return _on_return(view, local, word, value) if word in ("choose", "enter", "ok") else None
    if not local.entry:
        if cover == "report":
            return _on_report(local, word)
        if cover == "found":
            return _on_found(view, local, word, value)
        return _on_return(view, local, word, value)
    return None


def is_quantity(typed: str) -> bool:
    """Whether what was typed may be how many of a line come back, and is no code."""
    return typed.isdecimal() and len(typed) <= 4


def _page(view: View | None, local: Local, direction: int) -> Done:
    page = max(1, local.panel_rows * local.panel_columns)
    count = row_count(view, local)
    first = local.first + direction * page
    if view is not None and cover_of(view, local) == "found" and view.found is not None and first >= count:
        if view.found.before and local.connected:
            args: Args = {"text": view.found.text, "before": view.found.before}
            return replace(local, pick=None, first=0), "", (("journal_search", args),)
        return local, "", ()
    return replace(local, first=max(0, first) if first < count else local.first, pick=None), "", ()


def _picked(local: Local, count: int, step: int) -> Local:
    """The next row, brought onto the screen."""
    if not count:
        return local
    page = max(1, local.panel_rows * local.panel_columns)
    at = (local.first if step > 0 else count - 1) if local.pick is None else local.pick + step
    at = min(max(0, at), count - 1)
    return replace(local, pick=at, first=at // page * page)


def _on_help(view: View | None, local: Local, word: str, value: str) -> Done | None:
    shut = replace(local, help_open=False, filter="", pick=None, first=0)
    if word == "cancel":
        return (replace(local, filter="", pick=None, first=0), "", ()) if local.filter else (shut, "", ())
    actions = listed(view, local)
    if word in ("up", "down"):
        return _picked(local, len(actions), 1 if word == "down" else -1), "", ()
    if word == "choose":
        return shut, value if value in actions else "", ()
    if word in ("enter", "ok"):
        if not local.filter and local.pick is None:
            return local, "", ()  # an Enter too many after a scan
        if not actions:
            return say(local, own("UI_NO_MATCH", typed=local.filter)), "", ()
        return shut, actions[min(local.pick or 0, len(actions) - 1)], ()
    return None


def _on_form(view: View, local: Local, form: Form, word: str, value: str) -> Done | None:
    options = options_of(form, view, local)
    if word == "cancel":
        if form.value or form.pick is not None:
            return replace(local, form=replace(_cleared(form), pick=None), note=None), "", ()
        if form.name == "shift_close":  # the count itself is given up
            return replace(local, form=None, note=None), "", (("cancel", {}),) if local.connected else ()
        return replace(local, form=None, note=None), "", ()
    if word in ("up", "down"):
        return replace(local, form=moved(form, 1 if word == "down" else -1, options)), "", ()
    if word == "field":
        return replace(local, form=to_field(form, int(value))), "", ()
    if word == "choose":
        if not value.isdecimal() or int(value) >= len(options):
            return local, "", ()
        form = replace(_cleared(form), pick=int(value))
    if word in ("choose", "enter", "ok"):
        if not local.connected:
            return say(local, own("UI_NOT_CONNECTED")), "", ()
        came = entered(form, options, view)
        if isinstance(came, Sentence):
            return say(replace(local, form=form), came), "", ()
        if isinstance(came, Form):
            return replace(local, form=came, note=None), "", ()
        return replace(local, form=None, note=None), "", (came,)
    return None


def _cleared(form: Form) -> Form:
    return replace(form, values=(*form.values[: form.active], "", *form.values[form.active + 1 :]))


def _on_report(local: Local, word: str) -> Done | None:
    if word in ("up", "down"):
        return replace(local, first=max(0, local.first + (1 if word == "down" else -1))), "", ()
    return (local, "cancel", ()) if word == "ok" else None


def _on_found(view: View, local: Local, word: str, value: str) -> Done | None:
    records = view.found.records if view.found is not None else ()
    if word == "cancel" and local.pick is not None:
        return replace(local, pick=None), "", ()
    if word in ("up", "down"):
        return _picked(local, len(records), 1 if word == "down" else -1), "", ()
    if word == "choose":
        return replace(local, pick=int(value) if value.isdecimal() else None), "", ()
    if word in ("enter", "ok") and local.pick is not None and local.pick < len(records):
        if not local.connected:
            return say(local, own("UI_NOT_CONNECTED")), "", ()
        return local, "", (("reprint_number", {"number": records[local.pick].number}),)
    return (local, "", ()) if word in ("enter", "ok") else None


def _on_return(view: View, local: Local, word: str, value: str) -> Done | None:
    lines = view.open_return.lines if view.open_return is not None else ()
    if word == "cancel" and view.state in ("idle", "ringing", "closed"):
        return replace(local, pick=None, note=None), "", (("return_close", {}),) if local.connected else ()
    if word in ("up", "down"):
        return _picked(local, len(lines), 1 if word == "down" else -1), "", ()
    if word == "choose" and value == "all":
        return replace(with_form(local, opened("return_all")), note=None), "", ()
    at = int(value) if word == "choose" and value.isdecimal() else local.pick
    if word in ("choose", "enter", "ok"):
        if at is None or at >= len(lines):
            return local, "", ()
        one = lines[at]
        left = weight_text(one.left) if one.unit == "kg" else str(one.left)
        form = opened("return_line", local.entry, args={"line": one.line}, name=one.name, left=left)
        return replace(with_form(local, form), entry="", note=None), "", ()
    return None
