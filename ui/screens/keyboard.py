"""Kivy's key codes (SDL's, as Kivy maps them) as the names of ui.keys.

Key codes and not typed text: an input method must not eat a cashier's digits. Shifted characters are those of the US
layout, which Chinese keyboards and wedge scanners have.
"""

from __future__ import annotations

from collections.abc import Iterable

_NAMES = {
    13: "Enter", 271: "Enter", 27: "Esc", 8: "Backspace", 127: "Delete", 273: "Up", 274: "Down", 280: "PageUp",
    281: "PageDown", 9: "Tab", 277: "Insert", 278: "Home", 279: "End", 275: "Right", 276: "Left",
    268: "*", 270: "+", 269: "-", 267: "/", 266: ".",
}  # fmt: skip
_NAMES.update({256 + digit: str(digit) for digit in range(10)})
_NAMES.update({281 + number: f"F{number}" for number in range(1, 13)})
_SHIFTED = {"8": "*", "=": "+", "-": "_"}


def key_name(code: int, modifiers: Iterable[str]) -> str:
    """Empty for a key that means nothing here."""
    held = set(modifiers)
    name = _NAMES.get(code, "")
    if not name and 32 < code < 127:
        name = chr(code)
        if "shift" in held:
            name = _SHIFTED.get(name, name.upper() if name.isalpha() else "")
        elif "capslock" in held:
            name = name.upper()
    if name and "ctrl" in held:
        return f"Ctrl+{name.upper() if len(name) == 1 else name}"
    return "" if "alt" in held or "meta" in held else name
