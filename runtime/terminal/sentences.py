"""Every sentence that the terminal can say, from the tables of all rooms, as the wire carries it."""

from __future__ import annotations

from drivers.api import SENTENCES as DEVICE_SENTENCES
from engine.codes import CODE_SENTENCES
from engine.errors import SENTENCES as ENGINE_SENTENCES
from engine.hints import SENTENCES as HINT_SENTENCES
from runtime.day.refusals import SENTENCES as DAY_SENTENCES
from runtime.distribution.errors import SENTENCES as DISTRIBUTION_SENTENCES
from runtime.forward.forwarder import SENTENCES as FORWARD_SENTENCES
from runtime.journal.errors import SENTENCES as JOURNAL_SENTENCES
from runtime.sale.refusals import SENTENCES as SALE_SENTENCES
from runtime.wire.messages import Sentence

# code -> (what is the matter or was done, what to do about it)
TERMINAL_SENTENCES: dict[str, tuple[str, str]] = {
    "item_added": ("{name}", ""),
    "weighed": ("{name}: {weight} kg", ""),
    "weigh_now": ("{name} is sold by weight.", "Put it on the scale."),
    "scan_garbled": ("The scanner sent something that is no code.", "Scan it again."),
    "not_a_payment_code": ("{code} is no payment code.", "Scan the customer's payment code, or go back to ringing."),
    "nothing_to_weigh": ("Nothing waits for its weight.", "Scan goods that are sold by weight."),
    "price_book_changed": ("The price book has changed and {name} is not in it any more.", "Void that line."),
    "weight_taken": (
        "The scale still shows the weight that {name} was sold by.",
        "Put the next goods on the scale. If these are the next goods, press Weigh again.",
    ),
    "book_changed": (
        "The basket is back; the price book has changed and its prices are those of now.",
        "Look at the total with the customer.",
    ),
    "sale_too_large": ("This sale is too large to be recorded.", "Void the last lines and ring them as a sale apart."),
    "nothing_to_cancel": ("There is nothing to go back from.", "Void a line to take it out of the basket."),
    "payments_none": ("This terminal takes no payment codes.", "Take cash."),
    "payment_not_sent": (
        "The payment provider cannot be reached; no money was taken.",
        "Take cash, or try again when it is back.",
    ),
    "payment_asked": ("The customer is paying {amount}.", ""),
    "payment_waits": ("The customer has not confirmed the payment yet.", "Ask the customer to look at the phone."),
    "payment_unknown": (
        "How the payment ended is not known yet.",
        "Do not take other money; it is asked again by itself. Go one step back to cancel it.",
    ),
    "payment_cancelling": ("The payment is being cancelled.", "Wait until that is certain."),
    "payment_declined": ("The payment was declined.", "Ask for another code or for cash."),
    "payment_cancelled": ("The payment was cancelled; no money was taken.", "Ask for another code or for cash."),
    "paid": ("Paid.", ""),
    "back_to_ringing": ("Back to ringing.", ""),
    "quantity_set": ("{qty} of the next item.", ""),
    "receipt_copied": ("The receipt is printed again, marked as a copy.", ""),
    "receipts_tried": ("The waiting receipts are tried now.", ""),
    "receipt_unreadable": (
        "The receipt of sale {sequence} cannot be read from the journal.",
        "Sell on, and call the technician; keep this disk as it is.",
    ),
    "receipts_none": ("No receipt is waiting for the printer.", ""),
    "recovered": ("The basket is back as it was.", ""),
    "unknown_command": ("The terminal does not know {command!r}.", "Use a front end of the same version."),
    "bad_arguments": ("{command!r} was given arguments that it does not take.", "Use a front end of the same version."),
    "taken_off": ("{amount} is taken off by hand.", ""),
    "item_recalled": ("{name} is recalled and must not be sold.", "Take it off the shelf and tell the manager."),
    "not_for_sale": ("{name} is not for sale.", "Put it aside."),
    "age_asked": ("{name} is for customers of {age} or more.", "If in doubt look at the papers, then answer."),
    "age_confirmed": ("The customer is {age} or more.", ""),
    "age_refused_now": ("What the customer is too young for was taken out.", ""),
    "too_young": ("The customer is not {age} yet.", "Take the goods out of the sale."),
    "bad_birth_date": ("This is no date of birth.", "Key it as year, month and day: 2001-05-31."),
    "receipt_open": ("Receipt {number}, {amount}.", "Choose what comes back, or scan on."),
    "receipt_no_code": ("{code} is no receipt.", "Scan the code at the end of the receipt, or key its number."),
    "receipt_elsewhere": (
        "This receipt is of till {workstation} of store {store}.",
        "Take the goods back there, or without the receipt.",
    ),
    "receipt_asked": ("Receipt {number} of till {workstation} is asked for.", "Wait a moment, or go on."),
    "receipt_offline": (
        "The gateway does not answer: receipt {number} of till {workstation} cannot be had now.",
        "Take the goods back there, or without the receipt.",
    ),
    "receipt_held": (
        "Till {terminal} takes goods back of receipt {number} now.",
        "Finish it there; or try again when it is done.",
    ),
    "receipt_not_here": (
        "The gateway does not have receipt {number} of till {workstation}.",
        "Take the goods back there, or without the receipt.",
    ),
    "receipt_waits": ("Receipt {number} is being asked for again.", "Wait a moment, then try again."),
    "receipt_unknown": ("Receipt {number} is not in this till's journal.", "Take the goods back without the receipt."),
    "receipt_nothing": ("Nothing can come back of receipt {number}.", "Look at the number."),
    "receipt_none_open": ("No receipt is on the screen.", "Scan the customer's receipt first."),
    "returns_reading": ("The journal is being read for earlier returns.", "Scan the receipt again in a moment."),
    "return_weighed": ("{name} was weighed: it comes back whole.", "Take back the whole line."),
    "return_weight": ("{name} is sold by weight.", "Key its weight too."),
    "return_price": ("{name} costs {most} now; more is not given back without a receipt.", "Key a lower price."),
    "goods_returned": ("{name} comes back: {amount}.", ""),
    "refunded": ("Give {amount} to the customer.", ""),
    "refund_code_none": (
        "The provider of code payments takes no refunds from this till.",
        "Give the money back in cash, or by the provider's own page.",
    ),
    "part_set": ("{amount} is paid first, the rest after it.", "Take cash for it, or scan the payment code."),
    "part_paid_now": ("{amount} is paid; {due} is still due.", "Take the rest in cash or by code."),
    "cash_back": ("Give {amount} back to the customer.", ""),
    "repeat_weighed": ("{name} is sold by weight.", "Weigh it again: scan it once more."),
    "bag_unknown": ("There is no carrier bag {number}.", "Put its sku into the settings: [sale] bags."),
    "lookup_next": ("The next scan is only looked up.", "Scan the goods, or go one step back."),
    "lookup_each": ("{name}: {amount}", ""),
    "lookup_kg": ("{name}: {amount} a kg", ""),
    "ticket_voided": ("The sale was voided; it is recorded as number {sequence}.", ""),
    "ticket_suspended": ("The sale is put aside as ticket {number}.", "Recall it when the customer is back."),
    "recall_asked": ("Till {terminal} is asked for ticket {number}.", "Wait a moment, or go on: it comes by itself."),
    "recall_came": ("Ticket {number} of till {terminal} is here.", ""),
    "recall_waits": ("A ticket of till {terminal} is here as ticket {number}.", "Recall it when you are ready."),
    "recall_gone": ("Ticket {number} is not at till {terminal} any more.", "Look at the list."),
    "recall_no_answer": ("Till {terminal} does not answer.", "Recall ticket {number} there, or try again later."),
    "recall_offline": (
        "The gateway does not answer: tickets of till {terminal} cannot be had now.",
        "Recall it there.",
    ),
    "recall_stays": ("Goods come back in ticket {number}: it stays at till {terminal}.", "Recall it there."),
    "slip_unknown": (
        "Ticket {number} of till {terminal} does not wait.",
        "It may be recalled already; look at the list.",
    ),
    "ticket_recalled": ("Ticket {number} is back.", ""),
    "not_rehearsing": ("The clock can be set in a rehearsal only.", "Start the terminal with --rehearse."),
    # the working day
    "training_now": ("This is training: nothing that is sold counts.", "End training before customers come."),
    "training_over": ("Training is over: what is sold counts.", ""),
    "paid_in_done": ("{amount} came into the drawer.", ""),
    "paid_out_done": ("{amount} was paid out.", ""),
    "dropped": ("{amount} goes to the safe.", ""),
    "drawer_opened": ("The drawer is open.", ""),
    "shift_opened": ("Shift {number} is open.", ""),
    "count_now": ("Count the drawer.", "Key what you counted. Go one step back to sell on."),
    "count_dropped": ("The shift goes on.", ""),
    "shift_closed": ("Shift {number} is closed.", ""),
    "day_ended": ("The business day {day} is over: Z report {number}.", ""),
    "no_printer": ("This terminal has no printer.", "Print it at another terminal."),
    "receipt_gone": ("Receipt {number} is no longer on this terminal.", "Ask head office for it."),
    "reprint_asked": ("Receipt {number} is printed as a copy.", ""),
    "search_text": ("A search has at most {limit} characters.", "Key a number, a day, goods or an amount."),
    "search_none": ("Nothing was found.", "Key a number, a day, goods or an amount."),
    "search_found": ("{count} found, the newest first.", ""),
    "signed_on_now": ("{name} is signed on now.", ""),
    "wrong_pin": ("The number or the PIN is wrong.", "Key both again."),
    "pin_waits": ("Too many wrong PINs.", "Wait {seconds} seconds, then try again."),
    "approval_needed": (
        "Another person must approve this.",
        "Let somebody who may do it key number and PIN.",
    ),
    "approval_role": ("{name} may not approve this.", "Ask somebody who may do it."),
}

_TABLES = (
    TERMINAL_SENTENCES,
    SALE_SENTENCES,
    DAY_SENTENCES,
    DEVICE_SENTENCES,
    JOURNAL_SENTENCES,
    CODE_SENTENCES,
    ENGINE_SENTENCES,
    DISTRIBUTION_SENTENCES,
    HINT_SENTENCES,
)


def sentence(code: str, /, **args: str | int) -> Sentence:
    """The sentence of a code. An unknown code is still shown, as itself: silence would be worse."""
    for table in _TABLES:
        if code in table:
            text, remedy = table[code]
            return Sentence(code, text, remedy, args)
    return Sentence(code, "{code}", "", {"code": code, **args})


def network_sentence(code: str, /, **args: str | int) -> Sentence:
    """What the forwarder says: its OK is not a device's OK."""
    text, remedy = FORWARD_SENTENCES[code]
    return Sentence(code, text, remedy, args)
