"""Goods that not everybody may have: somebody looks how old the customer is before the sale is paid.

The question is in nobody's way: scanning goes on while it is open, and so does the total; only money is not taken.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.sale import checks
from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.effects import Show
from runtime.sale.paying import UNPRICED
from runtime.sale.refusals import Refused
from runtime.sale.state import Checkout, Sale, SaleLine, State


def confirm_age(checkout: Checkout, event: e.AgeConfirmed) -> Step:
    _asked(checkout.sale, event.min_age)
    return checks.with_sale(checkout, age_checked=event.min_age)


def refuse_age(checkout: Checkout, event: e.AgeRefused) -> Step:
    sale = checkout.sale
    _asked(sale, event.min_age)
    checks.unpaid(sale)
    lines = tuple(replace(line, voided=True) if _too_old(line, sale.age_checked) else line for line in sale.lines)
    if all(line.voided for line in lines):
        return replace(checkout, sale=Sale()), (Show("off", 0),)
    return checks.with_sale(checkout, Show("off", 0), state=State.RINGING, lines=lines, **UNPRICED)


def _asked(sale: Sale, min_age: int) -> None:
    if not sale.age_open:
        raise Refused("age_not_asked")
    if min_age != sale.age_open:
        raise Refused("age_open", age=sale.age_open)


def _too_old(line: SaleLine, checked: int) -> bool:
    """For goods that need more years than the customer was found to have."""
    return line.returned is None and line.facts is not None and line.facts.min_age > checked
