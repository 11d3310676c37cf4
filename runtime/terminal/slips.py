"""Codes on the terminal's own papers, and the slip of a ticket that was put aside. Pure.

    STORE-TERMINAL-000123-9f3a      a receipt: store, terminal, SequenceNumber, and a tag of the journal's epoch
    STORE-TERMINAL-H7-9f3a          a suspended ticket

The tag is the last 16 bits of the epoch: numbers begin anew with a new epoch, and an old paper must not lead to a new
sale. No code of goods is read so: a book's own code goes first.
"""

from __future__ import annotations

import re

from drivers.api import Barcode, Columns, Cut, Document, Feed, Text
from runtime.sale.record import Identity
from runtime.sale.state import Suspended
from runtime.terminal.money import amount_text
from runtime.terminal.printing import ReceiptTexts

_REST = re.compile(r"-(H?)([0-9]{1,16})(?:-([0-9a-f]{4}))?", re.ASCII)


def tag_of(epoch: int) -> str:
    return f"{epoch & 0xFFFF:04x}"


def suspended_code(number: int, who: Identity) -> str:
    return f"{who.store}-{who.workstation}-H{number}-{tag_of(who.epoch)}"


def read_suspended(code: str, who: Identity) -> int:
    """The number of the ticket that a slip of this terminal and epoch is of, 0 where the code is none."""
    match = _REST.fullmatch(code.removeprefix(f"{who.store}-{who.workstation}"))
    if match is None or not match[1] or match[3] != tag_of(who.epoch):
        return 0
    return int(match[2])


def suspended_slip(ticket: Suspended, who: Identity, exponent: int, texts: ReceiptTexts) -> Document:
    _ = texts.translate
    total = amount_text(ticket.total_minor, exponent)
    return (
        Text(_("Suspended") + f" {ticket.number}", "centre", bold=True, width=2, height=2),
        Text(ticket.at.replace("T", " "), "centre"),
        Columns(((_("Items") + f" {ticket.items}", 0, "left"), (total, 11, "right"))),
        Text(ticket.name),
        Barcode(suspended_code(ticket.number, who)),
        Feed(3),
        Cut(),
    )
