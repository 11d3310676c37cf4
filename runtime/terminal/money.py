"""Amounts and weights as people read them, without currency signs; integers only."""

from __future__ import annotations


def amount_text(amount_minor: int, exponent: int) -> str:
    """1234 with exponent 2 is `12.34`; with exponent 0 `1234`."""
    sign = "-" if amount_minor < 0 else ""
    digits = str(abs(amount_minor)).rjust(exponent + 1, "0")
    if exponent == 0:
        return sign + digits
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"


def weight_text(weight_g: int) -> str:
    """1234 grams are `1.234`, in kilograms."""
    return amount_text(weight_g, 3)
