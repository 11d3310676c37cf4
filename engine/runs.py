"""Runs of like units in the fixed order of units, and a discount spread over them by largest remainder."""

from __future__ import annotations


class Run:
    """`count` units at `place` that cost `cost` minor units each now; `place` is a number that the user gives sense."""

    __slots__ = ("cost", "count", "gift", "place", "taken")

    def __init__(self, place: int, count: int, cost: int, taken: bool, gift: bool) -> None:
        self.place = place
        self.count = count
        self.cost = cost
        self.taken = taken  # consumed in step 2
        self.gift = gift


def shares(discount: int, costs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """`discount` over units given as (cost, count) in order: for each, what every unit gets, and how many of the
    first of them get one more. Equal remainders go in the order given. 0 <= discount <= the sum of costs.
    """
    if len(costs) == 1:
        count = costs[0][1]
        share = discount // count
        return [(share, discount - share * count)]
    whole = 0
    for cost, count in costs:
        whole += cost * count
    if whole <= 0:
        return [(0, 0)] * len(costs)
    rest = discount
    out: list[tuple[int, int]] = []
    ranked: list[tuple[int, int]] = []
    for place, (cost, count) in enumerate(costs):
        share = discount * cost // whole
        rest -= share * count
        out.append((share, 0))
        ranked.append((share * whole - discount * cost, place))  # the greatest remainder first
    if rest:
        ranked.sort()
        for _, place in ranked:
            more = min(costs[place][1], rest)
            out[place] = (out[place][0], more)
            rest -= more
            if not rest:
                break
    return out


def lowered(runs: list[Run], discount: int, chosen: list[bool]) -> list[Run]:
    """The runs after `discount` is spread over those `chosen` (one flag for each run), in proportion to cost."""
    parts = shares(discount, [(run.cost, run.count) for run, mine in zip(runs, chosen, strict=True) if mine])
    out: list[Run] = []
    at = 0
    for run, mine in zip(runs, chosen, strict=True):
        if not mine:
            out.append(run)
            continue
        share, more = parts[at]
        at += 1
        if more:
            out.append(Run(run.place, more, run.cost - share - 1, run.taken, run.gift))
        if run.count > more:
            out.append(Run(run.place, run.count - more, run.cost - share, run.taken, run.gift))
    return out


def lower(base: list[Run], discount: int, runs: dict[int, list[Run]]) -> None:
    """Spread `discount` over the runs of `base`, which are in `runs` (by place, in order): they change."""
    parts = shares(discount, [(run.cost, run.count) for run in base])
    for number, run in enumerate(base):
        share, more = parts[number]
        run.cost -= share
        if more:
            if more < run.count:  # the first of them get one more
                there = runs[run.place]
                there.insert(there.index(run) + 1, Run(run.place, run.count - more, run.cost, run.taken, run.gift))
                run.count = more
            run.cost -= 1
