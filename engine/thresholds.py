"""Step 3: what thresholds take off the units that step 2 leaves, and which of them are chosen.

The base of a threshold is what its units cost after step 2; thresholds do not see each other's discounts, but the
chosen are taken off in order of id, and each is cut to what its units still cost. Where nothing can be cut and no
group or coupon is shared, all that are reached are chosen; else the subsets are tried, within the search's nodes. Where
that does not end, all of them are taken: see engine.together.
"""

from __future__ import annotations

from engine.plans import OFF, WHOLE, Plan
from engine.runs import Run, lowered
from engine.together import Taking, combinations, least_left, strongest


class Threshold:
    """A threshold as it stands for this basket. `cap` is the most applications, -1 for any number."""

    __slots__ = ("cap", "index", "members", "plan")

    def __init__(self, plan: Plan, cap: int, members: set[int]) -> None:
        self.plan = plan
        self.index = plan.index
        self.cap = cap
        self.members = members  # places of the units that its selector means

    def has(self, run: Run) -> bool:
        """Whether these units are in the base."""
        return run.place in self.members and not run.gift and not (run.taken and self.plan.except_discounted)

    def base(self, runs: list[Run]) -> int:
        members = self.members
        total = 0
        if self.plan.except_discounted:
            for run in runs:
                if run.place in members and not run.gift and not run.taken:
                    total += run.cost * run.count
        else:
            for run in runs:
                if run.place in members and not run.gift:
                    total += run.cost * run.count
        return total

    def times(self, base: int) -> int:
        """The most applications to a base, apart from coupons."""
        plan = self.plan
        if plan.is_gift:
            times = base // plan.gift[0] if plan.gift[3] else min(1, base // plan.gift[0])
        elif plan.each[0]:
            times = base // plan.each[0]
        else:
            times = 1 if base >= plan.reach else 0
        return times if self.cap < 0 else min(times, self.cap)

    def gives(self, base: int, times: int) -> int:
        """What so many applications take off, before they are cut."""
        plan = self.plan
        if times <= 0:
            return 0
        if plan.flat >= 0:
            return plan.flat if base >= plan.reach else 0
        if plan.each[0]:
            return plan.each[1] * times
        best = 0
        for at, mode, amount in plan.tiers:
            if at <= base:
                best = amount if mode == OFF else (base * amount + WHOLE // 2) // WHOLE
        return best

    def most(self, base: int) -> int:
        """The most that it can take off where its base is at most `base`: for bounds."""
        plan = self.plan
        if plan.is_gift:
            return 0
        if plan.flat >= 0:
            return min(base, plan.flat) if base >= plan.reach and self.cap != 0 else 0
        if plan.each[0]:
            return min(base, plan.each[1] * self.times(base))
        best = 0
        if self.cap == 0:
            return 0
        reached = [tier for tier in plan.tiers if tier[0] <= base]
        for number, (_, mode, amount) in enumerate(reached):
            top = reached[number + 1][0] - 1 if number + 1 < len(reached) else base
            best = max(best, amount if mode == OFF else (top * amount + WHOLE // 2) // WHOLE)
        return min(base, best)


class Pick:
    """A threshold that is chosen: how often, and what it takes off."""

    __slots__ = ("discount", "threshold", "times")

    def __init__(self, threshold: Threshold, times: int, discount: int) -> None:
        self.threshold = threshold
        self.times = times
        self.discount = discount


class Picks:
    """The thresholds chosen, what they take off together and how many applications they are; no choice takes off more
    than `bound` more."""

    __slots__ = ("applications", "bound", "picks", "steps", "value")

    def __init__(self, picks: list[Pick], bound: int, steps: int) -> None:
        self.picks = picks
        self.value = 0
        self.applications = 0
        for pick in picks:
            self.value += pick.discount
            self.applications += pick.times
        self.bound = bound
        self.steps = steps  # work, in nodes of the search


FEW = 3  # thresholds, of which counts are tried the other way round too
QUICK_STEPS = 500  # of them before counts are tried the other way round
MAX_STEPS = 2_000  # subsets of one choice of step 2 that are looked at, of few thresholds
MANY_STEPS = 100  # the same of many
MAX_TRIED = 4  # combinations of groups that are worked out
MAX_DEPTH = 250  # thresholds that subsets are tried of; those after are left out


def choose(
    thresholds: list[Threshold], runs: list[Run], groups: set[str], coupons: dict[str, int], least: int = 0
) -> Picks:
    """The best choice of `thresholds` (in order of id, without gifts) over the units that step 2 left; its `bound` is
    -1 where any is seen to take off less than `least`.

    `groups` are used, `coupons` are left.
    """
    candidates: list[tuple[Threshold, int, int, int]] = []  # with its base, times and most
    simple = True
    seen: set[str] = set()
    for threshold in thresholds:
        plan = threshold.plan
        if plan.group and plan.group in groups:
            continue
        base = threshold.base(runs)
        times = threshold.times(base)
        if plan.coupon:
            times = min(times, coupons.get(plan.coupon, 0))
        gives = threshold.gives(base, times)
        if gives <= 0:
            continue
        for shared in ((plan.group and f"g{plan.group}"), (plan.coupon and f"c{plan.coupon}")):
            if shared:
                simple = simple and shared not in seen
                seen.add(shared)
        candidates.append((threshold, base, times, gives))
    if simple:
        together = sum(one[3] for one in candidates)
        if all(together <= one[1] for one in candidates):
            return Picks([Pick(one[0], one[2], one[3]) for one in candidates], 0, 0)
    weight = 1 + len(runs) // 4  # a step costs as much as the units that it goes through
    chooser = _Chooser(candidates, dict(coupons))
    if chooser.few:
        if chooser.best(runs, set(groups)):
            return Picks(chooser.picks, 0, chooser.steps * weight)
    elif chooser.rest[0] < least:
        return Picks([], -1, 1)
    every = _AllTaken(candidates, runs)
    if every.most < least:
        return Picks([], -1, every.steps * weight)
    every.take(coupons, runs)
    if every.value > chooser.value:
        chooser.start(every.value, every.picks)
    whole = not chooser.few and chooser.best(runs, set(groups))
    if chooser.value == chooser.ceiling:
        chooser.drop_needless(runs)
    if whole:
        return Picks(chooser.picks, 0, (chooser.steps + every.steps) * weight)
    bound = min(chooser.rest[0], chooser.ceiling, every.most) - chooser.value
    return Picks(chooser.picks, max(0, bound), (chooser.steps + every.steps) * weight)


class _AllTaken:
    """All thresholds, of each group one: `most` is the most that any choice takes off; after `take` `value` is what
    theirs does."""

    def __init__(self, candidates: list[tuple[Threshold, int, int, int]], runs: list[Run]) -> None:
        costs = [run.cost for run in runs]
        counts = [run.count for run in runs]
        takings: list[Taking] = []
        for threshold, _, _, gives in candidates:
            places = [place for place, run in enumerate(runs) if threshold.has(run)]
            units = sum([counts[place] for place in places])
            takings.append(Taking(places, units, gives, threshold.plan.group))
        self.candidates = candidates
        self.value = 0
        self.picks: list[Pick] = []
        self.whole = sum([run.cost * run.count for run in runs])
        self.ranked: list[tuple[int, int, list[int]]] = []
        for chosen in combinations(takings):
            left = least_left(costs, counts, [takings[number] for number in chosen])
            self.ranked.append((left, len(self.ranked), chosen))
        if self.ranked:
            self.ranked.sort()
            self.most = self.whole - self.ranked[0][0]
        else:
            self.ranked = [(0, 0, strongest(takings))]
            self.most = self.whole - least_left(costs, counts, takings)
        self.steps = 1 + len(self.ranked) * len(candidates) // 8

    def take(self, coupons: dict[str, int], runs: list[Run]) -> None:
        for left, _, chosen in self.ranked[:MAX_TRIED]:
            if self.whole - left <= self.value:
                break
            found = _taken([self.candidates[one] for one in chosen], dict(coupons), runs)
            self.steps += len(chosen)
            gained = sum([pick.discount for pick in found])
            if gained > self.value:
                self.value, self.picks = gained, found


def _taken(candidates: list[tuple[Threshold, int, int, int]], coupons: dict[str, int], runs: list[Run]) -> list[Pick]:
    """All of these, one after another, each as often as it takes something."""
    picks: list[Pick] = []
    for threshold, base, limit, _ in candidates:
        plan = threshold.plan
        flags = [threshold.has(run) for run in runs]
        still = 0
        for run, mine in zip(runs, flags, strict=True):
            if mine:
                still += run.cost * run.count
        if plan.coupon:
            limit = min(limit, coupons[plan.coupon])
        if plan.each[0]:
            limit = min(limit, -(-still // plan.each[1]))
        discount = min(threshold.gives(base, limit), still)
        if discount > 0:
            if plan.coupon:
                coupons[plan.coupon] -= limit
            picks.append(Pick(threshold, limit, discount))
            runs = lowered(runs, discount, flags)
    return picks


class _Chooser:
    def __init__(self, candidates: list[tuple[Threshold, int, int, int]], coupons: dict[str, int]) -> None:
        self.candidates = candidates
        self.coupons = coupons
        self.value = 0
        self.applications = 0
        self.picks: list[Pick] = []
        self.steps = 0
        self.few = len(candidates) <= FEW
        self.limit = QUICK_STEPS if self.few else MANY_STEPS
        self.rising = False  # whether a threshold that gives less each time than one to come is tried from 1 on
        self.ceiling = 0  # what all the base units cost: more cannot be taken off
        self.rest = [0] * (len(candidates) + 1)
        self.single = [1] * (len(candidates) + 1)  # the most that one application takes off, of those from here on
        for i in range(len(candidates) - 1, -1, -1):
            self.rest[i] = self.rest[i + 1] + min(candidates[i][1], candidates[i][3])
            self.single[i] = max(self.single[i + 1], candidates[i][0].plan.each[1] or candidates[i][3])

    def start(self, value: int, picks: list[Pick]) -> None:
        """A choice to be beaten."""
        self.value, self.picks = value, picks
        self.applications = sum([pick.times for pick in picks])

    def best(self, runs: list[Run], groups: set[str]) -> bool:
        """Whether the best choice was found and proved."""
        for run in runs:
            if any(one[0].has(run) for one in self.candidates):
                self.ceiling += run.cost * run.count
        self._go(0, runs, groups, [], 0, 0)
        whole = self.steps < self.limit
        if self.few and not whole:  # counts are large: first what can be reached, then the first way to reach it
            before = self.steps
            self.rising, self.steps, self.limit = True, 0, MAX_STEPS
            self._go(0, runs, groups, [], 0, 0)
            whole = self.steps < self.limit
            before += self.steps
            if whole and self.picks:
                picks, applications = self.picks, self.applications
                self.rising, self.steps = False, 0
                self.applications += 1
                self._go(0, runs, groups, [], 0, 0)
                if self.steps >= self.limit and self.applications > applications:
                    self.picks = picks
            self.steps += before
        return whole

    def drop_needless(self, runs: list[Run]) -> None:
        """Where all is taken off: a threshold is applied no more often than must be, for what the others take without
        it; those with the most applications first."""
        for pick in sorted(self.picks, key=lambda one: -one.times):
            low, high = 0, pick.times
            while low < high:
                middle = 0 if low == 0 and high == pick.times else (low + high) // 2
                rest = self._with(pick.threshold, middle, runs)
                if sum([one.discount for one in rest]) == self.value:
                    high = middle
                    self.start(self.value, rest)
                else:
                    low = middle + 1

    def _with(self, changed: Threshold, times: int, runs: list[Run]) -> list[Pick]:
        """The choice with another count of one threshold: none that takes nothing."""
        bases = {one[0].index: one[1] for one in self.candidates}
        rest: list[Pick] = []
        for pick in self.picks:
            threshold = pick.threshold
            count = times if threshold is changed else pick.times
            flags = [threshold.has(run) for run in runs]
            still = sum([run.cost * run.count for run, mine in zip(runs, flags, strict=True) if mine])
            discount = min(threshold.gives(bases[threshold.index], count), still)
            if discount > 0:
                rest.append(Pick(threshold, count, discount))
                runs = lowered(runs, discount, flags)
        return rest

    def _go(self, at: int, runs: list[Run], groups: set[str], chosen: list[Pick], value: int, times: int) -> None:
        if value > self.value or (value == self.value and times < self.applications):
            self.value, self.applications, self.picks = value, times, list(chosen)
        self.steps += 1 + (len(runs) >> 7)  # many runs take as long as many steps
        if at == MAX_DEPTH:
            self.steps = self.limit
        if at == len(self.candidates) or self.steps >= self.limit:
            return
        most = min(value + self.rest[at], self.ceiling)
        least = times - (value - self.value) // self.single[at] if value < self.value else times
        if most < self.value or (most == self.value and least >= self.applications):
            return
        threshold, base, limit, _ = self.candidates[at]
        plan = threshold.plan
        if not (plan.group and plan.group in groups):
            flags = [threshold.has(run) for run in runs]
            still = sum(run.cost * run.count for run, mine in zip(runs, flags, strict=True) if mine)
            if plan.coupon:
                limit = min(limit, self.coupons[plan.coupon])
            if plan.each[0]:
                limit = min(limit, -(-still // plan.each[1]))  # the last application takes something too
            rising = self.rising and plan.each[0] > 0 and plan.each[1] < self.single[at + 1]
            passed = 0  # counts that lead nowhere: many of them cost a step, too
            for count in range(1, limit + 1) if rising else range(limit, 0, -1):
                discount = min(threshold.gives(base, count), still)
                if discount <= 0 or self.steps >= self.limit:
                    break
                most = min(value + discount + self.rest[at + 1], self.ceiling)
                if most < self.value and not rising:
                    break
                short = max(0, self.value - value - discount)
                if most < self.value or (
                    most == self.value and times + count - (-short // self.single[at + 1]) >= self.applications
                ):
                    passed += 1
                    if not passed % 64:
                        self.steps += 1
                    continue
                if plan.coupon:
                    self.coupons[plan.coupon] -= count
                after = groups | {plan.group} if plan.group else groups
                chosen.append(Pick(threshold, count, discount))
                self._go(at + 1, lowered(runs, discount, flags), after, chosen, value + discount, times + count)
                chosen.pop()
                if plan.coupon:
                    self.coupons[plan.coupon] += count
                if self.steps >= self.limit:
                    return
        self._go(at + 1, runs, groups, chosen, value, times)
