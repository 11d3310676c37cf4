"""Is this a beat that a terminal of our store may send? Pure: bytes in, a Beat or a GatewayError out."""

from __future__ import annotations

import re

from runtime.chain.check import check_name
from runtime.currency import MOST_DECIMALS
from runtime.gateway.errors import GatewayError
from runtime.wire.beat import HASH_BYTES, MAX_BEAT_BYTES, MAX_TICKET_BYTES, Beat
from runtime.wire.pack import WireError, build, pack, unpack

MAX_NUMBER = (1 << 63) - 1
MAX_LIST = 64  # entries of each kind; a terminal has at most 20
MAX_STATUS_BYTES = 32 << 10
MAX_TEXT = 200
CURRENCY = re.compile("[A-Z]{3}")


def read_beat(data: bytes, store: str) -> Beat:
    """Raises GatewayError `not_msgpack`, `bad_field`, `too_long`, `wrong_store`."""
    try:
        beat = build(Beat, unpack(data, MAX_BEAT_BYTES))
    except WireError as error:
        if error.code == "too_long":
            raise GatewayError("too_long", limit=MAX_BEAT_BYTES) from error
        raise GatewayError("not_msgpack" if error.code == "not_msgpack" else "bad_field", detail=str(error)) from error
    check_name("terminal", beat.terminal)
    check_name("store", beat.store)
    if beat.store != store:
        raise GatewayError("wrong_store", terminal=beat.terminal, sent=beat.store, store=store)
    _check_numbers(beat)
    _check_lists(beat)
    if len(pack([beat.status, beat.prices])) > MAX_STATUS_BYTES:
        raise GatewayError("bad_field", detail=f"a status of more than {MAX_STATUS_BYTES} bytes")
    return beat


def _check_numbers(beat: Beat) -> None:
    shares = beat.shares
    numbers = [beat.epoch, beat.serial + 1, shares.last_number + 1, shares.last_claim + 1, shares.last_release + 1]
    if not 0 <= shares.exponent <= MOST_DECIMALS:
        raise GatewayError("bad_field", detail=f"an exponent is 0 to {MOST_DECIMALS}")
    if shares.currency and not CURRENCY.fullmatch(shares.currency):
        raise GatewayError("bad_field", detail="a currency has three capital letters")
    numbers += [beat.last_sequence + 1, beat.run + 1]
    for ticket in shares.tickets:
        numbers += [ticket.number, ticket.items]
    for claim in shares.claims:
        numbers += [claim.claim, claim.epoch, claim.number]
    for release in shares.releases:
        numbers += [release.release, release.number, release.epoch, release.claim]
    for take in shares.takes:
        numbers += [take.claim, take.epoch, take.release]
    for hold in beat.receipts:
        numbers += [hold.sequence, hold.epoch + 1]
    numbers += [number for one in shares.tickets if one.slip for number in (one.slip.epoch, one.slip.number)]
    numbers += [one.release for one in beat.handed]
    if not all(1 <= number <= MAX_NUMBER for number in numbers):
        raise GatewayError("bad_field", detail="a number is out of range")
    if any(abs(ticket.total_minor) > MAX_NUMBER for ticket in shares.tickets):
        raise GatewayError("bad_field", detail="an amount is out of range")


def _check_lists(beat: Beat) -> None:
    shares = beat.shares
    lists = (shares.tickets, shares.claims, shares.releases, shares.takes, beat.receipts)
    if any(len(one) > MAX_LIST for one in lists) or len(beat.handed) > 1:
        raise GatewayError("bad_field", detail=f"more than {MAX_LIST} entries in a list")
    for numbers in (
        [one.number for one in shares.tickets],
        [one.claim for one in shares.claims],
        [one.release for one in shares.releases],
    ):
        if len(set(numbers)) < len(numbers):
            raise GatewayError("bad_field", detail="a number stands twice in a list")
    slips = [one.slip for one in shares.tickets if one.slip is not None]
    texts = [one.terminal for one in slips]
    texts += [one.terminal for some in (shares.claims, shares.releases, shares.takes, beat.receipts) for one in some]
    for text in (*texts, *(text for one in shares.tickets for text in (one.at, one.name))):
        if len(text) > MAX_TEXT:
            raise GatewayError("bad_field", detail=f"a text of more than {MAX_TEXT} characters")
    if any(len(hold.tag) != 4 for hold in beat.receipts):
        raise GatewayError("bad_field", detail="a receipt's tag has 4 characters")
    if any(len(one) not in (0, HASH_BYTES) for one in (beat.others, beat.users)):
        raise GatewayError("bad_field", detail=f"a hash has {HASH_BYTES} bytes")
    if any(len(one.body) > MAX_TICKET_BYTES for one in beat.handed):
        raise GatewayError("bad_field", detail=f"a ticket of more than {MAX_TICKET_BYTES} bytes")
