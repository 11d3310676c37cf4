"""Whether a receipt keeps the contract: every number, every application, and the least total.

Part of the brute-force reference: see conditions.py. A verdict is a list of sentences, empty for a good receipt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reference.conditions import Data, holds
from reference.giving import fits, gift_discount, step2_discounts, times_of
from reference.oracle import Consumed, Uses, least
from reference.thresholds import (
    State,
    after_step2,
    base_of,
    cost,
    gift_reached,
    possible_times,
    take_off,
    tender_choice,
    threshold_discount,
)
from reference.units import Counts, Line, is_choice, read_lines

FEWER = "number of applications in steps 2 and 3, among choices of equal total,"  # how a fault of preference begins


@dataclass
class _Verdict:
    faults: list[str] = field(default_factory=list)

    def same(self, what: str, said: Any, right: Any) -> None:
        if said != right or isinstance(said, bool) != isinstance(right, bool):
            self.faults.append(f"{what} is {said!r}, should be {right!r}")

    def need(self, true: bool, fault: str) -> bool:
        if not true:
            self.faults.append(fault)
        return true


def check_receipt(items: list[Data], promotions: list[Data], basket: Data, receipt: Data) -> list[str]:
    """What is wrong with a receipt as `lane price` writes it."""
    verdict = _Verdict()
    lines = read_lines(items, promotions, basket)
    _check_lines(verdict, lines, basket, receipt)
    if verdict.faults:
        return verdict.faults
    applied = _check_uses(verdict, lines, promotions, basket, receipt)
    if verdict.faults:
        return verdict.faults
    states = _check_discounts(verdict, lines, applied)
    if verdict.faults:
        return verdict.faults
    states = _check_tender(verdict, lines, promotions, basket, applied, states)
    if verdict.faults:
        return verdict.faults
    nets = [line["net"] for line in receipt["lines"]]
    possible = {
        tuple(sum(unit.cost for unit in state if unit.line == line.number) for line in lines) for state in states
    }
    verdict.need(tuple(nets) in possible, f"nets are {nets}, the spreads give {sorted(possible)}")
    _check_least(verdict, lines, promotions, basket, receipt, applied)
    return verdict.faults


def _check_lines(verdict: _Verdict, lines: list[Line], basket: Data, receipt: Data) -> None:
    verdict.same("id", receipt["id"], basket.get("id", ""))
    if not verdict.need(len(receipt["lines"]) == len(lines), "the receipt has other lines than the basket"):
        return
    for line, wanted, said in zip(lines, basket["lines"], receipt["lines"], strict=True):
        name = f"line {line.number}: "
        unit = "milli" if "milli" in wanted else "qty"
        verdict.same(name + "sku", said["sku"], line.item["sku"])
        verdict.same(name + unit, said.get(unit), wanted[unit])
        verdict.same(name + "regular", said["regular"], line.item["price"])
        verdict.same(name + "gross", said["gross"], line.regular * line.count)
        verdict.same(name + "current", said["current"], line.current * line.count)
        verdict.same(name + "discount", said["discount"], said["gross"] - said["net"])
        verdict.need(0 <= said["net"] <= said["current"], name + f"net is {said['net']}")
        promotion = said["price_promotion"]
        if line.current < line.regular:
            verdict.need(promotion in line.price_promotions, name + f"price_promotion is {promotion!r}")
        else:
            verdict.need(promotion in (None, *line.price_promotions), name + f"price_promotion is {promotion!r}")
    for key in ("gross", "discount"):
        verdict.same(key, receipt[key], sum(line[key] for line in receipt["lines"]))
    verdict.same("total", receipt["total"], sum(line["net"] for line in receipt["lines"]))


def _counts(verdict: _Verdict, lines: list[Line], pairs: list[list[int]], name: str) -> Counts:
    counts = [0] * len(lines)
    for number, count in pairs:
        good = 0 <= number < len(lines) and counts[number] == 0 and 0 < count <= lines[number].count
        if verdict.need(good, f"{name}: no such units: {[number, count]}"):
            counts[number] = count
    return tuple(counts)


@dataclass
class _Applied:
    promotion: Data
    times: int
    units: Counts
    gifts: Counts
    discount: int


def _check_uses(
    verdict: _Verdict, lines: list[Line], promotions: list[Data], basket: Data, receipt: Data
) -> list[_Applied]:
    """Conditions, limits, coupons and groups; and that the units exist and are used once."""
    known = {promotion["id"]: promotion for promotion in promotions}
    ids = [application["promotion"] for application in receipt["applications"]]
    verdict.same("order of applications", ids, sorted(set(ids)))
    applied = []
    uses = Uses()
    free = tuple(line.count for line in lines)
    for said in receipt["applications"]:
        name = said["promotion"]
        if not verdict.need(name in known and holds(known[name], basket), f"{name} does not hold"):
            continue
        promotion = known[name]
        verdict.need(promotion["type"] != "price" or is_choice(promotion), f"{name} is of step 1")
        verdict.need(said["times"] > 0 and said["discount"] > 0, f"{name} gives nothing")
        units = _counts(verdict, lines, said["units"], name)
        gifts = _counts(verdict, lines, said["gifts"], name)
        taken = units if promotion["type"] in ("price", "set", "tier") else gifts
        if verdict.need(fits(taken, free), f"{name} takes units that are taken"):
            free = tuple(count - less for count, less in zip(free, taken, strict=True))
        more = uses.more(promotion, said["times"], basket)
        if verdict.need(more is not None, f"{name}: {said['times']} times: more than limit, coupons or group allow"):
            assert more is not None
            uses = more
        applied.append(_Applied(promotion, said["times"], units, gifts, said["discount"]))
    verdict.same("coupons", {code: count for code, count in receipt["coupons"].items() if count}, uses.coupons)
    return applied


def _check_discounts(verdict: _Verdict, lines: list[Line], applied: list[_Applied]) -> set[State]:
    """Every application's discount in steps 2 and 3. Gives every state that the units may be in after step 3."""
    chosen: list[Consumed] = []
    for one in applied:
        name, type_ = one.promotion["id"], one.promotion["type"]
        gives_gifts = "gift" in one.promotion
        if not gives_gifts:
            verdict.same(f"{name}: gifts", sum(one.gifts), 0)
        if type_ in ("price", "set", "tier"):
            right = step2_discounts(one.promotion, lines, one.units, {}) if sum(one.units) else set()
            verdict.same(f"{name}: times", one.times, times_of(one.promotion, one.units))
            verdict.need(one.discount in right, f"{name}: discount {one.discount}, its units can give {sorted(right)}")
            chosen.append((one.promotion, one.units, one.discount))
        elif gives_gifts:
            saved = gift_discount(one.promotion, lines, one.gifts)
            verdict.same(f"{name}: times", one.times, times_of(one.promotion, one.gifts))
            verdict.need(one.discount == saved, f"{name}: discount {one.discount}, its gifts save {saved}")
            chosen.append((one.promotion, one.gifts, one.discount))
    if verdict.faults:
        return set()
    state = after_step2(lines, chosen)
    states = {state}
    for one in applied:  # in order of id
        if one.promotion["type"] != "threshold":
            continue
        name = one.promotion["id"]
        places = base_of(one.promotion, lines, state)
        base = cost(state, places)
        units = tuple(sum(state[place].line == line.number for place in places) for line in lines)
        verdict.same(f"{name}: base units", one.units, units)
        if "gift" in one.promotion:
            enough = gift_reached(one.promotion, base, sum(one.gifts))
            verdict.need(enough, f"{name}: base {base} is not enough for {sum(one.gifts)} gifts")
            continue
        if not verdict.need(
            one.times in possible_times(one.promotion, base), f"{name}: base {base}, {one.times} times"
        ):
            continue
        after: set[State] = set()
        for before in sorted(states):
            places = base_of(one.promotion, lines, before)
            if one.discount == threshold_discount(one.promotion, base, cost(before, places), one.times):
                after |= take_off(before, places, one.discount, lines)
        verdict.need(after != set(), f"{name}: {one.times} times gives another discount than {one.discount}")
        states = after
    return states


def _check_tender(
    verdict: _Verdict,
    lines: list[Line],
    promotions: list[Data],
    basket: Data,
    applied: list[_Applied],
    states: set[State],
) -> set[State]:
    """Step 4. Gives every state that the units may end in."""
    before = Uses()
    for one in applied:
        if one.promotion["type"] != "tender":
            more = before.more(one.promotion, one.times, basket)
            assert more is not None  # _check_uses has looked
            before = more
    paid = [(one.promotion["id"], one.discount) for one in applied if one.promotion["type"] == "tender"]
    base_lines = [line.number for line in lines if not line.no_discount]
    total = sum(unit.cost for unit in min(states) if unit.line in base_lines)
    name, gives = tender_choice(promotions, basket, total, before.coupons, set(before.groups))
    verdict.same("tender promotions", paid, [(name, gives)] if name is not None else [])
    if verdict.faults or name is None:
        return states
    after: set[State] = set()
    for state in sorted(states):
        places = [index for index, unit in enumerate(state) if unit.line in base_lines]
        after |= take_off(state, places, gives, lines)
    for one in applied:
        if one.promotion["type"] == "tender":
            units = tuple(line.count if line.number in base_lines else 0 for line in lines)
            verdict.same(f"{name}: base units", one.units, units)
            verdict.same(f"{name}: times", one.times, 1)
    return after


def _check_least(
    verdict: _Verdict, lines: list[Line], promotions: list[Data], basket: Data, receipt: Data, applied: list[_Applied]
) -> None:
    """That the total is the least, or not further above it than `bound`; that no equal one has fewer applications."""
    tender = sum(one.discount for one in applied if one.promotion["type"] == "tender")
    total = receipt["total"] + tender
    best, ties = least(lines, promotions, basket)
    optimal, bound = receipt["optimal"], receipt["bound"]
    verdict.need(isinstance(optimal, bool) and isinstance(bound, int), "optimal and bound are of another type")
    verdict.need(total >= best, f"the reference is wrong: it finds {best}, the receipt {total}")
    if optimal:
        verdict.same("bound", bound, 0)
        verdict.same("total after step 3", total, best)
        # AMBIGUOUS: "Among choices of equal total the engine's fixed order decides, the same on every machine; fewer
        # applications are preferred": read as: none of equal total has fewer, each application counted (`times`).
        if total == best:
            times = sum(one.times for one in applied if one.promotion["type"] != "tender")
            verdict.same(FEWER, times, min(tie.uses.times for tie in ties))
    else:
        verdict.need(bound >= 0 and total - bound <= best, f"bound is {bound}, but {total - best} less is possible")
