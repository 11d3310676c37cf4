"""The least total with one promotion applied at least once, by trying every legal choice.

Part of the brute-force reference: see conditions.py.
"""

from __future__ import annotations

from reference.conditions import Data, holds
from reference.oracle import Uses, _steps2, _steps3, step2_options
from reference.thresholds import after_step2, base_of, cost, gift_reached
from reference.units import is_choice, read_lines


def least_with(items: list[Data], promotions: list[Data], basket: Data, name: str) -> int | None:
    """The least total after step 3 of the choices that apply the promotion called `name`; None where there is none."""
    lines = read_lines(items, promotions, basket)
    legal = sorted([one for one in promotions if holds(one, basket)], key=lambda one: str(one["id"]))
    plain = [one for one in legal if one["type"] == "threshold" and "gift" not in one]
    gifts = [one for one in legal if one["type"] == "threshold" and "gift" in one]
    takers = [one for one in legal if one["type"] in ("set", "tier") or is_choice(one)] + gifts
    options = [(one, step2_options(one, lines)) for one in takers]
    full = tuple(line.count for line in lines)
    before = sum(line.current * line.count for line in lines)
    best: int | None = None
    seen: set[object] = set()
    for chosen, uses in _steps2(options, full, [], Uses(), basket):
        taken = sum(discount for _, _, discount in chosen)
        has = any(one["id"] == name for one, _, _ in chosen)
        state = after_step2(lines, chosen)
        if not all(
            gift_reached(one, cost(state, base_of(one, lines, state)), sum(counts))
            for one, counts, _ in chosen
            if one["type"] == "threshold"
        ):
            continue
        if (state, taken, uses.key(), has) in seen:
            continue
        seen.add((state, taken, uses.key(), has))
        bases = {one["id"]: cost(state, base_of(one, lines, state)) for one in plain}
        for thresholds, _ in _steps3(plain, state, bases, lines, uses, basket):
            if has or any(one["id"] == name for one, _, _ in thresholds):
                total = before - taken - sum(discount for _, _, discount in thresholds)
                if best is None or total < best:
                    best = total
    return best
