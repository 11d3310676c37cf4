"""Who prices the workload beside our engine in scripts/bench engine, each in a process of its own.

A peer is made from the work and gives a function from a basket to its answer: the discount in minor units, or, where it
can only match, the number of promotions that it found. What is equal work and what is not, `does` says and the column
of answers shows. Peers are imported when they are wanted: one that is not installed is skipped, and the table says so.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import bench_strawmen
from bench_workload import N_FOR_M, PERCENT, THRESHOLD, Promo, Work

Basket = list[tuple[str, int]]
Evaluate = Callable[[Basket], int]


class Peer(NamedTuple):
    does: str
    needs: tuple[str, ...]  # modules to import
    make: Callable[[Work], Evaluate]
    discount: bool  # whether the answer is a discount


class Index:
    """The work as every peer of ours in plain Python wants it: prices after step 1, and promotions by good."""

    def __init__(self, work: Work) -> None:
        self.price = {sku: price for sku, _, price in work.goods}
        self.category = {sku: category for sku, category, _ in work.goods}
        self.by_sku: dict[str, list[Promo]] = {}
        self.by_category: dict[int, list[Promo]] = {}
        for promo in work.promos:
            for sku in promo.skus:
                self.by_sku.setdefault(sku, []).append(promo)
            if promo.category >= 0:
                self.by_category.setdefault(promo.category, []).append(promo)

    def touching(self, basket: Basket) -> tuple[list[int], dict[str, tuple[Promo, list[int]]]]:
        """What a unit of each line costs after `percent`, and the other promotions with the lines that they touch."""
        current: list[int] = []
        touched: dict[str, tuple[Promo, list[int]]] = {}
        for line, (sku, _) in enumerate(basket):
            regular = self.price[sku]
            best = 0
            for promo in (*self.by_sku.get(sku, ()), *self.by_category.get(self.category[sku], ())):
                if promo.kind == PERCENT:
                    best = max(best, (regular * promo.worth + 5_000) // 10_000)
                else:
                    touched.setdefault(promo.id, (promo, []))[1].append(line)
            current.append(regular - best)
        return current, touched


def greedy(work: Work, by_value: bool = False) -> Evaluate:
    """The strawman: promotions in order of id, each takes what it can get; never better than the least total."""
    index = Index(work)

    def worth(touched: tuple[Promo, list[int]], current: list[int], basket: Basket) -> int:
        """What a three-for-two gives where it gets all of its units."""
        promo, lines = touched
        if promo.kind != N_FOR_M:
            return 0
        units = sorted((current[line] for line in lines for _ in range(basket[line][1])), reverse=True)
        return sum(units[2::3])

    def evaluate(basket: Basket) -> int:
        current, touched = index.touching(basket)
        order = [found for _, found in sorted(touched.items())]
        if by_value:
            order.sort(key=lambda found: -worth(found, current, basket))
        left = [qty for _, qty in basket]
        off = [0] * len(basket)
        for promo, lines in order:
            if promo.kind == N_FOR_M:
                units = sorted((line for line in lines for _ in range(left[line])), key=lambda line: -current[line])
                for place in range(len(units) // 3 * 3):
                    left[units[place]] -= 1
                    off[units[place]] += current[units[place]] if place % 3 == 2 else 0
        found = sum((index.price[sku] - current[line]) * qty + off[line] for line, (sku, qty) in enumerate(basket))
        costs = [current[line] * qty - off[line] for line, (_, qty) in enumerate(basket)]
        left = list(costs)  # of what lines cost, as thresholds take it
        for promo, lines in order:
            if promo.kind == THRESHOLD and sum(costs[line] for line in lines) >= promo.spend:
                gives = promo.worth
                for line in lines:
                    part = min(gives, left[line])
                    left[line] -= part
                    gives -= part
                found += promo.worth - gives
        return found

    return evaluate


def greedy_by_value(work: Work) -> Evaluate:
    return greedy(work, by_value=True)


def exact(work: Work) -> Evaluate:
    """The least total as a mixed integer programme, solved by HiGHS through scipy.

    x units of a line go to a three-for-two, f of them free: along its units, dearest first, no prefix has more than a
    third free. z says that a threshold is taken; its base is what its units cost less the free ones. (In the contract
    the discount of a set is spread over all of its units, which no linear programme can say: where a threshold's base
    cuts through a set the two may differ a little.)
    """
    np = importlib.import_module("numpy")
    optimize = importlib.import_module("scipy.optimize")
    sparse = importlib.import_module("scipy.sparse")
    index = Index(work)

    def evaluate(basket: Basket) -> int:
        current, touched = index.touching(basket)
        shelf = sum((index.price[sku] - current[line]) * qty for line, (sku, qty) in enumerate(basket))
        gain: list[float] = []
        upper: list[float] = []
        cells: list[tuple[int, int, float]] = []
        limits: list[float] = []
        takes: dict[int, list[int]] = {}
        free: dict[int, list[int]] = {}

        def row(pairs: list[tuple[int, float]], limit: float) -> None:
            cells.extend((len(limits), column, factor) for column, factor in pairs)
            limits.append(limit)

        def variable(worth: float, most: float) -> int:
            gain.append(worth)
            upper.append(most)
            return len(gain) - 1

        for promo, lines in touched.values():
            if promo.kind != N_FOR_M or sum(basket[line][1] for line in lines) < 3:
                continue
            prefix: list[tuple[int, float]] = []
            for line in sorted(lines, key=lambda line: -current[line]):
                x, f = variable(0, basket[line][1]), variable(current[line], basket[line][1])
                takes.setdefault(line, []).append(x)
                free.setdefault(line, []).append(f)
                row([(f, 1), (x, -1)], 0)
                prefix += [(f, 3), (x, -1)]
                row(list(prefix), 0)
        for line, columns in takes.items():
            row([(x, 1) for x in columns], basket[line][1])
        for promo, lines in touched.values():
            if promo.kind == THRESHOLD:
                base = sum(current[line] * basket[line][1] for line in lines)
                if base >= promo.spend:
                    z = variable(promo.worth, 1)
                    row([(z, promo.spend), *((f, current[line]) for line in lines for f in free.get(line, ()))], base)
        if not gain:
            return shelf
        at_rows, at_columns, factors = zip(*cells, strict=True)
        matrix = sparse.csr_matrix((factors, (at_rows, at_columns)), shape=(len(limits), len(gain)))
        found = optimize.milp(
            -np.array(gain),
            constraints=optimize.LinearConstraint(matrix, ub=limits),
            bounds=optimize.Bounds(0, np.array(upper)),
            integrality=np.ones(len(gain)),
            options={"mip_rel_gap": 0.0},
        )
        best: int = shelf + round(-found.fun)
        return best

    return evaluate


def _zen(work: Work, node: dict[str, Any]) -> tuple[Any, Callable[[Basket], dict[str, Any]]]:
    zen = importlib.import_module("zen")
    at = {"x": 0, "y": 0}
    ends = [
        {"id": end, "type": f"{name}Node", "name": end, "position": at}
        for end, name in (("i", "input"), ("o", "output"))
    ]
    edges = [{"id": "1", "sourceId": "i", "targetId": "n"}, {"id": "2", "sourceId": "n", "targetId": "o"}]
    graph = {
        "nodes": [*ends, {"id": "n", "name": "n", "position": at, **node}],
        "edges": [{"type": "edge", **edge} for edge in edges],
    }
    index = Index(work)

    def line(sku: str, qty: int) -> dict[str, Any]:
        return {"sku": sku, "cat": index.category[sku], "qty": qty, "amt": qty * index.price[sku]}

    def given(basket: Basket) -> dict[str, Any]:
        return {
            "lines": [
                {"sku": sku, "cat": index.category[sku], "qty": qty, "amt": qty * index.price[sku]}
                for sku, qty in basket
            ]
        }

    return zen.ZenEngine().create_decision(zen.ZenDecisionContent(json.dumps(graph))), given


def zen_match(work: Work) -> Evaluate:
    """A decision table with a row for each promotion, asked for every line: which promotions concern it."""
    rules = [
        {
            "_id": promo.id,
            "s": ",".join(f'"{sku}"' for sku in promo.skus),
            "c": str(promo.category) if promo.category >= 0 else "",
            "o": str(number),
        }
        for number, promo in enumerate(work.promos)
    ]
    content = {
        "hitPolicy": "collect",
        "executionMode": "loop",
        "inputField": "lines",
        "outputPath": "hits",
        "passThrough": False,
        "inputs": [{"id": "s", "name": "sku", "field": "sku"}, {"id": "c", "name": "cat", "field": "cat"}],
        "outputs": [{"id": "o", "name": "p", "field": "p"}],
        "rules": rules,
    }
    decision, given = _zen(work, {"type": "decisionTableNode", "content": content})

    def evaluate(basket: Basket) -> int:
        rows = decision.evaluate(given(basket))["result"]["hits"]
        return len({hit["p"] for row in rows for hit in row})

    return evaluate


def zen_sums(work: Work) -> Evaluate:
    """An expression for each promotion: what it would give by itself, or how many groups of three there are."""
    expressions = []
    for promo in work.promos:
        listed = f"[{','.join(json.dumps(sku) for sku in promo.skus)}]"
        test = f"#.sku in {listed}" if promo.skus else f"#.cat == {promo.category}"
        amount, qty = (f"sum(map(filter(lines, {test}), #.{field}))" for field in ("amt", "qty"))
        value = {
            PERCENT: f"{amount} * {promo.worth} / 10000",
            N_FOR_M: f"floor({qty} / 3)",
            THRESHOLD: f"{amount} >= {promo.spend} ? {promo.worth} : 0",
        }[promo.kind]
        expressions.append({"id": promo.id, "key": promo.id, "value": value})
    content = {"expressions": expressions, "passThrough": False, "executionMode": "single"}
    decision, given = _zen(work, {"type": "expressionNode", "content": content})
    return lambda basket: sum(1 for value in decision.evaluate(given(basket))["result"].values() if value)


def _oscar(work: Work) -> Evaluate:
    module = importlib.import_module("bench_oscar")
    made: Evaluate = module.oscar(work)
    return made


_STRAW = "what came before the engine: posting lists, order of id, a unit in one promotion only, "
BY_VALUE = "strawman by value"
PEERS: dict[str, Peer] = {
    "milp": Peer("scipy's milp (HiGHS): the same optimum, no lines' shares", ("scipy.optimize",), exact, True),
    "strawman": Peer("plain Python: promotions in order of id, posting lists; not the least total", (), greedy, True),
    BY_VALUE: Peer("the same, what gives most by itself first", (), greedy_by_value, True),
    "django-oscar": Peer("offers by priority, a unit in one only, on SQLite in memory", ("oscar",), _oscar, True),
    "zen table": Peer("zen-engine: which promotions concern the basket, nothing more", ("zen",), zen_match, False),
    "zen sums": Peer("zen-engine: each promotion's sum by itself, no conflicts", ("zen",), zen_sums, False),
    "straw": Peer(_STRAW + "in CPython", (), bench_strawmen.plain, True),
    "straw mypyc": Peer(_STRAW + "compiled by mypyc", (), bench_strawmen.by_mypyc, True),
    "straw C": Peer(_STRAW + "in C, called through ctypes", (), bench_strawmen.by_c, True),
}


def missing(name: str) -> str:
    """Why the peer cannot run here; empty where it can."""
    if name in bench_strawmen.NAMES:
        return bench_strawmen.missing(name)
    for module in PEERS[name].needs:
        try:
            importlib.import_module(module)
        except ImportError as error:
            return f"not installed ({error.name})"
    return ""
