"""Step 4: the one promotion for how the basket is paid. Steps 2 and 3 do not know of it."""

from __future__ import annotations

from engine.plans import OFF, WHOLE, Plan
from engine.snapshot import Snapshot
from engine.units import Counter


def best_tender(
    snapshot: Snapshot, counter: Counter, tender: str, base: int, coupons: dict[str, int], groups: set[str]
) -> tuple[Plan, int] | None:
    """The promotion that gives most on `base` (the smaller id where equal), and what it gives in minor units.

    `tender` is how the basket is paid; `coupons` and `groups` are used already.
    """
    best: tuple[Plan, int] | None = None
    for number in snapshot.tender_promotions(tender):
        plan = counter.promotion(number)
        if plan is None or base < plan.least or (plan.group and plan.group in groups):
            continue
        if plan.coupon and coupons.get(plan.coupon, 0) >= counter.coupons.get(plan.coupon, 0):
            continue
        gives = plan.amount if plan.mode == OFF else (base * plan.amount + WHOLE // 2) // WHOLE
        if plan.most >= 0:
            gives = min(gives, plan.most)
        gives = min(gives, base)
        if gives > 0 and (best is None or gives > best[1]):
            best = plan, gives
    return best
