"""What a coupled part is given where its search came to no end: promotions one after the other, greedily.

The limit must not leave a customer with nothing. Each promotion is weighed alone; the one that gives most goes first,
and every later one has what is left. Gifts come last, as many as the base that remains is good for. All of it is a
legal choice, found in time that grows with promotions times goods; nothing is proved by it.
"""

from __future__ import annotations

from typing import Final

from engine.coupled import Coupled, Found, Taken
from engine.offers import rounded
from engine.plans import PERCENT, PRICE, WHOLE, Plan
from engine.takers import Goods, entries_of, gain_of

MAX_GIFTS: Final = 8  # gift promotions that are tried
Use = tuple[int, int, dict[int, int]]  # applications, gain in parts, goods -> units


def fill_up(search: Coupled, starts: list[Taken], caps: dict[int, int]) -> None:
    """Offer `search` what greed adds to each of `starts`. `caps`: the most applications by promotion, -1 for any."""
    for start in starts:
        search.offer(search.evaluate(_filled(search, start, caps)))
    best = search.best
    for index in sorted(search.gifts)[:MAX_GIFTS]:
        if best is not None:
            best = _with_gift(search, best, index, caps[index])


def _filled(search: Coupled, start: Taken, caps: dict[int, int]) -> Taken:
    taken = dict(start)
    left = [one.count for one in search.goods]
    coupons = dict(search.coupons)
    groups: set[str] = set()
    for index, (times, _, units) in start.items():
        plan = search.plans[index]
        groups.add(plan.group)
        if plan.coupon:
            coupons[plan.coupon] -= times
        for number, count in units.items():
            left[number] -= count
    ranked: list[tuple[int, int, Plan, list[list[Goods]]]] = []
    for index, plan in sorted(search.plans.items()):
        if index in taken or plan.is_gift:
            continue
        entries = entries_of(plan, search.goods)
        found = _alone(plan, _cap(plan, caps[index], coupons), entries, left)
        if found is not None:
            ranked.append((-found[1], index, plan, entries))
    ranked.sort(key=lambda one: (one[0], one[1]))
    for _, index, plan, entries in ranked:
        if plan.group and plan.group in groups:
            continue
        found = _alone(plan, _cap(plan, caps[index], coupons), entries, left)
        if found is None:
            continue
        taken[index] = found
        groups.add(plan.group)
        if plan.coupon:
            coupons[plan.coupon] -= found[0]
        for number, count in found[2].items():
            left[number] -= count
    return taken


def _cap(plan: Plan, cap: int, coupons: dict[str, int]) -> int:
    if not plan.coupon:
        return cap
    return coupons[plan.coupon] if cap < 0 else min(cap, coupons[plan.coupon])


def _alone(plan: Plan, cap: int, entries: list[list[Goods]], left: list[int]) -> Use | None:
    """What a promotion of step 2 gives greedily on the units that are left; None for nothing."""
    if cap == 0:
        return None
    if plan.kind == "tier":
        best: Use | None = None
        for at, mode, amount in plan.tiers:
            found = _tier(at, mode, amount, plan, entries[0], left)
            if found is not None and (best is None or found[1] > best[1]):
                best = found
    elif plan.kind == "price":
        best = _price(plan, cap, entries[0], left)
    else:
        best = _set(plan, cap, entries, left)
    return best if best is not None and rounded(best[1]) > 0 else None


def _tier(at: int, mode: str, amount: int, plan: Plan, goods: list[Goods], left: list[int]) -> Use | None:
    """One of the tiers: the units that gain most, as many as gain, and others where it needs more."""
    high = min([tier[0] for tier in plan.tiers if tier[0] > at], default=0)
    room = high - 1 if high else sum([left[one.number] for one in goods])
    units: dict[int, int] = {}
    gain = 0
    for one in sorted(goods, key=lambda one: (-one.current, one.number)):
        each = one.current * amount if mode == PERCENT else max(0, one.current - amount) * WHOLE
        count = min(left[one.number], room if each else min(room, at))
        if count > 0:
            units[one.number] = count
            gain += each * count
            room -= count
            at -= count
    return (1, gain, units) if at <= 0 else None


def _price(plan: Plan, cap: int, goods: list[Goods], left: list[int]) -> Use | None:
    units: dict[int, int] = {}
    times = gain = 0
    for one in sorted(goods, key=lambda one: (-one.gains.get(plan.index, 0), one.number)):
        each = one.gains.get(plan.index, 0)
        count = left[one.number] if cap < 0 else min(left[one.number], cap - times)
        if each > 0 and count > 0:
            units[one.number] = count
            times += count
            gain += each * count * WHOLE
    return (times, gain, units) if times else None


def _set(plan: Plan, cap: int, entries: list[list[Goods]], left: list[int]) -> Use | None:
    """The same units again and again, as long as there are enough; then the next. The rewarded entry comes first and
    takes the dearest, so that no other way to put its units gives more."""
    order = sorted(range(len(entries)), key=lambda entry: (entry != plan.entry, len(entries[entry]), entry))
    dear = [(plan.entry < 0 and plan.mode in (PERCENT, PRICE)) or plan.entry == entry for entry in range(len(entries))]
    sorts = [
        sorted(goods, key=lambda one: (-one.current if dear[entry] else one.current, one.number))
        for entry, goods in enumerate(entries)
    ]
    left = list(left)
    units: dict[int, int] = {}
    times = gain = 0
    while cap < 0 or times < cap:
        used: dict[int, int] = {}
        chosen: list[list[tuple[int, int]]] = [[] for _ in entries]
        for entry in order:
            need = plan.buy[entry]
            for one in sorts[entry]:
                count = min(need, left[one.number] - used.get(one.number, 0))
                if count > 0:
                    used[one.number] = used.get(one.number, 0) + count
                    chosen[entry].append((one.number, count))
                    need -= count
                    if not need:
                        break
            if need:
                return (times, gain, units) if times else None
        prices = {one.number: one.current for goods in entries for one in goods}
        each = gain_of(plan, chosen, tuple(sorted(used.items())), prices)
        if each <= 0:
            break
        more = min([left[number] // count for number, count in used.items()])
        if cap >= 0:
            more = min(more, cap - times)
        for number, count in used.items():
            left[number] -= count * more
            units[number] = units.get(number, 0) + count * more
        times += more
        gain += each * more
    return (times, gain, units) if times else None


def _with_gift(search: Coupled, best: Found, index: int, cap: int) -> Found:
    """`best` with as many of the dearest units as gifts as its base is good for."""
    plan = search.plans[index]
    _, size, price, each = plan.gift
    others = {number: use for number, use in best.taken.items() if number != index}
    left = [one.count for one in search.goods]
    for _, _, units in others.values():
        for number, count in units.items():
            left[number] -= count
    goods = [one for one in entries_of(plan, search.goods, gift=True)[1] if one.current > price and left[one.number]]
    goods.sort(key=lambda one: (-one.current, one.number))
    high = sum([left[one.number] for one in goods])
    if not each:
        high = min(high, size)
    if cap >= 0:
        high = min(high, cap * size)
    low = 0
    while low < high:
        most = (low + high + 1) // 2
        gain = 0
        need = most
        gifts: dict[int, int] = {}
        for one in goods:
            count = min(left[one.number], need)
            if count:
                gifts[one.number] = count
                need -= count
                gain += (one.current - price) * count * WHOLE
        found = search.evaluate({**others, index: (-(-most // size), gain, gifts)})
        if found is None:
            high = most - 1
        else:
            search.offer(found)
            low = most
    return search.best or best
