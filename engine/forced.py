"""What a basket would cost at least if one promotion were applied at least once: by how much it lost.

The part of the basket that the promotion shares units, coupons, groups or thresholds with is priced again
(engine.trial) for every way of applying it; units that nothing tells apart make one way:

- a promotion that gives whole minor units, where no threshold looks on: one application is set aside, and may be
  followed by more; else every choice of all of its applications, with what it leaves of its units as sums of money in
  the thresholds' bases;
- a threshold: step 2 is held to a base of its least amount by a threshold with a prize, taken last;
- gifts: one gift unit is set aside (of gifts `each`, every choice of them), under the same prize.

What is set aside needs no coupon and no group: they are taken from the others. Ways are counted, and the pricing of
each is a search with its own nodes: where not all of them were priced to the end, the figure is one that the least does
not exceed, and not `proved`.
"""

from __future__ import annotations

from engine.concerns import Concerns, Ware, unit_order
from engine.offers import rounded
from engine.plans import OFF, PERCENT, PRICE, WHOLE, Plan
from engine.rules import MAX_AMOUNT
from engine.runs import shares
from engine.trial import Floor, Trial

MAX_TRIES = 3_000  # ways of one promotion that are looked at
UNPROVED = 15  # pricings that one counts for which spent all of its nodes
MAX_LEVELS = 8  # of gifts `each`: how many times the amount

Counts = tuple[int, ...]  # units of each class


class Effort:
    """How much may be spent: `pricings` in all, `each` for one promotion, `nodes` for one pricing."""

    __slots__ = ("each", "nodes", "pricings")

    def __init__(self, pricings: int, each: int, nodes: int) -> None:
        self.pricings = pricings
        self.each = each
        self.nodes = nodes


class Forced:
    """`by`: how much more the basket costs with the promotion; `rivals`: what others give less then, by number."""

    __slots__ = ("by", "proved", "rivals")

    def __init__(self, by: int, proved: bool, rivals: dict[int, int]) -> None:
        self.by = by
        self.proved = proved
        self.rivals = rivals


class Class:
    """Units that nothing tells apart. `share`: what the receipt takes off one of them, in parts."""

    __slots__ = ("count", "current", "share", "wares")

    def __init__(self, wares: list[Ware]) -> None:
        self.wares = sorted(wares, key=unit_order)
        self.count = sum(ware.count for ware in wares)
        self.current = wares[0].current
        off = sum(ware.current * ware.count - ware.net for ware in wares)
        self.share = off * WHOLE // self.count


class Way:
    """Units by class, what they gain in parts, how many applications that is, and the rank by what it seems to cost."""

    __slots__ = ("counts", "gain", "seems", "times")

    def __init__(self, counts: Counts, gain: int, times: int, classes: list[Class]) -> None:
        self.counts = counts
        self.gain = gain
        self.times = times
        self.seems = sum(count * one.share for count, one in zip(counts, classes, strict=True)) - gain


class Part:
    """The promotions that `plan` shares something with, itself too, and the goods that any of them selects."""

    def __init__(self, concerns: Concerns, plan: Plan, live: dict[int, int]) -> None:
        """`live`: the promotions of steps 2 and 3 that may be applied at all, with their caps."""
        self.plans: dict[int, tuple[Plan, int]] = {}
        lines: set[int] = set()
        todo = [plan.index]
        by_code: dict[str, list[int]] = {}
        by_group: dict[str, list[int]] = {}
        for index in live:
            other = concerns.plans[index]
            if other.coupon:
                by_code.setdefault(other.coupon, []).append(index)
            if other.group and other.kind != "price":
                by_group.setdefault(other.group, []).append(index)
        while todo:
            index = todo.pop()
            if index in self.plans:
                continue
            one = concerns.plans[index]
            self.plans[index] = one, live[index]
            todo += by_code.get(one.coupon, ()) if one.coupon else ()
            todo += by_group.get(one.group, ()) if one.group and one.kind != "price" else ()
            for slot in range(max(2, len(one.buy))):
                for ware in concerns.members.get((index, slot), ()):
                    if ware.line not in lines:
                        lines.add(ware.line)
                        todo += [other.index for other, _ in ware.slots if other.index in live]
        self.plans = dict(sorted(self.plans.items()))
        self.wares = [ware for ware in concerns.wares if ware.line in lines]
        names = {ware.price_promotion for ware in self.wares}
        self.shelf = {one.id: one for one in concerns.plans.values() if one.id in names}
        applied = {one.id: index for index, (one, _) in self.plans.items()}
        self.gives = {applied[id]: one.discount for id, one in concerns.applied.items() if id in applied}
        self.total = sum(ware.current * ware.count for ware in self.wares) - sum(self.gives.values())
        codes = {one.coupon for one, _ in self.plans.values()}
        self.coupons = {code: count for code, count in concerns.coupons.items() if code in codes}


def least_with(concerns: Concerns, plan: Plan, live: dict[int, int], effort: Effort) -> Forced | None:
    """None where no application of it would be legal, whatever the others do; `by` -1 where that could not be told."""
    part = Part(concerns, plan, live)
    cap = live[plan.index]
    if plan.kind == "threshold":
        return _by_floor(_Tries(part, plan, concerns, effort), plan, cap)
    looked_on = any(one.kind == "threshold" for one, _ in part.plans.values())
    classes = _classes(concerns.eligible_units(plan), part, looked_on)
    ways, whole = _ways(plan, classes, concerns)
    if not ways:
        return None if whole else Forced(-1, False, {})
    tries = _Tries(part, plan, concerns, effort)
    tries.complete = whole
    alone = plan.kind == "tier" or cap == 1
    again = not alone and (plan.kind == "price" or (not looked_on and all(way.gain % WHOLE == 0 for way in ways)))
    if not alone and not again:
        ways, whole = _all_applications(ways, classes, cap)
        tries.complete = tries.complete and whole
    ways = [way for way in ways if rounded(way.gain) > 0]
    if not ways:
        return None if tries.complete else Forced(-1, False, {})
    ways.sort(key=lambda way: (way.seems, way.times, way.counts))
    trial = Trial(part.wares, part.plans, part.shelf, bare=plan)
    for way in ways:
        if not tries.one(trial, _units(way.counts, classes), rounded(way.gain), way.times, again, -1, looked_on):
            break
    return tries.answer()


class _Tries:
    """The ways that are priced, one after another, and the least of them."""

    def __init__(self, part: Part, plan: Plan, concerns: Concerns, effort: Effort) -> None:
        self.part = part
        self.plan = plan
        self.concerns = concerns
        self.effort = effort
        self.left = effort.each
        self.complete = True
        self.bound = -1  # no total is below it
        self.best = -1
        self.discounts: dict[int, int] = {}
        self.rivals_off = {
            index
            for index, (one, _) in part.plans.items()
            if plan.group and plan.kind != "price" and one.kind != "price" and one.group == plan.group
        } - {plan.index}

    def one(
        self,
        trial: Trial,
        units: list[tuple[Ware, int]],
        discount: int,
        times: int,
        again: bool,
        level: int,
        sums: bool,
        chosen: bool = False,
    ) -> bool:
        """Price one way: `units` are set aside. `again`: the promotion may be applied to the rest too; `chosen`: it has
        to be. False where nothing more may be spent."""
        if self.left <= 0 or self.effort.pricings <= 0:
            self.complete = False
            return False
        taken: dict[int, int] = {}
        for ware, count in units:
            taken[ware.line] = taken.get(ware.line, 0) + count
        coupons = dict(self.part.coupons)
        if self.plan.coupon:
            coupons[self.plan.coupon] = coupons.get(self.plan.coupon, 0) - times
        off = self.rivals_off if again else self.rivals_off | {self.plan.index}
        left = self._left(units, discount) if sums else []
        cost = 0 if sums else sum(ware.current * count for ware, count in units) - discount
        used = {self.plan.index: times} if again and self.part.plans[self.plan.index][1] >= 0 and units else {}
        if chosen and self.plan.coupon:
            used = {self.plan.index: self.part.plans[self.plan.index][1] - times}
        receipt = trial.price(taken, coupons, off, used, left, level, self.effort.nodes)
        cost_of_it = 1 if receipt.optimal else UNPROVED
        self.left -= cost_of_it
        self.effort.pricings -= cost_of_it
        discounts = trial.discounts(receipt)
        total = receipt.total + cost
        self.bound = total - receipt.bound if self.bound < 0 else min(self.bound, total - receipt.bound)
        if level >= 0 and not any(one.promotion.startswith("~") for one in receipt.applications):
            if receipt.bound:
                self.complete = False
            return True  # the amount cannot be reached so
        if chosen and self.plan.index not in discounts:
            self.complete = False
            return True
        if self.best < 0 or total < self.best:
            self.best, self.discounts = total, discounts
        return True

    def _left(self, units: list[tuple[Ware, int]], discount: int) -> list[tuple[str, int]]:
        """What every unit set aside costs after the promotion."""
        out: list[tuple[str, int]] = []
        if self.plan.kind == "threshold":
            return out
        if self.plan.kind == "price":
            for ware, count in units:
                out += [(ware.sku, ware.of(self.plan.price_of(ware.regular_unit)))] * count
            return out
        units = sorted(units, key=lambda pair: unit_order(pair[0]))
        spread = shares(discount, [(ware.current, count) for ware, count in units])
        for (ware, count), (share, more) in zip(units, spread, strict=True):
            out += [(ware.sku, ware.current - share - 1)] * more + [(ware.sku, ware.current - share)] * (count - more)
        return out

    def answer(self) -> Forced | None:
        if self.best < 0:
            return None if self.complete else Forced(-1, False, {})
        by = self.best - self.part.total
        proved = self.complete and self.bound == self.best
        rivals = {
            index: gives - self.discounts.get(index, 0)
            for index, gives in self.part.gives.items()
            if gives > self.discounts.get(index, 0) and index != self.plan.index
        }
        return Forced(by if by >= 0 else -1, proved and by >= 0, rivals)


def _by_floor(tries: _Tries, plan: Plan, cap: int) -> Forced | None:
    """A threshold, or its gifts."""
    part = tries.part
    bonus = sum(ware.current * ware.count for ware in part.wares) + 1
    amount = plan.gift[0] if plan.is_gift else plan.each[0] or plan.tiers[0][0]
    levels = [amount]
    if plan.is_gift and plan.gift[3]:
        most = tries.concerns.most(plan) // amount
        most = most if cap < 0 else min(most, cap)
        if most > MAX_LEVELS:
            tries.complete = False
        levels = [amount * (level + 1) for level in range(max(1, min(most, MAX_LEVELS)))]
    if levels[-1] + bonus > MAX_AMOUNT:
        return Forced(-1, False, {})
    floor = Floor(plan, levels, bonus)
    if not plan.is_gift:
        trial = Trial(part.wares, part.plans, part.shelf, bare=plan, floor=floor)
        for times in range(1, (cap if plan.coupon and plan.each[0] else 1) + 1):
            if not tries.one(trial, [], 0, times, True, 0, False, chosen=True):
                break
        return tries.answer()
    _, count, cost, each = plan.gift
    wares = [ware for ware in tries.concerns.members.get((plan.index, 1), ()) if ware.current > cost]
    classes = _classes(wares, part, True)
    ways: list[Way] = []
    for counts in _counts(classes, count * len(levels) if each else 1):
        if len(ways) >= MAX_TRIES:
            tries.complete = False
            break
        number = sum(counts)
        gain = sum(one.current * taken for one, taken in zip(classes, counts, strict=True)) - cost * number
        ways.append(Way(counts, gain * WHOLE, -(-number // count), classes))
    ways.sort(key=lambda way: (way.seems, way.times, way.counts))
    trial = Trial(part.wares, part.plans, part.shelf, bare=plan, fewer=1, floor=floor)
    again = not each and count > 1
    for way in ways:
        gain = way.gain // WHOLE
        if not tries.one(trial, _units(way.counts, classes), gain, way.times, again, way.times - 1, False):
            break
    return tries.answer()


def _classes(wares: list[Ware], part: Part, apart: bool) -> list[Class]:
    """Where a threshold looks on, goods of two skus are told `apart`: the order of units gives the odd minor unit."""
    alike: dict[object, list[Ware]] = {}
    for ware in sorted(wares, key=unit_order):
        slots = tuple((plan.index, slot) for plan, slot in ware.slots if plan.index in part.plans)
        alike.setdefault((ware.current, ware.regular_unit, ware.milli, ware.sku if apart else "", slots), []).append(
            ware
        )
    classes = [Class(same) for same in alike.values()]
    classes.sort(key=lambda one: (one.share, one.wares[0].sku, one.wares[0].line))
    return classes


def _units(counts: Counts, classes: list[Class]) -> list[tuple[Ware, int]]:
    out: list[tuple[Ware, int]] = []
    for count, one in zip(counts, classes, strict=True):
        for ware in one.wares:
            take = min(count, ware.count)
            if take:
                out.append((ware, take))
                count -= take
    return out


def _counts(classes: list[Class], most: int) -> list[Counts]:
    """Every choice of 1 to `most` units, at most so many that the caller sees that there are too many."""
    out: list[Counts] = []
    taken = [0] * len(classes)

    def go(at: int, left: int) -> None:
        if len(out) > MAX_TRIES:
            return
        if at == len(classes):
            if left < most:
                out.append(tuple(taken))
            return
        for count in range(min(left, classes[at].count), -1, -1):
            taken[at] = count
            go(at + 1, left - count)
        taken[at] = 0

    go(0, most)
    return out


def _ways(plan: Plan, classes: list[Class], concerns: Concerns) -> tuple[list[Way], bool]:
    """The ways of one application that gain something (a price promotion: of one unit), and whether they are all."""
    if plan.kind == "price":
        ways: list[Way] = []
        for number, one in enumerate(classes):
            ware = one.wares[0]
            gain = one.current - ware.of(plan.price_of(ware.regular_unit))
            if gain > 0:
                counts = tuple(1 if place == number else 0 for place in range(len(classes)))
                ways.append(Way(counts, gain * WHOLE, 1, classes))
        return ways, True
    if plan.kind == "tier":
        return _tier_ways(plan, classes)
    found, whole = set_ways(plan, classes, concerns)
    return [Way(counts, gain, 1, classes) for counts, gain in found.items()], whole


def _tier_ways(plan: Plan, classes: list[Class]) -> tuple[list[Way], bool]:
    ways: list[Way] = []
    every = _counts(classes, sum(one.count for one in classes))
    for counts in every[:MAX_TRIES]:
        units = sum(counts)
        reached = [tier for tier in plan.tiers if tier[0] <= units]
        if not reached:
            continue
        _, mode, amount = reached[-1]
        pairs = list(zip(classes, counts, strict=True))
        if mode == PERCENT:
            gain = sum(one.current * count for one, count in pairs) * amount
        else:
            gain = sum(max(0, one.current - amount) * count for one, count in pairs) * WHOLE
        if gain > 0:
            ways.append(Way(counts, gain, 1, classes))
    return ways, len(every) <= MAX_TRIES


def set_ways(plan: Plan, classes: list[Class], concerns: Concerns) -> tuple[dict[Counts, int], bool]:
    """What one application of a set gains for its units, put into the entries in the way that gives most."""
    entries: list[list[int]] = []
    for slot in range(len(plan.buy)):
        lines = {ware.line for ware in concerns.eligible(plan, slot)}
        entries.append([number for number, one in enumerate(classes) if one.wares[0].line in lines])
    found: dict[Counts, int] = {}
    used = [0] * len(classes)
    chosen: list[list[tuple[int, int]]] = [[] for _ in entries]
    tried = 0

    def fill(slot: int, at: int, need: int) -> bool:
        nonlocal tried
        if need == 0:
            if slot + 1 < len(entries):
                return fill(slot + 1, 0, plan.buy[slot + 1])
            tried += 1
            counts = tuple(used)
            gain = _set_gain(plan, chosen, classes)
            if gain > found.get(counts, 0):
                found[counts] = gain
            return tried < MAX_TRIES
        if at == len(entries[slot]):
            return True
        number = entries[slot][at]
        for count in range(min(need, classes[number].count - used[number]), -1, -1):
            used[number] += count
            if count:
                chosen[slot].append((number, count))
            more = fill(slot, at + 1, need - count)
            if count:
                chosen[slot].pop()
            used[number] -= count
            if not more:
                return False
        return True

    return found, fill(0, 0, plan.buy[0])


def _set_gain(plan: Plan, chosen: list[list[tuple[int, int]]], classes: list[Class]) -> int:
    rewarded = [pair for slot in chosen for pair in slot] if plan.entry < 0 else chosen[plan.entry]
    left, cost = plan.cheapest, 0
    for price, count in sorted((classes[number].current, count) for number, count in rewarded):
        take = min(count, left)
        cost += take * price
        left -= take
    if plan.mode == PERCENT:
        return cost * plan.amount
    if plan.mode == PRICE:
        return (cost - plan.amount) * WHOLE
    assert plan.mode == OFF
    return min(plan.amount, cost) * WHOLE


def _all_applications(ways: list[Way], classes: list[Class], cap: int) -> tuple[list[Way], bool]:
    """Every choice of one or more applications of these ways, and whether they are all."""
    out: dict[tuple[Counts, int], Way] = {}
    room = [one.count for one in classes]
    whole = True

    def go(begin: int, counts: Counts, gain: int, times: int) -> None:
        nonlocal whole
        for number in range(begin, len(ways)):
            way = ways[number]
            after = tuple(mine + more for mine, more in zip(counts, way.counts, strict=True))
            if any(count > most for count, most in zip(after, room, strict=True)):
                continue
            if len(out) >= MAX_TRIES:
                whole = False
                return
            one = Way(after, gain + way.gain, times + 1, classes)
            key = after, rounded(one.gain)
            if key not in out or one.times < out[key].times:
                out[key] = one
            if cap < 0 or times + 1 < cap:
                go(number, after, one.gain, times + 1)

    go(0, (0,) * len(classes), 0, 0)
    return list(out.values()), whole
