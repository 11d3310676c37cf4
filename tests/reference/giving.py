"""Step 2, one promotion at a time: what it can give for exactly these units.

"A unit is consumed by at most one application"; units of a line are alike, so units are told as a count for each line.
Part of the brute-force reference: see conditions.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from reference.conditions import Data, selects
from reference.units import PARTS, Counts, Line, choice_price, hundredths, round_half_up, takes_part


def all_counts(most: Counts) -> Iterator[Counts]:
    return itertools.product(*[range(count + 1) for count in most])


def minus(counts: Counts, taken: Counts) -> Counts:
    return tuple(count - less for count, less in zip(counts, taken, strict=True))


def fits(taken: Counts, counts: Counts) -> bool:
    return all(less <= count for less, count in zip(taken, counts, strict=True))


def prices(counts: Counts, lines: Sequence[Line]) -> list[int]:
    return [line.current for line, count in zip(lines, counts, strict=True) for _ in range(count)]


def _ways(promotion: Data, lines: Sequence[Line], counts: Counts, entry: int = 0) -> Iterator[list[Counts]]:
    """Every way to put exactly these units into the `buy` entries."""
    if entry == len(promotion["buy"]):
        if sum(counts) == 0:
            yield []
        return
    buy = promotion["buy"][entry]
    for taken in all_counts(counts):
        if sum(taken) != buy["qty"]:
            continue
        if all(takes_part(promotion, buy["items"], line) for line, count in zip(lines, taken, strict=True) if count):
            for rest in _ways(promotion, lines, minus(counts, taken), entry + 1):
                yield [taken, *rest]


def set_gives(promotion: Data, lines: Sequence[Line], counts: Counts) -> int:
    """What one application gives for exactly these units, in parts, before rounding; 0 where it is none.

    "Where its units can be put into the entries in several ways, the way that gives most counts."
    """
    reward = promotion["reward"]
    most = 0
    for way in _ways(promotion, lines, counts):
        rewarded = way[reward["group"]] if "group" in reward else counts
        costs = sorted(prices(rewarded, lines))
        if "of" in reward:
            costs = costs[: reward["count"]]
        if "percent" in reward:
            gives = sum(costs) * hundredths(reward["percent"])
        elif "off" in reward:
            gives = min(reward["off"], sum(costs)) * PARTS
        else:
            gives = (sum(costs) - reward["price"]) * PARTS
        most = max(most, gives)
    return most


def set_sums(
    promotion: Data, lines: Sequence[Line], counts: Counts, known: dict[Counts, frozenset[int]]
) -> frozenset[int]:
    """Every sum that applications of a set can give together when they consume exactly these units, in parts."""
    if sum(counts) == 0:
        return frozenset({0})
    if counts not in known:
        size = sum(buy["qty"] for buy in promotion["buy"])
        first = next(index for index, count in enumerate(counts) if count)  # this unit is in one of the applications
        sums = set()
        for taken in all_counts(counts):
            if sum(taken) == size and taken[first] > 0:
                gives = set_gives(promotion, lines, taken)
                if gives > 0:  # "An application must give more than 0 before rounding"
                    for others in set_sums(promotion, lines, minus(counts, taken), known):
                        sums.add(gives + others)
        known[counts] = frozenset(sums)
    return known[counts]


def tier_gives(promotion: Data, lines: Sequence[Line], counts: Counts) -> int:
    """What a tier's one application gives for exactly these units, in parts."""
    for line, count in zip(lines, counts, strict=True):
        if count and not takes_part(promotion, promotion["items"], line):
            return 0
    reached = [tier for tier in promotion["tiers"] if tier["qty"] <= sum(counts)]
    if not reached:
        return 0
    tier = max(reached, key=lambda tier: tier["qty"])
    if "percent" in tier:
        return int(sum(prices(counts, lines)) * hundredths(tier["percent"]))
    return int(sum(max(0, cost - tier["price"]) for cost in prices(counts, lines)) * PARTS)


def times_of(promotion: Data, counts: Counts) -> int:
    """How many applications consume so many units (of a gift threshold: how many its gifts need)."""
    if promotion["type"] == "price":
        return sum(counts)
    if promotion["type"] == "set":
        return int(sum(counts) // sum(buy["qty"] for buy in promotion["buy"]))
    if promotion["type"] == "threshold" and promotion["gift"].get("each"):
        return int(-(-sum(counts) // promotion["gift"]["count"]))
    return 1


def step2_discounts(
    promotion: Data, lines: Sequence[Line], counts: Counts, known: dict[Counts, frozenset[int]]
) -> set[int]:
    """Every discount that a promotion of step 2 can give, rounded once, when it consumes exactly these units."""
    if promotion["type"] == "price":
        discount = 0
        for line, count in zip(lines, counts, strict=True):
            gives = line.current - choice_price(promotion, line)
            if count and (line.no_discount or not selects(promotion["items"], line.item) or gives <= 0):
                return set()
            discount += count * gives
        return {discount}
    if promotion["type"] == "set":
        sums = set(set_sums(promotion, lines, counts, known))
    else:
        sums = {tier_gives(promotion, lines, counts)}
    discounts = {round_half_up(parts, PARTS) for parts in sums}
    return {discount for discount in discounts if discount > 0}  # "and a promotion more than 0 after it"


def gift_discount(promotion: Data, lines: Sequence[Line], counts: Counts) -> int:
    """What these units save as gifts of a threshold; 0 where they cannot all be."""
    gift = promotion["gift"]
    if not gift.get("each") and sum(counts) > gift["count"]:
        return 0
    discount = 0
    for line, count in zip(lines, counts, strict=True):
        if count and (line.no_discount or not selects(gift["items"], line.item) or line.current <= gift["price"]):
            return 0
        discount += count * (line.current - gift["price"])
    return discount
