"""What an application gives at least, told in closed form, against all applications listed step by step."""

from __future__ import annotations

from random import Random

import pytest

from engine import takers
from engine.plans import Plan
from engine.takers import Goods, shapes_of, takers_of


def _differ(seed: int) -> bool:
    """Whether `shapes_of` says anything else than the steps of a percent set over random goods."""
    rng = Random(seed)
    qty = rng.randrange(2, 5)
    record = {
        "id": "S",
        "name": "S",
        "kind": "set",
        "mode": "percent",
        "amount": rng.choice((2_500, 5_000, 10_000)),
        "qty": qty,
        "cheapest": rng.randrange(1, qty),
        "buy": [qty],
    }
    plan = Plan(0, record)
    goods: list[Goods] = []
    for number in range(rng.randrange(1, 6)):
        one = Goods(number, rng.choice((100, 250, rng.randrange(1, 900))), False, [(0, 0)])
        one.count = rng.randrange(1, 4)
        goods.append(one)
    listed = takers_of(plan, -1, goods)
    assert listed is not None
    shapes = shapes_of(plan, -1, goods)
    if not listed:
        return bool(shapes)
    (taker,) = listed
    (shape,) = shapes
    costs = [(step.gain, sum(goods[at].current * count for at, count in step.needs)) for step in taker.steps]
    numbers = sorted({at for step in taker.steps for at, _ in step.needs})
    lowest = all(shape.low * cost <= gain * shape.whole for gain, cost in costs)
    reached = any(shape.low * cost == gain * shape.whole for gain, cost in costs)
    return (shape.least, shape.numbers) != (min(gain for gain, _ in costs), numbers) or not (lowest and reached)


def test_the_closed_form_is_what_the_steps_give(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(_differ(seed) for seed in range(300))
    real = takers._sum
    monkeypatch.setattr(takers, "_sum", lambda pairs, units: real(pairs, units) + 1)
    assert any(_differ(seed) for seed in range(300))
