"""Why an event is refused: a code for programs, a sentence with its remedy for the cashier.

A refused event is no row: the state is as it was. `args` fill the sentence; those in MONEY_ARGS are minor units, which
the shell writes out before it shows them.
"""

from __future__ import annotations

from runtime.day.refusals import SENTENCES as DAY_SENTENCES

# Limits of one sale. Amounts stay far inside 64 bits, and a barcode that lands in the cash field is no amount.
MAX_LINES = 1_000
MAX_QTY = 9_999
MAX_WEIGHT_G = 999_999
MAX_AMOUNT_MINOR = 10**12
MAX_TEXT = 200  # characters of a code, name or number
MAX_AGE = 150  # years
MAX_SUSPENDED = 20  # tickets that are put aside on one terminal
MAX_SUSPENDED_LINES = 2_000  # of all of them: they are in every checkpoint
MAX_CLAIMS = 20  # tickets of other tills that are waited for, or not settled yet
MAX_ROUNDING_MINOR = 1_000  # a tenth of the unit of a currency with four decimals
MAX_PRINTS = 500  # receipts that wait for the printer; past it the oldest is let go, it stays in the journal


class Refused(Exception):
    """The event is not legal now. `code` is a key of SENTENCES, or of the day's."""

    def __init__(self, code: str, **args: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.args_named = args

    def __str__(self) -> str:
        text, remedy = SENTENCES.get(self.code) or DAY_SENTENCES[self.code]
        return f"{text} {remedy}".format_map(self.args_named)


MONEY_ARGS = frozenset({"short", "due", "regular"})

# code -> (what is the matter, what to do about it)
SENTENCES: dict[str, tuple[str, str]] = {
    # refused by the state
    "nothing_rung": ("Nothing is rung yet.", "Scan an item first."),
    "weighing_open": ("{name} waits for its weight.", "Put it on the scale, or cancel the weighing."),
    "not_weighing": ("No item waits for its weight.", "Scan the weighed item first."),
    "no_total": ("The total does not stand yet.", "Press Subtotal first."),
    "total_stands": ("The total stands; the basket cannot be changed.", "Press Cancel to go back to ringing."),
    "payment_open": ("A payment is not finished.", "Wait for it, or press Cancel to cancel the payment."),
    "no_payment": ("No payment is open.", "Start a payment first."),
    "sale_closed": ("This sale is paid and closed.", "Scan the next item to begin the next sale."),
    "sale_open": ("A sale is open.", "Finish it, suspend it or void it first."),
    "nothing_closed": ("No closed sale is on the screen.", "Nothing needs to be done."),
    # refused by what the event says
    "bad_quantity": ("A quantity is 1 to {limit}.", "Key the quantity again."),
    "bad_weight": ("A weight is 1 to {limit} grams.", "Take the goods off the scale, then weigh again."),
    "bad_price": ("{name} has a price that cannot be.", "Call the supervisor: the price book is at fault."),
    "bad_item": ("This item cannot be read.", "Call the supervisor: the price book is at fault."),
    "bad_member": ("This is no member number.", "Read the member code again."),
    "bad_total": ("The total cannot be worked out.", "Take the last line out, or call the supervisor."),
    "bad_amount": ("This is no amount of money.", "Key the amount again."),
    "bad_trade": ("This is no number of a payment.", "Start the payment again."),
    "no_quantity": ("No quantity is waiting.", "Nothing needs to be done."),
    "quantity_for_weighed": ("{name} is sold by weight, not by number.", "Cancel the quantity, then scan it again."),
    "line_unknown": ("There is no line {line}.", "Choose a line of this sale."),
    "line_voided": ("Line {line} is taken out already.", "Choose another line."),
    "line_weighed": ("Line {line} is sold by weight.", "Take the line out and weigh again."),
    "too_many_lines": ("A sale has at most {limit} lines.", "Take payment, then go on in a new sale."),
    "cash_short": ("{short} is missing.", "Take the rest of the money and key all that was given."),
    "payment_amount": ("The payment is not what is due.", "Start the payment again; {due} is due."),
    "nothing_due": ("Nothing is due.", "Close the sale with cash 0."),
    "payment_foreign": ("This answer belongs to another payment.", "Wait for the payment that is open."),
    "print_unknown": ("Receipt {sequence} does not wait for the printer.", "Nothing needs to be done."),
    "print_not_begun": ("Receipt {sequence} has not begun to print.", "Print the receipt again."),
    "print_copy": (
        "Some of receipt {sequence} may be on paper: it can only be printed as a copy, and only then.",
        "Print the receipt again.",
    ),
    "part_paid": ("Part of this sale is paid.", "Take the rest, or give back what was taken: press Cancel."),
    "line_by_hand": ("The price of line {line} was changed by hand.", "Take that off first, or ring the rest anew."),
    "nothing_by_hand": ("Nothing was changed by hand.", "Nothing needs to be done."),
    "no_discount": ("{name} may not be discounted.", "Sell it at its price."),
    "price_above": ("{name} costs {regular} on its label; more must not be taken.", "Key a lower price."),
    "reason_missing": ("A reason is needed.", "Choose a reason, or key one."),
    "bad_discount": ("This is no price or discount.", "Key it again."),
    "bad_percent": ("A discount is 1 to 100 percent.", "Key what is taken off: 10 for ten percent."),
    "age_open": ("This sale is for customers of {age} or more.", "Look at the customer's papers and answer first."),
    "age_not_asked": ("Nothing in this sale asks for an age.", "Nothing needs to be done."),
    "line_returned": ("Line {line} is goods that come back.", "Take the line out, and take the goods back anew."),
    "quantity_for_return": ("A quantity waits for the next item.", "Cancel the quantity, then take the goods back."),
    "return_too_many": ("Of {name} only {left} can come back.", "Look at the receipt: the rest came back already."),
    "refund_due": ("{due} is due to the customer.", "Give it back: press Refund."),
    "nothing_to_refund": ("Nothing is due to the customer.", "Take the money that is due."),
    "refund_kind": ("A refund is given back in cash here.", "Press Refund in cash."),
    "bad_part": ("A part is less than what is due.", "Key less than {due}, or take all of it."),
    "no_part": ("No part is set.", "Nothing needs to be done."),
    "bad_rounding": ("This is no rounding of cash.", "Call the technician."),
    "nothing_paid": ("Nothing is paid yet.", "Press Cancel to go back to ringing."),
    "training_suspend": ("Training sales cannot be put aside, and no ticket recalled.", "Finish it or void it."),
    "bad_reason": ("A reason has at most {limit} characters.", "Choose a reason, or key a shorter one."),
    "too_many_suspended": ("At most {limit} tickets can wait here.", "Recall one and finish it."),
    "claim_again": ("Ticket {number} of till {terminal} is asked for already.", "It comes by itself."),
    "claim_full": ("Too many tickets of other tills are on their way.", "Wait until some are here."),
    "claim_unknown": ("Nothing is waited for under this number.", "Nothing needs to be done."),
    "bad_claim": ("This is no ticket of another till.", "Look at the list of tickets."),
    "bad_ticket": ("The ticket of the other till cannot be read.", "Recall it at its own till."),
    "release_unknown": ("No such ticket is on its way to another till.", "Nothing needs to be done."),
    "release_returns": ("Ticket {number} has goods that come back.", "Recall it at its own till."),
    "suspended_unknown": ("Ticket {number} does not wait here.", "It may be recalled already; look at the list."),
}
