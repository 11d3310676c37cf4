"""The hot keys: which key means which action. A table, and nothing else decides it (docs/keys.md shows the same).

A key is written as `F9`, `Enter`, `*`, `Ctrl+*`. Digits, the point and letters are no hot keys: they collect in the
entry (`type`). The habits are those of Chinese tills: `*` is a quantity, `+` is pay, F9 is the member.
"""

from __future__ import annotations

from dataclasses import dataclass

from ui.texts import mark

MAX_ENTRY = 64  # characters that are collected; longer than any code a till reads
ENTRY_EXTRA = "./-_"  # taken besides digits and letters: a wedge scanner types whole codes


@dataclass(frozen=True, slots=True)
class HotKey:
    action: str
    keys: tuple[str, ...]
    label: str  # on the button, short
    help: str  # in the help, what it does
    repeats: bool = False  # holding it down does it again; never so for what touches the sale


HOT_KEYS: tuple[HotKey, ...] = (
    HotKey("enter", ("Enter",), mark("Enter"), mark("Sell the typed code; in payment: cash, or a code")),
    HotKey("quantity", ("*",), mark("Quantity"), mark("A number first: how many of the next item")),
    HotKey("set_quantity", ("F2", "Ctrl+*"), mark("Change qty"), mark("A number first: how many of the chosen line")),
    HotKey("pay", ("+", "="), mark("Pay"), mark("Subtotal; in payment: exact cash, or what was typed")),
    HotKey("code_pay", ("F10",), mark("Code payment"), mark("In payment: what was typed is a payment code")),
    HotKey("weigh", ("F8",), mark("Weigh again"), mark("Ask the scale again")),
    HotKey("member", ("F9",), mark("Member"), mark("The number first: the customer is this member")),
    HotKey("void_line", ("Delete",), mark("Void line"), mark("Void the chosen line")),
    HotKey("cancel", ("Esc",), mark("Back"), mark("Clear what was typed, else one step back")),
    HotKey("up", ("Up",), mark("Line up"), mark("Choose the line above"), repeats=True),
    HotKey("down", ("Down",), mark("Line down"), mark("Choose the line below"), repeats=True),
    HotKey("page_up", ("PageUp",), mark("Page up"), mark("Scroll up"), repeats=True),
    HotKey("page_down", ("PageDown",), mark("Page down"), mark("Scroll down"), repeats=True),
    HotKey("erase", ("Backspace",), mark("Erase"), mark("Take back the last typed character"), repeats=True),
    HotKey("reprint", ("F12",), mark("Reprint"), mark("Print the receipts that are waiting")),
    HotKey("language", ("F11",), mark("中文 / English"), mark("Chinese or English")),
    HotKey("help", ("F1",), mark("Help"), mark("Show or hide this list")),
)
BY_ACTION: dict[str, HotKey] = {hot.action: hot for hot in HOT_KEYS}
ACTION_OF_KEY: dict[str, str] = {key: hot.action for hot in HOT_KEYS for key in hot.keys}


def typed(key: str) -> bool:
    """Whether this key is a character for the entry."""
    return len(key) == 1 and key.isascii() and (key.isalnum() or key in ENTRY_EXTRA)
