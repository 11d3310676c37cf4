"""A sale that was closed, as the one who takes its goods back sees it. Pure; from its record alone.

What is given back for a line has two parts. What the engine priced comes back by the engine's rule (engine.returns):
`engine_due` says what is due of it in all once so much is back. What was put on the line after the engine (a price or
discount by hand, the rounding of cash) and lines that the engine never saw come back by their share, rounded half up.
Together they are never more than was paid, and all of it once all is back; what is given now is what is due less what
was given before, whatever that was, and never below nothing. So the refunds of a receipt telescope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.sold import spread_by

Amounts = Mapping[int, int]  # LineNumber -> pieces or grams
EngineDue = Callable[[Amounts], int]  # place in the basket, from 0 -> pieces or grams that are back; gives minor units


@dataclass(frozen=True, slots=True)
class SoldLine:
    line: int  # LineNumber
    code: str
    sku: str
    name: str
    unit: str
    regular_minor: int
    amount: int  # pieces or grams
    place: int  # in the basket, from 0; -1 for a line that the engine was not asked for
    engine_minor: int  # its net of the engine; 0 where place is -1
    put_on_minor: int  # what else it came to

    @property
    def net_minor(self) -> int:
        return self.engine_minor + self.put_on_minor


@dataclass(frozen=True, slots=True)
class SoldReceipt:
    epoch: int
    sequence: int
    at: str
    snapshot: str
    basket: dict[str, Any]
    receipt: dict[str, Any]
    lines: tuple[SoldLine, ...]  # that were sold, without those that came back in it
    terminal: str = ""

    @property
    def paid_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    def line(self, number: int) -> SoldLine | None:
        return next((line for line in self.lines if line.line == number), None)


@dataclass(frozen=True, slots=True)
class Back:
    """What came back of a receipt before."""

    amounts: Amounts
    given_minor: int


def sold_receipt(record: Mapping[str, Any]) -> SoldReceipt:
    """From the map of a record of a sale, as runtime.sale.record.read_record gives it."""
    put_on: dict[int, int] = {one["LineNumber"]: one["Amount"] for one in record.get("apart", ())}
    apart = frozenset(put_on)
    for row in record.get("adjustments", ()):
        put_on[row["LineNumber"]] = put_on.get(row["LineNumber"], 0) + row["Amount"]
    lines = []
    place = 0
    for one in record["lines"]:
        number = one["LineNumber"]
        if one["VoidFlag"]:
            continue
        of_engine = number not in apart
        if one.get("returned") is None:
            lines.append(
                SoldLine(
                    line=number,
                    code=one["code"],
                    sku=one["ItemID"],
                    name=one["Name"],
                    unit=one["unit"],
                    regular_minor=one["regular"],
                    amount=one["qty"] or one["milli"],
                    place=place if of_engine else -1,
                    engine_minor=record["receipt"]["lines"][place]["net"] if of_engine else 0,
                    put_on_minor=put_on.get(number, 0),
                )
            )
        place += of_engine
    return SoldReceipt(
        terminal=record["WorkstationID"],
        epoch=record["epoch"],
        sequence=record["SequenceNumber"],
        at=record["EndDateTime"],
        snapshot=record["snapshot"],
        basket=record["basket"],
        receipt=record["receipt"],
        lines=tuple(lines),
    )


def due_minor(sold: SoldReceipt, back: Amounts, engine_due: EngineDue) -> int:
    """What is due in all once so much is back: from 0 to what was paid, and that when all is back."""
    if all(back.get(line.line, 0) == line.amount for line in sold.lines):
        return max(0, sold.paid_minor)
    of_engine = {line.place: back[line.line] for line in sold.lines if line.place >= 0 and back.get(line.line)}
    due = engine_due(of_engine) if of_engine else 0
    for line in sold.lines:
        if back.get(line.line) and line.put_on_minor:
            due += _part(line.put_on_minor, back[line.line], line.amount)
    return min(max(0, due), max(0, sold.paid_minor))


def allocated_due(sold: SoldReceipt) -> EngineDue:
    """By each line's net share: where the snapshot of the sale is not here any more."""
    by_place = {line.place: line for line in sold.lines if line.place >= 0}

    def due(back: Amounts) -> int:
        return sum(_part(by_place[place].engine_minor, k, by_place[place].amount) for place, k in back.items())

    return due


def refunds(sold: SoldReceipt, before: Back, now: list[tuple[int, int]], engine_due: EngineDue) -> list[int]:
    """What is given back now for each (LineNumber, pieces or grams) of `now`; they sum to the refund."""
    after = dict(before.amounts)
    weights = []
    for number, amount in now:
        line = sold.line(number)
        if line is None:
            raise ValueError(f"no line {number} was sold")
        after[number] = after.get(number, 0) + amount
        if after[number] > line.amount:
            raise ValueError(f"of line {number} more than was sold")
        weights.append(max(0, _part(line.net_minor, amount, line.amount)))
    amount = max(0, due_minor(sold, after, engine_due) - before.given_minor)
    return spread_by(amount, weights if any(weights) else [amount_back for _, amount_back in now])


def _part(net: int, back: int, amount: int) -> int:
    """The share of a net, half up; of one below 0 as of one above."""
    sign = -1 if net < 0 else 1
    return sign * ((2 * abs(net) * back + amount) // (2 * amount))
