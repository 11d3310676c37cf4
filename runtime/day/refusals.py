"""Why the desk, the shift or the day does not take an event. Codes and sentences; runtime.sale.refusals.Refused says
them."""

from __future__ import annotations

# code -> (what is the matter, what to do about it)
SENTENCES: dict[str, tuple[str, str]] = {
    # the desk
    "signed_off": ("Nobody is signed on.", "Sign on with your number and PIN."),
    "desk_locked": ("The terminal is locked.", "Unlock it with your PIN."),
    "no_users": ("Nobody signs on at this terminal.", "Nothing needs to be done."),
    "signed_on": ("{name} is signed on.", "Sign off first."),
    "not_locked": ("The terminal is not locked.", "Nothing needs to be done."),
    "sale_open": ("A sale is open.", "Finish it or put it aside first."),
    "bad_user": ("This is no user.", "Key your number again."),
    "bad_reason": ("A reason is at most {limit} characters.", "Key a shorter one."),
    "reason_needed": ("This needs a reason.", "Choose or key one."),
    # training
    "in_training": ("This is not done in training.", "End training first."),
    "no_training": ("This is no training.", "Nothing needs to be done."),
    "training_cash": ("Training takes no payment codes.", "Close the sale with cash."),
    # the shift
    "shift_none": ("No shift is open.", "Nothing needs to be done."),
    "shift_needed": ("No shift is open.", "Open a shift with its float first."),
    "shift_is_open": ("A shift is open.", "Count and close it first."),
    "shift_counting": ("The drawer is being counted.", "Key what was counted, or go one step back."),
    "shift_still_open": ("A shift is open; the day ends after it.", "Count and close the shift first."),
    "count_none": ("The drawer is not being counted.", "Begin to close the shift first."),
    "count_cash": ("The cash must be counted, each tender once.", "Key the counted cash."),
    # the day
    "day_begun": ("The business day has begun.", "Nothing needs to be done."),
    "bad_date": ("This is no date.", "Call the technician: the clock is at fault."),
    "receipt_number": ("There is no receipt {number}.", "Key a number from 1 to {last}."),
    "print_waits": ("Receipt {number} waits for the printer already.", "Look after the printer."),
}
