"""Other ways to put an offer's units together: what its applications gain where that is not the most.

The layered search puts the units that an offer consumes together so that they gain most, dearest first. Where a
threshold's base is short by a little, less can be more: the same units in other runs take less off the base. Here all
sums that the runs of given units can gain are listed, and of several offers those are picked that lose least and keep
every base.
"""

from __future__ import annotations

from typing import Final

from engine.offers import rounded

MAX_SUMS: Final = 3_000  # sums of one offer's units that are told apart
MAX_PICKS: Final = 2_000  # ways to pick one sum of each offer that are tried


class Spread:
    """An offer's units as they are spread over bases: `most` is what they gain at best; `units` are prices, counts and
    the bases they are in (one bit each). `weights` are of each unit, dearest first, where they can be put together
    anew."""

    __slots__ = ("cheapest", "cost", "most", "number", "qty", "units", "weights")

    def __init__(self, number: int, most: int, units: list[tuple[int, int, int]]) -> None:
        self.number = number
        self.most = most
        self.units = units
        self.cost = 0
        for price, count, _ in units:
            self.cost += price * count
        self.weights: list[int] = []
        self.qty = 1
        self.cheapest = 1

    def off(self, gain: int, base: int) -> int:
        """The minor units that a base loses at least where so much is gained, by largest remainder as in engine.runs:
        of equal remainders those outside the base come first."""
        discount = rounded(gain)
        if self.cost <= 0:
            return 0
        taken = 0
        rest = discount
        ranked: list[tuple[int, int, int]] = []
        for price, count, mask in self.units:
            share = discount * price // self.cost
            rest -= share * count
            inside = mask >> base & 1
            if inside:
                taken += share * count
            ranked.append((share * self.cost - discount * price, inside, count))
        ranked.sort()
        for _, inside, count in ranked:
            more = min(count, rest)
            if inside:
                taken += more
            rest -= more
        return taken


def sums_of(spread: Spread, least: int) -> list[int] | None:
    """What the units can gain, at least `least`, most first; None where there are too many ways."""
    qty = spread.qty
    first = qty - spread.cheapest
    runs = len(spread.weights) // qty
    # (runs by units in them, runs begun) -> sums so far
    layer: dict[tuple[tuple[int, ...], int], set[int]] = {((0,) * (qty - 1), 0): {0}}
    for weight in spread.weights:
        out: dict[tuple[tuple[int, ...], int], set[int]] = {}
        count = 0
        for (fills, begun), sums in layer.items():
            for place in range(qty):
                if begun == runs if place == 0 else fills[place - 1] == 0:
                    continue
                after = list(fills)
                if place:
                    after[place - 1] -= 1
                if place + 1 < qty:
                    after[place] += 1
                key = (tuple(after), begun + 1 if place == 0 else begun)
                there = out.setdefault(key, set())
                there |= {one + weight for one in sums} if place >= first else sums
        for sums in out.values():
            count += len(sums)
        if count > MAX_SUMS:
            return None
        layer = out
    found: set[int] = set()
    for (fills, _), sums in layer.items():
        if not any(fills):
            found |= sums
    return sorted([one for one in found if one >= least], reverse=True)


def regrouped(spreads: list[Spread], off: list[int], allowed: list[int], room: int) -> tuple[int, dict[int, int], bool]:
    """The least that all offers together lose, below `room`, so that no base has more than `allowed` minor units taken
    off: the loss (or `room`), the gains by offer, and whether that is proved. `off` is what else is taken off each
    base."""
    picker = _Picker(spreads, allowed, room)
    picker.pick(0, 0, list(off))
    return picker.loss, picker.found, picker.proved


class _Picker:
    def __init__(self, spreads: list[Spread], allowed: list[int], room: int) -> None:
        self.spreads = spreads
        self.allowed = allowed
        self.loss = room
        self.found: dict[int, int] = {}
        self.gains: dict[int, int] = {}
        self.proved = True
        self.steps = 0
        self.choices: list[list[int]] = []
        for spread in spreads:
            sums = [spread.most]
            if spread.weights:
                made = sums_of(spread, spread.most - room + 1)
                if made is None:
                    self.proved = False
                else:
                    sums = made
            self.choices.append(sums)

    def pick(self, at: int, lost: int, off: list[int]) -> None:
        self.steps += 1
        if self.steps > MAX_PICKS:
            self.proved = False
            return
        for base, one in enumerate(off):
            if one > self.allowed[base]:
                return
        if at == len(self.spreads):
            self.loss = lost
            self.found = dict(self.gains)
            return
        spread = self.spreads[at]
        for gain in self.choices[at]:
            here = lost + spread.most - gain
            if here >= self.loss:
                break
            after = [one + spread.off(gain, base) for base, one in enumerate(off)]
            self.gains[spread.number] = gain
            self.pick(at + 1, here, after)
