"""Finds records of this terminal by number, day, goods, amount, operator or trade number, the newest first.

Bounded: a look takes some records and says where it stopped (`before`), so that the loop is never held up for long;
the heavy search over everything is a tool's (`lane journal search`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.journal.store import Journal
from runtime.sale.record import read_record
from runtime.terminal.findable import amount_of, findable
from runtime.terminal.money import amount_text
from runtime.wire.messages import ViewRecord

if TYPE_CHECKING:
    from runtime.terminal.till import Till

MAX_FOUND = 20
LOOKED_AT_ONCE = 20  # records between two scans
LOOKED_AT_MOST = 2_000  # of one search; the next goes on from there
MAX_SEARCH = 64  # characters


@dataclass(frozen=True, slots=True)
class Found:
    text: str
    records: tuple[ViewRecord, ...]
    before: int  # the search goes on below this number; 0 where everything was looked at


def look(journal: Journal, text: str, before: int, room: int, exponent: int) -> tuple[list[ViewRecord], int]:
    """The records that match among the next few below number `before`, newest first, at most `room`, and the number
    that the next look begins below (0: none is left). Raises JournalError, WireError."""
    first = max(1, before - LOOKED_AT_ONCE)
    found: list[ViewRecord] = []
    for packed in reversed(journal.records(first - 1, before - first, 1 << 26)):
        record = read_record(packed.body)
        if matches(record, text, exponent):
            found.append(seen(record))
            if len(found) == room:
                return found, packed.sequence if packed.sequence > 1 else 0
    return found, first if first > 1 else 0


def matches(record: dict[str, Any], text: str, exponent: int) -> bool:
    """Whether one of the record's words is the text, or a name has it inside. Empty text: every record."""
    wanted = text.strip().casefold()
    if not wanted:
        return True
    said = findable(record)
    return (
        any(wanted == word.casefold() for word in (*said.own, *said.goods, *said.others))
        or any(wanted == amount_text(amount, exponent) for amount in said.amounts)
        or any(wanted in name.casefold() for name in said.names)
    )


def seen(record: dict[str, Any]) -> ViewRecord:
    """A record as one line of a screen. No member, no number of a trade."""
    control = record["type"] == "ControlTransaction"
    return ViewRecord(
        number=record["SequenceNumber"],
        kind=record["ControlType"] if control else "RetailTransaction",
        at=record["EndDateTime"],
        business_day=record["BusinessDayDate"],
        operator=record["OperatorID"],
        amount_minor=amount_of(record) or 0,
        lines=0 if control else sum(not line["VoidFlag"] for line in record["lines"]),
        name=record["Reason"] if control else next((x["Name"] for x in record["lines"] if not x["VoidFlag"]), ""),
    )


async def search(till: Till, text: str, before: int, breathe: Callable[[], Any]) -> Found:
    """The newest that match below number `before` (0: of all). `breathe` is awaited between two looks."""
    below = before or till.checkout.last_sequence + 1
    records: list[ViewRecord] = []
    looked_at = 0
    while below > 1 and len(records) < MAX_FOUND and looked_at < LOOKED_AT_MOST:
        some, after = look(till.journal, text, below, MAX_FOUND - len(records), till.snapshot.exponent)
        records += some
        looked_at += below - after
        below = after
        await breathe()
    return Found(text, tuple(records), below if below > 1 else 0)
