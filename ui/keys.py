"""The hot keys: which key means which action. A table, and nothing else decides it (docs/keys.md shows the same).

A key is written as `F9`, `Enter`, `*`, `Ctrl+F5`. Digits, the point and letters are no hot keys: they collect in what
is being typed (`type`). The defaults are the habits of Chinese tills: `*` is a quantity, `/` a price, `+` is pay, F5
opens the drawer, F7 puts a sale aside and takes it up, F9 is the member. `[ui.keys]` of the settings changes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ui.texts import mark

MAX_ENTRY = 64  # characters that are collected; longer than any code a till reads
ENTRY_EXTRA = "./-_"  # taken besides digits and letters: a wedge scanner types whole codes
MAX_KEYS = 4  # of one action


@dataclass(frozen=True, slots=True)
class HotKey:
    action: str
    keys: tuple[str, ...]
    label: str  # on the button, short
    help: str  # in the list of operations, what it does
    repeats: bool = False  # holding it down does it again; never so for what touches the sale


HOT_KEYS: tuple[HotKey, ...] = (
    HotKey("enter", ("Enter",), mark("Enter"), mark("Sell the typed code; in payment: cash, or a code")),
    HotKey("quantity", ("*",), mark("Quantity"), mark("A number first: how many of the next item")),
    HotKey("set_quantity", ("F2", "Ctrl+*"), mark("Change qty"), mark("A number first: how many of the chosen line")),
    HotKey("repeat", ("Insert",), mark("Repeat"), mark("The last item once more")),
    HotKey("bag", ("F6",), mark("Bag"), mark("A carrier bag; a number first: which one of the list")),
    HotKey("price_lookup", ("F3",), mark("Price check"), mark("What the next scan, or the typed code, costs")),
    HotKey("weigh", ("F8",), mark("Weigh again"), mark("Ask the scale again")),
    HotKey("member", ("F9",), mark("Member"), mark("The number first: the customer is this member")),
    HotKey("void_line", ("Delete",), mark("Void line"), mark("Void the chosen line")),
    HotKey("void_ticket", ("Ctrl+Delete",), mark("Void sale"), mark("Give up the whole sale")),
    HotKey("hold", ("F7",), mark("Hold / recall"), mark("Put the sale aside; with none open: take one up again")),
    HotKey("price_override", ("/",), mark("New price"), mark("Another price for the chosen line; may be typed first")),
    HotKey("discount_line", ("Ctrl+F2",), mark("Line discount"), mark("A discount by hand on the chosen line")),
    HotKey("discount_ticket", ("Ctrl+F3",), mark("Sale discount"), mark("A discount by hand on the whole sale")),
    HotKey("age_ok", ("Home",), mark("Old enough"), mark("Age question: yes; a birth date may be typed first")),
    HotKey("age_no", ("End",), mark("Too young"), mark("Age question: no; such goods are taken out")),
    HotKey("pay", ("+", "="), mark("Pay"), mark("Subtotal; in payment: exact cash, or what was typed")),
    HotKey("code_pay", ("F10",), mark("Code payment"), mark("In payment: what was typed is a payment code")),
    HotKey("part", ("Ctrl+F10",), mark("Part payment"), mark("In payment: the next tender pays only so much")),
    HotKey("return_receipt", ("Ctrl+R",), mark("Return"), mark("Take goods back with their receipt")),
    HotKey("return_item", ("Ctrl+N",), mark("No receipt"), mark("Take goods back without a receipt")),
    HotKey("cancel", ("Esc",), mark("Back"), mark("Clear what was typed, else one step back")),
    HotKey("up", ("Up",), mark("Line up"), mark("Choose the line above"), repeats=True),
    HotKey("down", ("Down", "Tab"), mark("Line down"), mark("Choose the line below"), repeats=True),
    HotKey("page_up", ("PageUp",), mark("Page up"), mark("Scroll up"), repeats=True),
    HotKey("page_down", ("PageDown",), mark("Page down"), mark("Scroll down"), repeats=True),
    HotKey("erase", ("Backspace",), mark("Erase"), mark("Take back the last typed character"), repeats=True),
    HotKey("reprint", ("F12",), mark("Print waiting"), mark("Print the receipts that are waiting")),
    HotKey("reprint_number", ("Ctrl+F12",), mark("Receipt copy"), mark("A receipt again, by its number, as a copy")),
    HotKey("journal_search", ("F4",), mark("Search"), mark("Find sales by number, day, goods or amount")),
    HotKey("no_sale", ("F5",), mark("Open drawer"), mark("Open the drawer without a sale")),
    HotKey("paid_in", ("Ctrl+F5",), mark("Paid in"), mark("Put money into the drawer")),
    HotKey("paid_out", ("Ctrl+F6",), mark("Paid out"), mark("Take money out of the drawer")),
    HotKey("drop", ("Ctrl+F7",), mark("To the safe"), mark("Take money from the drawer to the safe")),
    HotKey("shift", ("Ctrl+F9",), mark("Shift"), mark("Open a shift; count and close it")),
    HotKey("x_report", ("Ctrl+F8",), mark("X report"), mark("The figures so far")),
    HotKey("day_end", ("Ctrl+F4",), mark("Day end"), mark("End the business day: the Z report")),
    HotKey("sign", ("Ctrl+F1",), mark("Sign on / off"), mark("Begin or end working here")),
    HotKey("lock", ("Ctrl+L",), mark("Lock"), mark("Lock the till; unlock it")),
    HotKey("training", ("Ctrl+T",), mark("Training"), mark("Practise: nothing that is sold counts; again: end it")),
    HotKey("language", ("F11",), mark("中文 / English"), mark("Chinese or English")),
    HotKey("theme", ("Ctrl+F11",), mark("Colours"), mark("Light, dark or high contrast")),
    HotKey("help", ("F1",), mark("Menu"), mark("Show or hide this list; type to search it")),
)
BY_ACTION: dict[str, HotKey] = {hot.action: hot for hot in HOT_KEYS}
FIXED = ("enter", "cancel", "up", "down", "erase", "help")  # a till whose Esc or help is lost cannot be used

_NAMED = (
    *(f"F{number}" for number in range(1, 13)),
    "Enter", "Esc", "Backspace", "Delete", "Insert", "Home", "End", "Up", "Down", "Left", "Right", "PageUp", "PageDown",
    "Tab", "*", "+", "=", "/",
)  # fmt: skip
_KEY = re.compile(r"(?:Ctrl\+)?(?:" + "|".join(re.escape(name) for name in _NAMED) + r")|Ctrl\+[A-Z0-9]")


class KeysError(ValueError):
    """Keys that cannot be used; `faults` are sentences, one for each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


@dataclass(frozen=True, slots=True)
class Keymap:
    """Which keys this till has. `of_action` in the order of HOT_KEYS; an action may have none."""

    of_action: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {h.action: h.keys for h in HOT_KEYS})

    def action(self, key: str) -> str | None:
        return next((action for action, keys in self.of_action.items() if key in keys), None)

    def first(self, action: str) -> str:
        """The key that is shown on a button; empty where there is none."""
        keys = self.of_action[action]
        return keys[0] if keys else ""

    def names(self) -> dict[str, str | int]:
        """action -> its first key, to fill a text's `{pay}` or `{cancel}`."""
        return {action: keys[0] if keys else "-" for action, keys in self.of_action.items()}


def keymap(changes: Mapping[str, tuple[str, ...]]) -> Keymap:
    """The defaults with some actions on other keys. A key that is given to another action leaves its old one only if
    that one is named too: nothing moves unseen. Raises KeysError."""
    faults = []
    keys_of = {hot.action: hot.keys for hot in HOT_KEYS}
    for action, keys in changes.items():
        if action not in keys_of:
            faults.append(f"[ui.keys] {action}: there is no such operation; docs/keys.md has them all")
            continue
        if len(keys) > MAX_KEYS:
            faults.append(f"[ui.keys] {action}: {len(keys)} keys are too many; at most {MAX_KEYS}")
        if action in FIXED and not keys:
            faults.append(f"[ui.keys] {action}: a till cannot be used without it; give it a key")
        faults += [
            f"[ui.keys] {action}: {key!r} is no key that may be used; write it like F5, Ctrl+F5, Ctrl+K or *"
            for key in keys
            if _KEY.fullmatch(key) is None
        ]
        keys_of[action] = keys
    owner: dict[str, str] = {}
    for action, keys in keys_of.items():
        for key in keys:
            other = owner.setdefault(key, action)
            if other != action:
                faults.append(f"[ui.keys] {key} is for {other} and for {action}; give one of them another key")
            elif keys.count(key) > 1:
                faults.append(f"[ui.keys] {action}: {key} is there twice")
    if faults:
        raise KeysError(list(dict.fromkeys(faults)))
    return Keymap(keys_of)


DEFAULT_KEYS = Keymap()


def typed(key: str) -> bool:
    """Whether this key is a character for what is being typed (`/` only within a code: it is a hot key too)."""
    return len(key) == 1 and key.isascii() and (key.isalnum() or key in ENTRY_EXTRA)
