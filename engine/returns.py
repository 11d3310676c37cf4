"""`refund`: what a customer gets back who brings back part of a sale, or all of it. Pure, integers only.

The book says how, with its key `returns`:

- `priced` (also where the key is not there): what was paid so far minus the price of what is kept, under the same
  snapshot, time, member, coupons, tender and `used`, never below 0;
- `allocated`: the line's net share. Of a line with net N over n pieces, k pieces that are back have given
  `round_half_up(N * k / n)` in all.

Either rule says what is **due** once so much is back. Due is never more than the total, and is the total when all is
back. A refund is what is due minus the refunds really given, or 0. So refunds sum to the greatest due so far: never
more than was paid, and exactly that at the end, in any order and any partition, whatever a price in between was (a
threshold lost makes what is kept dearer; an unproved price may be too dear). A refund is never asked back.

A refund is spread over the lines that come back, in proportion to their net share, by largest remainder, equal ones in
order of line; where that share is 0 for all, in proportion to regular price, then to pieces.

Goods named by code are looked for among the lines of the sale, those that cost most for a piece first, of equal ones
the first: the customer's choice of what comes back, made for the customer. Lines count from 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.errors import ReturnError
from engine.return_request import Earlier, ReturnLine
from engine.snapshot import Snapshot
from engine.sold import RefundLine, ReturnRule, Sale, Units
from engine.values import DEFAULT_NODES, Basket, Receipt

RETURN_RULES: Final[tuple[ReturnRule, ...]] = ("priced", "allocated")


@dataclass(frozen=True, slots=True)
class Refund:
    """`kept` is the receipt of what is kept; line n of it is line `kept_lines[n]` of the sale. With `priced` it is what
    that would cost, which may be more than `remaining`; with `allocated` its nets are what is left of those of the
    sale, and the applications stay the sale's."""

    id: str
    rule: ReturnRule
    total: int  # of the sale
    refunded: int  # by the earlier returns
    refund: int
    lines: tuple[RefundLine, ...]
    coupons_free: dict[str, int]  # used before this return and no longer
    coupons_taken: dict[str, int]  # of the basket, not used before this return, used by what is kept
    kept_lines: tuple[int, ...]
    kept: Receipt

    @property
    def remaining(self) -> int:
        """What is paid and not given back, after this return."""
        return self.total - self.refunded - self.refund

    def to_json(self) -> dict[str, Any]:
        """As `lane price --return` writes it: plain values only."""
        return {
            "id": self.id,
            "rule": self.rule,
            "total": self.total,
            "refunded": self.refunded,
            "refund": self.refund,
            "remaining": self.remaining,
            "lines": [_line_json(line) for line in self.lines],
            "coupons_free": dict(self.coupons_free),
            "coupons_taken": dict(self.coupons_taken),
            "kept_lines": list(self.kept_lines),
            "kept": self.kept.to_json(),
        }


def _line_json(line: RefundLine) -> dict[str, Any]:
    amount = {"milli": line.milli} if line.milli else {"qty": line.qty}
    return {"line": line.line, "sku": line.sku, **amount, "refund": line.refund}


def return_rule(book: Mapping[str, Any]) -> ReturnRule:
    """How the book refunds. Raises ValueError where its key says something else."""
    said = book.get("returns", "priced")
    for known in RETURN_RULES:
        if said == known:
            return known
    raise ValueError(f"returns must be one of {', '.join(RETURN_RULES)}, not {said!r}")


def refund(
    snapshot: Snapshot,
    basket: Basket,
    back: Sequence[ReturnLine],
    earlier: Sequence[Earlier] = (),
    receipt: Mapping[str, Any] | None = None,
    nodes: int = DEFAULT_NODES,
) -> Refund:
    """The refund for what comes back now. `basket` is the sale's, `receipt` (as its record keeps it) is held against
    what the snapshot gives, `nodes` is as for `price`.

    Raises ReturnError (`return_no_line`, `return_not_bought`, `return_too_much`, `return_weight`, `return_nothing`,
    `bad_return`, `receipt_mismatch`), BasketError where the basket cannot be priced, and ValueError where its time is
    no time.
    """
    sale = Sale(snapshot, basket, receipt, nodes, return_rule(snapshot.book))
    left = sale.units
    states: list[tuple[Units, int | None]] = []
    for one in earlier:
        left = sale.without(left, one.lines)
        states.append((left, one.refund))
    after = sale.without(left, back)
    given = given_by(sale, states)
    amount = max(0, sale.due(after) - given)
    kept = sale.kept(after)
    before = sale.kept(left) if basket.coupons else kept  # a price that only coupons ask for
    return Refund(
        id=basket.id,
        rule=sale.rule,
        total=sale.total,
        refunded=given,
        refund=amount,
        lines=sale.spread(left, after, amount),
        coupons_free=_more(before.coupons, kept.coupons),
        coupons_taken=_more(kept.coupons, before.coupons),
        kept_lines=tuple(line for line, count in enumerate(after) if count),
        kept=kept,
    )


def given_by(sale: Sale, states: Sequence[tuple[Units, int | None]]) -> int:
    """What the earlier returns gave: (what was left after it, what was really given) for each."""
    given = 0
    for left, stated in states:
        given = max(given, sale.due(left)) if stated is None else given + stated
        if not 0 <= given <= sale.total or (stated is not None and stated < 0):
            raise ReturnError("bad_return", {"reason": "earlier refunds come to more than was paid"})
    return given


def _more(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """What `one` has more of than `other`."""
    return {code: count - other.get(code, 0) for code, count in one.items() if count > other.get(code, 0)}
