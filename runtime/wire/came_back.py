"""What a record says of goods that came back: of which receipt, which line, how much, and what was given for it.

For the terminal, which counts its own, and for the gateway, which counts those of the store. Only a record that says so
(`ReturnFlag`) is read in full; others are passed over by their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runtime.wire.pack import WireError, unpack

MAX_NUMBER = (1 << 63) - 1  # what a database's integers hold
MAX_TOTAL_MINOR = 10**12  # of one record; nine million of the largest still fit 64 bits
FLAG = b"\xaaReturnFlag\xc3"  # `"ReturnFlag": true` in canonical msgpack


@dataclass(frozen=True, slots=True)
class Returned:
    """One line of a record that came back. `terminal`, `epoch`, `sequence`: of the receipt that it was sold by."""

    terminal: str
    epoch: int
    sequence: int
    line: int
    amount: int  # pieces or grams
    given_minor: int


def returned_in(body: bytes) -> Iterator[Returned]:
    """Of one record; nothing where it is damaged, or the flag's bytes were in a text: others say what is damaged."""
    if FLAG not in body:
        return
    try:
        found = tuple(_returned(unpack(body)))
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError):  # a WireError is a ValueError
        return
    numbers = (n for one in found for n in (one.epoch, one.sequence, one.line, one.amount, one.given_minor))
    if all(abs(n) <= MAX_NUMBER for n in numbers):
        yield from found


def sold_in(body: bytes) -> tuple[str, int] | None:
    """The business day and the total of a record of a sale; None where it is none, or nothing was sold in it."""
    try:
        record = unpack(body)
        if record["type"] != "RetailTransaction" or record.get("TransactionStatus") == "Voided":
            return None
        total = record.get("total")
        total = record["receipt"]["total"] if total is None else total
        date = record["BusinessDayDate"]
    except (WireError, KeyError, TypeError, AttributeError):
        return None
    fits = type(total) is int and abs(total) <= MAX_TOTAL_MINOR and isinstance(date, str) and len(date) == 10
    return (date, total) if fits else None


def _returned(record: dict[str, Any]) -> Iterator[Returned]:
    if record["type"] != "RetailTransaction" or record.get("TransactionStatus") == "Voided":
        return
    gives: dict[int, int] = {one["LineNumber"]: -one["Amount"] for one in record["apart"]}
    for row in record["adjustments"]:
        if row["LineNumber"] in gives:
            gives[row["LineNumber"]] -= row["Amount"]
    for line in record["lines"]:
        origin = line.get("returned")
        if origin is None or line["VoidFlag"] or not origin["SequenceNumber"]:
            continue
        yield Returned(
            terminal=str(origin.get("WorkstationID") or record["WorkstationID"]),
            epoch=int(origin["epoch"]),
            sequence=int(origin["SequenceNumber"]),
            line=int(origin["LineNumber"]),
            amount=int(line["qty"] or line["milli"]),
            given_minor=int(gives[line["LineNumber"]]),
        )
