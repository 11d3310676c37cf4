"""Sums of money: whole minor units of a currency, added up within one alone, and as people read them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_DECIMALS = 4  # ISO 4217 has no currency with more
SIGNS = {"CNY": "¥", "JPY": "¥", "USD": "$", "GBP": "£", "EUR": "€"}


@dataclass(frozen=True, slots=True)
class Sum:
    """`currency`: ISO 4217 letters, empty where nobody said it. `exponent`: its decimals, 0 to MOST_DECIMALS."""

    minor: int
    currency: str
    exponent: int


def sum_of(minor: Any, currency: Any, exponent: Any) -> Sum:
    """One that another process said. Raises ValueError for what is none."""
    if type(minor) is not int or type(exponent) is not int or not 0 <= exponent <= MOST_DECIMALS:
        raise ValueError(f"no sum of money: {minor!r:.40} with {exponent!r:.40} decimals")
    return Sum(minor, str(currency), exponent)


def added_up(sums: Iterable[Sum]) -> tuple[Sum, ...]:
    """One sum of each currency that is among them, in the order of their letters."""
    found: dict[tuple[str, int], int] = {}
    for one in sums:
        key = (one.currency, one.exponent)
        found[key] = found.get(key, 0) + one.minor
    return tuple(Sum(minor, *key) for key, minor in sorted(found.items()))


def sign_of(currency: str) -> str:
    """What stands before an amount: `¥`, or the currency's letters and a blank; nothing where none is known."""
    return SIGNS.get(currency, f"{currency} " if currency else "")


def grouped(minor: int, exponent: int) -> str:
    """Minor units in groups of three: `-12,345.67`."""
    whole, rest = divmod(abs(minor), 10**exponent)
    text = f"{whole:,}" + (f".{rest:0{exponent}d}" if exponent else "")
    return f"-{text}" if minor < 0 else text


def money(one: Sum, letters: bool = False) -> str:
    """`-¥12,345.67`. `letters`: `-CNY 12,345.67`, where several currencies stand together: two may have one sign."""
    sign = f"{one.currency} " if letters and one.currency else sign_of(one.currency)
    return f"{'-' if one.minor < 0 else ''}{sign}{grouped(abs(one.minor), one.exponent)}"


def moneys(sums: tuple[Sum, ...]) -> str:
    """Sums of several currencies beside each other: `CNY 12.00 + JPY 700`; one alone has its sign."""
    return " + ".join(money(one, letters=len(sums) > 1) for one in sums)
