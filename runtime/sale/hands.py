"""What a person does to prices: a price by hand, a discount on a line or on the whole ticket.

Each with a reason. Only the rule is kept here; what it comes to is worked out with the engine's receipt
(runtime.sale.sums) after every change, and fixed at subtotal. Goods that are `no_discount` are left alone, and no price
is above the label's: a shop may charge less than it says, never more.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.sale import checks
from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.refusals import MAX_AMOUNT_MINOR, Refused
from runtime.sale.ringing import replaced
from runtime.sale.state import Checkout, Hand


def change_line(checkout: Checkout, event: e.LineChangedByHand) -> Step:
    line = checks.live_line(checkout.sale, event.line)
    hand = event.hand
    if hand is None:
        if line.hand is None:
            raise Refused("nothing_by_hand")
    else:
        if line.returned is not None:
            raise Refused("line_returned", line=event.line)
        if line.facts is not None and line.facts.no_discount:
            raise Refused("no_discount", name=line.name)
        check_hand(hand, ("price", "percent", "amount"))
        if hand.kind == "price" and hand.value > line.regular_minor:
            raise Refused("price_above", name=line.name, regular=line.regular_minor)
    return checks.with_sale(checkout, lines=replaced(checkout.sale, replace(line, hand=hand)))


def change_ticket(checkout: Checkout, event: e.TicketChangedByHand) -> Step:
    if event.hand is None:
        if checkout.sale.hand is None:
            raise Refused("nothing_by_hand")
    else:
        check_hand(event.hand, ("percent", "amount"))
    return checks.with_sale(checkout, hand=event.hand)


def check_hand(hand: Hand, kinds: tuple[str, ...]) -> None:
    """Raises Refused."""
    checks.reason(hand.reason)
    checks.reason(hand.approver)
    if not hand.reason:
        raise Refused("reason_missing")
    if hand.kind not in kinds or type(hand.value) is not int:
        raise Refused("bad_discount")
    low, high = {"price": (0, MAX_AMOUNT_MINOR), "percent": (1, 100), "amount": (1, MAX_AMOUNT_MINOR)}[hand.kind]
    if not low <= hand.value <= high:
        raise Refused("bad_percent" if hand.kind == "percent" else "bad_amount")
