"""What is fuzzed of all that the tills of a store share: beats, their answers, tickets, records that came back."""

from __future__ import annotations

from runtime.gateway.sharing.board import Board, answer, heard
from runtime.gateway.sharing.check import read_beat
from runtime.sale import events as ev
from runtime.sale.machine import fold, step
from runtime.sale.refusals import Refused
from runtime.sale.state import Checkout, Claimant
from runtime.serving.errors import Refused as Unserved
from runtime.terminal.beating import read_answer
from runtime.terminal.paper_codes import read_suspended
from runtime.terminal.shared_tickets import events_of, handed_of, read_ticket, shares_of
from runtime.wire.beat import ArrivedTicket, Beat, BeatAnswer, ClaimNews, Fate, OtherTicket, ReceiptHold, Wanted
from runtime.wire.came_back import FLAG, returned_in
from runtime.wire.pack import WireError, build, pack, unpack

AT = "2026-11-22T18:30:00"


def _owner() -> Checkout:
    """A till with one ticket here and one on its way."""
    item = ev.ItemAdded("6901234567892", "milk", "milk", "each", 350, 1, 0, "scanned", AT, "s")
    aside = [item, ev.SaleSuspended(350, AT)]
    return fold([*aside, *aside, ev.TicketReleased(1, Claimant("02", 22, 1))])


def _claimant() -> Checkout:
    return fold([ev.TicketClaimed("01", 11, 1)])


def beat(data: bytes) -> None:
    """A beat at the gateway: answered from what is known, and known in the same form again; or refused."""
    try:
        read = read_beat(data, "S")
    except Unserved as refused:
        assert refused.code in ("not_msgpack", "bad_field", "too_long", "wrong_store") and str(refused)
        return
    assert build(Beat, unpack(pack(read))) == read
    known = heard(heard(Board(), beat_of(_claimant(), "02", 22), 0), read, 1)
    said = answer(known, read, 1)
    assert build(BeatAnswer, unpack(pack(said))) == said


def beat_of(checkout: Checkout, name: str, epoch: int) -> Beat:
    return Beat("S", name, epoch, 1, 1, shares=shares_of(checkout), handed=handed_of(checkout, frozenset()))


def beat_answer(data: bytes) -> None:
    """An answer at a till: whatever it says, a ticket is neither made nor lost twice over, and the till's state is read
    again as it was written."""
    try:
        said = read_answer(data)
    except WireError:
        return
    for checkout in (_owner(), _claimant()):
        for event in events_of(checkout, said):
            try:
                checkout = step(checkout, event)[0]
            except Refused as refused:
                assert str(refused)
        assert build(Checkout, unpack(pack(checkout))) == checkout
        waiting = (*checkout.suspended, *(one.ticket for one in checkout.shares.released))
        assert len({one.number for one in waiting}) == len(waiting) <= 2


def ticket(data: bytes) -> None:
    """A ticket of another till: taken whole and recalled, or refused."""
    try:
        read = read_ticket(data)
    except WireError:
        return
    try:
        took = step(_claimant(), ev.TicketTaken(1, "01", 11, 1, read))[0]
    except Refused:
        return
    back = step(took, ev.SaleRecalled(1))[0].sale
    assert back.live_lines and not back.tenders and build(Checkout, unpack(pack(took))) == took


def came_back(data: bytes) -> None:
    """A record that may say that goods came back: numbers, or nothing; and the code of a slip."""
    for one in returned_in(data + FLAG if FLAG not in data else data):
        assert all(type(value) is int for value in (one.epoch, one.sequence, one.line, one.amount, one.given_minor))
    found = read_suspended(data.decode("utf-8", "replace"), "S")
    assert found is None or (found.terminal and len(found.tag) == 4)


def _beats() -> list[bytes]:
    holds = (ReceiptHold("02", "0016", 7, ask=True),)
    owner = beat_of(_owner(), "01", 11)
    return [pack(owner), pack(Beat("S", "01", 11, 1, 2, receipts=holds, last_sequence=3))]


def _answers() -> list[bytes]:
    body = pack(_owner().suspended[0])
    summary = shares_of(_owner()).tickets[0]
    return [
        pack(BeatAnswer(wanted=(Wanted(2, "03", 33, 1),), fates=(Fate(1, "closed", True),))),
        pack(BeatAnswer(fates=(Fate(1, "taken", False),), news=(ClaimNews(1, "gone"),), settled=(1,))),
        pack(BeatAnswer(arrived=(ArrivedTicket(1, "01", 11, 1, body),), others=(OtherTicket("01", 11, summary),))),
    ]


def _tickets() -> list[bytes]:
    return [pack(one.ticket) for one in _owner().shares.released]


def _records() -> list[bytes]:
    origin = {"epoch": 9, "SequenceNumber": 3, "LineNumber": 1, "WorkstationID": "02"}
    line = {"LineNumber": 1, "VoidFlag": False, "qty": 1, "milli": 0, "returned": origin}
    record = {"type": "RetailTransaction", "WorkstationID": "01", "ReturnFlag": True, "lines": [line]}
    return [pack({**record, "apart": [{"LineNumber": 1, "Amount": -300}], "adjustments": []}), b"S-01-H7-0016"]


TARGETS = {
    "beat": (beat, _beats),
    "beat_answer": (beat_answer, _answers),
    "ticket": (ticket, _tickets),
    "came_back": (came_back, _records),
}
