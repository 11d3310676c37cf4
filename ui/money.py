"""Amounts and weights as text. Integers in, text out: no float ever stands between a price and the screen."""

from __future__ import annotations

import re

SIGNS = {"CNY": "¥"}  # the only currency that a sign is sure for; the others are named by their ISO 4217 letters
MAX_ENTRY_DIGITS = 9  # before the point: more than any drawer holds
_ENTRY = re.compile(r"(\d*)(?:\.(\d*))?")


def amount_text(amount_minor: int, exponent: int) -> str:
    """`-1234, 2` as `-12.34`. `exponent`: digits after the point, 0 or more, as in ISO 4217."""
    digits = str(abs(amount_minor))
    if exponent > 0:
        digits = digits.rjust(exponent + 1, "0")
        digits = f"{digits[:-exponent]}.{digits[-exponent:]}"
    return f"-{digits}" if amount_minor < 0 else digits


def grouped_text(amount_minor: int, exponent: int) -> str:
    """The same as a person reads it, in groups of three from 1,000 up: `-12,345.67`."""
    whole, point, part = amount_text(abs(amount_minor), exponent).partition(".")
    return f"{'-' if amount_minor < 0 else ''}{int(whole):,}{point}{part}"


def sign_of(currency: str) -> str:
    """What stands before an amount."""
    return SIGNS.get(currency, f"{currency} ")


def money_text(amount_minor: int, currency: str, exponent: int) -> str:
    """That with its currency: `¥12.34`, `-¥12,345.67`, `JPY 1,234`."""
    return f"{'-' if amount_minor < 0 else ''}{sign_of(currency)}{grouped_text(abs(amount_minor), exponent)}"


def note_text(amount_minor: int, currency: str, exponent: int) -> str:
    """What is handed over in notes, without a fraction of nothing: `¥100`, `¥12.50`."""
    text = money_text(amount_minor, currency, exponent)
    return text.partition(".")[0] if exponent > 0 and amount_minor % 10**exponent == 0 else text


def weight_text(weight_g: int) -> str:
    """Grams as kilograms to the gram: `1234` as `1.234 kg`."""
    return f"{amount_text(weight_g, 3)} kg"


def entered_minor(text: str, exponent: int) -> int | None:
    """What a cashier typed as an amount: `100`, `100.5`, `.5`. None where it is no amount of this currency."""
    match = _ENTRY.fullmatch(text)
    if match is None or not text.isascii():
        return None
    whole, part = match.group(1), match.group(2) or ""
    if not (whole or part) or len(whole) > MAX_ENTRY_DIGITS or len(part) > max(exponent, 0):
        return None
    return int((whole or "0") + part.ljust(exponent, "0"))
