"""Why a promotion that concerns a basket was not applied: one reason each, the first of REASONS that holds.

A promotion concerns a basket where it selects a unit of it in any of its slots; a promotion for a tender wherever
something may be discounted. Of a promotion that asks for more than the basket has, what is missing is told as the
basket stands: units beside those in the basket, an amount beside what the base costs after step 2. Of one that could
be applied and was not, it is told by how much more the basket would cost before the tender (`engine.forced`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.concerns import Concerns, Ware
from engine.forced import Effort, Forced, least_with
from engine.plans import OFF, PRICE, WHOLE, Plan, in_force
from engine.snapshot import Snapshot
from engine.values import Basket, Receipt

DEFAULT_PRICINGS = 600  # of all promotions of one basket
DEFAULT_EXPLAIN_NODES = 2_000  # of one pricing of a basket that might have been
PRICINGS_EACH = 60  # of one promotion

# code -> (what a customer is told, what would help). Amounts are written out; {units} are pieces.
SENTENCES: dict[str, tuple[str, str]] = {
    "not_now": ("{name} is not valid at this time.", ""),
    "not_here": ("{name} is not valid in this store or at this till.", ""),
    "members_only": ("{name} is for members only.", "Scan the member's code."),
    "wrong_level": ("{name} is for other levels of members.", ""),
    "wrong_tags": ("{name} is for certain members only.", ""),
    "not_birthday": ("{name} is for the member's birthday.", ""),
    "other_tender": ("{name} is for another way to pay.", "Pay in that way."),
    "coupon_missing": ("{name} needs a coupon that is not here.", "Scan the coupon."),
    "limit_used_up": ("{name} has been used as often as it may be.", ""),
    "beaten": ("The shelf price by {other} is lower by {by} than by {name}.", ""),
    "beaten_equal": ("The shelf price by {other} is as good as by {name}.", ""),
    "excluded": ("{name}: goods that are excluded from it leave too little.", ""),
    "short_by_units": ("{name}: {units} more needed.", "Add them."),
    "short_by_amount": ("{name}: {amount} more needed.", "Add goods for it."),
    "gives_nothing": ("{name} would give nothing: the price is as low already.", ""),
    "group_taken": ("{name} does not go together with {other}.", ""),
    "group_taken_by": ("{name} does not go together with {other}, which saves {by} more.", ""),
    "coupon_taken": ("The coupon of {name} was used for {other}.", ""),
    "coupon_taken_by": ("The coupon of {name} was used for {other}, which saves {by} more.", ""),
    "lost_to": ("{other} took the place of {name}.", ""),
    "lost_to_by": ("{other} saves {by} more than {name} would.", ""),
    "lost_to_at_most": ("{other} saves more than {name} would, by at most {by}.", ""),
    "lost_to_equal": ("{other} is as good as {name}.", ""),
}
# The reasons, in the order in which they are asked.
REASONS = (
    "not_now",
    "not_here",
    "members_only",
    "wrong_level",
    "wrong_tags",
    "not_birthday",
    "other_tender",
    "coupon_missing",
    "limit_used_up",
    "beaten",
    "excluded",
    "short_by_units",
    "short_by_amount",
    "gives_nothing",
    "group_taken",
    "coupon_taken",
    "lost_to",
)

Cannot = tuple[str, dict[str, Any]] | None  # a reason's code and numbers, None where nothing stands in the way


@dataclass(frozen=True, slots=True)
class Reason:
    """`numbers`: units (`units`, with `entries` as [entry, units]), minor units (`amount_minor`, `by_minor`), the id of
    another promotion (`other`), whether `by_minor` is only the most that it can be (`at_most`)."""

    promotion: str
    name: str
    code: str
    text: str
    numbers: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "promotion": self.promotion,
            "name": self.name,
            "reason": self.code,
            "text": self.text,
            **self.numbers,
        }


def explain(
    snapshot: Snapshot,
    basket: Basket,
    receipt: Receipt,
    *,
    nodes: int = DEFAULT_EXPLAIN_NODES,
    pricings: int = DEFAULT_PRICINGS,
) -> list[Reason]:
    """The reasons, in order of id. `receipt` is the price of `basket`.

    `nodes` limits each pricing of a basket that might have been, `pricings` how many there are in all; past them a
    difference is `at_most`, or left out.
    """
    return Explainer(Concerns(snapshot, basket, receipt), Effort(pricings, PRICINGS_EACH, nodes)).reasons()


def amount_text(amount_minor: int, exponent: int) -> str:
    sign = "-" if amount_minor < 0 else ""
    digits = str(abs(amount_minor)).rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else sign + digits


class Explainer:
    def __init__(self, concerns: Concerns, effort: Effort) -> None:
        self.concerns = concerns
        self.effort = effort
        self.exponent = concerns.snapshot.exponent
        self.names = {plan.id: plan.name for plan in concerns.plans.values()}
        self.shelf = {ware.price_promotion for ware in concerns.wares}
        self._known: dict[int, Cannot] = {}
        self._live: dict[int, int] = {}

    @property
    def live(self) -> dict[int, int]:
        """What may be applied at all in steps 2 and 3, with its cap: what competes."""
        if not self._live:
            for index, plan in self.concerns.plans.items():
                if plan.kind != "tender" and not plan.is_shelf and self.cannot(index) is None:
                    self._live[index] = self.concerns.cap(plan)
        return self._live

    def cannot(self, index: int) -> Cannot:
        """What stands in the way of a promotion whatever the others do."""
        if index not in self._known:
            self._known[index] = self._cannot(self.concerns.plans[index])
        return self._known[index]

    def reasons(self) -> list[Reason]:
        out: list[Reason] = []
        for index in sorted(self.concerns.plans):
            plan = self.concerns.plans[index]
            if not self.is_applied(plan):
                out.append(self._reason(plan))
        return out

    def is_applied(self, plan: Plan) -> bool:
        return plan.id in (self.shelf if plan.is_shelf else self.concerns.applied)

    def _reason(self, plan: Plan) -> Reason:
        found = self.cannot(plan.index)
        code, numbers = found if found is not None else self._lost(plan)
        args = {"name": plan.name, "other": self.names.get(numbers.get("other", ""), "")}
        if "by_minor" in numbers:
            args["by"] = amount_text(numbers["by_minor"], self.exponent)
        if "amount_minor" in numbers:
            args["amount"] = amount_text(numbers["amount_minor"], self.exponent)
        if "units" in numbers:
            args["units"] = str(numbers["units"])
        text = SENTENCES[_wording(code, numbers)][0].format(**args)
        return Reason(plan.id, plan.name, code, text, numbers)

    # what stands in its way whatever the others do

    def _cannot(self, plan: Plan) -> Cannot:
        code = self._out_of_force(plan)
        if code:
            return code, {}
        if plan.is_shelf:
            return self._beaten(plan)
        if plan.kind == "tender":
            return self._tender(plan)
        if plan.kind == "threshold":
            return self._threshold(plan)
        if plan.kind == "price":
            wares = self.concerns.members[plan.index, 0]
            gains = any(ware.of(plan.price_of(ware.regular_unit)) < ware.current for ware in wares)
            return None if gains else ("gives_nothing", {})
        return self._units(plan)

    def _out_of_force(self, plan: Plan) -> str:
        concerns = self.concerns
        holds = concerns.holds(plan)
        if not holds and not in_force(_only(plan, "when"), concerns.moment):
            return "not_now"
        if not holds and not in_force(_only(plan, "where"), concerns.moment):
            return "not_here"
        if concerns.basket.member is None:
            if plan.who or any(key != "total" for key in plan.limit):
                return "members_only"
        elif not holds:
            for key, code in (("levels", "wrong_level"), ("tags", "wrong_tags"), ("birthday", "not_birthday")):
                if key in plan.who and not in_force(_only(plan, "who", key), concerns.moment):
                    return code
        if plan.kind == "tender" and concerns.basket.tender not in plan.tenders:
            return "other_tender"
        if plan.coupon and not concerns.coupons.get(plan.coupon):
            return "coupon_missing"
        return "limit_used_up" if concerns.cap(plan) == 0 else ""

    def _beaten(self, plan: Plan) -> tuple[str, dict[str, Any]]:
        """By the lowest price of the first of its lines where it would be a price reduction at all."""
        for ware in self.concerns.members[plan.index, 0]:
            offered = plan.price_of(ware.regular_unit)
            if offered < ware.regular_unit and ware.price_promotion is not None:
                return "beaten", {"other": ware.price_promotion, "by_minor": ware.of(offered) - ware.current}
        return "gives_nothing", {}

    def _tender(self, plan: Plan) -> Cannot:
        concerns = self.concerns
        base = self.tender_base()
        if base < plan.least:
            unpaid = sum(ware.net for ware in concerns.wares if ware.no_discount)
            if base + unpaid >= plan.least:
                return "excluded", {"amount_minor": plan.least - base}
            return "short_by_amount", {"amount_minor": plan.least - base}
        return None if tender_gives(plan, base) > 0 else ("gives_nothing", {})

    def tender_base(self) -> int:
        return self.concerns.before_tender() - sum(ware.net for ware in self.concerns.wares if ware.no_discount)

    def _threshold(self, plan: Plan) -> Cannot:
        concerns = self.concerns
        amount = plan.gift[0] if plan.is_gift else plan.each[0] or plan.tiers[0][0]
        gift = concerns.gift_in_base(plan) if plan.is_gift else 0
        most = concerns.most(plan) - gift
        if most < amount:
            here = concerns.base(plan) - (concerns.gift_in_base(plan, standing=True) if plan.is_gift else 0)
            everything = sum(ware.current * ware.count for ware in concerns.members.get((plan.index, 0), ()))
            if everything - gift >= amount:
                return "excluded", {"amount_minor": amount - here}
            return "short_by_amount", {"amount_minor": amount - here}
        if plan.is_gift:
            gifts = concerns.members.get((plan.index, 1), ())
            if not gifts:
                return "short_by_units", {"units": 1, "entries": [[1, 1]]}
            if all(ware.current <= plan.gift[2] for ware in gifts):
                return "gives_nothing", {}
            return None
        return None if plan.each[0] or threshold_gives(plan, most) else ("gives_nothing", {})

    def _units(self, plan: Plan) -> Cannot:
        concerns = self.concerns
        need = [plan.tiers[0][0]] if plan.kind == "tier" else plan.buy
        short = missing(need, [concerns.eligible(plan, slot) for slot in range(len(need))])
        if not any(short):
            return None if self._may_give(plan) else ("gives_nothing", {})
        numbers = {"units": sum(short), "entries": [[slot, count] for slot, count in enumerate(short) if count]}
        everything = [concerns.members.get((plan.index, slot), []) for slot in range(len(need))]
        return ("short_by_units" if any(missing(need, everything)) else "excluded"), numbers

    def _may_give(self, plan: Plan) -> bool:
        """False where it is plain that no units make it give anything: the ways are not tried."""
        wares = self.concerns.eligible_units(plan)
        if plan.kind == "tier":
            return any(
                (ware.current > amount if mode == PRICE else ware.current * amount > 0)
                for _, mode, amount in plan.tiers
                for ware in wares
            )
        dearest = max((ware.current for ware in wares), default=0)
        return dearest * plan.cheapest > plan.amount if plan.mode == PRICE else dearest > 0

    # what the others do

    def _lost(self, plan: Plan) -> tuple[str, dict[str, Any]]:
        concerns = self.concerns
        group = self._user(lambda other: bool(plan.group) and other.kind != "price" and other.group == plan.group, plan)
        coupon = ""
        if plan.coupon and concerns.receipt.coupons.get(plan.coupon, 0) >= concerns.coupons[plan.coupon]:
            coupon = self._user(lambda other: other.coupon == plan.coupon, plan)
        if plan.kind == "tender":
            return self._lost_tender(plan, group, coupon)
        found = least_with(concerns, plan, self.live, self.effort)
        if found is None:
            return "gives_nothing", {}
        rivals = [(-more, index) for index, more in found.rivals.items()]
        other = concerns.plans[min(rivals)[1]].id if rivals else self._neighbour(plan)
        if not (group or coupon or other):
            return "gives_nothing", {}  # nothing stands in its way
        numbers: dict[str, Any] = {"other": group or coupon or other, **_by(found)}
        return ("group_taken" if group and plan.kind != "price" else "coupon_taken" if coupon else "lost_to"), numbers

    def _lost_tender(self, plan: Plan, group: str, coupon: str) -> tuple[str, dict[str, Any]]:
        """A tender promotion sees what steps 2 and 3 used: they are not a choice any more."""
        winner = self._user(lambda other: other.kind == "tender", plan)
        if group and group != winner:
            return "group_taken", {"other": group}
        if coupon and coupon != winner:
            return "coupon_taken", {"other": coupon}
        by = self.concerns.applied[winner].discount - tender_gives(plan, self.tender_base())
        return "lost_to", {"other": winner, "by_minor": by}

    def _user(self, wanted: Any, plan: Plan) -> str:
        """The id of the first promotion that is applied and is wanted."""
        for index in sorted(self.concerns.plans):
            other = self.concerns.plans[index]
            if other is not plan and other.id in self.concerns.applied and wanted(other):
                return other.id
        return ""

    def _neighbour(self, plan: Plan) -> str:
        """Where it could not be told who gains by it: the one that takes most off its goods."""
        lines = {ware.line for slot in range(max(2, len(plan.buy))) for ware in self._slot(plan, slot)}
        best, most = "", 0
        for one in self.concerns.receipt.applications:
            if one.discount > most and any(line in lines for line, _ in one.units + one.gifts):
                best, most = one.promotion, one.discount
        return best

    def _slot(self, plan: Plan, slot: int) -> list[Ware]:
        return self.concerns.members.get((plan.index, slot), [])


def _by(found: Forced) -> dict[str, Any]:
    if found.by < 0:
        return {}
    return {"by_minor": found.by} if found.proved else {"by_minor": found.by, "at_most": True}


def _wording(code: str, numbers: dict[str, Any]) -> str:
    """Which of a reason's sentences fits its numbers."""
    if code == "beaten":
        return code if numbers["by_minor"] else "beaten_equal"
    if "by_minor" not in numbers:
        return code
    if code == "lost_to":
        if "at_most" in numbers:
            return "lost_to_at_most"
        return "lost_to_by" if numbers["by_minor"] else "lost_to_equal"
    return f"{code}_by" if numbers["by_minor"] and "at_most" not in numbers else code


def _only(plan: Plan, part: str, key: str = "") -> Plan:
    """The promotion with one of its conditions alone."""
    condition: dict[str, Any] = getattr(plan, part)
    kept = {key: condition[key]} if key else condition
    return Plan(plan.index, {"id": plan.id, "name": plan.name, "kind": plan.kind, part: kept})


def tender_gives(plan: Plan, base: int) -> int:
    """What a tender promotion takes off a base, minor units."""
    gives = plan.amount if plan.mode == OFF else (base * plan.amount + WHOLE // 2) // WHOLE
    if plan.most >= 0:
        gives = min(gives, plan.most)
    return min(gives, base)


def threshold_gives(plan: Plan, base: int) -> bool:
    """Whether a threshold of tiers may give anything on a base of at most so much."""
    reached = [tier for tier in plan.tiers if tier[0] <= base]
    for number, (_, mode, amount) in enumerate(reached):
        top = reached[number + 1][0] - 1 if number + 1 < len(reached) else base
        if mode == OFF or (top * amount + WHOLE // 2) // WHOLE > 0:
            return True
    return False


def missing(need: list[int], entries: list[list[Ware]], *, free: bool = False) -> list[int]:
    """How many units each entry lacks when as many as can be are put into them, the first entries first: together the
    fewest that make an application possible. `free`: only units that nothing has consumed are there."""
    left: dict[int, int] = {}
    put: list[dict[int, int]] = [{} for _ in need]  # of each entry: line -> units
    for wares in entries:
        for ware in wares:
            left[ware.line] = ware.free if free else ware.count
    lines = [[ware.line for ware in wares] for wares in entries]

    def find(entry: int, seen: set[int]) -> bool:
        """Put one unit into the entry, moving others where that helps."""
        for line in lines[entry]:
            if left[line]:
                left[line] -= 1
                put[entry][line] = put[entry].get(line, 0) + 1
                return True
        seen.add(entry)
        for line in lines[entry]:
            for other in range(len(need)):
                if other not in seen and put[other].get(line) and find(other, seen):
                    put[other][line] -= 1
                    put[entry][line] = put[entry].get(line, 0) + 1
                    return True
        return False

    short = [0] * len(need)
    for entry, count in enumerate(need):
        for number in range(count):
            if not find(entry, set()):
                short[entry] = count - number
                break
    return short
