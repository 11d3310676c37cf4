"""What to do next about a payment whose end is not known: a pure decision, taken after every answer.

A sale is completed by the provider's SUCCESS alone. A cancellation is certain only when the provider says so. "Not
found" counts as unpaid only once the request has had time to arrive. Times: wait and give-up as the payment platforms
advise (5 s between queries, 45 s until the payment is cancelled, never within 15 s of asking).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

QUERY_EVERY_S = 2.0  # of our own simulated provider; a real one's adapter brings its own
GIVE_UP_AFTER_S = 45.0
NOT_FOUND_COUNTS_AFTER_S = 15.0


class Next(Enum):
    APPROVE = "approve"
    FAIL = "fail"
    QUERY = "query"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Decision:
    next: Next
    wait_s: float = 0.0
    say: str = ""  # a code of the terminal's sentences


def decide(answer: str, since_asked_s: float, cancelling: bool) -> Decision:
    """`answer` is a PaymentStatus state, or a device's trouble as a code, or empty before the first answer; NOTSENT
    where the one request for the money certainly never left this terminal."""
    if answer == "NOTSENT":
        return Decision(Next.FAIL, say="payment_not_sent")
    if cancelling:
        if answer in ("REVOKED", "PAYERROR"):
            return Decision(Next.FAIL, say="payment_cancelled")
        if answer == "NOTFOUND" and since_asked_s >= NOT_FOUND_COUNTS_AFTER_S:
            return Decision(Next.FAIL, say="payment_cancelled")
        return Decision(Next.CANCEL, QUERY_EVERY_S if answer else 0.0, "payment_cancelling")
    if answer == "SUCCESS":
        return Decision(Next.APPROVE, say="paid")
    if answer in ("PAYERROR", "REVOKED"):
        return Decision(Next.FAIL, say="payment_declined")
    if since_asked_s >= GIVE_UP_AFTER_S and answer in ("USERPAYING", "NOTFOUND"):
        return Decision(Next.CANCEL, say="payment_cancelling")
    if answer == "USERPAYING":
        return Decision(Next.QUERY, QUERY_EVERY_S, "payment_waits")
    return Decision(Next.QUERY, QUERY_EVERY_S if answer else 0.0, "payment_unknown")
