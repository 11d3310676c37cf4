"""By what a record is found: its numbers, goods, people, names and amounts. Pure; shared by the terminal's own search
and by `lane journal search`, so that both find the same.

It takes records of any version, as maps that nobody has checked: what is not there, or is not what it should be, is not
found. An amount is found with its sign and without: a refund of 5.00 by -5.00 and by 5.00.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.terminal.paper import total_of
from runtime.terminal.paper_codes import receipt_code


@dataclass(frozen=True, slots=True)
class Findable:
    """Amounts are minor units. `amounts` are what the record came to, what was given for it, or what a slip moved;
    `parts` what stands in it besides: lines, what was put on them by hand, a report's sums."""

    own: tuple[str, ...]  # its number, the code on its paper, its days
    goods: tuple[str, ...]  # skus and codes
    others: tuple[str, ...]  # operator, approvers, numbers of trades, what kind of record it is
    names: tuple[str, ...]  # of goods, and reasons: a part of one is enough
    amounts: frozenset[int]
    parts: frozenset[int]


def findable(record: Mapping[str, Any]) -> Findable:
    lines, tenders, by_hand = maps(record, "lines"), maps(record, "tenders"), maps(record, "adjustments")
    back = [one for one in (line.get("returned") for line in lines) if isinstance(one, dict)]
    kind = ("Return",) if record.get("ReturnFlag") is True else ()
    status = record.get("TransactionStatus")
    others = [record.get("OperatorID"), record.get("ApproverID"), record.get("type"), record.get("ControlType"), *kind]
    others += ["Voided"] if status == "Voided" else []
    others += [one.get("ApproverID") for one in (*by_hand, *back)] + [one.get("TradeNo") for one in tenders]
    names = [line.get("Name") for line in lines] + [record.get("Reason")]
    names += [one.get("Reason") for one in (*by_hand, *back)]
    return Findable(
        own=_own(record),
        goods=_texts(value for line in lines for value in (line.get("code"), line.get("ItemID"))),
        others=_texts(others),
        names=_texts(names),
        amounts=_amounts([amount_of(record), *(one.get(key) for one in tenders for key in ("Given", "Amount"))]),
        parts=_amounts(_parts(record, tenders, by_hand)),
    )


def amount_of(record: Mapping[str, Any]) -> int | None:
    """What a sale came to before cash was rounded, or the money that a control record moved; None where it does not
    say."""
    if record.get("type") == "ControlTransaction":
        amount = record.get("Amount")
        return amount if type(amount) is int else None
    try:
        return total_of(dict(record))
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def maps(value: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The maps of a list in a map; none where there is no such list."""
    found = value.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def net_lines(record: Mapping[str, Any]) -> list[tuple[dict[str, Any], int | None]]:
    """Each line with what it came to before anything was put on it by hand, below 0 where goods came back; None for a
    voided one, and where the record does not say."""
    receipt = record.get("receipt")
    priced = iter(maps(receipt, "lines") if isinstance(receipt, dict) else [])
    apart = [(one.get("LineNumber"), one.get("Amount")) for one in maps(record, "apart")]
    nets: list[tuple[dict[str, Any], int | None]] = []
    for line in maps(record, "lines"):
        net: Any = None
        if not line.get("VoidFlag"):
            alone = [amount for number, amount in apart if number == line.get("LineNumber")]
            net = alone[0] if alone else next(priced, {}).get("net")
        nets.append((line, net if type(net) is int else None))
    return nets


def put_on(record: Mapping[str, Any], line: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was put on a line by hand; the rounding of cash is not."""
    rows = maps(record, "adjustments")
    return [one for one in rows if one.get("LineNumber") == line.get("LineNumber") and one.get("kind") != "rounding"]


def sum_of(rows: Iterable[Mapping[str, Any]], key: str = "Amount") -> int:
    return sum(amount for amount in (one.get(key) for one in rows) if type(amount) is int)


def _parts(
    record: Mapping[str, Any], tenders: list[dict[str, Any]], by_hand: list[dict[str, Any]]
) -> list[object]:  # fmt: skip
    found: list[object] = [one.get("Amount") for one in by_hand]
    for line, net in net_lines(record):
        found += [] if net is None else [net, net + sum_of(put_on(record, line))]
    found += [one.get(key) for one in tenders for key in ("Expected", "Counted", "Over")]
    totals = record.get("totals")
    if isinstance(totals, dict):
        found += [amount for name, amount in totals.items() if isinstance(name, str) and name.endswith("_minor")]
    return [*found, record.get("GrandTotal")]


def _own(record: Mapping[str, Any]) -> tuple[str, ...]:
    number, epoch = record.get("SequenceNumber"), record.get("epoch")
    days = _texts([record.get("BusinessDayDate"), str(record.get("EndDateTime", ""))[:10]])
    if type(number) is not int:
        return days
    place = f"{record.get('StoreID')}-{record.get('WorkstationID')}-{number:06d}"
    coded = receipt_code(
        str(record.get("StoreID")), str(record.get("WorkstationID")), number, epoch if type(epoch) is int else 0
    )
    return (str(number), f"{number:06d}", place, coded, *days)


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str) and value)


def _amounts(values: Iterable[object]) -> frozenset[int]:
    said = [value for value in values if type(value) is int]
    return frozenset((*said, *map(abs, said)))
