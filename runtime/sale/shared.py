"""A ticket that was put aside on one till and is recalled on another: the pure half that each till keeps.

A ticket belongs to the till that has it, so that it can be recalled without a network. Another till claims it; the
owner gives it away for that one claim, which is a row, and keeps it until it is certain what came of it; the claimant
takes it under its open claim, which is a row too, and from then on it is the owner. What the tills know of each other
may be old. So each of them goes by facts that stay true:

* A claim that is neither open nor taken (and not above `last_claim`) is closed, and nothing is ever taken under it.
* A claim that stands among the taken has the ticket. It stands there until the owner has let go.
* A release that is not there (and not above `last_release`) is over, and never comes again.

Hence the owner lets go of a ticket that was taken, and takes back one whose claim is closed; and the claimant forgets
what it took when the release is over. What may be lost, repeated, delayed or crash between, a ticket is taken once at
most, and is in one place at least while both tills live (docs/adr/0023).
"""

from __future__ import annotations

from dataclasses import replace

from runtime.sale import checks
from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.hands import check_hand
from runtime.sale.refusals import MAX_AMOUNT_MINOR, MAX_CLAIMS, MAX_LINES, MAX_QTY, MAX_TEXT, MAX_WEIGHT_G, Refused
from runtime.sale.state import (
    Checkout,
    OpenClaim,
    Released,
    Sale,
    SaleLine,
    Shares,
    Slip,
    State,
    Suspended,
    Taken,
)
from runtime.sale.tickets import room

MAX_NUMBER = (1 << 63) - 1


def _with(checkout: Checkout, shares: Shares) -> Checkout:
    return replace(checkout, shares=shares)


# --- the till that wants it ------------------------------------------------------------------------------------------


def claim(checkout: Checkout, event: e.TicketClaimed) -> Step:
    """Not while practising: it could come back as a sale."""
    if checkout.desk.training:
        raise Refused("training_suspend")
    if not 1 <= len(event.terminal) <= MAX_TEXT or not _numbers(event.epoch, event.number):
        raise Refused("bad_claim")
    shares = checkout.shares
    wanted = (event.terminal, event.epoch, event.number)
    if any((one.terminal, one.epoch, one.number) == wanted for one in shares.claims):
        raise Refused("claim_again", number=event.number, terminal=event.terminal)
    if len(shares.claims) + len(shares.taken) >= MAX_CLAIMS:
        raise Refused("claim_full")
    room(checkout, 0)
    number = shares.last_claim + 1
    claims = (*shares.claims, OpenClaim(number, *wanted))
    return _with(checkout, replace(shares, claims=claims, last_claim=number)), ()


def close_claim(checkout: Checkout, event: e.ClaimClosed) -> Step:
    open_claim(checkout, event.claim)
    claims = tuple(one for one in checkout.shares.claims if one.claim != event.claim)
    return _with(checkout, replace(checkout.shares, claims=claims)), ()


def take(checkout: Checkout, event: e.TicketTaken) -> Step:
    """It waits here now, as the newest ticket of this till."""
    shares = checkout.shares
    wanted = open_claim(checkout, event.claim)
    ticket = event.ticket
    if (wanted.terminal, wanted.epoch, wanted.number) != (event.terminal, event.epoch, ticket.number):
        raise Refused("bad_ticket")
    if not _numbers(event.release) or not _is_ticket(ticket):
        raise Refused("bad_ticket")
    room(checkout, len(ticket.sale.lines))
    number = checkout.last_suspended + 1
    slip = ticket.slip or Slip(event.terminal, event.epoch, ticket.number)
    taken = Taken(event.claim, event.terminal, event.epoch, event.release)
    claims = tuple(one for one in shares.claims if one is not wanted)
    after = replace(
        checkout,
        suspended=(*checkout.suspended, replace(ticket, number=number, slip=slip)),
        last_suspended=number,
        shares=replace(shares, claims=claims, taken=(*shares.taken, taken)),
    )
    return after, ()


def settle_taken(checkout: Checkout, event: e.TakenSettled) -> Step:
    shares = checkout.shares
    rest = tuple(one for one in shares.taken if one.claim != event.claim)
    if len(rest) == len(shares.taken):
        raise Refused("claim_unknown")
    return _with(checkout, replace(shares, taken=rest)), ()


def open_claim(checkout: Checkout, number: int) -> OpenClaim:
    """Raises Refused."""
    for one in checkout.shares.claims:
        if one.claim == number:
            return one
    raise Refused("claim_unknown")


# --- the till that has it --------------------------------------------------------------------------------------------


def release(checkout: Checkout, event: e.TicketReleased) -> Step:
    shares, to = checkout.shares, event.to
    if not 1 <= len(to.terminal) <= MAX_TEXT or not _numbers(to.epoch, to.claim):
        raise Refused("bad_claim")
    for one in checkout.suspended:
        if one.number == event.number:
            break
    else:
        raise Refused("suspended_unknown", number=event.number)
    if not may_leave(one):
        raise Refused("release_returns", number=event.number)
    number = shares.last_release + 1
    released = (*shares.released, Released(number, to, one))
    rest = tuple(other for other in checkout.suspended if other is not one)
    shares = replace(shares, released=released, last_release=number)
    return replace(checkout, suspended=rest, shares=shares), ()


def end_release(checkout: Checkout, event: e.ReleaseEnded) -> Step:
    return _without_release(checkout, event.release)[0], ()


def undo_release(checkout: Checkout, event: e.ReleaseUndone) -> Step:
    after, ended = _without_release(checkout, event.release)
    suspended = sorted((*after.suspended, ended.ticket), key=lambda one: one.number)
    return replace(after, suspended=tuple(suspended)), ()


def _without_release(checkout: Checkout, number: int) -> tuple[Checkout, Released]:
    shares = checkout.shares
    for one in shares.released:
        if one.release == number:
            rest = tuple(other for other in shares.released if other is not one)
            return _with(checkout, replace(shares, released=rest)), one
    raise Refused("release_unknown")


def may_leave(ticket: Suspended) -> bool:
    """Goods that come back stay where their receipt was looked at: what came back of it is counted there."""
    return all(line.returned is None for line in ticket.sale.live_lines)


# --- what comes from another till ------------------------------------------------------------------------------------


def _numbers(*values: int) -> bool:
    return all(type(value) is int and 1 <= value <= MAX_NUMBER for value in values)


def _is_ticket(ticket: Suspended) -> bool:
    """Such a ticket as `suspend` makes: what another till sends is not believed to be one."""
    sale = ticket.sale
    if not _numbers(ticket.number) or abs(ticket.total_minor) > MAX_AMOUNT_MINOR:
        return False
    slip = ticket.slip
    if slip is not None and not (1 <= len(slip.terminal) <= MAX_TEXT and _numbers(slip.epoch, slip.number)):
        return False
    if len(ticket.name) > MAX_TEXT or len(ticket.at) > MAX_TEXT or len(sale.lines) > MAX_LINES:
        return False
    if [line.line for line in sale.lines] != list(range(1, len(sale.lines) + 1)):
        return False
    try:
        if sale.hand is not None:
            check_hand(sale.hand, ("percent", "amount"))
        checks.amount(sale.age_checked)
    except Refused:
        return False
    if not sale.live_lines or ticket.items != len(sale.live_lines) or not all(_is_line(line) for line in sale.lines):
        return False
    kept = Sale(
        state=State.RINGING,
        began_at=sale.began_at,
        snapshot=sale.snapshot,
        lines=sale.lines,
        member=sale.member,
        hand=sale.hand,
        age_checked=sale.age_checked,
    )
    return sale == kept and len(sale.began_at) <= MAX_TEXT and len(sale.snapshot) <= MAX_TEXT


def _is_line(line: SaleLine) -> bool:
    try:
        checks.texts(line.sku, line.code)
        checks.amount(line.regular_minor)
        checks.facts(line.facts)
        if line.hand is not None:
            check_hand(line.hand, ("price", "percent", "amount"))
    except Refused:
        return False
    each = line.unit == "each" and line.weight_g == 0 and 1 <= line.qty <= MAX_QTY
    weighed = line.unit == "kg" and line.qty == 0 and 1 <= line.weight_g <= MAX_WEIGHT_G
    return (each or weighed) and (line.returned is None or line.voided) and len(line.name) <= MAX_TEXT
