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
}
