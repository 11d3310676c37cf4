"""Codes on the terminal's own papers. Pure.

    STORE-TERMINAL-000123-9f3a      a receipt: store, terminal, SequenceNumber, and a tag of the journal's epoch
    STORE-TERMINAL-H7-9f3a          a suspended ticket

The tag is the last 16 bits of the epoch: numbers begin anew with a new epoch, and an old paper must not lead to a new
sale. No code of goods is read so: a book's own code goes first.
"""

from __future__ import annotations

import re

from runtime.sale.record import Identity

_REST = re.compile(r"-(H?)([0-9]{1,16})(?:-([0-9a-f]{4}))?", re.ASCII)


def tag_of(epoch: int) -> str:
    return f"{epoch & 0xFFFF:04x}"


def receipt_code(store: str, workstation: str, sequence: int, epoch: int) -> str:
    return f"{store}-{workstation}-{sequence:06d}-{tag_of(epoch)}"


def suspended_code(number: int, who: Identity) -> str:
    return f"{who.store}-{who.workstation}-H{number}-{tag_of(who.epoch)}"


def read_suspended(code: str, who: Identity) -> int:
    """The number of the ticket that a slip of this terminal and epoch is of, 0 where the code is none."""
    match = _REST.fullmatch(code.removeprefix(f"{who.store}-{who.workstation}"))
    if match is None or not match[1] or match[3] != tag_of(who.epoch):
        return 0
    return int(match[2])
