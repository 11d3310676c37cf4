"""The smallest additions to a basket that bring a discount, and what they bring: the best first.

An addition is so many more pieces of one item that a promotion's entry selects (the cheapest of the basket that
brings anything; where the basket has none, and the caller looks further, the cheapest of the book), or an amount more
for a threshold; it costs at most what the basket costs. What it brings is by how much the basket then costs less than
the basket before and the addition at its shelf price: the basket with the addition is priced, and only where the
promotion itself takes more off and the proof leaves more than 0 is there a hint. An amount is in the base of its
promotion alone: goods that others select too may bring more.

A promotion that asks for a member, a coupon or a tender that is not there gives no hint, nor do goods by weight. Each
promotion gives at most one, and one addition is told once. Candidates are ranked by the most that they might bring;
at most `tries` of them are priced; of a basket of more than MAX_WARES lines none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.concerns import Concerns, Ware
from engine.explain import DEFAULT_EXPLAIN_NODES, Cannot, Explainer, amount_text, missing
from engine.forced import MAX_WARES, Effort, Part
from engine.plans import OFF, PERCENT, PRICE, WHOLE, Plan
from engine.pricing import price
from engine.snapshot import Snapshot
from engine.trial import Trial
from engine.values import Basket, BasketLine, Receipt

MAX_HINTS = 5
MAX_TRIES = 16  # baskets that are priced
A_FEW = 40  # promotions that are looked at in one step

# code -> (what a customer is told, nothing to do beside it)
SENTENCES: dict[str, tuple[str, str]] = {
    "add_units": ("{units} more {item}: {gain} less", ""),
    "add_amount": ("{amount} more for {name}: {gain} less", ""),
}
UNIT_REASONS = frozenset({"short_by_units", "short_by_amount"})  # what an addition can mend


@dataclass(frozen=True, slots=True)
class Hint:
    """`units` pieces of `sku` for the entry of the promotion, or so much more for a threshold. `cost_minor`: what is
    added costs at the shelf; `gain_minor`: by how much less the basket then costs than that more."""

    promotion: str
    name: str
    code: str
    gain_minor: int
    cost_minor: int
    units: int = 0
    entry: int = 0
    sku: str = ""
    item: str = ""

    def args(self, exponent: int) -> dict[str, str]:
        """What fills the sentence's names."""
        return {
            "name": self.name,
            "item": self.item,
            "units": str(self.units),
            "amount": amount_text(self.cost_minor, exponent),
            "gain": amount_text(self.gain_minor, exponent),
        }

    def to_json(self, exponent: int) -> dict[str, Any]:
        plain: dict[str, Any] = {"promotion": self.promotion, "name": self.name, "hint": self.code}
        plain["text"] = SENTENCES[self.code][0].format(**self.args(exponent))
        plain["gain_minor"], plain["cost_minor"] = self.gain_minor, self.cost_minor
        if self.code == "add_units":
            plain["units"], plain["entry"], plain["sku"], plain["item"] = self.units, self.entry, self.sku, self.item
        return plain


class _Candidate:
    """An addition that may be worth it; `most` is an optimistic figure of what it brings, minor units."""

    __slots__ = ("amount", "entry", "most", "plan", "sku", "units")

    def __init__(
        self, plan: Plan, most: int, *, amount: int = 0, units: int = 0, entry: int = 0, sku: str = ""
    ) -> None:
        self.plan = plan
        self.most = most
        self.amount = amount
        self.units = units
        self.entry = entry
        self.sku = sku


def hints(
    snapshot: Snapshot,
    basket: Basket,
    receipt: Receipt,
    *,
    nodes: int = DEFAULT_EXPLAIN_NODES,
    tries: int = MAX_TRIES,
    further: bool = True,
) -> list[Hint]:
    """At most MAX_HINTS, the greatest gain first. `receipt` is the price of `basket`; `further`: goods that are not in
    the basket too."""
    hinter = Hinter(snapshot, basket, receipt, nodes=nodes, tries=tries, further=further)
    for _ in hinter.steps():
        pass
    return hinter.found()


class Hinter:
    """The same in steps, for a caller that has other things to do: each prices one basket, or looks at a few
    promotions."""

    def __init__(
        self,
        snapshot: Snapshot,
        basket: Basket,
        receipt: Receipt,
        *,
        nodes: int = DEFAULT_EXPLAIN_NODES,
        tries: int = MAX_TRIES,
        further: bool = False,
        pricer: Callable[[Snapshot, Basket, int], Receipt] = price,
    ) -> None:
        self._snapshot = snapshot
        self._basket = replace(basket, tender="")
        self._receipt = receipt
        self._nodes = nodes
        self._tries = tries
        self._further = further
        self._price = pricer
        self._found: dict[str, Hint] = {}

    def found(self) -> list[Hint]:
        """The hints so far."""
        best: dict[tuple[str, int, str], Hint] = {}
        for hint in sorted(self._found.values(), key=_rank):
            best.setdefault((hint.sku, hint.units, "" if hint.sku else hint.promotion), hint)
        return list(best.values())[:MAX_HINTS]

    def steps(self) -> Iterator[None]:
        concerns = Concerns(self._snapshot, self._basket, self._receipt)
        explainer = Explainer(concerns, Effort(0, 0, 0))
        candidates: list[_Candidate] = []
        if len(concerns.wares) > MAX_WARES:
            return
        for number, index in enumerate(sorted(concerns.plans)):
            if number % A_FEW == 0:
                yield
            plan = concerns.plans[index]
            if plan.kind in ("tender", "price"):
                continue
            reason = explainer.cannot(index)
            if reason is None or reason[0] in UNIT_REASONS:
                candidates += self._candidates(concerns, plan, reason)
        candidates.sort(key=lambda one: (-one.most, one.plan.index))
        before = concerns.before_tender() - self._receipt.bound  # the least that it can cost
        for one in candidates[: self._tries]:
            if one.plan.id in self._found or one.amount > self._receipt.total or one.most <= self._receipt.bound:
                continue
            yield
            hint = self._amount_hint(concerns, explainer, one) if one.amount else self._unit_hint(concerns, one, before)
            if hint is not None:
                self._found[one.plan.id] = hint

    # what might be added

    def _candidates(self, concerns: Concerns, plan: Plan, reason: Cannot) -> list[_Candidate]:
        applied = concerns.applied.get(plan.id)
        if applied is not None and plan.kind != "tier" and not (plan.kind == "threshold" and plan.tiers):
            cap = concerns.cap(plan)
            used = concerns.receipt.coupons.get(plan.coupon, 0) if plan.coupon else 0
            if 0 <= cap <= applied.times or (plan.coupon and used >= concerns.coupons[plan.coupon]):
                return []
        if plan.kind == "threshold":
            return self._amounts(concerns, plan)
        if plan.kind == "tier":
            return self._for_tier(concerns, plan)
        out: list[_Candidate] = []
        entries = [concerns.eligible(plan, slot) for slot in range(len(plan.buy))]
        ways = [missing(plan.buy, entries, free=True)]
        if reason is not None:
            ways.insert(0, missing(plan.buy, entries))
        for short in ways:
            lacking = [slot for slot, count in enumerate(short) if count]
            if len(lacking) != 1 or sum(short) >= plan.qty:
                continue
            slot = lacking[0]
            out += self._of_entry(concerns, plan, slot, short[slot], _set_most(plan, entries))
        return out[:2]

    def _of_entry(self, concerns: Concerns, plan: Plan, slot: int, units: int, most: int) -> list[_Candidate]:
        """The goods of an entry, the cheapest first."""
        cheapest: dict[str, int] = {}
        for ware in concerns.eligible(plan, slot):
            if not ware.milli and ware.current > 0:
                cheapest.setdefault(ware.sku, ware.current)
        skus = sorted(cheapest, key=lambda sku: (cheapest[sku], sku))[:2]
        if not skus and self._further:
            item = self._snapshot.cheapest(plan.index, slot)
            if item is not None:
                skus = [item.sku]
                most = most or item.price * units
        return [_Candidate(plan, most, units=units, entry=slot, sku=sku) for sku in skus]

    def _for_tier(self, concerns: Concerns, plan: Plan) -> list[_Candidate]:
        applied = concerns.applied.get(plan.id)
        mine = sum(count for _, count in applied.units) if applied is not None else 0
        wares = concerns.eligible(plan, 0)
        here = sum(ware.free for ware in wares) + mine
        following = [tier for tier in plan.tiers if tier[0] > max(here, mine)]
        if not following or here == 0:
            return []
        at, mode, amount = following[0]
        units = at - here
        whole = sum(ware.current * ware.count for ware in wares)
        dearest = max(ware.current for ware in wares)
        most = whole + units * dearest
        most = most * amount // WHOLE if mode == PERCENT else max(0, most - at * amount)
        most -= applied.discount if applied is not None else 0
        return self._of_entry(concerns, plan, 0, units, most)

    def _amounts(self, concerns: Concerns, plan: Plan) -> list[_Candidate]:
        base = concerns.base(plan)
        applied = concerns.applied.get(plan.id)
        gives = applied.discount if applied is not None else 0
        if not any(concerns.members.get((plan.index, 0), ())):
            return []
        if plan.is_gift:
            cost, count = plan.gift[2], plan.gift[1]
            most = max((ware.current - cost for ware in concerns.members.get((plan.index, 1), ())), default=0) * count
            wants = sorted(want for want in _gift_bases(concerns, plan) if want > base) if most > 0 else []
            return [_Candidate(plan, most, amount=want - base) for want in wants[:2]]
        if plan.each[0]:
            wanted = (base // plan.each[0] + 1) * plan.each[0]
            most = plan.each[1]
        else:
            following = [tier for tier in plan.tiers if tier[0] > base]
            if not following:
                return []
            wanted, mode, amount = following[0]
            most = (amount if mode == OFF else (wanted * amount + WHOLE // 2) // WHOLE) - gives
        if wanted <= base or most <= 0:
            return []
        return [_Candidate(plan, most, amount=wanted - base)]

    # what it brings

    def _unit_hint(self, concerns: Concerns, one: _Candidate, before: int) -> Hint | None:
        basket = replace(self._basket, lines=(*self._basket.lines, BasketLine(one.sku, one.units)))
        after = self._price(self._snapshot, basket, self._nodes)
        cost = after.lines[-1].current
        gain = before + cost - after.total
        was = concerns.applied.get(one.plan.id)
        more = sum(used.discount for used in after.applications if used.promotion == one.plan.id)
        if gain <= 0 or cost > self._receipt.total or more <= (was.discount if was is not None else 0):
            return None
        item = self._snapshot.find(one.sku)
        name = item.name if item is not None and item.name else one.sku
        return Hint(one.plan.id, one.plan.name, "add_units", gain, cost, one.units, one.entry, one.sku, name)

    def _amount_hint(self, concerns: Concerns, explainer: Explainer, one: _Candidate) -> Hint | None:
        plan = one.plan
        part = Part(concerns, plan, {**explainer.live, plan.index: concerns.cap(plan)})
        trial = Trial(part.wares, part.plans, part.shelf, extra=plan)
        after = trial.price({}, part.coupons, set(), {}, [], -1, self._nodes, one.amount)
        gain = part.total - self._receipt.bound + one.amount - after.total
        if gain <= 0 or trial.discounts(after).get(plan.index, 0) <= part.gives.get(plan.index, 0):
            return None
        return Hint(plan.id, plan.name, "add_amount", gain, one.amount)


def _rank(hint: Hint) -> tuple[int, int, int, str]:
    return -hint.gain_minor, hint.cost_minor, hint.units, hint.promotion


def _gift_bases(concerns: Concerns, plan: Plan) -> Iterator[int]:
    """What the base must cost for a gift more, and for a dearer one in a given one's place."""
    amount, count, cost, each = plan.gift
    applied = concerns.applied.get(plan.id)
    given = [concerns.wares[line] for line, _ in applied.gifts] if applied is not None else []
    number = sum(pieces for _, pieces in applied.gifts) if applied is not None else 0
    times = number // count + 1
    if each or times == 1:
        yield amount * times + concerns.gift_in_base(plan, standing=True)
    base = {ware.line for ware in concerns.eligible(plan, 0)}
    dearer = [
        (ware.current if ware.line in base else 0) - (old.current if old.line in base else 0)
        for old in given
        for ware in concerns.members[plan.index, 1]
        if ware.free and ware.current > max(old.current, cost)
    ]
    if applied is not None and dearer:
        yield amount * applied.times + min(dearer)


def _set_most(plan: Plan, entries: list[list[Ware]]) -> int:
    """What an application gives where all its units are as dear as the dearest that it may take."""
    dearest = max((ware.current for wares in entries for ware in wares), default=0)
    if plan.mode == OFF:
        return plan.amount
    if plan.mode == PRICE:
        return max(0, dearest * plan.cheapest - plan.amount)
    return dearest * plan.cheapest * plan.amount // WHOLE
