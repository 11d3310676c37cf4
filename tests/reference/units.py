"""Lines, units and step 1: what a unit costs at the shelf. Also rounding, and spreading a discount over units.

Part of the brute-force reference: see conditions.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reference.conditions import Data, holds, selects

PARTS = 10_000  # a discount before rounding is counted in ten-thousandths: a percent has two decimals
Counts = tuple[int, ...]  # how many units of each line


@dataclass(frozen=True)
class Line:
    """A basket's line: `count` equal units. A kg line is one unit."""

    number: int
    item: Data
    count: int
    regular: int  # what one unit costs at the regular price
    current: int  # what one unit costs after step 1
    price_promotions: tuple[str, ...]  # those that give the current price; empty when the regular price stands
    milli: int = 0

    @property
    def no_discount(self) -> bool:
        return "no_discount" in self.item["tags"]

    @property
    def order(self) -> tuple[str, int, int]:
        """In order of sku (as text), then of current price (dearer first), then of line."""
        return (self.item["sku"], -self.current, self.number)


def round_half_up(parts: int, whole: int) -> int:
    return (2 * parts + whole) // (2 * whole)


def hundredths(percent: float) -> int:
    """12.5 -> 1250, exactly."""
    return int(Decimal(str(percent)) * 100)


def is_choice(promotion: Data) -> bool:
    """With `max_times`, `coupon` or `limit` a price promotion is a choice of step 2 instead."""
    return promotion["type"] == "price" and any(key in promotion for key in ("max_times", "coupon", "limit"))


def promoted_price(promotion: Data, price: int) -> int:
    """The regular price (of one, or of a kg) under this price promotion; "never below 0, never above regular"."""
    if "price" in promotion:
        new = promotion["price"]
    elif "percent" in promotion:
        # AMBIGUOUS for kg: "whatever changes the price per kg comes first, then the line is rounded once". The percent
        # is rounded too, on the price per kg, as "The discount is rounded half up to a minor unit" says; the worked
        # example of the weighed item (1364) agrees.
        new = price - round_half_up(price * hundredths(promotion["percent"]), PARTS)
    else:
        new = price - promotion["off"]
    return int(max(0, min(price, new)))


def unit_price(price: int, milli: int) -> int:
    """What a unit costs at this price; `milli` is 0 for an `each` item."""
    return round_half_up(price * milli, 1000) if milli else price


def choice_price(promotion: Data, line: Line) -> int:
    """What step 1 would make of the unit."""
    return unit_price(promoted_price(promotion, line.item["price"]), line.milli)


def read_lines(items: list[Data], promotions: list[Data], basket: Data) -> list[Line]:
    """The basket's lines after step 1."""
    by_code = {code: item for item in items for code in [item["sku"], *item["barcodes"]]}
    lines = []
    for number, wanted in enumerate(basket["lines"]):
        item = by_code[wanted["code"]]
        milli = wanted.get("milli", 0)
        regular = unit_price(item["price"], milli)
        current = regular
        # AMBIGUOUS: "each line names its price_promotion": where several give the lowest price any of them is taken
        # as right; where none changes what the unit costs, both null and one that lowers the price per kg are.
        candidates = []
        if "no_discount" not in item["tags"]:
            for promotion in promotions:
                if promotion["type"] != "price" or is_choice(promotion) or not holds(promotion, basket):
                    continue
                price = promoted_price(promotion, item["price"])
                if selects(promotion["items"], item) and price < item["price"]:
                    candidates.append((unit_price(price, milli), promotion["id"]))
        current = min([regular, *[cost for cost, _ in candidates]])
        named = tuple(name for cost, name in candidates if cost == current)
        lines.append(Line(number, item, wanted.get("qty", 1), regular, current, named, milli))
    return lines


def takes_part(promotion: Data, selector: Data, line: Line) -> bool:
    """Whether units of this line can be in a `set` or `tier`, or in a threshold's base, by the shelf alone."""
    if line.no_discount:
        return False
    # AMBIGUOUS for kg: "those whose current price is below regular": the unit's price, that is the rounded line's.
    if promotion.get("except_discounted") and line.current < line.regular:
        return False
    return selects(selector, line.item)


@dataclass(frozen=True, order=True)
class Unit:
    """One unit after step 2. Units of a line are alike but for these."""

    line: int
    cost: int
    consumed: bool = False  # by an application of step 2
    gift: bool = False


def spread(amount: int, units: Sequence[Unit], lines: Sequence[Line]) -> set[tuple[Unit, ...]]:
    """`units` with `amount` taken off in proportion to their cost, by largest remainder.

    Equal remainders go in the order of units. AMBIGUOUS: that order ends with the line, and units of one line can cost
    different amounts after step 2; where an equal remainder must choose among those, every choice is in the answer.
    """
    total = sum(unit.cost for unit in units)
    assert 0 < amount <= total
    shares = [amount * unit.cost // total for unit in units]
    left = amount - sum(shares)
    ranks = [(-(amount * unit.cost % total), lines[unit.line].order) for unit in units]
    by_rank = sorted(range(len(units)), key=lambda index: ranks[index])
    sure = [index for index in by_rank[:left] if left < len(units) and ranks[index] != ranks[by_rank[left]]]
    tied = [index for index in by_rank if left < len(units) and ranks[index] == ranks[by_rank[left]]]
    answers = set()
    for more in itertools.combinations(tied, left - len(sure)):
        taken = [share + (index in sure or index in more) for index, share in enumerate(shares)]
        answers.add(
            tuple(
                sorted(
                    Unit(unit.line, unit.cost - off, unit.consumed, unit.gift)
                    for unit, off in zip(units, taken, strict=True)
                )
            )
        )
    return answers
