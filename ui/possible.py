"""Which operations do something now: the table VALID, and what a desk, a shift or an open panel leave of it. Pure.

The screen offers exactly these. What needs judgement (is 100000 a quantity, is the cash enough) is the daemon's.
"""

from __future__ import annotations

from runtime.wire.messages import View
from ui.local import Local, live_lines

# between two sales, and while one is rung
DESK = ("no_sale", "reprint_number")
BETWEEN = ("x_report", "journal_search", "paid_in", "paid_out", "drop", "shift", "day_end", "sign", "training")
BEGINS = ("enter", "quantity", "member", "bag", "price_lookup", "return_receipt", "return_item")

# state -> actions that touch the sale; those of LOCAL are always there
VALID: dict[str, tuple[str, ...]] = {
    "idle": (*BEGINS, "hold", *DESK, *BETWEEN),
    "ringing": (
        "pay", *BEGINS, "set_quantity", "void_line", "repeat", "hold", "price_override", "discount_line",
        "discount_ticket", "void_ticket", *DESK,
    ),
    "weighing": ("weigh", "cancel", "price_lookup"),
    "tendering": ("pay", "enter", "code_pay", "part", "hold", "discount_ticket", "void_ticket", "cancel"),
    "paying": ("cancel",),
    "closed": ("pay", *BEGINS, "hold", *DESK, *BETWEEN),
}  # fmt: skip
LOCAL = ("up", "down", "page_up", "page_down", "erase", "language", "theme", "help")
NEEDS_LINES = (
    "pay", "void_line", "set_quantity", "repeat", "price_override", "discount_line", "discount_ticket", "void_ticket",
)  # fmt: skip
SELLS = (*BEGINS, "hold", "pay", "repeat")  # not while the drawer is counted or before a shift is open
COUNTED = ("shift", "no_sale", "sign", "cancel", "journal_search", "reprint_number")
NOT_IN_TRAINING = ("paid_in", "paid_out", "drop", "shift", "day_end", "no_sale", "reprint_number", "code_pay")


def valid(view: View | None, local: Local) -> tuple[str, ...]:
    """The actions that do something now."""
    if view is None or not local.connected:
        return LOCAL
    if view.desk == "off":
        return ("sign", "cancel", *LOCAL) if local.form is not None else ("sign", *LOCAL)
    if view.desk == "locked":
        return ("lock", "cancel", *LOCAL) if local.form is not None else ("lock", *LOCAL)
    actions = VALID[view.state]
    if not live_lines(view) and view.state == "ringing":
        actions = tuple(a for a in actions if a not in NEEDS_LINES)
    if view.state == "tendering" and view.total_minor - view.paid_minor < 0:
        actions = tuple(a for a in actions if a != "part")
    actions = tuple(a for a in actions if _fits_day(a, view))
    if "hold" in actions and view.state in ("idle", "closed") and not view.suspended:
        actions = tuple(a for a in actions if a != "hold")
    if view.age_question:
        actions += ("age_ok", "age_no")
    if view.desk == "on":
        actions += ("lock",)
    if "cancel" not in actions and steps_back(view, local):
        actions += ("cancel",)
    if view.receipts_waiting:
        actions += ("reprint",)
    return actions + LOCAL


def _fits_day(action: str, view: View) -> bool:
    if view.shift == "counting":
        return action in COUNTED
    if view.shift == "needed" and view.state in ("idle", "closed") and not view.training:
        return action not in SELLS or action in ("enter", "price_lookup")
    if view.training and action in NOT_IN_TRAINING:
        return False
    return action != "sign" or view.desk == "on"


def steps_back(view: View, local: Local) -> bool:
    """Whether there is something to go back from that is no step of the sale's."""
    mine = local.entry or local.selected is not None or local.form is not None
    pending = view.pending_qty is not None or view.looking_up or view.lookup is not None
    between = view.state in ("idle", "closed") and (view.report is not None or view.found is not None)
    return bool(mine or pending or between or view.open_return is not None or view.shift == "counting")
