"""Codes on the terminal's own papers. Pure.

    STORE-TERMINAL-000123-9f3a      a receipt: store, terminal, SequenceNumber, and a tag of the journal's epoch
    STORE-TERMINAL-H7-9f3a          a suspended ticket; recalls it on any terminal of the store

The tag is the last 16 bits of the epoch: numbers begin anew with a new epoch, and an old paper must not lead to a new
sale. No code of goods is read so: a book's own code goes first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from runtime.sale.record import Identity

_SLIP = re.compile(r"(.{1,20})-H([0-9]{1,16})-([0-9a-f]{4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SlipCode:
    """What a slip says: which terminal put the ticket aside, in which epoch, and the ticket's number there."""

    terminal: str
    tag: str
    number: int


def tag_of(epoch: int) -> str:
    return f"{epoch & 0xFFFF:04x}"


def receipt_code(store: str, workstation: str, sequence: int, epoch: int) -> str:
    return f"{store}-{workstation}-{sequence:06d}-{tag_of(epoch)}"


def suspended_code(number: int, who: Identity) -> str:
    return f"{who.store}-{who.workstation}-H{number}-{tag_of(who.epoch)}"


def read_suspended(code: str, store: str) -> SlipCode | None:
    """The ticket that a slip of any terminal of this store is of, None where the code is none."""
    match = _SLIP.fullmatch(code.removeprefix(f"{store}-")) if code.startswith(f"{store}-") else None
    return SlipCode(match[1], match[3], int(match[2])) if match is not None else None
